"""`mco exim trace` over a chain of relays with a real Exim, and `mco exim block`: what is blocked is refused when it is sent."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.parts.eximfleet import ACL, BLOCKLIST, EximFleet, exim_fleet
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

RELAYS = ("mx1", "mx2", "mx3")
ALICE = "alice@home.test"
# mx1 takes mail in and hands it over mx2 to mx3, which delivers it to the sink; bounces go the same way back.
MAIL: list[dict[str, object]] = [
    {"sender": ALICE, "recipients": ["bob@chain.test"], "subject": "all the way"},
    {"sender": ALICE, "recipients": ["defer@chain.test", "carol@chain.test"], "subject": "named\nMessage-ID: <named.1@home.test>"},
    {"sender": ALICE, "recipients": ["reject@chain.test"], "subject": "bounces", "user": "alice"},
    {"sender": ALICE, "recipients": ["dave@example.com", "eve@nowhere.test"], "subject": "one hop"},
    {"sender": ALICE, "recipients": ["frank@chain.test"], "subject": "not tried"},
]


def hop(name: str, domain: str, to: str) -> str:
    """A router that hands the mail of a domain to another relay."""
    return f"{name}:\n  driver = manualroute\n  domains = {domain}\n  transport = smtp\n  route_list = * {to}.lab.test byname\n"


ROUTERS = {
    "mx1": hop("inward", "chain.test", "mx2"),
    "mx2": hop("inward", "chain.test", "mx3") + hop("back", "home.test", "mx1"),
    "mx3": hop("back", "home.test", "mx2"),
}


@pytest.fixture(scope="module")
def fleet() -> Iterator[EximFleet]:
    with exim_fleet(RELAYS, acl=ACL, routers=ROUTERS, settings={"plugin.exim.blocklist": BLOCKLIST}) as made:
        made.exim.send("mx1", *MAIL[:4])
        for host in ("mx1", "mx2", "mx3", "mx3", "mx2", "mx1"):
            made.exim.exim(host, "-q")
        made.exim.send("mx1", MAIL[4])
        made.exim.exim("mx1", "-Mf", *made.exim.ids("mx1"))
        yield made


def way(text: str) -> list[tuple[str, str]]:
    """Host and what happened there, line by line."""
    found = (re.fullmatch(r"(?:\S+ \S+)? +(?:\+\S+ +)?(mx\d) +(.*)", line) for line in text.split("\n"))
    return [(one[1], one[2]) for one in found if one]


def first_id(fleet: EximFleet, host: str, pattern: str) -> str:
    """The id in the first line of a log that a pattern finds."""
    line = next(line for line in fleet.exim.shell(host, "cat /var/log/exim4/mainlog").split("\n") if re.search(pattern, line))
    return line.split()[2]


def test_a_message_is_followed_over_three_relays_from_any_of_its_ids(fleet: EximFleet) -> None:
    ids = {host: first_id(fleet, host, "<= .* for bob@chain.test") for host in RELAYS}
    told = fleet.mco("exim", "trace", ids["mx1"])
    assert told.returncode == 0, told.stderr
    path = way(told.stdout)
    assert [host for host, _ in path] == ["mx1", "mx1", "mx2", "mx2", "mx3", "mx3"]
    assert path[0][1].startswith(f"{ids['mx1']}  <{ALICE}> from client.lab.test [127.0.0.1], ")
    assert re.fullmatch(rf"bob@chain.test handed to mx2 \[[0-9.]+\] as {ids['mx2']}", path[1][1])
    assert path[2][1].startswith(f"{ids['mx2']}  <{ALICE}> from mx1.lab.test ")
    assert path[5][1].endswith("outside of the hosts asked: 250 taken")
    assert re.search(r"^bob@chain\.test: delivered by mx3 to \S+ after \d+s, over 3 hosts$", told.stdout, re.MULTILINE)
    for host in ("mx2", "mx3"):
        assert fleet.mco("exim", "trace", ids[host]).stdout == told.stdout, host


def test_a_message_id_finds_what_waits_and_what_was_delivered(fleet: EximFleet) -> None:
    told = fleet.mco("exim", "trace", "<named.1@home.test>")
    assert len(way(told.stdout)) == 7
    assert re.search(r"^defer@chain\.test: waits on mx3 since [\d :-]+: .*451 4\.3\.0 come back later$", told.stdout, re.MULTILINE)
    assert re.search(r"^carol@chain\.test: delivered by mx3 ", told.stdout, re.MULTILINE)
    assert f" {fleet.exim.ids('mx3')[0]} " in told.stdout


def test_an_address_is_traced_without_the_others_of_its_messages(fleet: EximFleet) -> None:
    told = fleet.mco("exim", "trace", "Carol@chain.test")
    assert "defer@" not in told.stdout
    assert told.stdout.count("carol@chain.test: delivered by mx3") == 1
    everything = fleet.mco("exim", "trace", ALICE, "--since", "1h")
    for name in ("bob@chain.test", "defer@chain.test", "reject@chain.test", "dave@example.com", "frank@chain.test"):
        assert f"\n{name}: " in everything.stdout, name
    assert re.search(r"^frank@chain\.test: frozen on mx1 since [\d :-]+, not tried yet$", everything.stdout, re.MULTILINE)


def test_a_bounce_is_followed_back_to_the_sender(fleet: EximFleet) -> None:
    told = fleet.mco("exim", "trace", first_id(fleet, "mx1", "<= .*A=plain:alice"))
    assert [host for host, _ in way(told.stdout)][::2] == ["mx1", "mx2", "mx3", "mx3", "mx2", "mx1"]
    assert ", login alice, " in told.stdout
    assert re.search(r"^reject@chain\.test: bounced by mx3 .*: 550 5\.1\.1 nobody of that name$", told.stdout, re.MULTILINE)
    assert re.search(rf"^the bounce to {ALICE}: delivered by mx1 to \S+ after \d+s, over 3 hosts$", told.stdout, re.MULTILINE)
    bounce = first_id(fleet, "mx1", "<= <> H=")
    assert fleet.mco("exim", "trace", bounce).stdout == told.stdout


def test_programs_get_one_document(fleet: EximFleet) -> None:
    told = json.loads(fleet.mco("exim", "trace", "eve@nowhere.test", "--json").stdout)
    assert [(one["recipient"], one["state"], one["is_bounce"]) for one in told["outcomes"]] == [
        ("eve@nowhere.test", "bounced", False),
        (ALICE, "delivered", True),
    ]
    assert (told["hosts"], told["silent"], told["is_cut"]) == ([*RELAYS], [], False)
    chain = json.loads(fleet.mco("exim", "trace", "bob@chain.test", "--json").stdout)
    assert [one["depth"] for one in chain["messages"]] == [0, 1, 2]
    assert chain["messages"][0]["events"][0]["to"]["host"] == "mx2"


def test_rotated_and_packed_logs_are_read(fleet: EximFleet) -> None:
    before = fleet.mco("exim", "trace", "bob@chain.test").stdout
    fleet.exim.shell("mx2", "cd /var/log/exim4; mv mainlog mainlog.1; gzip mainlog.1")
    assert fleet.mco("exim", "trace", "bob@chain.test").stdout == before


def test_what_nobody_knows_and_what_is_nothing_to_trace(fleet: EximFleet) -> None:
    none = fleet.mco("exim", "trace", "1xVWj6-00000i-ZZ")
    assert (none.returncode, none.stdout) == (2, "")
    assert "has a trace of 1xVWj6-00000i-ZZ" in none.stderr
    assert fleet.mco("exim", "trace", "nothing").returncode == 1
    assert fleet.mco("exim", "trace", "-I", "mx1", "--", "-be@${run{x}}").returncode == 2
    assert fleet.mco("exim", "trace").returncode == 1


def attempt(fleet: EximFleet, sender: str, user: str = "") -> str:
    """Send a message to mx1; what its Exim answers."""
    return fleet.exim.offer("mx1", {"sender": sender, "recipients": ["bob@example.com"], "user": user})


def test_a_blocked_sender_is_refused_when_he_sends(fleet: EximFleet) -> None:
    assert attempt(fleet, "spam@bad.example") == "taken"
    trial = fleet.mco("exim", "block", "spam@bad.example", "-I", "mx1", "--noop")
    assert "mx1: the address spam@bad.example would be blocked" in trial.stdout
    assert attempt(fleet, "spam@bad.example") == "taken"
    assert fleet.mco("exim", "block", "spam@bad.example", "--reason", "spam", "--yes").returncode == 0
    assert "this sender is blocked here" in attempt(fleet, "Spam@Bad.example")
    assert attempt(fleet, "ham@bad.example") == "taken"
    assert fleet.mco("exim", "block", "@bad.example", "-I", "mx1").returncode == 0
    assert "this sender is blocked here" in attempt(fleet, "ham@bad.example")
    assert attempt(fleet, "ham@sub.bad.example") == attempt(fleet, "") == "taken"
    refused = fleet.mco("exim", "trace", "spam@bad.example").stdout
    assert re.search(r"refused by mx1: .* rejected RCPT <bob@example.com>: this sender is blocked here$", refused, re.MULTILINE)
    for word in ("spam@bad.example", "@bad.example"):
        assert fleet.mco("exim", "unblock", word, "--yes").returncode == 0
    assert attempt(fleet, "spam@bad.example") == "taken"


def test_a_blocked_login_is_refused_whatever_sender_it_uses(fleet: EximFleet) -> None:
    fleet.exim.shell("mx1", f"printf '# by hand\\nold@example.org: since 2019\\n' >{BLOCKLIST}")
    with ThreadPoolExecutor(3) as pool:
        words = [("exim", "block", login, "-I", "mx1") for login in ("mallory", "mallet", "trudy")]
        assert [done.returncode for done in pool.map(lambda one: fleet.mco(*one), words)] == [0, 0, 0]
    for login in ("mallory", "mallet", "trudy"):
        assert "this login is blocked here" in attempt(fleet, "any@example.org", login)
    assert attempt(fleet, "any@example.org", "alice") == "taken"
    assert "blocked" in attempt(fleet, "old@example.org")
    listed = fleet.mco("exim", "blocked", "-I", "mx1").stdout
    assert re.search(r"mallory +cert=", listed)
    assert re.search(r"old@example\.org +since 2019", listed)
    assert fleet.exim.shell("mx1", f"head -n 1 {BLOCKLIST}") == "# by hand\n"
    again = fleet.mco("exim", "block", "mallory", "-I", "mx1")
    assert (again.returncode, "is blocked already" in again.stdout) == (0, True)


def test_a_block_that_no_acl_reads_is_told_to_be_none(fleet: EximFleet) -> None:
    fleet.exim.shell("mx3", "sed -i '/blocklist/d; /message = this/d' /etc/exim4/exim4.conf")
    done = fleet.mco("exim", "block", "mallory", "-I", "mx3")
    assert done.returncode == 2
    assert f"but Exim takes its mail: its configuration does not read {BLOCKLIST}" in done.stdout


def test_a_host_that_does_not_answer_is_named(fleet: EximFleet) -> None:
    fleet.exim.shell("mx3", "kill -STOP $(cat /run/mcollectived.pid)")
    try:
        told = fleet.mco("exim", "trace", "bob@chain.test")
    finally:
        fleet.exim.shell("mx3", "kill -CONT $(cat /run/mcollectived.pid)")
    assert "no answer from mx3: the way may go on there" in told.stderr
    assert re.search(r"bob@chain\.test delivered to mx3\.lab\.test \S+, which does not answer: 250 OK id=", told.stdout)
    wait_until("mx3 answers", lambda: "mx3" in fleet.mco("find", "-A", "exim").stdout.split(), 40)
