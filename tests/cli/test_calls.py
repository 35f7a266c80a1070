import argparse
import io

import pytest

from mcollective_py.cli.calls import body_of, confirm, interruptible, show
from mcollective_py.cli.output.lines import Wording
from mcollective_py.cli.render import Style
from mcollective_py.client.collector import Collector
from mcollective_py.client.replies import Replies
from mcollective_py.client.results import RPCStats
from mcollective_py.client.rpcresults import RPCResults
from mcollective_py.ddl.model import DDL, ActionDDL, Metadata
from mcollective_py.errors import ConnectorClosed, UsageError
from mcollective_py.filter import Filter
from mcollective_py.message import Reply

ACTIONS = {
    "status": ActionDDL("status", "", display="always"),
    "wipe": ActionDDL("wipe", "", impact="destructive"),
    "reboot": ActionDDL("reboot", "", needs_confirm=True),
    "label": ActionDDL("label", "", impact="change"),
    "list": ActionDDL("list", "", impact="read"),
}
DISK = DDL(Metadata("disk", "", "", "", "", "", 5.0), ACTIONS)


def options(**fields):
    values = {"display": None, "sort": False, "no_progress": True, "quiet": False, "strict": False, "yes": False, "rerun": None}
    values |= {"json": False, "format": None, "output_file": None, "fold": None}
    return argparse.Namespace(**{**values, **fields})


def results(*replies, expected=("web1", "web2"), action="status"):
    collector = Collector("disk", started=0.0, window=0.0, expected=expected)
    collector.sent("d")
    collector.published(0.0)
    stats = RPCStats(request_id="a" * 32, agent="disk", action=action, discovered=expected, did_discovery=True)
    made = Replies(collector, stats, pump=lambda timeout: None, monotonic=lambda: 0.0)
    for sender, code in replies:
        made.deliver(Reply("a" * 32, "d", sender, "disk", action, {"free": code}, 0.0, code, "OK" if code == 0 else "bad"))
    return RPCResults(made)


def test_results_are_shown_as_they_come_and_the_missing_named(capsys):
    assert show(results(("web2", 0)), DISK, options(), Style()) == 0
    out = capsys.readouterr().out
    assert out.index("web2\n   free: 0\n") < out.index("No response from:\n\n   web1\n") < out.index("Finished processing 1 / 2")


@pytest.mark.parametrize("is_json", [False, True])
def test_a_broker_that_goes_away_leaves_what_came_before_it(capsys, is_json):
    def gone(timeout):
        raise ConnectorClosed("the broker has gone")

    called = results(("web2", 0))
    called.replies.collector.window = 5.0
    called.replies.collector.published(0.0)
    called.replies._pump = gone
    with pytest.raises(ConnectorClosed):
        show(called, DISK, options(json=is_json), Style())
    out = capsys.readouterr().out
    assert "web2" in out
    assert ('"no_response": ["web1"]' if is_json else "No response from:\n\n   web1\n") in out


def test_sorted_results_have_failures_first(capsys):
    assert show(results(("web1", 0), ("web2", 1)), DISK, options(sort=True), Style()) == 2
    out = capsys.readouterr().out
    assert out.index("web2") < out.index("web1")


def test_the_ddl_says_what_is_displayed_unless_told(capsys):
    show(results(("web1", 0), ("web2", 1), action="wipe"), DISK, options(), Style())
    assert "web1" not in capsys.readouterr().out
    show(results(("web1", 0), ("web2", 1)), DISK, options(display="none"), Style())
    assert "web" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "body"), [("2.5", 2.5), ('{"a": [1]}', {"a": [1]}), ("hello", "hello"), ("", ""), ("[" * 100_000, "[" * 100_000)]
)
def test_a_body_is_json_or_the_text_itself(text, body):
    assert body_of(text) == body


class Asked:
    """What confirm reads of an RPCClient."""

    def __init__(self, filter=None, limit=None):
        self.agent, self.ddl, self.filter, self.limit = "disk", DISK, filter or Filter(), limit


def never():
    raise AssertionError("nobody was to be discovered")


class Terminal(io.StringIO):
    """A terminal where somebody types."""

    def isatty(self):
        return True


class Found:
    """An audience."""

    def __init__(self, count):
        self.nodes = tuple(f"web{number}" for number in range(count))


@pytest.mark.parametrize(
    ("asked", "action", "count", "question"),
    [
        (Asked(), "wipe", 24, "disk wipe is destructive and goes to every host, 24 hosts. Really? (y/N) "),
        (Asked(Filter.parse(classes=["a"])), "reboot", 1, "disk reboot goes to 1 host. Really? (y/N) "),
    ],
)
def test_the_question_says_how_many_hosts_are_meant(monkeypatch, asked, action, count, question):
    said = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    monkeypatch.setattr("sys.stderr", said)
    asked.audience = Found(count)
    with pytest.raises(UsageError, match="nothing was sent"):
        confirm(asked, action, {}, options(), lambda: None)
    assert said.getvalue() == question


def test_nobody_is_asked_about_no_host(monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stderr", Terminal())
    asked = Asked()
    asked.audience = Found(0)
    confirm(asked, "wipe", {}, options(), lambda: None)


def test_an_action_that_wants_to_be_confirmed_needs_a_yes_whatever_the_filter(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(UsageError, match="disk reboot wants to be confirmed: call it on a terminal, or with --yes"):
        confirm(Asked(Filter.parse(classes=["a"])), "reboot", {}, options(), never)


def test_a_destructive_action_on_every_host_needs_a_yes_where_nobody_can_be_asked(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(UsageError, match="--yes"):
        confirm(Asked(), "wipe", {}, options(), never)


def test_a_command_that_asks_before_every_change_does_so_where_no_filter_narrows_it(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(UsageError, match="disk label changes hosts and no filter narrows it: add a filter, or --yes"):
        confirm(Asked(), "label", {}, options(), never, asks_first=True)
    confirm(Asked(), "list", {}, options(), never, asks_first=True)
    confirm(Asked(Filter.parse(classes=["a"])), "label", {}, options(), never, asks_first=True)
    confirm(Asked(), "label", {}, options(), never)


@pytest.mark.parametrize(("count", "action", "more", "is_asked"), [
    (21, "label", {}, True),
    (20, "label", {}, False),
    (21, "list", {}, False),
    (21, "label", {"yes": True}, False),
])  # fmt: skip
def test_a_command_asks_before_a_change_of_many_hosts_that_a_filter_names(monkeypatch, count, action, more, is_asked):
    said = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    monkeypatch.setattr("sys.stderr", said)
    asked = Asked(Filter.parse(classes=["a"]))
    asked.audience = Found(count)
    confirm(asked, action, {}, options(**more), lambda: None, asks_first=True, asks_above=20)
    assert said.getvalue() == ("disk label goes to 21 hosts. Really? (y/N) " if is_asked else "")


def test_who_names_hosts_in_a_script_is_not_asked(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    confirm(Asked(Filter.parse(classes=["a"])), "label", {}, options(), never, asks_first=True, asks_above=0)


def test_a_command_words_its_results_itself_whatever_the_ddl_displays(capsys):
    came, wording = [], Wording(lambda result: "done" if result.sender == "web2" else None)
    called = results(("web1", 0), ("web2", 0), ("web3", 1), action="wipe", expected=("web1", "web2", "web3"))
    assert show(called, DISK, options(), Style(), wording=wording, came=came) == 2
    assert capsys.readouterr().out.startswith("   web2: done\n   web3: bad\n")
    assert [result.sender for result in came] == ["web1", "web2", "web3"]


@pytest.mark.parametrize("fields", [{"json": True}, {"format": "csv"}])
def test_other_formats_are_the_same_for_every_command(capsys, fields):
    show(results(("web1", 0)), DISK, options(**fields), Style(), wording=Wording(lambda result: "done"))
    out = capsys.readouterr().out
    assert "done" not in out and "web1" in out


def test_v_shows_results_as_they_came_for_every_command(capsys):
    show(results(("web1", 0)), DISK, options(), Style(verbose=True), wording=Wording(lambda result: "done"))
    assert '"free": 0' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "action", "inputs", "fields"),
    [
        (Asked(), "wipe", {}, {"yes": True}),
        (Asked(), "status", {}, {}),
        (Asked(Filter.parse(classes=["a"])), "wipe", {}, {}),
        (Asked(limit="1"), "wipe", {}, {}),
        (Asked(), "wipe", {}, {"rerun": "failed"}),
        (Asked(), "wipe", {"noop": True}, {}),
        (Asked(), "reboot", {}, {"yes": True}),
    ],
)
def test_anything_less_is_not_asked(monkeypatch, asked, action, inputs, fields):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    confirm(asked, action, inputs, options(**fields), never)


class Waiting:
    """Replies of which close is all that is asked."""

    is_closed = False

    def close(self):
        self.is_closed = True


def test_a_wait_that_ends_by_itself_has_the_code_of_what_came():
    replies = Waiting()
    with interruptible(replies) as wait:
        pass
    assert (wait.is_interrupted, replies.is_closed, wait.exitcode(3)) == (False, False, 3)


def test_ctrl_c_ends_the_wait_for_all_that_is_awaited_and_is_130():
    replies = Waiting(), Waiting()
    with interruptible(*replies) as wait:
        raise KeyboardInterrupt
    assert (wait.is_interrupted, [one.is_closed for one in replies], wait.exitcode(0)) == (True, [True, True], 130)


def test_a_broker_that_has_gone_ends_the_wait_and_is_told_last():
    replies = Waiting()
    with interruptible(replies) as wait:
        raise ConnectorClosed("the broker has gone")
    assert (wait.is_interrupted, replies.is_closed) == (True, True)
    with pytest.raises(ConnectorClosed, match="the broker has gone"):
        wait.exitcode(0)


def test_any_other_error_flies():
    with pytest.raises(UsageError), interruptible(Waiting()):
        raise UsageError("wrong")
