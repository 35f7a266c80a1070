"""The words of `mco puppet`."""

import time

import pytest

from agents.puppet.application import _allowed, _rounds, _seconds_until
from agents.puppet.words import count_lines, detail_lines, ended_line, resource_text, summary_lines
from mcollective_py.errors import UsageError

FAILED = {"resource": "Exec[/bin/false]", "file": "/x/web.pp", "line": 8, "messages": ["returned 1 instead of one of [0]"]}


def test_hosts_are_counted_by_what_they_do():
    statuses = [
        {"enabled": True, "applying": True, "daemon_present": True, "idling": False, "outcome": "changed"},
        {"enabled": True, "applying": False, "daemon_present": True, "idling": True, "outcome": "nocatalog"},
        {"enabled": False, "applying": False, "daemon_present": False, "idling": False, "outcome": "failed"},
    ]
    assert count_lines(statuses) == [
        "Total Puppet nodes: 3",
        "",
        "          Nodes currently enabled: 2",
        "         Nodes currently disabled: 1",
        "",
        "Nodes currently doing puppet runs: 1",
        "          Nodes currently stopped: 2",
        "",
        "       Nodes with daemons started: 2",
        "    Nodes without daemons started: 1",
        "       Daemons started but idling: 1",
        "",
        "       Nodes whose last run failed: 2",
    ]


def test_a_summary_has_a_row_for_each_number():
    lines = summary_lines([{"total_resources": 10, "failed_resources": 0}, {}], str)
    assert lines[0] == "Summary statistics for 2 nodes:"
    assert lines[2] == "                  Total resources: [10, None]"
    assert lines[3] == "            Out Of Sync resources: [None, None]"


def test_a_host_that_never_ran_has_no_numbers():
    lines = summary_lines([{"total_resources": 10, "lastrun": 5}, {"total_resources": 0, "lastrun": 0}], str)
    assert (lines[0], lines[2].strip()) == ("Summary statistics for 1 nodes:", "Total resources: [10]")
    assert lines[-1] == "Nodes that never ran Puppet, and are left out: 1"


def test_a_resource_that_is_only_asked_for_is_shown():
    data = {"result": "no output produced", "properties": {"ensure": "file", "mode": "0640"}}
    assert resource_text(data, has_wishes=False) == "ensure=file\nmode=0640"
    assert resource_text(data, has_wishes=True) == "no output produced"
    assert resource_text({"result": "x", "properties": "y"}, has_wishes=False) == "x"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"outcome": "unchanged", "started": 5, "finished": 17}, "nothing to do in 12 s"),
        ({"outcome": "changed", "changed": [1, 2], "started": 5, "finished": 6}, "changed: 2 resources in 1 s"),
        ({"outcome": "failed", "failed": [FAILED]}, "failed: 1 resource"),
        ({"outcome": "failed"}, "failed"),
        ({"outcome": "noop", "differing": [FAILED]}, "would change: 1 resource"),
        ({"outcome": "nocatalog", "started": 5, "finished": 6}, "failed: no catalog"),
        ({"outcome": "changed", "changed": [1], "cached_catalog": "on_failure"},
         "changed: 1 resource (with the cached catalog: the new one failed)"),
        ({"failed": 3, "started": "x"}, "unknown"),
    ],
)  # fmt: skip
def test_the_end_of_a_run_is_one_line(data, line):
    assert ended_line(data) == line


def test_what_failed_is_told_with_file_and_line():
    assert detail_lines({"failed": [FAILED], "errors": ["the same, longer"], "left_out": 3}) == [
        "Exec[/bin/false] (/x/web.pp:8)",
        "  returned 1 instead of one of [0]",
        "and 3 more",
    ]
    assert detail_lines({"errors": ["Could not retrieve catalog"]}) == ["Could not retrieve catalog"]
    assert detail_lines({"failed": ["x", {"resource": "A[b]", "messages": "x"}]}) == ["A[b]"]


def test_until_is_a_time_of_day_or_a_date():
    now = time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1))
    assert _seconds_until("12:30", now) == 1800
    assert _seconds_until("12:30", now + 0.25) == 1800  # and not 12:29:59, which would be shown as 12:29
    assert _seconds_until("11:30", now) == 23.5 * 3600
    assert _seconds_until("2026-11-24 12:00", now) == _seconds_until("2026-11-24T12:00:00", now) == 86400


@pytest.mark.parametrize("word", ["", "soon", "25:00", "2026-11-22 12:00", "2h"])
def test_until_what_is_over_or_no_time_is_refused(word):
    with pytest.raises(UsageError, match="--until"):
        _seconds_until(word, time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1)))


def test_how_many_hosts_may_fail_is_a_number_or_a_share():
    assert (_allowed(None, 50), _allowed("3", 50), _allowed("10%", 50)) == (None, 3, 5)
    for word in ("x", "-1", "101%", "1.5"):
        with pytest.raises(UsageError, match="--max-fail"):
            _allowed(word, 50)


def test_rerun_of_runall_is_seconds_and_else_the_shared_option():
    assert (_rounds("300"), _rounds("failed"), _rounds(None)) == ((300.0, None), (None, "failed"), (None, None))
