"""Processes as lines, whatever a host sent."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

table = load_module("process", Path(__file__).parents[1], "table")

ENTRY = {
    "pid": 812,
    "username": "www-data",
    "vsize": 57_776_128,
    "rss": 2048,
    "cmdline": "nginx: worker process",
    "state": "S",
    "pctcpu": 1.5,
}


def lines(entries, fields, **more):
    return table.process_lines(entries, fields, lambda moment: f"at {moment:g}", **more)


def test_a_process_stands_under_its_captions():
    assert lines([ENTRY, {**ENTRY, "pid": 9}], table.USUAL) == [
        "PID  USER           VSZ  COMMAND",
        "812  www-data  55.1 MiB  nginx: worker process",
        "  9  www-data  55.1 MiB  nginx: worker process",
    ]


def test_fields_are_chosen_by_name():
    assert table.fields_of("pid, User,rss") == ("PID", "USER", "RSS")
    assert table.fields_of("") == table.USUAL
    with pytest.raises(ValueError, match="there is no field NOSUCH: there are PID"):
        table.fields_of("pid,nosuch")
    assert lines([{**ENTRY, "started": 5}], ("RSS", "CPU", "STARTED", "UNIT"))[1] == "2.0 MiB  1.5  at 5"


def test_threads_of_the_kernel_and_zombies_stand_in_brackets():
    assert lines([{**ENTRY, "kernel": True}, {**ENTRY, "state": "Z"}], ("COMMAND",))[1:] == ["[nginx: worker process]"] * 2


def test_a_long_command_is_cut_unless_all_of_it_is_asked_for():
    long = {**ENTRY, "cmdline": "x" * 100}
    assert lines([long], ("COMMAND",))[1] == "x" * 57 + "..."
    assert lines([long], ("COMMAND",), is_whole=True)[1] == "x" * 100


@pytest.mark.parametrize(
    "entries", [None, "x", 5, [None, "x", 5], [{}], [{"pid": [1], "vsize": "x", "rss": {}, "cmdline": None, "started": "x"}], {"a": 1}]
)
def test_anything_may_come_from_a_host(entries):
    shown = lines(entries, tuple(table.FIELDS))
    assert shown and all("\n" not in line for line in shown)
    assert table.listener_lines(entries)


def test_a_line_break_in_a_command_makes_no_line():
    assert lines([{**ENTRY, "cmdline": "a\n   web9: b"}], ("COMMAND",))[1] == "a web9: b"
