"""What released versions wrote is still understood: frames, journals, audits and whatever else outlives an upgrade (tests/records)."""

import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from agents.iptables.state import parse_state
from mcollective_py.broker.frames import Frame
from mcollective_py.cli.audit.chaincheck import ChainCheck, Place
from mcollective_py.client.known import KnownHosts
from mcollective_py.client.runs import Runs
from mcollective_py.connector.targets import PLAIN
from mcollective_py.errors import NotSigned
from mcollective_py.filter import Filter
from mcollective_py.message import Delivery, Destination, Kind, Publication, Request
from mcollective_py.server.actionpolicy import Asked
from mcollective_py.server.auditstate import AuditState
from mcollective_py.server.freshness import check_freshness
from mcollective_py.server.pipeline import check_consistency
from mcollective_py.server.policyfiles import Authorizer
from mcollective_py.server.redaction import redacted
from tests.parts.otherversion import released
from tests.records.desk import HOST, Desk, Ends, delivery_of, frame_of, unpacked
from tests.records.meaning import meaning, same
from tests.records.record import SCOPE, changed, opened, record
from tests.records.scenario import LATER, REPLIES_TO, perform, request

TREE = Path(__file__).parents[1]
RECORDS = TREE / "tests" / "records"
RELEASED = sorted(path.parent for path in RECORDS.glob("*/expected.json"))
FLEETS = ("x509-p256", "x509-ed25519", "x509-rsa", "psk", "ssl-marshal", "ssl-yaml", "aes")
KEEPING = "x509-p256"
LARGEST = 300_000  # bytes of a recording: each release adds one to the repository


@dataclass(frozen=True)
class Recording:
    """One version's folder, unpacked."""

    folder: Path

    @cached_property
    def expected(self) -> dict[str, Any]:
        """Its expected.json."""
        return json.loads((self.folder / "expected.json").read_text())

    @property
    def now(self) -> float:
        """When it was recorded."""
        return float(self.expected["recorded"])

    @property
    def kept(self) -> dict[str, Any]:
        """What a host kept."""
        return self.expected["fleets"][KEEPING]["kept"]

    def ends(self, fleet: str) -> Ends:
        """Both ends of a fleet as they are built today."""
        ends = Ends(self.folder / fleet, self.now)
        ends.take_reply_keys(self.expected["fleets"][fleet]["reply_keys"])
        return ends

    def frames(self, fleet: str) -> Iterator[tuple[str, dict[str, Any], Frame]]:
        """Name, what is expected, and the frame itself."""
        entries = self.expected["fleets"][fleet]["frames"]
        assert len(entries) >= 10
        for name, entry in entries.items():
            yield f"{fleet} {name}", entry, frame_of((self.folder / entry["file"]).read_bytes())

    def host(self, journal: str, now: float) -> Desk:
        """The host that kept something, upgraded to this tree, with one of its journals."""
        (self.folder / KEEPING / "state").mkdir(exist_ok=True)
        shutil.copy(self.folder / KEEPING / "journals" / journal, self.folder / KEEPING / "state" / "requests.journal")
        return Desk(self.folder / KEEPING, now, perform)


@pytest.fixture(scope="module")
def recorded_now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording by this very tree: the program that makes them works, and what it writes is read."""
    folder = tmp_path_factory.mktemp("records") / "now"
    record(folder)
    return folder


@pytest.fixture(params=[*(path.name for path in RELEASED), "now"])
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Recording:
    source = request.getfixturevalue("recorded_now") if request.param == "now" else RECORDS / request.param
    return Recording(unpacked(source, tmp_path / "recording"))


def test_the_version_of_this_tree_has_its_recording():
    version = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]["version"]
    assert version in [path.name for path in RELEASED], f"python -m tests.records.record tests/records/{version}"
    for folder in RELEASED:
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        assert json.loads((folder / "expected.json").read_text())["version"] == folder.name
        assert size < LARGEST, f"{folder.name} has {size} bytes"


def test_a_released_version_has_its_recording_as_it_was_released():
    """Beside that, tests/parts/test_upgrade.py runs the last two of them against this tree."""
    tags = released()
    if not tags:
        pytest.skip("no tag yet")
    for tag in tags:
        folder = RECORDS / tag.removeprefix("v")
        assert folder in RELEASED, f"{tag} was released without {folder}"
        compared = subprocess.run(["git", "diff", "--quiet", tag, "--", str(folder)], cwd=TREE, timeout=30, check=False)
        assert compared.returncode == 0, f"{folder} is not what {tag} has: put it back"


# --- frames -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fleet", FLEETS)
def test_every_frame_is_verified_and_says_what_it_said(recording: Recording, fleet: str):
    ends, wrong, digests = recording.ends(fleet), [], {}
    for name, entry, frame in recording.frames(fleet):
        message = opened(ends, entry, frame)
        wrong += [f"{name}: {each}" for each in same(entry["says"], meaning(message))]
        digests[name.rpartition("-")[0], entry["kind"]] = message.digest if isinstance(message, Request) else message.request_digest
    assert wrong == []
    assert all(digest == digests[name, "request"] for (name, kind), digest in digests.items() if kind == "reply")


@pytest.mark.parametrize("fleet", FLEETS)
def test_every_request_is_let_in_at_its_time_by_the_way_it_came(recording: Recording, fleet: str):
    ends, view = recording.ends(fleet), Desk(recording.folder / fleet, recording.now).view()
    for _, entry, frame in recording.frames(fleet):
        if entry["kind"] == "request":
            delivery = delivery_of(frame, entry["agent"])
            asked = ends.request(delivery)
            check_freshness(asked, recording.now + 1)
            check_consistency(asked, delivery, view)


@pytest.mark.parametrize("fleet", FLEETS)
def test_the_same_message_is_sent_with_the_same_headers(recording: Recording, fleet: str):
    """An old node listens where a new client sends to, and the other way round."""
    for _, entry, frame in recording.frames(fleet):
        headers = dict(frame.headers)
        headers.pop("content-length")
        says = entry["says"]
        if entry["kind"] == "reply":
            to, ttl, reply_to = Destination(Kind.REPLY, "mcollective", REPLIES_TO), 60, None
        else:
            to = delivery_of(frame, entry["agent"]).source
            ttl, reply_to = says["ttl"], says["reply_to"]
        assert PLAIN.send_headers(Publication(frame.body, to, says["sender"], recording.now, ttl, reply_to)) == headers


@pytest.mark.parametrize("fleet", FLEETS)
def test_a_frame_with_one_bit_changed_is_refused(recording: Recording, fleet: str):
    for name, entry, frame in recording.frames(fleet):
        ends = recording.ends(fleet)  # one for each frame: a node judges so many unknown certificates a second
        for at in entry["refused_if_changed_at"]:
            try:
                opened(ends, entry, frame._replace(body=changed(frame.body, at)))
            except NotSigned:
                continue
            pytest.fail(f"{name}: taken with another byte {at}")


@pytest.mark.parametrize(("fleet", "other"), [("x509-p256", "x509-rsa"), ("x509-rsa", "x509-p256"), ("ssl-marshal", "aes")])
def test_what_another_fleet_signed_is_refused(recording: Recording, fleet: str, other: str):
    ends = recording.ends(other)
    for _, entry, frame in recording.frames(fleet):
        with pytest.raises(NotSigned):
            opened(ends, entry, frame)


def test_a_denial_is_read_as_one_and_what_is_encrypted_is_not_in_the_frame(recording: Recording):
    frames = {name: (entry, frame) for name, entry, frame in recording.frames(KEEPING)}
    entry, frame = frames[f"{KEEPING} denied-reply"]
    assert opened(recording.ends(KEEPING), entry, frame).refusal == "denied"
    entry, frame = frames[f"{KEEPING} secret-request"]
    secret = opened(recording.ends(KEEPING), entry, frame)
    assert secret.is_secret
    assert secret.body["stdin"].encode() not in frame.body
    entry, frame = frames[f"{KEEPING} ask-reply"]
    reply = opened(recording.ends(KEEPING), entry, frame)
    assert type(reply.data["value"]["whole"]) is float
    assert reply.data["value"]["nested"]["disks"][1]["used"] == -1.5e-9


# --- the journal ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["killed", "renewed", "stopped"])
def test_a_journal_is_read_and_gone_on_with(recording: Recording, how: str):
    states, caller = recording.kept["journals"][how], "cert=alice.mcollective"
    for _ in range(2):  # and what this tree has written to it is read again
        desk = recording.host(how, recording.now + 1)
        state = desk.folder / "state"
        try:
            assert {id: desk.journal.status(caller, id).state for id in states} == states
            assert [id for id in states if desk.journal.status(caller, id).state == "unknown outcome"], "one never ended"
        finally:
            desk.close()
        assert not list(state.glob("requests.journal.*")), "it was put aside"
        shutil.copy(state / "requests.journal", desk.folder / "journals" / how)


@pytest.mark.parametrize("how", ["killed", "renewed", "stopped"])
def test_what_was_accepted_before_the_upgrade_is_refused_after_it_and_new_requests_run(recording: Recording, how: str):
    desk = recording.host(how, recording.now + 1)
    try:
        for name, entry, frame in recording.frames(KEEPING):
            if entry["kind"] == "request" and not name.endswith("registration"):
                before = desk.stats.report()["refused"].get("replayed", 0)
                assert desk.handle(delivery_of(frame, entry["agent"])) == [], name
                assert desk.stats.report()["refused"].get("replayed", 0) == before + 1, name
        assert desk.calls == []
        asked = replace(request(KEEPING, LATER, desk), id="f" * 32)
        topic = Destination(Kind.AGENT, "mcollective", asked.agent)
        (answer,) = desk.handle(Delivery(desk.ends.client.seal_request(asked).payload, topic, asked.reply_to, asked.sender))
        assert desk.ends.reply(answer.payload).data == {"slept": 2}
        assert desk.calls == [asked.id]
    finally:
        desk.close()


# --- the audit --------------------------------------------------------------------------------------------------------


def _chain(folder: Path) -> ChainCheck:
    """What `mco audit verify` finds in the log of a host."""
    check, log = ChainCheck(), folder / "audit.log"
    for number, line in enumerate(log.read_bytes().splitlines(keepends=True), 1):
        check.take(Place(str(log), number), line)
    check.finish(AuditState(folder / "state").head())
    return check


def test_the_audit_is_verified_and_its_chain_goes_on(recording: Recording):
    folder, lines = recording.folder / KEEPING, recording.kept["audit"]
    before = _chain(folder)
    assert (before.findings, before.last) == ([], len(lines))
    found = [json.loads(line) for line in (folder / "audit.log").read_text().splitlines()]
    assert [[line["seq"], line["request_id"], line["decision"], line["outcome"]] for line in found] == lines
    desk = recording.host("stopped", recording.now + 1)
    asked = replace(request(KEEPING, LATER, desk), id="e" * 32)
    topic = Destination(Kind.AGENT, "mcollective", asked.agent)
    assert desk.handle(Delivery(desk.ends.client.seal_request(asked).payload, topic, asked.reply_to, asked.sender))
    desk.close()
    after = _chain(folder)
    assert (after.findings, after.last) == ([], len(lines) + 2)


def test_an_audit_with_a_changed_line_is_found(recording: Recording):
    log = recording.folder / KEEPING / "audit.log"
    log.write_bytes(log.read_bytes().replace(b'"decision":"deny"', b'"decision":"allow"', 1))
    assert _chain(recording.folder / KEEPING).findings


def test_a_secret_has_the_same_digest_as_before(recording: Recording):
    """With the salt that was kept: whether two secrets are one is told over an upgrade, too."""
    state = AuditState(recording.folder / KEEPING / "state")
    state.open()
    says = recording.expected["fleets"][KEEPING]["frames"]["secret-request"]["says"]
    assert redacted(says["body"]["stdin"], state.salt) == recording.kept["secret"]


# --- what else is kept ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fleet", FLEETS)
def test_a_policy_says_yes_and_no_as_before(recording: Recording, fleet: str):
    desk = Desk(recording.folder / fleet, recording.now)
    authorizer, view = desk.host.authorization, desk.view()
    desk.close()
    assert isinstance(authorizer, Authorizer)
    for caller, action, inputs, is_allowed, line in recording.expected["fleets"][fleet]["policies"]:
        decision = authorizer.decide("parrot", Asked(caller, action, inputs, {}), view)
        assert (decision.is_allowed, decision.line) == (is_allowed, line), (caller, action, inputs)


def test_the_caches_of_a_user_are_still_of_use(recording: Recording):
    cache, expected = recording.folder / "cache", recording.expected["cache"]
    known = KnownHosts(cache / "known", SCOPE).load("mcollective", "discovery", Filter.parse(facts=["country=uk"]))
    assert json.loads(known.to_json()) == expected["known"]
    assert known.expected(recording.now, window=2.0) == frozenset(expected["known"]["hosts"])
    run = Runs(cache / "runs", SCOPE).find(expected["run"]["request_id"][:8])
    assert json.loads(json.dumps(run.to_dict())) == expected["run"]


def test_what_the_firewall_blocks_is_still_blocked(recording: Recording):
    state = parse_state((recording.folder / "firewall" / "store.json").read_text())
    assert sorted(list(entry) for entry in state.entries.values()) == recording.expected["firewall"]
    assert (state.installed, list(state.pendings)) == ("nft", ["1"])


def test_a_host_is_who_it_was(recording: Recording):
    """Old configurations are read without a complaint."""
    for fleet in FLEETS:
        desk = Desk(recording.folder / fleet, recording.now)
        desk.close()
        assert (desk.host.identity, desk.host.config.warnings) == (HOST, ())
