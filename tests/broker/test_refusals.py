from mcollective_py.broker.refusals import Refusals


def test_a_flood_of_one_kind_is_twenty_lines_and_one_with_the_rest(caplog):
    now = 100.0
    refusals = Refusals(lambda: now)
    for number in range(1000):
        refusals.warn("login", f"line {number}")
    refusals.warn("TLS", "another kind")
    assert [record.getMessage() for record in caplog.records] == [f"line {number}" for number in range(20)] + ["another kind"]
    caplog.clear()
    refusals.sweep()
    assert caplog.records == []
    now = 110.0
    refusals.sweep()
    refusals.warn("login", "a new period")
    assert [record.getMessage() for record in caplog.records] == ["login: 980 more like these in 10 s", "a new period"]


def test_the_next_line_after_a_period_tells_the_rest_by_itself(caplog):
    now = 0.0
    refusals = Refusals(lambda: now)
    for _ in range(21):
        refusals.warn("login", "before")
    now = 11.0
    refusals.warn("login", "after")
    assert [record.getMessage() for record in caplog.records][-2:] == ["login: 1 more like these in 11 s", "after"]
