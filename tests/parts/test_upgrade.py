"""An upgrade host by host, and back: the last two released versions, and a wheel of this very tree, beside this tree.

What they wrote for the ages is read in tests/test_records.py; here both run.
"""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parts.mixedversions import MixedVersions
from tests.parts.otherversion import HERE, OtherVersion, build, latest, released
from tests.parts.wire import Wire
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

OTHERS = (*released(), HERE)
VALUE = {"load": 0.25, "whole": 3.0, "count": 3, "nested": {"disks": [{"name": "sda", "used": -1.5e-09}], "empty": {}, "none": None}}
Run = Callable[..., Any]


@pytest.fixture(scope="module", params=OTHERS)
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OtherVersion:
    """Another version, built and installed."""
    return build(request.param, tmp_path_factory.mktemp("other"))


@pytest.fixture
def without_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable leads one version's interpreter to another's code."""
    monkeypatch.delenv("PYTHONPATH", raising=False)


def test_the_other_version_runs_its_own_code(other: OtherVersion) -> None:
    assert other.package.is_relative_to(other.folder)
    assert other.version == other.revision.removeprefix("v") or other.revision == HERE


def test_old_and_new_hosts_and_clients_understand_each_other(tmp_path: Path, other: OtherVersion, without_paths: None) -> None:
    with MixedVersions(tmp_path, ["ours1", "theirs1"], other, ["theirs1"]) as fleet:
        assert (fleet.runs_theirs("ours1"), fleet.runs_theirs("theirs1")) == (False, True)
        for run in (fleet.mco, fleet.their_mco):
            _check_client(run)


def _check_client(run: Run) -> None:
    both, named = ["ours1", "theirs1"], ("-I", "ours1", "-I", "theirs1")
    ping = run("ping", "--timeout", "2")
    assert ping.returncode == 0 and all(host in ping.stdout for host in both), ping.stdout + ping.stderr
    assert sorted(run("find", "-S", "role::web and country=uk", "--dt", "2").stdout.split()) == both
    said = _replies(run("rpc", "parrot", "say", f"value:={json.dumps(VALUE)}", "-W", "role::web country=uk", "--json"))
    assert {host: json.dumps(reply["data"]["value"]) for host, reply in said.items()} == dict.fromkeys(both, json.dumps(VALUE))
    denied = _replies(run("rpc", "parrot", "stumble", "how=other", *named, "--json"))
    assert {host: reply["refusal"] for host, reply in denied.items()} == dict.fromkeys(both, "denied")
    assert all(f"may not call parrot stumble on {host}" in reply["statusmsg"] for host, reply in denied.items())
    # What a DDL calls sensitive goes encrypted, and so do the replies.
    secret = _replies(run("rpc", "shell", "run", "command=cat", "stdin=for you alone", *named, "--yes", "--json"))
    assert {host: reply["data"]["stdout"] for host, reply in secret.items()} == dict.fromkeys(both, "for you alone")
    changed = _replies(run("rpc", "nap", "nap", "seconds=0.25", *named, "--json"))
    assert {host: reply["data"] for host, reply in changed.items()} == {host: {"slept": 0.25} for host in both}


def _replies(ended: Any) -> dict[str, dict[str, Any]]:
    assert ended.stdout, ended.stderr
    return {reply["sender"]: reply for reply in json.loads(ended.stdout)["replies"]}


@pytest.mark.parametrize("is_theirs_first", [False, True])
def test_a_host_upgraded_in_place_and_back_runs_nothing_twice(
    tmp_path: Path, other: OtherVersion, without_paths: None, is_theirs_first: bool
) -> None:
    """One statedir under the one version, the other, and the first again; the one in the middle is killed with an action running."""
    first, second = is_theirs_first, not is_theirs_first
    with MixedVersions(tmp_path, ["web1"], other, ["web1"] if first else []) as fleet, Wire(fleet.site.client_config) as wire:
        sent = [_nap(fleet, wire)]
        fleet.restart("web1", is_theirs=second)
        assert fleet.runs_theirs("web1") is second
        _check_replays(fleet, wire, sent)
        sent.append(_nap(fleet, wire))
        unfinished = wire.request("nap", "nap", {"seconds": 3}, ttl=300)
        wire.send(unfinished)
        wait_until("the action runs", lambda: len(fleet.ledger) == 3, 20)
        fleet.restart("web1", is_theirs=first, number=signal.SIGKILL)
        assert fleet.runs_theirs("web1") is first
        _check_replays(fleet, wire, sent)
        sent.append(_nap(fleet, wire))
        assert [_state(fleet, id) for id, _ in sent] == ["ok"] * 3
        # Its process may have outlived its daemon for a moment, which is told as well.
        wait_until("the end of the action is known to be unknown", lambda: _state(fleet, unfinished.id) == "unknown outcome", 20)
        assert len(fleet.ledger) == 4
        assert not list((tmp_path / "hosts" / "web1" / "state").glob("requests.journal.*")), "a journal was put aside"
    log = tmp_path / "hosts" / "web1" / "audit.log"
    for run in (fleet.mco, fleet.their_mco):
        verified = run("audit", "verify", str(log))
        assert verified.returncode == 0 and "whole" in verified.stdout, verified.stdout + verified.stderr


def _nap(fleet: MixedVersions, wire: Wire) -> tuple[str, bytes]:
    """Have an action run that changes something; its request's id and payload, as somebody on the way could have kept it."""
    before = len(fleet.ledger)
    asked = wire.request("nap", "nap", {"seconds": 0}, ttl=300)
    payload = wire.send(asked)
    reply = wire.reply(20)
    assert reply is not None and (reply.request_id, reply.data) == (asked.id, {"slept": 0})
    assert len(fleet.ledger) == before + 1
    return asked.id, payload


def _check_replays(fleet: MixedVersions, wire: Wire, sent: list[tuple[str, bytes]]) -> None:
    """What an earlier daemon had accepted is refused by this one, and nothing runs."""
    before = list(fleet.ledger)
    for _, payload in sent:
        wire.publish(payload, agent="nap")
    wait_until("the copies are refused", lambda: fleet.stats("web1").get("refused", {}).get("replayed") == len(sent), 20)
    assert fleet.ledger == before


def _state(fleet: MixedVersions, request_id: str) -> str:
    ended = fleet.mco("request", "status", request_id, "-I", "web1", "--json")
    assert ended.stdout, ended.stderr
    (host,) = json.loads(ended.stdout)["hosts"]
    return str(host["state"])


def test_the_last_two_released_versions_are_chosen_by_their_numbers() -> None:
    assert latest(["v0.9.0", "v0.10.0", "v0.2.1", "v1.0.0-rc1", "vendor", "v0.10.0.1"]) == ["v0.9.0", "v0.10.0"]
    assert latest(["v0.1.0"]) == ["v0.1.0"]
    assert latest([]) == []
