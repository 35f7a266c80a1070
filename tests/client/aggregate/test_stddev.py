def test_the_deviation_is_that_of_all_hosts(asked):
    found = asked("stddev", [2, 4, 4, 4, 5, 5, 7, 9])
    assert found.lines == ("Standard deviation of x: 2.000000",)
    assert found.data == {"value": 2.0, "average": 5.0, "count": 8}


def test_numbers_whose_squares_are_beyond_every_float_are_left_out(asked):
    assert asked("stddev", [1e200, 1e149, -1e149]).data["count"] == 2
