"""The agent over a spool of real messages, as a host would call it; no Exim is run."""

from pathlib import Path

import pytest

from mcollective_py.errors import RPCAborted
from mcollective_py.plugins.modules import load_module
from mcollective_py.testing import AgentHarness, assert_aborted, assert_conforms, assert_invalid, assert_ok

FOLDER = Path(__file__).parents[1]
CASES = Path(__file__).parent / "cases"
FROZEN, HALF_DONE, BOUNCE = "1xVWj6-00000i-1z", "1xVWj6-00000j-2i", "1xVWj7-00000u-2f"


@pytest.fixture
def agent(tmp_path):
    for name in ("input", "msglog"):
        (tmp_path / name).mkdir()
    for id in (FROZEN, HALF_DONE, BOUNCE):
        (tmp_path / "input" / f"{id}-H").write_bytes((CASES / f"spool-{id}.txt").read_bytes())
        (tmp_path / "input" / f"{id}-D").write_text(f"{id}-D\nprivate words\n")
        (tmp_path / "msglog" / id).write_bytes((CASES / f"msglog-{id}.txt").read_bytes())
    log = tmp_path / "mainlog"
    log.write_text(f"2026-11-23 16:17:08 {FROZEN} <= alice@example.org\n2026-11-23 16:17:09 {BOUNCE} <= <> R={HALF_DONE}\n")
    config = {
        "exim": "/bin/true",
        "spool": str(tmp_path),
        "mainlog": str(log),
        "paniclog": str(tmp_path / "paniclog"),
        "pid_file": str(tmp_path / "pid"),
    }
    return AgentHarness(FOLDER, config=config)


def test_the_folder_is_as_hosts_and_operators_expect():
    assert_conforms(FOLDER)


def test_a_host_without_exim_does_not_offer_it(agent):
    cls = agent.agent.cls
    assert cls.activate_when(None, {"exim": "/bin/true"})
    assert not cls.activate_when(None, {"exim": "/nonexistent/exim"})


def test_the_historic_listing(agent):
    reply = agent.call("mailq")
    assert_ok(reply, size=3, frozen=1, broken=[])
    assert set(reply.data["mailq"][0]) == {"recipients", "frozen", "age", "size", "msgid", "sender"}
    assert [one["msgid"] for one in reply.data["mailq"]] == [FROZEN, HALF_DONE, BOUNCE]
    assert_ok(agent.call("size", limit_sender="alice", limit_older_than="0"), total=3, matched=1, frozen=1)
    assert_ok(agent.call("size", limit_unfrozen_only=True), total=3, matched=2, frozen=0)
    assert_ok(agent.call("size", limit_recipient="u1@"), matched=0)
    assert_invalid(agent.call("size", limit_frozen_only=True, limit_unfrozen_only=True))


@pytest.mark.parametrize(
    ("select", "ids"),
    [
        ("frozen", [FROZEN]),
        ("bounce or auth=mallory", [HALF_DONE, BOUNCE]),
        ("domain=example.net", [HALF_DONE]),
        ("delivered=u1@example.net and not recipient=u1@example.net", [HALF_DONE]),
        ("error=~'451 4.3.0'", [FROZEN, HALF_DONE]),
        ("subject=~watches", [HALF_DONE]),
        ("host=127.0.0.1 and sender_domain=example.org", [FROZEN]),
        ("sender=''", [BOUNCE]),
        ("sender=~'^spam@' and attempts=1", [HALF_DONE]),
        ("queue='' and id=~2f$", [BOUNCE]),
        ("recipients>1", []),
        ("active and age>1s", [HALF_DONE, BOUNCE]),
    ],
)
def test_selections(agent, select, ids):
    reply = agent.call("list", select=select)
    assert_ok(reply, matched=len(ids), total=3)
    assert [one["id"] for one in reply.data["messages"]] == ids


def test_a_selection_that_is_none_is_shown_with_a_mark(agent):
    assert_invalid(
        agent.call("count", select="frozen and sendr=x"), r"no field 'sendr'[^\n]*\n    frozen and sendr=x\n               \^"
    )
    assert_invalid(agent.call("list", columns="id,secret"), "no column 'secret'")


def test_a_list_comes_in_parts(agent):
    first = agent.call("list", limit=2)
    assert_ok(first, next=HALF_DONE)
    assert_ok(agent.call("list", limit=2, after=HALF_DONE), next="")
    assert [one["id"] for one in agent.call("list", after=HALF_DONE).data["messages"]] == [BOUNCE]


def test_messages_are_counted(agent):
    assert_ok(agent.call("count", select="not frozen"), messages=2, bounces=1, recipients=2)
    assert agent.call("top", by="errors").data["top"][0] == {
        "name": "451 4.3.0 come back later", "messages": 2, "recipients": 2, "bytes": 520, "frozen": 1,
    }  # fmt: skip
    assert sum(row["messages"] for row in agent.call("histogram").data["ages"]) == 3
    assert [row["domain"] for row in agent.call("summary").data["domains"]] == ["bad.example", "example.com", "example.net"]
    assert "TOTAL" in agent.call("summarytext").data["summary"]


def test_one_message(agent):
    reply = agent.call("show", msgid=HALF_DONE)
    assert_ok(reply)
    assert "private" not in str(reply.data)
    assert (reply.data["message"]["auth"], reply.data["headers"].splitlines()[-1]) == ("mallory", "Subject: Buy cheap watches")
    assert_ok(agent.call("body", msgid=HALF_DONE, limit=7), body="private", truncated=True)
    assert_ok(agent.call("body", msgid=HALF_DONE), body="private words\n", truncated=False)
    assert_aborted(agent.call("show", msgid="1xVWj6-00000i-ZZ"), "No message matching 1xVWj6-00000i-ZZ")
    assert_invalid(agent.call("body", msgid="../../../etc/passwd"))


def test_the_log(agent):
    assert_ok(agent.call("exigrep", pattern="alice"), messages=1, lines=1, files=1)
    assert_ok(agent.call("exigrep", pattern="(a+)+$"), messages=0)
    assert_invalid(agent.call("exigrep", pattern="("))
    assert_invalid(agent.call("exigrep", pattern="x", since="never"))
    assert_ok(agent.call("paniclog"), paniclog="", bytes=0)


@pytest.mark.parametrize("address", ["-be", "-Cevil.conf", "-be ${run{x}}", "x' & touch f & '", "a@b\n", ""])
def test_what_is_no_address_reaches_no_exim(agent, address):
    assert_invalid(agent.call("testaddress", address=address))


def test_health_says_what_is_wrong(agent, tmp_path):
    (tmp_path / "paniclog").write_text("help\n")
    reply = agent.call("health")
    assert_ok(reply, status="problems", messages=3, frozen=1, panic_bytes=5, pid=0)
    assert reply.data["problems"][:2] == ["no daemon runs", "the panic log has 5 bytes"]


def test_a_spool_that_is_not_there_is_an_error_in_words(tmp_path):
    config = {"exim": "/bin/true", "spool": str(tmp_path / "none"), "mainlog": "/x", "paniclog": "/x"}
    assert_aborted(AgentHarness(FOLDER, config=config).call("size"), "cannot be read: No such file")


def test_the_way_of_a_message(agent, tmp_path):
    log = (CASES / "mainlog-mx3.txt").read_text()
    (tmp_path / "mainlog").write_text(log)
    reply = agent.call("trace", ids=["1xVYlK-00000j-26", FROZEN], since="2020-01-01")
    assert_ok(reply, found=3, files=1, truncated=False)
    told = {one["id"]: one for one in reply.data["messages"]}
    assert (told[FROZEN]["state"], told[FROZEN]["sender"], told[FROZEN]["waiting"]) == (
        "frozen",
        "alice@example.org",
        ["defer@example.com"],
    )
    assert told["1xVYlK-00000q-2W"]["bounce_of"] == "1xVYlK-00000j-26"
    assert told["1xVYlK-00000j-26"]["events"][0]["kind"] == "failed"
    assert_ok(agent.call("trace", addresses=["Defer@chain.test"], since="2020-01-01"), found=1, truncated=False)
    assert_ok(agent.call("trace", addresses=["alice@home.test"], since="2020-01-01", limit=2), truncated=True)
    assert_ok(agent.call("trace", addresses=["nobody@home.test"]), found=0, messages=[])


@pytest.mark.parametrize(
    "inputs",
    [
        {"ids": ["../../etc/passwd"]},
        {"ids": [1]},
        {"ids": ["1xVYlK-00000j-26"] * 501},
        {"addresses": ["a@b\n"]},
        {"message_ids": ["x" * 999]},
        {"addresses": ["a@b"], "since": "soon"},
        {"addresses": ["a@b"], "limit": 0},
    ],
)
def test_what_cannot_be_traced_is_refused(agent, inputs):
    assert_invalid(agent.call("trace", **inputs))


def test_nothing_is_traced_where_nothing_is_asked(agent):
    assert agent.call("trace").statuscode == 3


def test_who_is_blocked_is_written_down_once(agent, tmp_path):
    assert_aborted(agent.call("block", address="mallory"), "plugin.exim.blocklist names the file")
    file = tmp_path / "blocklist"
    agent.config["blocklist"] = str(file)
    (tmp_path / "exim").write_text(f"#!/bin/sh\necho begin acl\necho '  senders = lsearch*@;{file}'\n")
    (tmp_path / "exim").chmod(0o755)
    agent.config["exim"] = str(tmp_path / "exim")
    assert_ok(agent.call("blocked"), blocked=[], count=0, enforced=True)
    assert_ok(agent.call("block", address="Mallory", noop=True), changed=True, status="the login mallory would be blocked")
    assert not file.exists()
    assert_ok(agent.call("block", address="Mallory", reason="spam: since noon"), changed=True, status="the login mallory is blocked")
    assert_ok(agent.call("block", address="mallory"), changed=False, status="the login mallory is blocked already", count=1)
    assert file.stat().st_mode & 0o777 == 0o644
    assert_ok(agent.call("block", address="@Bad.example"), changed=True, count=2)
    assert_ok(
        agent.call("block", address="x@bad.example"),
        status="the address x@bad.example is blocked, and so is the domain bad.example already",
    )
    assert [(one["address"], one["reason"]) for one in agent.call("blocked").data["blocked"]] == [
        ("mallory", "spam: since noon"), ("@bad.example", ""), ("x@bad.example", ""),
    ]  # fmt: skip
    assert_ok(
        agent.call("unblock", address="x@bad.example"),
        changed=True,
        status="the address x@bad.example is no longer blocked, but the domain bad.example is",
    )
    assert_ok(agent.call("unblock", address="y@other.example"), changed=False, status="the address y@other.example was not blocked")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("blocklist")] == ["blocklist"]


def test_a_block_that_exim_does_not_look_at_fails(agent, tmp_path):
    agent.config["blocklist"] = str(tmp_path / "blocklist")
    (tmp_path / "exim").write_text("#!/bin/sh\necho begin acl\n")
    (tmp_path / "exim").chmod(0o755)
    agent.config["exim"] = str(tmp_path / "exim")
    assert_aborted(agent.call("block", address="mallory"), "its configuration does not read")


def test_a_blocklist_in_another_encoding_is_told_and_kept(agent, tmp_path):
    file = tmp_path / "blocklist"
    file.write_bytes(b"spam@bad.example: gr\xfc\xdfe\n")
    file.chmod(0o644)
    agent.config["blocklist"] = str(file)
    assert agent.call("blocked").data["blocked"][0]["reason"] == "gr\ufffd\ufffde"
    agent.call("block", address="mallory")
    assert file.read_bytes().startswith(b"spam@bad.example: gr\xfc\xdfe\n")


def test_a_blocklist_that_others_may_write_is_not_touched(agent, tmp_path):
    file = tmp_path / "blocklist"
    file.write_text("")
    file.chmod(0o666)
    agent.config["blocklist"] = str(file)
    assert_aborted(agent.call("block", address="mallory"), "can be written by others")


@pytest.mark.parametrize(
    "address", ["", "a b", "a@b\n", "*", "a@", "#x", "-x", "a:b@example.org", "a@exa_mple.org", '"a"@b', "x@@b", "*@"]
)
def test_what_cannot_be_blocked_is_refused(agent, tmp_path, address):
    agent.config["blocklist"] = str(tmp_path / "blocklist")
    assert_invalid(agent.call("block", address=address))


def test_an_exim_that_hangs_is_told_as_such(agent, tmp_path, monkeypatch):
    places = load_module("exim", FOLDER, "places")
    monkeypatch.setattr(places, "_PATIENCE", 0.2)
    (tmp_path / "hangs").write_text("#!/bin/sh\nexec sleep 30\n")
    (tmp_path / "hangs").chmod(0o755)
    with pytest.raises(RPCAborted, match=r"/hangs gives no answer to -bP: it was ended after 0\.2 seconds"):
        places.find_places({"exim": str(tmp_path / "hangs")})
