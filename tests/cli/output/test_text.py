import pytest

from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.text import Text, ending_text, summaries_lines
from mcollective_py.cli.render import Style
from mcollective_py.client.aggregate.summaries import Summary
from mcollective_py.client.results import RPCResult, RPCStats

GOOD = Summary("Service Status", "summary", "status", ("running = 3", "\x1b[2J = 1"), {"running": 3})
BAD = Summary("PID", "average", "pid", (), None, "could not compute average of pid: \x1b[2J")


def test_a_result_is_shown_when_it_comes():
    assert Text(None, Style()).result(RPCResult("web1", "a", "b", 0, "OK", {"c": 1})) == "web1\n   c: 1\n\n"


def test_summaries_are_blocks_and_one_that_failed_says_why():
    assert summaries_lines((GOOD, BAD), Style()) == [
        "",
        "Summary of Service Status:",
        "",
        "   running = 3",
        "   \\x1b[2J = 1",
        "",
        "Summary of PID:",
        "",
        "   could not compute average of pid: \\x1b[2J",
        "",
    ]
    assert summaries_lines((), Style()) == []


def test_below_the_results_stand_summaries_then_who_is_silent_then_the_sums():
    stats = RPCStats(discovered=("a", "b"), responses=1, ok=1, no_response=("b",), agent_time=0.1)
    text = ending_text(Ending(stats, (GOOD,)), "", Style())
    assert text.index("Summary of") < text.index("No response from:\n\n   b\n") < text.index("Finished processing 1 / 2 hosts")


@pytest.mark.parametrize(
    "stats", [RPCStats(), RPCStats(discovered=("a",)), RPCStats(discovered=("a",), responses=1, failed=1, denied=1)]
)
def test_where_nobody_said_anything_nothing_is_summed_up(stats):
    assert "Summary" not in ending_text(Ending(stats, (BAD,)), "", Style())
