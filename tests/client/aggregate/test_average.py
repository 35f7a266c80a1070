import math

import pytest


def test_the_mean_is_that_of_all_numbers(asked):
    found = asked("average", [10, 20, 25])
    assert found.lines == ("Average of x: 18.333333",)
    assert found.data == {"value": pytest.approx(55 / 3), "count": 3, "left_out": 0}


def test_a_format_is_that_of_the_mean(asked):
    assert asked("average", [1, 2], format="Mean: %0.2f").lines == ("Mean: 1.50",)


def test_what_is_no_number_is_left_out_and_said(asked):
    found = asked("average", [10, "20", math.nan, True, None])
    assert found.lines == ("Average of x: 10.000000", "(3 values that are no number left out, of web2, web3, web4)")


def test_without_a_number_nothing_is_claimed(asked):
    assert asked("average", [None]).failure == "No aggregate summary could be computed"
    assert asked("average", ["one"]).lines == ("(1 value that is no number left out, of web1)",)
