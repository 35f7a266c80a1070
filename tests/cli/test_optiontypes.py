import argparse

import pytest

from mcollective_py.cli.optiontypes import delay, duration, pause, seconds, whole


def test_a_time_is_seconds_above_0():
    assert (seconds("2.5"), seconds("3")) == (2.5, 3.0)
    for word in ("0", "-1", "x", "nan", "inf", "86400", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="is no time: give seconds above 0"):
            seconds(word)


def test_a_duration_has_units_and_is_above_0():
    assert (duration("90"), duration("1h30m"), duration("2d")) == (90, 5400, 172800)
    for word, said in (
        ("0", "is no time"),
        ("0s", "is no time"),
        ("2x", "1h30m"),
        ("", "1h30m"),
        ("-1", "1h30m"),
        ("4000d", "ten years"),
    ):
        with pytest.raises(argparse.ArgumentTypeError, match=said):
            duration(word)


def test_a_pause_may_be_0():
    assert (pause("0"), pause("0.5")) == (0.0, 0.5)
    with pytest.raises(argparse.ArgumentTypeError):
        pause("-1")


def test_a_delay_may_be_0_or_have_units():
    assert (delay("0"), delay("0.5"), delay("5m")) == (0.0, 0.5, 300)
    with pytest.raises(argparse.ArgumentTypeError):
        delay("-1")


def test_a_whole_number_is_above_0():
    assert whole("12") == 12
    for word in ("0", "-1", "1.5", "", "1" * 40, "\u0663"):
        with pytest.raises(argparse.ArgumentTypeError, match="no whole number above 0"):
            whole(word)
