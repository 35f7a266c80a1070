from mcollective_py.client.aggregate.percentiles import percentile


def test_the_usual_percentiles_stand_on_a_line_each(asked):
    assert asked("percentiles", list(range(1, 102))).lines == ("p50 = 51", "p90 = 91", "p95 = 96", "p99 = 100")


def test_others_can_be_asked_for(asked):
    found = asked("percentiles", [1, 2], options={"percentiles": [0, 50, 99.9, 100]})
    assert found.lines == ("   p0 = 1", "  p50 = 1.5", "p99.9 = 1.999", " p100 = 2")


def test_what_is_no_percentile_is_refused(asked):
    assert "numbers from 0 to 100" in asked("percentiles", [1], options={"percentiles": [101]}).failure
    assert "a list of 1 to 20" in asked("percentiles", [1], options={"percentiles": 50}).failure


def test_one_number_is_every_percentile():
    assert percentile([7.0], 99) == 7.0
