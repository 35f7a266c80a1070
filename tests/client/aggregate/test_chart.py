def test_the_spread_is_one_line_of_bars(asked):
    assert asked("chart", [0, 0, 10], options={"buckets": 3}).lines == ("█▁▅  min: 0.00  max: 10.00",)


def test_a_format_is_that_of_bars_and_ends(asked):
    assert asked("chart", [1, 2], format="%s %s %s %s", options={"buckets": 2}).failure.endswith("wants more values than there are")
    assert asked("chart", [1, 2], format="%s %d..%d", options={"buckets": 2}).lines == ("██ 1..2",)
