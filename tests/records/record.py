"""Records what this version writes, for later ones to read: `python -m tests.records.record FOLDER`, from the top of the checkout.

FOLDER is to be tests/records/VERSION and is made anew. Its README says what lies in it, expected.json how each is to be read.
"""

import argparse
import json
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agents.iptables.entry import Entry
from agents.iptables.state import Pending, State, state_text
from mcollective_py import __version__
from mcollective_py.broker.frames import Frame, encode_frame
from mcollective_py.client.known import Knowledge, KnownHosts
from mcollective_py.client.runs import Run, Runs
from mcollective_py.connector.targets import PLAIN
from mcollective_py.errors import NotSigned, UsageError
from mcollective_py.filter import Filter
from mcollective_py.message import Destination, Kind, Publication, Reply, Request
from mcollective_py.security.x509 import X509
from mcollective_py.server.actionpolicy import Asked
from mcollective_py.server.journal import Journal
from mcollective_py.server.pipeline import Rules
from mcollective_py.server.policyfiles import Authorizer
from mcollective_py.server.registrar import registration
from tests.records.desk import HOST, Desk, Ends, delivery_of, frame_of, unpacked
from tests.records.fleets import CALLER, FLEETS, KEEPING, write_fleet
from tests.records.meaning import meaning, plain
from tests.records.scenario import LATER, STEPS, Step, perform, request, request_id

NOW = 1_800_000_000.0  # seconds since the epoch: every clock in a recording
SCOPE = "/etc/mcollective/client.cfg"
_CHANGED = 16  # bytes of each frame that are tried
_LINES = 4  # how deep in expected.json the lines are
_README = Path(__file__).with_name("about.txt")


def record(folder: Path, version: str = __version__) -> None:
    """Write all of it; whatever is in the folder goes."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    expected: dict[str, Any] = {"version": version, "recorded": NOW, "fleets": {}}
    for name in FLEETS:
        write_fleet(name, folder / name, NOW)
        expected["fleets"][name] = _record_fleet(name, folder)
    expected["cache"] = _record_cache(folder / "cache")
    expected["firewall"] = _record_firewall(folder / "firewall")
    shutil.copy(_README, folder / "README.md")
    (folder / "expected.json").write_text(_document(expected))


def _document(value: Any, depth: int = 0) -> str:
    """JSON with a line for each frame, and for whatever else lies as deep, so that a change shows where it is."""
    if depth == _LINES or not isinstance(value, dict) or not value:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    pad = " " * (depth + 1)
    lines = (f"{pad}{json.dumps(key)}: {_document(item, depth + 1)}" for key, item in sorted(value.items()))
    return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}" + "\n" * (depth == 0)


def _record_fleet(name: str, folder: Path) -> dict[str, Any]:
    """The frames of a set, and for one of them what the host keeps."""
    with tempfile.TemporaryDirectory() as scratch:
        desk = Desk(unpacked(folder / name, Path(scratch, name)), NOW, perform)
        try:
            found: dict[str, Any] = {"frames": {}, "reply_keys": {}, "policies": _decisions(desk)}
            for step in STEPS:
                if not step.is_secret or _can_receive(desk):
                    _record_step(name, step, desk, folder, found)
            own = registration(desk.host, _registered(desk), NOW)
            _write_frame(found, folder, name, "registration", own, "request")
            for entry in found["frames"].values():
                _read_again(entry, folder, found, desk.folder)
            if name == KEEPING:
                found["kept"] = _record_kept(name, desk, folder / name)
            return found
        finally:
            desk.close()


def _can_receive(desk: Desk) -> bool:
    """Whether something can be encrypted for the host, which has answered already: Ruby's wire cannot, and Ed25519 only signs."""
    if desk.ends.client.recipients is None:
        return False
    try:
        desk.ends.client.recipients.check([HOST])
    except UsageError:
        return False
    return True


def _registered(desk: Desk) -> Any:
    """What the host registers, without the agents that this machine happens to have."""
    assert desk.host.registration is not None
    body = desk.host.registration.body(desk.view())
    return {key: ["discovery", "rpcutil"] if str(key) == "agentlist" else value for key, value in body.items()}


def _record_step(name: str, step: Step, desk: Desk, folder: Path, found: dict[str, Any]) -> None:
    asked = request(name, step, desk)
    own = _sealed(asked, desk)
    if step.is_secret:
        found["reply_keys"][asked.id] = desk.ends.reply_key(asked.id)
    entry = _write_frame(found, folder, name, f"{step.name}-request", own, "request", agent=step.agent)
    delivery = delivery_of(frame_of((folder / entry["file"]).read_bytes()), step.agent)
    answers = desk.handle(delivery)
    assert len(answers) == step.ends, f"{name} {step.name}: {len(answers)} replies"
    if not step.ends:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            desk.journal.runs_in(asked, process.pid)
            process.kill()
    for answer in answers:
        _write_frame(found, folder, name, f"{step.name}-reply", answer, "reply")
        reply = desk.ends.reply(answer.payload)  # the client learns by it whom it can encrypt for
        assert (reply.refusal == "denied") == (step.name == "denied") or not isinstance(desk.ends.client, X509)


def _sealed(asked: Request, desk: Desk) -> Publication:
    """A request on its way to the host by name, or to all who have the agent."""
    kind, name = (Kind.NODE, HOST) if asked.targets else (Kind.AGENT, asked.agent)
    payload = desk.ends.client.seal_request(asked).payload
    return Publication(payload, Destination(kind, asked.collective, name), asked.sender, NOW, asked.ttl, asked.reply_to)


def _write_frame(
    found: dict[str, Any], folder: Path, name: str, what: str, own: Publication, kind: str, agent: str = "registration"
) -> dict[str, Any]:
    file = folder / name / f"{what}.frame"
    file.write_bytes(encode_frame("SEND", PLAIN.send_headers(own), own.payload))
    entry = {"file": f"{name}/{file.name}", "kind": kind} | ({"agent": agent} if kind == "request" else {})
    found["frames"][what] = entry
    return entry


def _read_again(entry: dict[str, Any], folder: Path, found: dict[str, Any], scratch: Path) -> None:
    """Note what a frame says, and bytes of it of which a change is refused."""
    frame = frame_of((folder / entry["file"]).read_bytes())
    reader = Ends(scratch, NOW)
    reader.take_reply_keys(found["reply_keys"])
    entry["says"] = meaning(opened(reader, entry, frame))
    refused = []
    for at in range(7, len(frame.body), -(-len(frame.body) // _CHANGED)):
        try:
            opened(reader, entry, frame._replace(body=changed(frame.body, at)))
        except NotSigned:
            refused.append(at)
    assert len(refused) >= 4, f"{entry['file']}: hardly a change is refused"
    entry["refused_if_changed_at"] = refused


def opened(ends: Ends, entry: dict[str, Any], frame: Frame) -> Request | Reply:
    """What a recorded frame says, by the plugins of both ends."""
    return ends.request(delivery_of(frame, entry["agent"])) if entry["kind"] == "request" else ends.reply(frame.body)


def changed(payload: bytes, at: int) -> bytes:
    """The same bytes but for one bit."""
    return payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]


# --- what a host keeps ------------------------------------------------------------------------------------------------


def _record_kept(name: str, desk: Desk, folder: Path) -> dict[str, Any]:
    """The journal as three daemons leave it, and the audit with what the host keeps of it."""
    journal = desk.folder / "state" / "requests.journal"
    steps = {request_id(name, step.name): step.state for step in STEPS}
    kept = {"journals": {"killed": steps}}
    copy = _copier(journal, folder)
    copy("killed")
    journal.unlink()  # the next record finds it gone and writes all anew, as it does with one that has grown
    frame = _later(name, desk, folder)
    assert desk.handle(frame)
    lasting = {request_id(name, step.name) for step in STEPS if step.agent in ("nap", "shell", "echo")}  # the others changed nothing
    steps = {id: state if id in lasting else "forgotten" for id, state in steps.items()} | {request_id(name, LATER.name): LATER.state}
    kept["journals"]["renewed"] = steps
    copy("renewed")
    desk.journal.use(Rules(max_ttl=120.0), reads_go_on=True)
    desk.close()
    kept["journals"]["stopped"] = steps
    copy("stopped")
    (folder / "state").mkdir()
    for file in ("audit.head", "audit.salt"):
        shutil.copy(desk.folder / "state" / file, folder / "state" / file)
    shutil.copy(desk.folder / "audit.log", folder / "audit.log")
    for how, states in kept["journals"].items():
        _check_journal(folder / "journals" / how, states)
    lines = [json.loads(line) for line in (folder / "audit.log").read_text().splitlines()]
    kept["audit"] = [[line["seq"], line["request_id"], line["decision"], line["outcome"]] for line in lines]
    (secret,) = [line for line in lines if line["request_id"] == request_id(name, "secret") and line["data"]]
    kept["secret"] = secret["data"]["stdin"]
    return kept


def _check_journal(file: Path, states: dict[str, str]) -> None:
    """See that what was recorded is what was meant to be."""
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(file, Path(scratch, "requests.journal"))
        journal = Journal(Path(scratch), Rules(), clock=lambda: NOW)
        journal.open()
        found = {id: journal.status(f"cert={CALLER}", id).state for id in states}
        journal.close()
    assert found == states, f"{file}: {found}"


def _copier(journal: Path, folder: Path) -> Callable[[str], None]:
    def copy(how: str) -> None:
        (folder / "journals").mkdir(exist_ok=True)
        shutil.copy(journal, folder / "journals" / how)

    return copy


def _later(name: str, desk: Desk, folder: Path) -> Any:
    asked = request(name, LATER, desk)
    own = _sealed(asked, desk)
    content = encode_frame("SEND", PLAIN.send_headers(own), own.payload)
    (folder / "later-request.frame").write_bytes(content)
    return delivery_of(frame_of(content), asked.agent)


def _decisions(desk: Desk) -> list[Any]:
    """Who asks for what of parrot, and which line says yes or no."""
    assert isinstance(desk.host.authorization, Authorizer)
    callers, found = (desk.ends.client.caller, "cert=carol.mcollective", "cert=bob.mcollective"), []
    for caller in callers:
        for action, inputs in (("say", {}), ("stumble", {"how": "other"}), ("check", {"word": "abc"}), ("check", {"word": "xyz"})):
            decision = desk.host.authorization.decide("parrot", Asked(caller, action, inputs, {}), desk.view())
            found.append([caller, action, inputs, decision.is_allowed, decision.line])
    assert {each[3] for each in found} == {True, False}
    return found


# --- what others keep ---------------------------------------------------------------------------------------------------


def _record_cache(folder: Path) -> dict[str, Any]:
    """The caches of a user: hosts that are known, and the last calls."""
    knowledge = Knowledge({"web1": NOW - 5.0, "web2": NOW - 90.5}, NOW - 5.0, {"web2": 1}, 2.0)
    KnownHosts(folder / "known", SCOPE).save("mcollective", "discovery", Filter.parse(facts=["country=uk"]), knowledge)
    run = Run("0123456789abcdef" * 2, "service", "restart", NOW, SCOPE, ("web1",), ("web2",), ("web3",), ("web4",), "too many failed")
    Runs(folder / "runs", SCOPE).save(run)
    return {"known": json.loads(knowledge.to_json()), "run": plain(run.to_dict())}


def _record_firewall(folder: Path) -> list[Any]:
    """The store of the agent iptables: what is blocked must stay so over an upgrade."""
    entries = (
        Entry("198.51.100.7", reason="spam", ticket="T-1", by=f"cert={CALLER}", at=NOW, expires=NOW + 3600.5),
        Entry("198.51.100.0/24", protocol="tcp", ports="25,587-590", pending="1"),
        Entry("2001:db8::7", kind="allow", origin="list"),
    )
    pending = Pending("1", NOW + 60, f"cert={CALLER}", NOW, "block", {entries[1].key: None, entries[0].key: entries[0]}, None)
    folder.mkdir()
    text = state_text(State("nft", ("chain4",), {entry.key: entry for entry in entries}, {"1": pending}, "boot"))
    (folder / "store.json").write_text(text)
    return sorted(list(entry) for entry in entries)


def main() -> int:
    """As a program; 0 when all was written."""
    parser = argparse.ArgumentParser(prog="python -m tests.records.record", description=__doc__)
    parser.add_argument("folder", type=Path, help="tests/records/VERSION")
    folder = parser.parse_args().folder
    logging.getLogger("mcollective_py").setLevel(logging.ERROR)  # what each plugin does not protect is said elsewhere
    if folder.name != __version__:
        parser.error(f"this is version {__version__}: record into a folder of that name")
    record(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
