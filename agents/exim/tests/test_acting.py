"""Acting on messages as a host is asked to, as far as no Exim is needed: what is refused, what is not touched, and trials."""

from pathlib import Path

import pytest

from mcollective_py.testing import AgentHarness, assert_aborted, assert_invalid, assert_missing, assert_ok

FOLDER = Path(__file__).parents[1]
CASES = Path(__file__).parent / "cases"
FROZEN, HALF_DONE, BOUNCE = "1xVWj6-00000i-1z", "1xVWj6-00000j-2i", "1xVWj7-00000u-2f"
UNKNOWN, LONG = "1xVWj6-00000i-ZZ", "1xVWj6-00000000i2i-ZZZZ"


@pytest.fixture
def agent(tmp_path):
    (tmp_path / "input").mkdir()
    for id in (FROZEN, HALF_DONE, BOUNCE):
        (tmp_path / "input" / f"{id}-H").write_bytes((CASES / f"spool-{id}.txt").read_bytes())
        (tmp_path / "input" / f"{id}-D").write_text(f"{id}-D\nwords\n")
    # A program that says nothing and does nothing: what it is called for is then told as not done.
    config = {
        "exim": "/bin/true",
        "spool": str(tmp_path),
        "mainlog": str(tmp_path / "log"),
        "paniclog": "/x",
        "state_folder": str(tmp_path),
    }
    return AgentHarness(FOLDER, config=config)


def outcomes(reply):
    return {one["msgid"]: one["outcome"] for one in reply.data["outcomes"]}


@pytest.mark.parametrize(
    ("action", "inputs"),
    [
        ("setsender", {"sender": "-be"}),
        ("setsender", {"sender": ""}),
        ("addrecipient", {"recipient": "x' & touch /tmp/canary & '"}),
        ("addrecipient", {"recipient": "-be ${run{/usr/bin/touch /tmp/canary}}"}),
        ("addrecipient", {"recipient": "a@example.com,b@example.com"}),
        ("addrecipient", {"recipient": "a@example.com\n"}),
        ("markdelivered", {"recipient": "-Cevil.conf"}),
        ("move", {"queue": "../../tmp"}),
        ("move", {"queue": "-be"}),
        ("move", {"queue": "input"}),
        ("freeze", {"max_messages": 0}),
        ("freeze", {"max_messages": 1_000_001}),
        ("retrymsg", {"wait": 26}),
        ("retrymsg", {"wait": -1}),
    ],
)
def test_what_could_be_an_option_or_a_command_is_refused(agent, action, inputs):
    assert_invalid(agent.call(action, msgid=FROZEN, **inputs))


@pytest.mark.parametrize("pattern", ["-be", "-Cevil.conf", "", "a\x00b", "x\n", "\x1b[31m"])
def test_no_pattern_is_an_option(agent, pattern):
    assert_invalid(agent.call("delivermatching", pattern=pattern))


@pytest.mark.parametrize("domain", ["-be", "example.com$", "a b", "", ".", "(a+)+"])
def test_a_domain_is_one(agent, domain):
    assert_invalid(agent.call("runq", domain=domain))


@pytest.mark.parametrize(
    "which",
    [
        {"msgid": FROZEN, "select": "frozen"},
        {"msgids": [FROZEN], "msgid": FROZEN},
        {"select": ""},
        {"select": "  "},
        {"select": "sendr=x"},
        {"msgids": ["-be"]},
        {"msgids": [FROZEN, 5]},
        {"msgids": [[FROZEN]]},
        {"msgids": [f"{n:06d}-000000-00" for n in range(5001)]},
        {"msgid": "../../etc/passwd"},
        {"msgid": f"{FROZEN}\n"},
    ],
)
def test_which_messages_must_be_said_in_one_way(agent, which):
    assert_invalid(agent.call("rm", **which))


def test_who_says_nothing_means_nothing(agent):
    assert_missing(agent.call("rm"))
    assert_missing(agent.call("rm", msgids=[]))


def test_a_trial(agent):
    reply = agent.call("freeze", msgids=[FROZEN, BOUNCE], noop=True)
    assert_ok(reply, status="1 message would be frozen; 1 needed nothing", matched=2, done=1, failed=0, changed=True)
    assert outcomes(reply) == {FROZEN: "unchanged", BOUNCE: "would"}
    assert_ok(agent.call("thaw", select="not frozen", noop=True), done=0, changed=False)
    assert_ok(agent.call("rm", select="age>=0", noop=True), status="3 messages would be removed", done=3)
    assert_ok(agent.call("rmbounces", noop=True), count=1, done=1)
    assert_ok(agent.call("runq", noop=True), status="A queue run would be started: 2 messages are in it", matched=2)
    assert_ok(agent.call("runq", noop=True, force="frozen", domain="EXAMPLE.net"), matched=1)
    assert_ok(agent.call("delivermatching", noop=True, pattern="nobody"), matched=0, changed=False)
    assert_ok(agent.call("retrymsg", msgid=FROZEN, noop=True), status=f"Message {FROZEN} would be tried")


@pytest.mark.parametrize("id", [UNKNOWN, LONG])
def test_an_id_that_is_not_there(agent, id):
    reply = agent.call("giveup", msgid=id)
    assert_aborted(reply, f"No message matching {id}")
    assert outcomes(reply) == {id: "unknown"}
    reply = agent.call("rm", msgids=[id, FROZEN], noop=True)
    assert_aborted(reply, "1 of 2 messages would not be removed: 1 unknown")
    assert (reply.data["matched"], reply.data["done"], reply.data["failed"]) == (2, 1, 1)


def test_more_than_were_allowed_are_refused_with_what_would_allow_it(agent):
    words = "3 messages are meant, more than 2: nothing was touched. max_messages=3 would allow it"
    reply = agent.call("rm", select="age>=0", max_messages=2)
    assert_aborted(reply, words)
    assert (reply.data["matched"], reply.data["outcomes"], reply.data["status"]) == (3, [], words)
    agent.config["change_at_most"] = "2"
    assert_aborted(agent.call("rm", select="age>=0"), words)


def test_what_exim_does_not_do_is_not_said_to_be_done(agent):
    reply = agent.call("rm", msgids=[FROZEN, BOUNCE])
    assert_aborted(reply, "2 of 2 messages were not removed: 2 refused")
    assert reply.data["changed"] is False
    assert_aborted(agent.call("freeze", msgid=BOUNCE), f"Message {BOUNCE} was not frozen, and Exim does not say why")


def test_historic_removals_of_nothing_fail(agent, tmp_path):
    for path in (tmp_path / "input").iterdir():
        path.unlink()
    assert_aborted(agent.call("rmbounces"), "no messages")
    assert_aborted(agent.call("rmfrozen"), "no messages")
    assert_ok(agent.call("rm", select="frozen"), status="no message is meant", matched=0)
