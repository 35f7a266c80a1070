"""`mco exim` as a postmaster types it, over three relays with a real Exim: what is asked, done and told, and Exim's own view of it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.cli.demosite import Site
from tests.parts.eximfleet import exim_fleet
from tests.parts.eximlab import SPOOL, EximLab
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

RELAYS = ("mx1", "mx2", "mx3")
SPAM, ALICE = "spam@bad.example", "alice@example.org"
UNKNOWN = "1xVWj6-00000i-ZZ"
_ANSWERING = Path(__file__).with_name("answering.py")


class Fleet:
    """Three relays with daemons, and `mco exim` on their network."""

    def __init__(self, exim: EximLab, site: Site) -> None:
        self.exim, self.site = exim, site

    def mco(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`mco exim` with these words; nobody sits at it."""
        return self.exim.lab.run_outside(*self._command(words))

    def typed(self, answer: str, *words: str) -> subprocess.CompletedProcess[str]:
        """The same on a terminal, where the question is answered."""
        return self.exim.lab.run_outside(sys.executable, str(_ANSWERING), answer, *self._command(words))

    def ids(self, host: str, *words: str) -> list[str]:
        """The ids that exipick finds there."""
        return self.exim.run(host, "exipick", "-i", *words).stdout.split()

    def of(self, host: str, sender: str) -> list[str]:
        """The ids of a sender's messages."""
        return self.ids(host, f"$sender_address eq {sender}")

    def send(self, host: str, count: int, sender: str = SPAM, recipient: str = "bob@example.com") -> list[str]:
        """Queue messages; their ids."""
        known = set(self.ids(host))
        self.exim.send(host, *[{"sender": sender, "recipients": [recipient], "subject": f"number {n}"} for n in range(count)])
        return [id for id in self.ids(host) if id not in known]

    def empty(self) -> None:
        """Nothing is queued any more."""
        for host in RELAYS:
            self.exim.shell(host, f"find {SPOOL} -path '*/input/*' -type f -delete; find {SPOOL} -path '*/msglog/*' -type f -delete")

    def _command(self, words: tuple[str, ...]) -> tuple[str, ...]:
        own = (sys.executable, "-m", "mcollective_py", "exim", *words, "--config", str(self.site.client_config))
        return ("env", f"XDG_CACHE_HOME={self.site.folder}", "TERM=dumb", *own)


@pytest.fixture(scope="module")
def relays() -> Iterator[Fleet]:
    with exim_fleet(RELAYS) as made:
        yield Fleet(made.exim, made.site)


@pytest.fixture
def fleet(relays: Fleet) -> Iterator[Fleet]:
    yield relays
    relays.empty()


def test_an_id_is_dealt_with_where_it_is(fleet: Fleet) -> None:
    there, other = fleet.send("mx2", 2)
    fleet.send("mx1", 1)
    done = fleet.mco("rm", there)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^ +mx2: Message {there} has been removed$", done.stdout, re.MULTILINE), done.stdout
    assert "mx1" not in done.stdout
    assert fleet.ids("mx2") == [other]
    again = fleet.mco("rm", there)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == f"mco exim: no host has a message {there}: mco exim trace {there} tells what became of it\n"
    unseen = fleet.mco("show", there)
    assert (unseen.returncode, unseen.stdout, unseen.stderr) == (2, "", again.stderr)
    shown = fleet.mco("show", other)
    assert shown.returncode == 0
    assert "number 1" in shown.stdout
    assert "mx1" not in shown.stdout


def test_ids_of_several_hosts_go_each_to_its_own(fleet: Fleet) -> None:
    first, second = fleet.send("mx1", 2)
    (third,) = fleet.send("mx3", 1)
    done = fleet.mco("freeze", first, third, UNKNOWN)
    assert done.returncode == 2
    assert done.stderr.startswith(f"mco exim: no host has a message {UNKNOWN}: mco exim trace")
    told = re.findall(r"^ +(mx\d): Message (\S+) is now frozen$", done.stdout, re.MULTILINE)
    assert sorted(told) == [("mx1", first), ("mx3", third)]
    assert (fleet.ids("mx1", "-z"), fleet.ids("mx3", "-z"), fleet.ids("mx1", "-x")) == ([first], [third], [second])
    document = json.loads(fleet.mco("thaw", first, third, "--json").stdout)
    assert sorted((one["sender"], one["data"]["done"]) for one in document["replies"]) == [("mx1", 1), ("mx3", 1)]
    assert (document["stats"]["responses"], document["stats"]["ok"]) == (2, 2)
    assert fleet.ids("mx1", "-z") == fleet.ids("mx3", "-z") == []


def test_of_an_id_nothing_is_said_for_hosts_that_do_not_answer(fleet: Fleet) -> None:
    (id,) = fleet.send("mx3", 1)
    kept = fleet.send("mx1", 1)
    fleet.exim.shell("mx3", "kill -STOP $(cat /run/mcollectived.pid)")
    try:
        removed, shown, selected = fleet.mco("rm", id), fleet.mco("show", id), fleet.mco("rm", f"sender={SPAM}", "--yes", "--noop")
    finally:
        fleet.exim.shell("mx3", "kill -CONT $(cat /run/mcollectived.pid)")
    for done in (removed, shown):
        assert (done.returncode, done.stdout) == (2, "")
        assert f"no host that could say it has a message {id}: " in done.stderr
        assert "left out, for want of an answer: mx3\n" in done.stderr
    assert selected.stderr == "left out, for want of an answer: mx3\n"
    assert "mx1: Message" in selected.stdout
    assert (fleet.ids("mx3"), fleet.ids("mx1")) == ([id], kept)


def test_an_id_that_two_hosts_have_given_is_asked_about(fleet: Fleet) -> None:
    other, id = fleet.send("mx1", 2)
    for part in ("H", "D"):
        fleet.exim.lab.write("mx3", f"{SPOOL}/input/{id}-{part}", fleet.exim.shell("mx1", f"cat {SPOOL}/input/{id}-{part}"))
    fleet.exim.shell("mx3", f"chown Debian-exim: {SPOOL}/input/*; chmod 640 {SPOOL}/input/*")
    for ids in ((id,), (other, id), (id, other)):
        unasked = fleet.mco("rm", *ids)
        assert (unasked.returncode, unasked.stdout) == (1, "")
        assert f"{id} is on mx1, mx3: -I for one of them, or --yes for all; nothing was sent" in unasked.stderr
    assert fleet.mco("rm", id, "-I", "mx3").returncode == 0
    assert (fleet.ids("mx1"), fleet.ids("mx3")) == ([other, id], [])


def test_a_selection_is_counted_shown_and_asked_about_before_anything_happens(fleet: Fleet) -> None:
    fleet.send("mx1", 6)
    fleet.send("mx2", 3)
    kept = fleet.send("mx3", 1, ALICE)
    declined = fleet.typed("n", "rm", f"sender={SPAM}")
    assert "Remove 9 messages on 2 hosts (mx1 6, mx2 3)? (y/N)" in declined.stdout
    assert "number 0" in declined.stdout
    assert "... and 3 more" in declined.stdout
    assert declined.returncode == 1
    assert len(fleet.ids("mx1")) == 6
    agreed = fleet.typed("y", "rm", f"sender={SPAM}")
    assert agreed.returncode == 0, agreed.stdout
    assert "mx1: 6 messages were removed" in agreed.stdout
    assert "mx3" not in agreed.stdout
    assert (fleet.ids("mx1"), fleet.ids("mx2"), fleet.ids("mx3")) == ([], [], kept)


def test_without_a_terminal_a_selection_wants_yes_and_a_trial_needs_none(fleet: Fleet) -> None:
    fleet.send("mx1", 2)
    fleet.send("mx2", 2)
    unasked = fleet.mco("rm", f"sender={SPAM}")
    assert (unasked.returncode, unasked.stdout) == (1, "")
    assert "call it on a terminal, or with --noop or --yes" in unasked.stderr
    trial = fleet.mco("rm", f"sender={SPAM}", "--noop", "--fold")
    assert trial.returncode == 0, trial.stderr
    assert re.search(r"^ +mx\[1-2\] \(2\): 2 messages would be removed$", trial.stdout, re.MULTILINE), trial.stdout
    assert len(re.findall(r"^mx\d +\S+ +spam@bad.example +bob@example.com .* number \d$", trial.stdout, re.MULTILINE)) == 4, (
        trial.stdout
    )
    assert [len(fleet.ids(host)) for host in RELAYS] == [2, 2, 0]
    done = fleet.mco("rm", "--match-sender", "SPAM@", "--match-younger", "2h", "--yes")
    assert done.returncode == 0, done.stderr
    assert [len(fleet.ids(host)) for host in RELAYS] == [0, 0, 0]


def test_more_than_may_be_is_refused_with_the_numbers_over_all_hosts(fleet: Fleet) -> None:
    fleet.send("mx1", 3)
    fleet.send("mx2", 2)
    done = fleet.mco("rm", f"sender={SPAM}", "--yes", "--max-messages", "4")
    assert (done.returncode, done.stdout) == (1, "")
    assert "5 messages on 2 hosts (mx1 3, mx2 2) are meant, more than 4: nothing was sent" in done.stderr
    assert "allow it with --max-messages 5" in done.stderr
    assert [len(fleet.ids(host)) for host in RELAYS] == [3, 2, 0]
    assert fleet.mco("rm", f"sender={SPAM}", "--yes", "--max-messages", "5").returncode == 0
    assert [len(fleet.ids(host)) for host in RELAYS] == [0, 0, 0]


def test_nothing_meant_is_nothing_done(fleet: Fleet) -> None:
    fleet.send("mx1", 1)
    done = fleet.mco("rm", "frozen", "--yes")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no message is meant: nothing was sent\n")
    document = json.loads(fleet.mco("rm", "frozen", "--yes", "--json").stdout)
    assert {one["data"]["messages"] for one in document["replies"]} == {0}
    assert fleet.mco("rm", UNKNOWN, "--json").returncode == 2


def test_envelopes_are_changed_in_the_historic_words_and_for_selections(fleet: Fleet) -> None:
    one, two = fleet.send("mx1", 2, ALICE, "carol@example.net")
    assert fleet.mco("setsender", one, "bob@example.org").returncode == 0
    assert fleet.of("mx1", "bob@example.org") == [one]
    swapped = fleet.mco("setsender", "bob@example.org", two)
    assert swapped.returncode == 1
    assert "the id comes first: mco exim setsender ID SENDER" in swapped.stderr
    assert fleet.mco("addrecipient", one, two, "dave@example.com").returncode == 0
    assert fleet.mco("markdelivered", one, "carol@example.net").returncode == 0
    printed = fleet.exim.exim("mx1", "-bp")
    assert re.search(r"D carol@example.net\n +dave@example.com", printed), printed
    assert fleet.mco("addrecipient", f"sender={ALICE}", "erin@example.com", "--yes").returncode == 0
    assert fleet.exim.exim("mx1", "-bp").count("erin@example.com") == 1
    assert fleet.mco("markdelivered", two).returncode == 0
    wait_until(
        "it has left the queue, or waits for nobody", lambda: not re.search(r"^ {10}\w", fleet.exim.exim("mx1", "-bp", two), re.M)
    )
    moved = fleet.mco("move", "sender=bob@example.org", "held", "--yes")
    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert one in fleet.exim.exim("mx1", "-qGheld", "-bp")
    fleet.exim.shell("mx1", f"rm -rf {SPOOL}/held")


def test_deliveries_are_waited_for_and_what_became_of_each_message_is_told(fleet: Fleet) -> None:
    (goes,) = fleet.send("mx1", 1, ALICE, "bob@example.com")
    (waits,) = fleet.send("mx2", 1, ALICE, "defer@example.com")
    done = fleet.mco("retry", goes, waits, "--wait", "20")
    assert re.search(rf"mx1: .*{goes}.* delivered", done.stdout), done.stdout
    assert "come back later" in done.stdout
    assert (fleet.ids("mx1"), fleet.ids("mx2")) == ([], [waits])
    (third,) = fleet.send("mx3", 1)
    ran = fleet.mco("runq", "--yes", "--wait", "20", "-I", "mx3")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert third not in fleet.ids("mx3")
    fleet.send("mx3", 1, ALICE, "x@example.net")
    assert fleet.mco("runq", "example.net", "--wait", "20", "-I", "mx3").returncode == 0
    assert fleet.ids("mx3") == []
    fleet.send("mx1", 1, ALICE, "defer1@example.com")
    given_up = fleet.mco("giveup", f"sender={ALICE}", "-I", "mx1", "--yes")
    assert given_up.returncode == 0, given_up.stdout + given_up.stderr
    assert f"<{ALICE}>" not in fleet.exim.exim("mx1", "-bp")


def test_a_message_under_delivery_is_told_and_keeps_none_of_the_others(fleet: Fleet) -> None:
    ids = fleet.send("mx1", 3)
    with fleet.exim.locked("mx1", ids[1]):
        done = fleet.mco("rm", f"sender={SPAM}", "--yes")
    assert done.returncode == 2
    assert "mx1: 1 of 3 messages were not removed: 1 locked" in done.stdout
    assert f"{ids[1]}: is locked" in done.stdout
    assert fleet.ids("mx1") == [ids[1]]


def test_the_historic_removals_ask_too(fleet: Fleet) -> None:
    frozen = fleet.send("mx1", 3)
    fleet.exim.exim("mx1", "-Mf", *frozen[:2])
    fleet.send("mx2", 1, "")
    asked = fleet.typed("y", "rmfrozen")
    assert "Remove 2 messages on mx1? (y/N)" in asked.stdout
    assert asked.returncode == 0
    assert fleet.ids("mx1") == frozen[2:]
    assert fleet.mco("rmbounces", "age>1d", "--yes").stderr == "no message is meant: nothing was sent\n"
    assert fleet.mco("rmbounces", "--yes").returncode == 0
    assert (fleet.ids("mx1"), fleet.ids("mx2")) == (frozen[2:], [])
