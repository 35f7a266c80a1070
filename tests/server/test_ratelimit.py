from mcollective_py.server.ratelimit import RateLimit


def test_so_many_pass_in_a_period_and_the_rest_are_counted() -> None:
    limit = RateLimit(2, period=1.0)
    assert [limit.allows(10.0 + n / 10) for n in range(4)] == [True, True, False, False]
    assert [limit.take_held_back(), limit.take_held_back()] == [2, 0]


def test_a_new_period_lets_through_again() -> None:
    limit = RateLimit(1, period=1.0)
    assert [limit.allows(now) for now in (10.0, 10.5, 11.0, 11.5)] == [True, False, True, False]


def test_a_clock_set_back_starts_a_new_period() -> None:
    limit = RateLimit(1, period=1.0)
    assert [limit.allows(now) for now in (10.0, 5.0)] == [True, True]
