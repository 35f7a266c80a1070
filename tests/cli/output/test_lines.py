import pytest

from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.lines import Lines, Wording, grouped_lines, said_of
from mcollective_py.cli.render import RED, Style
from mcollective_py.client.results import RPCResult, RPCStats


def result(sender, status="running", code=0, message="OK", refusal=None):
    return RPCResult(sender, "service", "status", code, message, {"status": status}, refusal)


def line(result):
    return result["status"] if result["status"] != "quiet" else None


def text(*results, hosts=("web1", "database1"), style=Style(), closing=lambda results: (), **fields):  # noqa: B008
    lines = Lines(Wording(line, closing), style, hosts, **fields)
    return "".join(lines.result(one) for one in results) + lines.end(Ending(RPCStats()))


def test_names_stand_to_the_right_of_a_column_as_wide_as_the_longest():
    assert text(result("web1"), result("database1", "stopped")) == "        web1: running\n   database1: stopped\n"


def test_of_a_host_of_which_there_is_nothing_to_say_nothing_is_said():
    assert text(result("web1", "quiet")) == ""


def test_a_failure_is_always_told_in_the_hosts_own_words_line_by_line():
    said = "could not start:\n  exit 1\n"
    assert text(result("web1", "quiet", 1, said), hosts=("web1",)) == "   web1: could not start:\n           exit 1\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (result("a", code=1, message="no such unit"), "no such unit"),
        (result("a", code=5, message=""), "Unknown Request Status"),
        (result("a", code=1, message="not allowed", refusal="denied"), "not allowed (Denied)"),
        (result("a", code=5, message="", refusal="busy"), "Busy"),
        (result("a", "quiet"), None),
    ],
)
def test_what_there_is_to_say_of_a_host(given, said):
    assert said_of(given, line) == said


def test_a_command_may_word_failures_in_another_way_than_their_message():
    def failure(result):
        return f"{result.statusmsg}: {result['status']}" if "status" in result else None

    results = [result("a1", "load is high", 1, "WARNING"), RPCResult("a2", "service", "status", 5, "a timeout", {})]
    assert [said_of(one, line, failure) for one in results] == ["WARNING: load is high", "a timeout"]
    lines = Lines(Wording(line, failure=failure), Style(), ("a1", "a2"), is_folded=True)
    shown = "".join(map(lines.result, results)) + lines.end(Ending(RPCStats()))
    assert shown == "   a1: WARNING: load is high\n   a2: a timeout\n"


def test_failures_are_red_on_a_terminal_and_nothing_else_is():
    shown = text(result("web1"), result("web2", code=1, message="bad"), hosts=("web1", "web2"), style=Style(color=True))
    assert shown == f"   web1: running\n   web2: {RED}bad\x1b[0m\n"


def test_equal_lines_are_folded_with_the_node_set_failures_first():
    results = [result(f"web{number}") for number in range(1, 5)]
    results += [result("db1", code=1, message="db1 is locked"), result("db2", code=1, message="db2 is locked")]
    results += [result("mx1", "stopped"), result("mx2", "quiet")]
    assert text(*results, is_folded=True) == ("    db[1-2] (2): <host> is locked\n   web[1-4] (4): running\n            mx1: stopped\n")


def test_a_host_that_is_alone_with_its_words_keeps_its_name_in_them():
    assert grouped_lines([result("db1", code=1, message="db1 is locked")], line) == [(False, "db1 is locked", ("db1",))]


def test_closing_lines_come_last_and_know_all_results():
    assert text(result("web1", "quiet"), closing=lambda results: [f"{len(results)} in all"]) == "\n1 in all\n"


def test_what_a_host_sends_cannot_act_on_the_terminal():
    shown = text(result("web\x1b1", "\x1b[2Jx"), result("web2", code=1, message="\x1b]0;t\x07"), closing=lambda results: ["\x9b"])
    assert "\x1b" not in shown and "\x07" not in shown and "\x9b" not in shown


def test_a_long_list_is_written_as_it_comes_and_kept_for_nothing():
    def listing(result):
        return ["one\x1b", f"two of {result.sender}"] if result["status"] == "long" else None

    for is_folded in (False, True):
        lines = Lines(
            Wording(line, lambda results: [f"{len(results)} seen"], listing=listing), Style(), ("a1", "a2"), is_folded=is_folded
        )
        assert lines.result(result("a1", "long")) == "one\\x1b\ntwo of a1\n"
        lines.result(result("a2", "long", 1, "no"))
        assert lines.end(Ending(RPCStats())).endswith("\n1 seen\n")
