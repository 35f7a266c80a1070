import pytest

from mcollective_py.sparkline import sparkline, spread


def test_the_highest_bucket_is_a_full_bar():
    assert sparkline([0, 1, 7]) == "▁▂█"


@pytest.mark.parametrize("values", [[], [0, 0]])
def test_nothing_is_drawn_of_nothing(values):
    assert sparkline(values) == ""


def test_numbers_are_spread_over_buckets_of_one_width():
    assert spread([0, 1, 2, 9, 10], 5) == (0, 2.0, [2, 1, 0, 0, 2])


def test_equal_numbers_share_a_bucket():
    assert spread([3.0, 3.0], 4) == (3.0, 0.0, [2, 0, 0, 0])


def test_a_range_beyond_every_float_is_spread_too():
    low, width, counts = spread([-1e300, 1e300, 0.0], 2)
    assert (low, counts) == (-1e300, [1, 2])
    assert width == 1e300
