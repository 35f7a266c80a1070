"""The screens of `mco exim top` in 80x24, and the thread that asks: a fleet by hand for the one, a real collective for the other."""

import asyncio
import importlib
import queue
import time
from pathlib import Path

import pytest

from mcollective_py.client.results import RPCResult
from mcollective_py.errors import ConnectorError
from mcollective_py.plugins.modules import load_module
from mcollective_py.testing import Collective

app = load_module("exim", Path(__file__).parents[1], "live.app")
asking = importlib.import_module(f"{app.__package__}.asking")
COUNT = {"messages": 812, "total": 900, "frozen": 3, "bounces": 2, "bytes": 123456, "oldest": 7000}
ROW = {
    "id": "1xVWj6-000001-1z", "sender": "a[bold]@example.org", "recipients": ["b@x.y", "c\x1b[2J@d.e"], "size": 2400, "age": 1000,
    "frozen": True, "subject": "\x1b]0;title\x07[red]red[/red] [@click=app.quit]x[/]", "error": "refused\r\nX",
}  # fmt: skip


class Fleet:
    """Answers at once, but for mx3, which is silent, and mx4, which denies."""

    def __init__(self):
        self.asked, self.view = [], None

    def ask(self, question):
        self.asked.append(question)
        for host in question.hosts:
            if host == "mx4":
                self.view.told(
                    asking.Answer(question.number, RPCResult(host, "exim", question.action, 1, "denied [b]here\x1b", {}, "denied"))
                )
            elif host != "mx3":
                self.view.told(asking.Answer(question.number, RPCResult(host, "exim", question.action, 0, "OK", self.data(question))))
        self.view.told(asking.End(question.number, tuple(host for host in question.hosts if host == "mx3")))

    def data(self, question):
        if question.action == "count":
            return COUNT
        if question.action == "list":
            return {"messages": [ROW], "matched": 1, "total": 900, "next": ""}
        if question.action == "top":
            return {"top": [{"name": "a@b.c", "messages": 5}], "matched": 5}
        if question.action == "show":
            return {"message": ROW, "headers": "Subject: \x1b[31mred\nX: [b]y" + "\nReceived: by a relay" * 30, "log": "tried"}
        if question.action == "body":
            return {"body": "the first line of the body\n" + "more\n" * 50, "truncated": True}
        return {"outcomes": [{"msgid": ROW["id"], "outcome": "done", "text": "is now [b]frozen"}], "matched": 1}

    def drop(self, number):
        pass

    def look(self):
        self.asked.append("look")


def text_of(view):
    return "\n".join("".join(part.text for part in strip) for strip in view.screen._compositor.render_strips())


def shown(*steps, names=("mx1", "mx2"), size=(80, 24), **options):
    """What is seen after each step, a list of keys, and the fleet."""

    async def run():
        fleet = Fleet()
        fleet.view = view = app.EximTop(fleet, names, actions=["freeze", "rm", "count"], **options)
        seen = []
        async with view.run_test(size=size) as pilot:
            await settled(pilot)
            for keys in steps:
                await pilot.press(*keys)
                await settled(pilot)
                seen.append(text_of(view))
        assert view.fault is None
        return seen, fleet

    return asyncio.run(run())


async def settled(pilot):
    """All that was told is drawn; what is typed is tried."""
    await pilot.pause()
    while getattr(pilot.app.screen, "is_due", False):
        await pilot.pause(0.01)


def test_a_host_that_is_silent_and_one_that_denies_stand_first_and_count_in_no_sum():
    (seen,), _ = shown([], names=("mx1", "mx2", "mx3", "mx4"))
    lines = seen.split("\n")
    assert lines[0].startswith("exim: 4 hosts, 1 SILENT, 1 FAILED, 1624 messages, 6 frozen")
    assert [line.split()[0] for line in lines[2:6]] == ["mx3", "mx4", "mx1", "mx2"]
    assert "silent for" in lines[2]
    assert "denied [b]here\\x1b" in lines[3]


def test_what_hosts_send_is_shown_as_it_is_and_does_nothing():
    (listed, one, _, top), _ = shown(["enter"], ["enter"], ["escape"], ["w"])
    assert "a[bold]@example.org" in listed
    assert "\\x1b]0;tit" in listed
    assert "c\\x1b[2J@d.e" in listed
    assert "\\x1b[31mred" in one
    assert "X: [b]y" in one
    assert "a@b.c" in top
    assert not {"\x1b", "\x07", "\r"} & set(listed + one)


def test_a_narrow_terminal_leaves_out_columns_and_never_who_it_is_about():
    (hosts, messages), _ = shown([], ["enter"], size=(40, 10))
    assert hosts.split("\n")[1].split() == ["HOST", "MESSAGES*", "FROZEN", "OLDEST"]
    assert hosts.split("\n")[2].split()[:2] == ["mx1", "812"]
    assert messages.split("\n")[1].split() == ["AGE", "F", "SENDER", "RECIPIENTS"]
    (tiny, question), _ = shown([], ["enter", "x"], size=(1, 1))
    assert len(tiny) == len(question) == 1


def test_hosts_with_long_names_can_be_told_apart_and_recipients_are_counted_where_their_names_are_cut():
    names = ("relay-01.example.org", "relay-02.example.org")
    (short,), _ = shown(["m"])
    assert short.split("\n")[1].split()[0] == "HOST"
    (seen,), _ = shown(["m"], names=names)
    assert [line.split()[0] for line in seen.split("\n")[2:4]] == ["relay-01.exa…", "relay-02.exa…"]
    (narrow,), _ = shown(["enter"], size=(40, 10))
    assert "… +1" in narrow.split("\n")[2] or "b@x.y +1" in narrow.split("\n")[2]


def test_the_body_that_was_asked_for_is_in_sight():
    (headers, body), _ = shown(["enter", "enter"], ["b"])
    assert "--- headers ---" in headers
    assert "the first line of the body" in body


def test_an_escape_that_came_together_with_the_next_key_is_one():
    (asked, back, sorted_by, typed), fleet = shown(
        ["enter", "f", "circumflex_accent", "y", "f", "alt+y"],
        ["circumflex_accent"],
        ["slash", *"abc", "alt+s"],
        ["slash", "circumflex_accent", "x"],
    )
    assert "SENDER" in asked
    assert "MESSAGES*" in back
    assert "FROZEN*" in sorted_by
    assert "^x" in typed
    assert not [one for one in fleet.asked if one != "look" and one.action == "freeze"]


def test_a_remark_does_not_outlive_the_filter_that_it_is_about():
    (_, other), _ = shown(["m", "a", "x"], ["slash", *"frozen", "enter"])
    assert "nothing was" not in other


def test_an_act_is_asked_for_told_message_by_message_and_sent_once():
    (question, still, _, done), fleet = shown(["enter", "f"], ["x", "enter"], ["space", "f"], ["y"])
    assert "Freeze 1 message on mx1?" in question
    assert "1xVWj6-000001-1z a[bold]@example.org" in question
    assert "SENDER" in still
    assert "Freeze: 1 done" in done
    assert "is now [b]frozen" in done
    sent = [one for one in fleet.asked if one != "look" and one.action in ("freeze", "rm")]
    assert [(one.hosts, dict(one.inputs)) for one in sent] == [(("mx1",), {"msgids": [ROW["id"]], "max_messages": 1})]


def test_all_that_a_filter_means_is_counted_first_and_bounded():
    (refused,), fleet = shown(["m", "a", "x"])
    assert "1624 messages on 2 hosts (mx1 812, mx2 812) are more than 1000: nothing was" in refused
    assert not [one for one in fleet.asked if one.action == "rm"]
    (question, _), fleet = shown(["m", "a", "x"], ["y"], names=("mx1", "mx3"), typed="frozen", noop=True)
    assert "left out: mx3: no answer" in question
    sent = [(one.hosts, dict(one.inputs)) for one in fleet.asked if one.action == "rm"]
    assert sent == [(("mx1",), {"select": "frozen", "max_messages": 903, "noop": True})]


def test_a_filter_is_typed_tried_kept_and_given_up():
    (wrong, right, kept, given_up), fleet = shown(
        ["slash", *"sendr=q"], ["backspace"] * 7 + [*"q a"], ["enter"], ["slash", "z", "escape"]
    )
    assert "there is no field 'sendr'" in wrong
    assert "    ^" in wrong
    assert "mx1" in wrong
    assert "MATCHED" in right
    assert "filter: q a" in kept
    assert "filter: q a" in given_up
    asked = [one.inputs["select"] for one in fleet.asked if one.inputs]
    assert set(asked) <= {"sender=/q a/ or recipient=/q a/ or subject=/q a/", "sender=/q az/ or recipient=/q az/ or subject=/q az/"}


def test_an_action_that_the_agent_has_not_is_not_asked_for():
    (seen,), fleet = shown(["m", "t"])
    assert "the agent has no action thaw" in seen
    assert not [one for one in fleet.asked if one.action == "thaw"]


def test_keys_while_a_filter_is_typed_are_letters_and_ctrl_c_is_not():
    async def run():
        fleet = Fleet()
        fleet.view = view = app.EximTop(fleet, ["mx1"], actions=[])
        async with view.run_test(size=(80, 24)) as pilot:
            await pilot.press("slash", *"qhx", "ctrl+c")
        return view.typed, view.return_code

    assert asyncio.run(run()) == ("", 0)


def test_an_answer_to_a_screen_that_was_left_does_nothing():
    async def run():
        fleet = Fleet()
        fleet.view = view = app.EximTop(fleet, ["mx1"], actions=["freeze"])
        async with view.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            for keys in (["enter"], ["enter"], ["escape"], ["f", "y"], ["escape"], ["w"], ["escape"], ["escape"]):
                before, fleet.view = fleet.view, Later()
                await pilot.press(*keys)
                await settled(pilot)
                for event in getattr(before, "events", ()):  # of the screen before
                    view.told(event)
            await settled(pilot)
        return view.fault

    assert asyncio.run(run()) is None


def test_a_screen_that_is_being_taken_away_is_drawn_as_far_as_it_is_there():
    async def run():
        fleet = Fleet()
        fleet.view = view = app.EximTop(fleet, ["mx1"], actions=[])
        async with view.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            await view.screen.query_one("#head").remove()
            view.screen.draw()
        return view.fault

    assert asyncio.run(run()) is None


class Later:
    """Keeps what is told."""

    def __init__(self):
        self.events = []

    def told(self, event):
        self.events.append(event)


# --- the thread that asks -------------------------------------------------------------------------------------------------


@pytest.fixture
def collective(tmp_path):
    with Collective(tmp_path, settings={"activate_agents": "0", "plugin.rpcutil.activate_agent": "1"}) as made:
        yield made


@pytest.fixture
def told():
    return queue.SimpleQueue()


def collected(told, *numbers):
    """Who answered to these questions, and their ends in the order in which they came."""
    answers, ends = {number: [] for number in numbers}, []
    while len(ends) < len(numbers):
        event = told.get(timeout=30)
        if isinstance(event, asking.End):
            ends.append(event)
        elif isinstance(event, asking.Answer):
            answers[event.number].append(event.result.sender)
    return answers, ends


def test_questions_are_answered_side_by_side_and_the_silent_are_named(collective, told):
    collective.add("web1", "web2")
    asked = asking.Asking(collective.rpcclient("rpcutil"), lambda: collective.rpcclient("rpcutil"), told.put)
    asked.start()
    asked.ask(asking.Question(1, "ping", {}, ("web1", "gone"), 2.0))
    asked.ask(asking.Question(2, "ping", {}, ("web2",)))
    assert collected(told, 1, 2) == ({1: ["web1"], 2: ["web2"]}, [asking.End(2), asking.End(1, ("gone",))])
    asked.ask(asking.Question(3, "no_such_action", {}, ("web1",)))
    assert "no_such_action" in collected(told, 3)[1][0].reason
    asked.look()
    assert sorted(told.get(timeout=20).hosts) == ["web1", "web2"]
    asked.end(20.0)
    assert not asked.is_alive()


def test_most_of_what_was_found_is_asked_by_one_request_and_the_others_by_name(collective, told):
    names = [f"web{number}" for number in range(1, 13)]
    collective.add(*names)
    rpc, sent = collective.rpcclient("rpcutil"), []
    call = rpc.client.call
    rpc.client.call = lambda *words, **more: sent.append((words[3], more["filter"])) or call(*words, **more)
    rpc.discovery_timeout, deadline = 2, time.monotonic() + 60
    while len(rpc.audience.nodes) < len(names):
        assert time.monotonic() < deadline, rpc.audience.nodes
        rpc.reset()
    asked = asking.Asking(rpc, lambda: rpc, told.put)
    asked.start()
    asked.ask(asking.Question(1, "ping", {}, (*names[:11], "gone"), 5.0))
    answers, ends = collected(told, 1)
    assert (sorted(answers[1]), ends) == (sorted(names[:11]), [asking.End(1, ("gone",))])
    assert [(audience.nodes, filter is None) for audience, filter in sent] == [(tuple(names[:11]), False), (("gone",), True)]
    sent.clear()
    asked.ask(asking.Question(2, "ping", {}, ("web1", "web2")))
    assert sorted(collected(told, 2)[0][2]) == ["web1", "web2"]
    assert [(audience.discovered, filter) for audience, filter in sent] == [(None, None)]
    asked.end(20.0)


def test_a_broker_that_goes_away_is_told_and_looked_for(collective, told):
    collective.add("web1")
    first, attempts = collective.rpcclient("rpcutil"), []

    def reopen():
        attempts.append(1)
        if len(attempts) == 1:
            raise ConnectorError("nobody listens")
        return collective.rpcclient("rpcutil")

    asked = asking.Asking(first, reopen, told.put)
    asked.start()
    first.client.connect()
    first.client.close(wait=False)
    asked.ask(asking.Question(1, "ping", {}, ("web1",)))
    events = [told.get(timeout=20) for _ in range(4)]
    assert [type(event).__name__ for event in events] == ["End", "Lost", "Lost", "Back"]
    asked.ask(asking.Question(2, "ping", {}, ("web1",)))
    assert collected(told, 2)[0] == {2: ["web1"]}
    asked.end(20.0)
