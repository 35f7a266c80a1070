"""The agent where nothing of the machine is changed: what is refused before any program runs, and programs that fail."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agents.iptables.entry import Entry
from agents.iptables.state import Pending, State
from agents.iptables.store import Store
from mcollective_py.testing import AgentHarness

FOLDER = Path(__file__).parents[1]
BROKEN = {"backend": "nft", "nft": "/usr/bin/false"}


def agent(folder: Path, **more: str) -> AgentHarness:
    return AgentHarness(FOLDER, config={**BROKEN, "state_directory": str(folder / "state"), **more})


@pytest.mark.parametrize(
    "word",
    [
        "host.example", "0.0.0.0/0", "::/0", "::ffff:192.0.2.1", "fe80::1%eth0", "224.0.0.1", "255.255.255.255", "010.1.1.1",
        "-j", "--help", "198.51.100.7;reboot", "198.51.100.7/24", "127.0.0.1", "0.0.0.0", "10.0.0.0/7",
    ],
)  # fmt: skip
@pytest.mark.parametrize("action", ["block", "unblock", "allow", "disallow", "extend"])
def test_what_is_no_address_of_another_host_is_refused(tmp_path: Path, action: str, word: str):
    reply = agent(tmp_path).call(action, ipaddr=word)
    assert reply.statuscode == 4, reply.statusmsg
    assert not (tmp_path / "state" / "store.json").exists()


@pytest.mark.parametrize(
    "inputs",
    [
        {"ports": "0"},
        {"ports": "25", "protocol": "icmp"},
        {"protocol": "sctp"},
        {"for": 0.5},
        {"confirm": 1},
        {"confirm": 0},
        {"reason": "a\nb"},
        {"reason": "a\u202eb"},
        {"ticket": "x" * 65},
    ],
)
def test_inputs_out_of_bounds_are_refused(tmp_path: Path, inputs: Mapping[str, Any]):
    assert agent(tmp_path).call("block", ipaddr="198.51.100.7", **inputs).statuscode == 4


def test_an_address_of_this_host_is_never_blocked(tmp_path: Path):
    reply = agent(tmp_path, protected="198.51.100.0/24").call("block", ipaddr="198.51.100.7")
    assert reply.statuscode in (1, 4) and reply.body["blocked"] is False


def test_a_program_that_fails_leaves_nothing_blocked_and_nothing_kept(tmp_path: Path):
    for config in (BROKEN, {"nft": "/nosuch/nft"}):
        reply = agent(tmp_path, **config).call("block", ipaddr="198.51.100.7")
        assert (reply.statuscode, reply.body["blocked"], reply.body["changed"]) == (1, False, False)
        assert "nft" in reply.statusmsg
    assert Store(str(tmp_path / "state")).read() == State()


def test_a_flush_of_nothing_in_particular_is_refused(tmp_path: Path):
    reply = agent(tmp_path).call("flush")
    assert reply.statuscode == 4 and "all=true" in reply.statusmsg


def test_a_list_with_one_bad_line_is_refused_by_its_number(tmp_path: Path):
    reply = agent(tmp_path).call("apply", list=["198.51.100.7", "198.51.100.8", "nosuch"])
    assert reply.statuscode == 4 and "line 3" in reply.statusmsg


def test_where_it_was_taken_down_nothing_is_blocked_and_that_is_said(tmp_path: Path):
    entry = Entry("198.51.100.7", by="cert=op", at=1.0)
    (tmp_path / "state").mkdir()
    Store(str(tmp_path / "state")).write(State("down", entries={entry.key: entry}, pendings={"1": Pending("1", 2.0, "op", 1.0, "x")}))
    here = agent(tmp_path)
    assert here.call("isblocked", ipaddr="198.51.100.7").body["output"] == "the firewall was taken down here"
    assert here.call("status").body["state"] == "down"
    assert here.call("export").body["list"] == ["198.51.100.7"]
    assert here.call("listblocked").body["blocked"] == ["198.51.100.7"]


def test_a_list_whose_entries_end_before_they_begin_is_refused(tmp_path: Path):
    reply = agent(tmp_path).call("apply", list=["198.51.100.7"], **{"for": 0})
    assert (reply.statuscode, reply.statusmsg) == (4, "for must be at least a second")


def test_a_setting_that_protects_nobody_keeps_nobody_from_being_let_go(tmp_path: Path):
    wrong = agent(tmp_path, protected="10.0.0.1/8")
    assert "plugin.iptables.protected" in wrong.call("block", ipaddr="198.51.100.7").statusmsg
    for action in ("unblock", "disallow"):
        assert "plugin.iptables.protected" not in wrong.call(action, ipaddr="198.51.100.7").statusmsg


@pytest.mark.parametrize("reason", ["a\u2028b", "a\u202eb", "x" * 201])
def test_a_reason_that_no_list_could_carry_is_refused(tmp_path: Path, reason: str):
    for action, inputs in (("block", {"ipaddr": "198.51.100.7"}), ("apply", {"list": ["198.51.100.7"]})):
        assert agent(tmp_path).call(action, reason=reason, **inputs).statuscode == 4
