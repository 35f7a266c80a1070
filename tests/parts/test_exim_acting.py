"""The acting half of the agent over a real Exim: what became of each message by Exim's own view, and what was told of it."""

import json
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.cli.demosite import Site
from tests.parts.asker import Asker
from tests.parts.eximfleet import exim_fleet
from tests.parts.eximlab import SPOOL, EximLab
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

UNKNOWN = "1xVWj6-00000i-ZZ"
RCPT, LATER = "SMTP error from remote mail server after RCPT TO", "451 4.3.0 come back later"
_CALLS = ("-m", "tests.parts.asker")


class Relay:
    """One relay with a daemon, and operators on its network."""

    def __init__(self, exim: EximLab, site: Site) -> None:
        self.exim, self.site, self.senders = exim, site, 0
        self.operators = [self._operator(), self._operator()]

    def _operator(self) -> Asker:
        words = [sys.executable, *_CALLS, str(self.site.client_config)]
        return Asker(self.exim.lab.outside(words), self.exim.lab.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})

    def ask(self, action: str, *inputs: str, operator: int = 0) -> dict[str, Any]:
        """The reply to an action."""
        return self.operators[operator].ask("mx1", "exim", action, inputs)

    def did(self, action: str, *inputs: str, failed: str = "") -> dict[str, Any]:
        """The outputs of an action, which must have succeeded, or failed with this message."""
        reply = self.ask(action, *inputs)
        assert (reply["statuscode"], reply["statusmsg"]) == ((1, failed) if failed else (0, "OK")), reply
        return dict(reply["data"])

    def send(self, *recipients: str, sender: str | None = None) -> tuple[str, list[str]]:
        """Queue a message for each of these, and give their sender, whom nobody else has, and their ids."""
        self.senders += 1
        sender = f"s{self.senders}@example.org" if sender is None else sender
        before = set(self.ids())
        self.exim.send("mx1", *({"sender": sender, "recipients": one.split()} for one in recipients))
        return sender, [id for id in self.ids() if id not in before]

    def ids(self, *words: str) -> list[str]:
        """The ids that exipick finds, oldest first."""
        return sorted(self.exim.run("mx1", "exipick", "-i", *words).stdout.split())

    def of(self, sender: str, *words: str) -> list[str]:
        """The ids of a sender's messages."""
        return self.ids(f"$sender_address eq {sender}", *words)

    def envelope(self, id: str) -> str:
        """The -H file by Exim."""
        return self.exim.exim("mx1", "-Mvh", id)

    def log(self, id: str) -> str:
        """The lines of the main log about a message."""
        return self.exim.shell("mx1", f"grep {id} /var/log/exim4/mainlog || true")

    def is_under_delivery(self, id: str) -> bool:
        """Whether a process has it, by the agent's own trial."""
        return outcomes(self.ask("freeze", f"msgid={id}", "noop=true")["data"]) == {id: "locked"}


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with exim_fleet(["mx1"]) as fleet:
        made = Relay(fleet.exim, fleet.site)
        yield made
        for one in made.operators:
            one.close()


def these(*ids: str) -> str:
    return f"msgids={json.dumps(ids)}"


def outcomes(data: dict[str, Any]) -> dict[str, str]:
    return {one["msgid"]: one["outcome"] for one in data["outcomes"]}


def texts(data: dict[str, Any]) -> dict[str, str]:
    return {one["msgid"]: one["text"] for one in data["outcomes"]}


def numbers(data: dict[str, Any]) -> tuple[int, int, int, bool]:
    return data["matched"], data["done"], data["failed"], data["changed"]


def test_freeze_and_thaw_by_id_in_the_historic_way(relay: Relay) -> None:
    _, (id,) = relay.send("bob@example.com")
    data = relay.did("freeze", f"msgid={id}")
    assert (data["status"], numbers(data), outcomes(data)) == (f"Message {id} is now frozen", (1, 1, 0, True), {id: "done"})
    assert id in relay.ids("-z")
    again = relay.did("freeze", f"msgid={id}")
    assert (again["status"], numbers(again)) == (f"Message {id} is already frozen", (1, 0, 0, False))
    assert relay.did("thaw", f"msgid={id}")["status"] == f"Message {id} is no longer frozen"
    assert id not in relay.ids("-z")
    for action in ("freeze", "thaw", "rm", "giveup", "retrymsg", "markdelivered"):
        data = relay.did(action, f"msgid={UNKNOWN}", failed=f"No message matching {UNKNOWN}")
        assert (numbers(data), outcomes(data)) == ((1, 0, 1, False), {UNKNOWN: "unknown"})


def test_a_trial_tells_what_then_happens(relay: Relay) -> None:
    sender, (first, second, third) = relay.send("a@example.com", "b@example.com", "c@example.com")
    relay.exim.exim("mx1", "-Mf", second)
    before = relay.exim.exim("mx1", "-bp")
    trial = relay.did("freeze", f"select=sender={sender}", "noop=true")
    assert outcomes(trial) == {first: "would", second: "unchanged", third: "would"}
    assert trial["status"] == "2 messages would be frozen; 1 needed nothing"
    assert relay.exim.exim("mx1", "-bp") == before
    data = relay.did("freeze", f"select=sender={sender}")
    assert outcomes(data) == {first: "done", second: "unchanged", third: "done"}
    assert (numbers(data), numbers(trial)) == ((3, 2, 0, True), (3, 2, 0, True))
    assert relay.of(sender, "-z") == [first, second, third]


def test_removal_by_selection_touches_nothing_else(relay: Relay) -> None:
    sender, ids = relay.send(*(f"u{number}@example.com" for number in range(6)))
    _, others = relay.send("x@example.com")
    data = relay.did("rm", f"select=sender={sender}")
    assert (data["status"], numbers(data)) == ("6 messages were removed", (6, 6, 0, True))
    assert set(outcomes(data)) == set(ids)
    assert relay.of(sender) == []
    assert set(others) <= set(relay.ids())
    assert "removed by root" in relay.log(ids[0])
    nothing = relay.did("rm", f"select=sender={sender}")
    assert (nothing["status"], numbers(nothing)) == ("no message is meant", (0, 0, 0, False))


def test_giving_up_sends_bounces_and_says_so(relay: Relay) -> None:
    sender, (id, second) = relay.send("defer@example.com", "defer2@example.com")
    data = relay.did("giveup", f"msgid={id}")
    assert data["status"] == f"Message {id} has been given up"
    assert "cancelled by root" in relay.log(id)
    (bounce,) = relay.ids("$sender_address eq ", f"$recipients eq {sender}")
    assert (
        relay.did("giveup", f"msgid={bounce}")["status"] == f"Message {bounce} has been given up; there was nobody to send a bounce to"
    )
    assert numbers(relay.did("giveup", f"select=sender={sender}")) == (1, 1, 0, True)
    assert second not in relay.ids()


def test_recipients_are_marked_added_and_the_sender_is_changed(relay: Relay) -> None:
    _, (id,) = relay.send("one@example.com Two@Example.com three@example.com")
    assert relay.did("markdelivered", f"msgid={id}", "recipient=two@example.com")["status"] == f"Message {id} has been modified"
    listed = relay.exim.exim("mx1", "-bp")
    assert "        D Two@" in listed
    again = relay.did("markdelivered", f"msgid={id}", "recipient=two@example.com")
    assert outcomes(again) == {id: "unchanged"}
    data = relay.did(
        "markdelivered",
        f"msgid={id}",
        "recipient=x@example.com",
        failed=f"Message {id} was not marked: x@example.com is not a recipient",
    )
    assert outcomes(data) == {id: "refused"}
    assert relay.did("addrecipient", f"msgid={id}", "recipient=four@example.net")["changed"] is True
    assert "\nfour@example.net\n" in relay.envelope(id)
    assert outcomes(relay.did("addrecipient", f"msgid={id}", "recipient=four@example.net")) == {id: "unchanged"}
    assert relay.did("setsender", f"msgid={id}", "sender=new@example.org")["status"] == f"Message {id} has been modified"
    assert relay.envelope(id).split("\n")[2] == "<new@example.org>"
    assert relay.did("setsender", these(id), "sender=<>")["changed"] is True
    assert relay.envelope(id).split("\n")[2] == "<>"
    assert relay.did("setsender", f"msgid={id}", "sender=<>")["changed"] is False
    assert relay.did("markdelivered", f"msgid={id}")["changed"] is True
    relay.exim.exim("mx1", "-M", id)
    assert id not in relay.ids()
    assert "=>" not in relay.log(id)


def test_named_queues(relay: Relay) -> None:
    sender, ids = relay.send("a@example.com", "b@example.com", "defer@example.com", "d@example.com")
    data = relay.did("move", f"select=sender={sender}", "queue=hold")
    assert (data["status"], numbers(data)) == ("4 messages were moved", (4, 4, 0, True))
    assert [id for id in ids if id in relay.exim.exim("mx1", "-qGhold", "-bp")] == ids
    assert outcomes(relay.did("move", f"msgid={ids[0]}", "queue=hold")) == {ids[0]: "unchanged"}
    assert relay.did("freeze", f"msgid={ids[0]}")["status"] == f"Message {ids[0]} is now frozen"
    assert f"{ids[0]} <{sender}> *** frozen ***" in relay.exim.exim("mx1", "-qGhold", "-bp")
    assert numbers(relay.did("setsender", f"select=queue=hold and sender={sender}", "sender=<>")) == (4, 4, 0, True)
    assert relay.did("rm", f"msgid={ids[1]}")["changed"] is True
    data = relay.did("retrymsg", these(ids[2], ids[3]), "wait=20")
    assert texts(data) == {ids[3]: "was delivered", ids[2]: f"waits still: {RCPT}:<defer@example.com>: {LATER}"}
    assert relay.did("move", f"msgid={ids[0]}", "queue=")["status"] == f"Message {ids[0]} has been moved to the usual queue"
    assert ids[0] in relay.ids()
    assert relay.did("giveup", f"msgid={ids[2]}")["changed"] is True
    assert relay.exim.exim("mx1", "-qGhold", "-bp") == ""


def test_a_retry_tells_how_each_delivery_ended(relay: Relay) -> None:
    sender, ids = relay.send(
        "ok@example.com", "defer@example.com", "reject@example.com", "ok2@example.com defer2@example.com", "slow@example.com"
    )
    ok, deferred, rejected, half, slow = ids
    relay.exim.exim("mx1", "-Mf", deferred)
    data = relay.did("retrymsg", f"select=sender={sender} and not recipient=slow@example.com", "wait=20")
    assert outcomes(data) == {ok: "done", deferred: "unchanged", rejected: "done", half: "unchanged"}
    assert texts(data) == {
        ok: "was delivered",
        deferred: f"waits still: {RCPT}:<defer@example.com>: {LATER}",
        rejected: f"bounced: {RCPT}:<reject@example.com>: 550 5.1.1 nobody of that name",
        half: f"waits still (1 delivered): {RCPT}:<defer2@example.com>: {LATER}",
    }
    assert data["status"] == "4 messages: 1 delivered, 1 bounced, 2 still waiting"
    assert relay.of(sender) == [deferred, half, slow]
    data = relay.did("retrymsg", f"msgid={slow}")
    assert (data["status"], numbers(data)) == (f"Message {slow} is being delivered", (1, 1, 0, True))
    wait_until("it is under delivery", lambda: relay.is_under_delivery(slow))
    reply = relay.ask("retrymsg", f"msgid={slow}")
    assert re.fullmatch(rf"Message {slow} is locked: process \d+ is at it", reply["statusmsg"]), reply
    assert (reply["statuscode"], outcomes(reply["data"])) == (1, {slow: "locked"})
    for action in ("freeze", "rm"):
        reply = relay.ask(action, these(slow, half))
        assert reply["statuscode"] == 1
        assert reply["statusmsg"].startswith("1 of 2 messages were not ")
        assert reply["statusmsg"].endswith(": 1 locked")
        assert outcomes(reply["data"]) == {slow: "locked", half: "done"}
    assert relay.of(sender) == [deferred, slow]


@pytest.mark.parametrize(("action", "mark"), [("freeze", "frozen by root"), ("giveup", "cancelled by root"), ("rm", "removed by root")])
def test_two_operators_at_the_same_moment_do_everything_once(relay: Relay, action: str, mark: str) -> None:
    sender, ids = relay.send(*(f"defer{number}@example.com" for number in range(30)))
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda operator: relay.ask(action, f"select=sender={sender}", operator=operator), (0, 1)))
    assert [reply["statuscode"] for reply in replies] == [0, 0], [reply["statusmsg"] for reply in replies]
    told = [outcomes(reply["data"]) for reply in replies]
    assert sorted(id for each in told for id, outcome in each.items() if outcome == "done") == sorted(ids)
    assert {outcome for each in told for outcome in each.values()} <= {"done", "unchanged", "gone"}
    lines = relay.exim.shell("mx1", f"grep '{mark}' /var/log/exim4/mainlog")
    assert [id for id in ids if lines.count(f"{id} {mark}") != 1] == []
    assert relay.of(sender, "-z") == relay.of(sender) == (ids if action == "freeze" else [])


def test_messages_that_are_delivered_meanwhile_have_left_the_queue(relay: Relay) -> None:
    sender, _ = relay.send(*(f"ok{number}@example.com" for number in range(60)))
    relay.exim.lab.start("mx1", "/usr/sbin/exim4", "-qff")
    wait_until("the first is delivered", lambda: len(relay.of(sender)) < 60)
    data = relay.did("rm", f"select=sender={sender}")
    wait_until("the queue run is over", lambda: relay.exim.run("mx1", "pgrep", "-f", "exim4 -qff").returncode)
    log = relay.exim.shell("mx1", "cat /var/log/exim4/mainlog")
    assert data["matched"] < 60
    for id, outcome in outcomes(data).items():
        assert outcome in ("done", "gone")
        assert (f"{id} removed by root" in log, f"{id} => " in log) == (outcome == "done", outcome == "gone"), id
    assert relay.of(sender) == []


def test_a_corrupt_file_a_missing_one_and_an_unknown_id_keep_nothing_from_the_others(relay: Relay) -> None:
    sender, (good, corrupt, half) = relay.send("a@example.com", "b@example.com", "c@example.com")
    relay.exim.shell("mx1", f"echo nonsense >{SPOOL}/input/{corrupt}-H; rm {SPOOL}/input/{half}-D")
    for action, others in (("freeze", ()), ("giveup", ()), ("setsender", ("sender=x@example.org",))):
        trial = relay.ask(action, these(good, corrupt, half, UNKNOWN), "noop=true", *others)
        reply = relay.ask(action, these(good, corrupt, half, UNKNOWN), *others)
        assert outcomes(reply["data"]) == {good: "done", corrupt: "broken", half: "broken", UNKNOWN: "unknown"}, action
        assert outcomes(trial["data"]) == {good: "would", corrupt: "broken", half: "broken", UNKNOWN: "unknown"}, action
        assert texts(reply["data"])[half] == "is broken: its -D file is not there"
        assert reply["statusmsg"].endswith(": 1 unknown, 2 broken")
        if action == "giveup":
            _, (good,) = relay.send("a@example.com", sender=sender)
    files = relay.exim.shell("mx1", f"ls {SPOOL}/input")
    assert f"{corrupt}-H" in files
    # A selection means what can be read of a message; a removal by id takes away what cannot be read too, as Exim does.
    assert outcomes(relay.did("rm", f"select=sender={sender} or sender=x@example.org")) == {good: "done", half: "done"}
    assert numbers(relay.did("rm", f"msgid={corrupt}")) == (1, 1, 0, True)
    assert not {f"{id}-{part}" for id in (corrupt, half) for part in "HD"} & set(relay.exim.shell("mx1", f"ls {SPOOL}/input").split())


def test_more_messages_than_were_allowed_are_not_touched(relay: Relay) -> None:
    sender, ids = relay.send(*(f"u{number}@example.com" for number in range(5)))
    words = "5 messages are meant, more than 4: nothing was touched. max_messages=5 would allow it"
    for more in ((), ("noop=true",)):
        data = relay.did("rm", f"select=sender={sender}", "max_messages=4", *more, failed=words)
        assert (numbers(data), data["outcomes"], data["status"]) == ((5, 0, 0, False), [], words)
    relay.did("retrymsg", these(*ids), "max_messages=4", failed=words)
    assert relay.of(sender) == ids
    assert numbers(relay.did("rm", f"select=sender={sender}", "max_messages=5")) == (5, 5, 0, True)


def test_a_message_that_stays_locked_is_told_and_left_alone(relay: Relay) -> None:
    sender, (first, held) = relay.send("a@example.com", "b@example.com")
    with relay.exim.locked("mx1", held):
        trial = relay.ask("rm", f"select=sender={sender}", "noop=true")
        assert outcomes(trial["data"]) == {first: "would", held: "locked"}
        assert trial["statusmsg"] == "1 of 2 messages would not be removed: 1 locked"
        reply = relay.ask("rm", f"select=sender={sender}")
    assert (reply["statuscode"], reply["statusmsg"]) == (1, "1 of 2 messages were not removed: 1 locked")
    assert outcomes(reply["data"]) == {held: "locked", first: "done"}
    assert numbers(reply["data"]) == (2, 1, 1, True)
    assert relay.of(sender) == [held]
    relay.did("rm", f"msgid={held}")


def test_the_historic_removals_of_bounces_and_frozen_messages(relay: Relay) -> None:
    relay.did("rmbounces") if relay.ids("$sender_address eq ") else None
    _, bounces = relay.send("a@example.com", "b@example.com", sender="")
    sender, (frozen, kept) = relay.send("c@example.com", "d@example.com")
    relay.exim.exim("mx1", "-Mf", frozen)
    trial = relay.did("rmbounces", "noop=true")
    assert (trial["count"], numbers(trial)) == (2, (2, 2, 0, True))
    data = relay.did("rmbounces")
    assert (data["count"], data["status"]) == (2, "2 messages were removed")
    assert sorted(data["output"].split("\n")) == [f"Message {id} has been removed" for id in sorted(bounces)]
    assert relay.did("rmbounces", failed="no messages")["count"] == 0
    data = relay.did("rmfrozen")
    assert frozen in data["output"]
    assert relay.did("rmfrozen", failed="no messages")
    assert relay.of(sender) == [kept]


def test_queue_runs(relay: Relay) -> None:
    relay.exim.shell("mx1", f"find {SPOOL} -name '??????-*-[HD]' -delete; rm -f {SPOOL}/db/*")
    _, (here, there, deferred, frozen) = relay.send("a@example.com", "b@run.example.net", "defer@run.example.net", "c@run.example.net")
    relay.exim.exim("mx1", "-Mf", frozen)
    trial = relay.did("runq", "domain=RUN.example.net", "noop=true")
    assert (set(outcomes(trial)), trial["status"]) == ({there, deferred}, "A queue run would be started: 2 messages are in it")
    data = relay.did("runq", "domain=RUN.example.net", "wait=20")
    assert outcomes(data) == {there: "done", deferred: "unchanged"}
    assert data["status"] == "2 messages: 1 delivered, 1 still waiting"
    assert relay.ids() == sorted([here, deferred, frozen])
    early = relay.did("runq", "domain=run.example.net", "wait=20")
    assert (numbers(early), outcomes(early)) == ((1, 0, 0, False), {deferred: "unchanged"})
    tries = relay.log(deferred).count(LATER)
    relay.did("delivermatching", "pattern=DEFER@run", "force=force", "wait=20")
    assert relay.log(deferred).count(LATER) == tries + 1
    assert relay.did("delivermatching", "pattern=c@run", "wait=20")["matched"] == 0
    data = relay.did("delivermatching", "pattern=c@run", "force=frozen", "wait=20")
    assert texts(data) == {frozen: "was delivered"}
    relay.exim.exim("mx1", "-MG", "later", here)
    assert relay.did("runq")["status"] == "A queue run was started: 1 message is in it"
    assert relay.did("runq", "queue=later", "wait=20")["status"] == "1 messages: 1 delivered"
    assert relay.did("runq", "force=frozen", "wait=20")["changed"] is False


def test_addresses_that_look_like_shell_go_to_exim_word_by_word(relay: Relay) -> None:
    _, (id,) = relay.send("a@example.com")
    for address in ("x'&touch$IFS/tmp/canary&'@example.com", "${run{/usr/bin/touch}}@example.com", '"a b"@example.com'):
        assert relay.did("addrecipient", f"msgid={id}", f"recipient={address}")["changed"] is True
        assert f"\n{address}\n" in relay.envelope(id)
    relay.exim.exim("mx1", "-M", id)
    assert relay.exim.run("mx1", "ls", "/tmp/canary").returncode == 2


def test_thousands_of_messages_at_once(relay: Relay) -> None:
    relay.exim.shell("mx1", f"find {SPOOL} -name '??????-*-[HD]' -delete")
    sender, _ = relay.send("defer@example.com")
    relay.exim.multiply("mx1", 1499)
    _, others = relay.send("a@example.com")
    data = relay.did(
        "freeze",
        f"select=sender={sender}",
        failed="1500 messages are meant, more than 1000: nothing was touched. max_messages=1500 would allow it",
    )
    assert numbers(data) == (1500, 0, 0, False)
    assert numbers(relay.did("freeze", f"select=sender={sender}", "max_messages=1500")) == (1500, 1500, 0, True)
    assert len(relay.ids("-z")) == 1500
    assert numbers(relay.did("rm", f"select=sender={sender}", "max_messages=1500")) == (1500, 1500, 0, True)
    assert relay.ids() == others
