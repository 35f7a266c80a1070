"""Numbers of many hosts in a line."""

import pytest

from mcollective_py.cli.spread import short, spread_line


def test_numbers_are_spread_over_bars():
    line = spread_line([1, 1, 1, 20])
    assert line.startswith("█▁▁▁") and line.endswith("▃  min: 1.0    avg: 5.8    max: 20.0")
    assert spread_line([5, 5]) == "█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  min: 5.0    avg: 5.0    max: 5.0"


def test_what_is_no_number_is_left_out():
    assert spread_line([]) == spread_line([None, "x", True, float("nan"), float("inf"), 1e300, 10**400]) == ""
    assert spread_line([None, 3]).endswith("max: 3.0")


@pytest.mark.parametrize(("number", "words"), [(0, "0.0"), (999.94, "999.9"), (1500, "1.5k"), (2_500_000, "2.5m")])
def test_large_numbers_are_short(number, words):
    assert short(number) == words
