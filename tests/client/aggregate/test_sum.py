def test_the_sum_is_that_of_all_numbers(asked):
    assert asked("sum", [1, 2.5]).lines == ("Sum of x: 3.500000",)


def test_a_format_may_want_a_whole_number(asked):
    found = asked("sum", [3, 4], format="Total Email: %d")
    assert (found.lines, found.data) == (("Total Email: 7",), {"value": 7, "count": 2, "left_out": 0})


def test_numbers_beyond_every_float_are_left_out(asked):
    found = asked("sum", [10**400, 5])
    assert found.lines == ("Sum of x: 5.000000", "(1 value that is no number left out, of web1)")


def test_no_host_at_all_makes_nothing(asked):
    assert asked("sum", []).lines == ("Sum of x: 0.000000",)
