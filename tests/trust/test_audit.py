"""S-08, S-28, S-29, R-17 and R-18: what was done stands in the audit, whole, without secrets; what cannot stand there is not done."""

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.cli.audit.logfiles import by_log, numbered_lines, rotated
from mcollective_py.cli.audit.verified import Verified, verified
from mcollective_py.message import Destination, Kind, Publication, Reply, Request
from tests.parts.fleet import LIBDIR, Fleet
from tests.parts.require import require_programs
from tests.parts.wire import Wire
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

VAULT = '''"""An agent that treats secrets as badly as one can."""

import logging
import sys

from mcollective_py.agent import Agent, action


class Vault(Agent):
    """Says its inputs wherever something can be said."""

    def _say(self, request, reply):
        told = repr({name: request[name] for name in ("user", "pin", "extra", "db_password", "key", "url") if name in request})
        self.logger.info("given %s", told)
        logging.getLogger("vault").debug("%s", request["pin"])
        print("stdout", request["pin"], told)
        print("stderr", request["pin"], told, file=sys.stderr)
        raise ValueError(f"cannot take {request['pin']!r} of {told}")

    @action
    def read(self, request, reply):
        self._say(request, reply)

    @action
    def change(self, request, reply):
        self._say(request, reply)
'''
INPUTS = """
      user: {prompt: User, description: Whose, type: string, optional: false}
      pin: {prompt: Pin, description: The pin, type: string, sensitive: true, optional: false}
      extra: {prompt: Extra, description: More of it, type: hash, sensitive: true, optional: true}
      db_password: {prompt: Password, description: Not even marked, type: string, optional: true}
      key: {prompt: Key, description: A key, type: string, optional: true}
      url: {prompt: URL, description: An address, type: string, optional: true}
    output: {}
"""
DDL = f"""
metadata:
  {{name: vault, description: For tests, author: us, license: Apache-2.0, version: "1.0", url: "https://example.net", timeout: 20}}
actions:
  - action: read
    description: Reads
    impact: read
    input:{INPUTS}
  - action: change
    description: Changes
    impact: change
    input:{INPUTS}
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("site")
    vault = folder / "lib" / "agents" / "vault"
    vault.mkdir(parents=True)
    (vault / "agent.py").write_text(VAULT)
    (vault / "ddl.yaml").write_text(DDL)
    settings = {
        "libdir": f"{LIBDIR}:{folder / 'lib'}",
        "plugin.actionpolicy.allow_unconfigured": "1",
        "loglevel": "debug",
        "plugin.rpcaudit.publish": "1",
        "plugin.executor.waiting": "10000",
        "plugin.executor.per_caller": "10000",
    }
    collects = {"enabled": "1", "logfile": str(folder / "collected.log"), "min_free": "0"}
    fleet = Fleet(folder, ["web1", "web2"], settings=settings)
    one = fleet.hosts["web1"]
    fleet.hosts["web1"] = replace(one, settings={f"plugin.auditcollector.{key}": value for key, value in collects.items()})
    with fleet as running:
        yield running


def log_of(fleet: Fleet, name: str = "web1") -> Path:
    return fleet.site.folder / "hosts" / name / "audit.log"


def records(fleet: Fleet, name: str = "web1") -> list[dict[str, Any]]:
    files = [path for files in by_log(rotated(log_of(fleet, name))).values() for path in files]
    return [json.loads(line) for path in files for _, line in numbered_lines(path)]


def ask(wire: Wire, request: Request) -> Reply:
    """Ask web1 alone, and wait for its reply."""
    wire.publish(wire.security.seal_request(replace(request, targets=("web1",))).payload, node="web1")
    while (reply := wire.reply(20.0)) is not None:
        if reply.request_id == request.id:
            return reply
    raise AssertionError(f"no reply to {request.id}")


def of_request(fleet: Fleet, id: str, name: str = "web1") -> list[dict[str, Any]]:
    return [record for record in records(fleet, name) if record["request_id"] == id]


def checked(fleet: Fleet, name: str = "web1") -> Verified:
    """The whole log of a host against what its daemon keeps, once that has been written."""
    (files,) = by_log(rotated(log_of(fleet, name))).values()
    return verified(str(log_of(fleet, name)), files, fleet.site.folder / "hosts" / name / "state")


# --- S-29 -------------------------------------------------------------------------------------------------------------


def test_one_request_is_one_line_for_each_thing_told_whatever_it_says(fleet: Fleet) -> None:
    bodies = ["\n", '"}\n{"decision":"allow"', "\x1b[2J", "\u2028\x85\x7f", {"a\n": ["\r\n"]}, "x" * 100_000]
    with Wire(fleet.site.client_config) as wire:
        for body in bodies:
            request = wire.request("echo", None, body)
            ask(wire, request)
            start, end = of_request(fleet, request.id)
            assert (start["decision"], end["outcome"]) == ("allow", 0)
            assert start["data"] == (body if body != "x" * 100_000 else {"truncated": True, "bytes": 100_002})
    content = log_of(fleet).read_bytes()
    assert all(32 <= byte < 127 or byte == 10 for byte in content)


def test_who_asked_what_and_how_it_ended_stands_there(fleet: Fleet) -> None:
    with Wire(fleet.site.client_config) as wire:
        request = wire.request("nap", "nap", {"seconds": 0.0})
        ask(wire, request)
        start, end = of_request(fleet, request.id)
    assert (start["caller"], start["agent"], start["action"]) == ("cert=demo.mcollective", "nap", "nap")
    assert start["data"] == {"seconds": 0.0}
    assert len(start["cert_sha256"]) == 64 and start["obo"] is None and start["rule"].endswith("nap.policy:2")
    assert end["seq"] > start["seq"] and end["duration_ms"] > 0
    found = fleet.mco("audit", "query", str(log_of(fleet)), "--request", request.id)  # --config is the client's, and not asked
    assert found.returncode == 0 and found.stdout.count("\n") == 1 and "nap nap seconds=0.0  ok in " in found.stdout


def test_what_nobody_signed_leaves_few_lines_that_say_so(fleet: Fleet) -> None:
    before = len([record for record in records(fleet) if record["decision"] == "invalid"])
    with Wire(fleet.site.client_config) as wire:
        good = wire.security.seal_request(wire.request()).payload
        for _ in range(200):
            wire.publish(good.replace(b'"s":', b'"t":', 1))
        ask(wire, wire.request())
    invalid = [record for record in records(fleet) if record["decision"] == "invalid"][before:]
    assert 1 <= len(invalid) <= 20
    assert {record["caller"] for record in invalid} == {None} and invalid[0]["reason"].startswith("malformed: ")


# --- S-08 -------------------------------------------------------------------------------------------------------------


def test_twenty_planted_secrets_are_in_no_log_audit_journal_or_error(fleet: Fleet, tmp_path: Path) -> None:
    planted = [f"pl4nted{number:02}zq" for number in range(20)]
    pem = "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----"
    said = ""
    for number, act in enumerate(("read", "change")):
        one, two, three, four, five, *rest = planted[number * 10 : number * 10 + 10]
        inputs = {
            "user": "bob",
            "pin": one,
            "extra": json.dumps({"a": [two, three], "b": {"c": four + rest[0]}, "quoted": f'{rest[1]}"\n{rest[2]}'}),
            "db_password": five,
            "key": pem % rest[3],
            "url": f"https://bob:{rest[4]}@example.net/",
        }
        words = [f"{name}={value}" for name, value in inputs.items()]
        for host in ("web1", "web2"):
            done = fleet.mco("rpc", "vault", act, *words, "-I", host, "-v")
            said += done.stderr
            assert done.returncode == 2, (done.stdout, done.stderr)  # the agent raised
            reply = done.stdout.partition("ValueError")[2]
            assert reply and not [secret for secret in planted if secret in reply]
        wrong = fleet.mco("rpc", "vault", act, f"pin={one}", f"db_password={five}", f"key={pem % rest[3]}", "-I", "web1", "-v")
        said += wrong.stdout + wrong.stderr
    kept = [path for path in fleet.site.folder.rglob("*") if path.is_file() and path.name not in ("client.cfg", "server.cfg")]
    texts = {str(path): path.read_bytes() for path in kept}
    assert any(name.endswith("mcollectived.log") and b"cannot take '***'" in text for name, text in texts.items())
    found = [(name, secret) for name, text in texts.items() for secret in planted if secret.encode() in text]
    assert found == []
    assert [secret for secret in planted if secret in said] == []
    starts = [record for record in records(fleet) if record["agent"] == "vault" and record["data"]]
    assert {record["data"]["user"] for record in starts} == {"bob"}
    assert all(set(record["data"]["pin"]) == {"redacted", "sha256_8"} for record in starts)


# --- S-28, R-17 -------------------------------------------------------------------------------------------------------


def test_a_log_that_cannot_grow_refuses_and_takes_all_again_when_it_can(fleet: Fleet) -> None:
    pid = fleet.processes["web1"].pid
    with Wire(fleet.site.client_config) as wire:

        def nap(action: str) -> tuple[Request, Reply]:
            request = wire.request("nap", action, {"seconds": 0.0})
            return request, ask(wire, request)

        ran = len(fleet.ledger)
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (log_of(fleet).stat().st_size + 100, hard))
        try:
            refused = [nap(action) for action in ("nap", "doze", "nap")]
            assert [(reply.statuscode, reply.refusal) for _, reply in refused] == [(5, "auditfailed")] * 3
            assert len(fleet.ledger) == ran
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        started = time.monotonic()
        wait_until("an action that runs again", lambda: nap("nap")[1].statuscode == 0, 20)
        assert time.monotonic() - started < 5
        assert len(fleet.ledger) == ran + 1
        wait_until("what was refused", lambda: all(of_request(fleet, request.id) for request, _ in refused), 20)
    assert {record["reason"].partition(",")[0] for request, _ in refused for record in of_request(fleet, request.id)} == {
        "web1 cannot write its audit log"
    }
    wait_until("the end of the chain", lambda: checked(fleet).findings == [], 10)


DISK = """
import json, sys
from pathlib import Path
from mcollective_py.errors import AuditFailed
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.audit import WrittenAudit
from mcollective_py.server.auditfile import AuditFile
from mcollective_py.server.auditstate import AuditState
from mcollective_py.server.call import Outcome

folder = Path(sys.argv[1])
state = AuditState(folder)
state.open()
audit = WrittenAudit(AuditFile(folder / "audit.log"), "web1", state=state, reads_go_on=True)
ran = refused = 0


def ask(only_reads=False):
    global ran, refused
    request = Request(f"{ran + refused:032x}", "cert=alice", "desk", "eu", "echo", None, "x" * 500, Filter(), 1.7e9, 60)
    try:
        audit.allowed(request, None, only_reads=only_reads)
    except AuditFailed as error:
        audit.refused(request, None, error)
        refused += 1
        return False
    audit.finished(request, Outcome())
    ran += 1
    return True


while ask():
    pass
assert ran > 100
assert not ask() and ask(only_reads=True)
(folder / "filler").unlink()
import time
deadline = time.monotonic() + 5
while not ask():
    assert time.monotonic() < deadline
    time.sleep(0.05)
audit.close()
print(json.dumps({"ran": ran, "refused": refused}))
print((folder / "audit.log").read_text(), end="")
"""


def test_a_disk_that_is_really_full_costs_no_line_and_no_restart(tmp_path: Path) -> None:
    require_programs("unshare", "mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = 'mount -t tmpfs -o size=1m none "$0" && head -c 300000 /dev/zero > "$0/filler" && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, str(disk), sys.executable, "-c", DISK, str(disk)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    counts, *lines = done.stdout.splitlines(keepends=True)
    ran, refused = json.loads(counts).values()
    path = tmp_path / "audit.log"
    path.write_text("".join(lines))
    assert verified("audit.log", [str(path)]).findings == []
    told = [json.loads(line) for line in lines]
    assert len([record for record in told if record["decision"] == "allow"]) == 2 * ran
    assert len([record for record in told if record["decision"] == "deny"]) == refused


# --- R-18 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["rename", "copytruncate"])
def test_rotation_under_load_loses_and_splits_no_line(fleet: Fleet, way: str) -> None:
    log, is_over = log_of(fleet), threading.Event()
    turned = [0]

    def rotate() -> None:
        while not is_over.wait(0.06):
            turned[0] += 1
            old = log.with_name(f"audit.log.{turned[0] + (1000 if way == 'rename' else 0)}")
            if way == "rename":
                log.rename(old)
                wait_until("the new log", log.exists, 20)  # as delaycompress does: it is packed when nobody writes to it any more
                old.with_name(f"{old.name}.gz").write_bytes(gzip.compress(old.read_bytes(), 1))
                old.unlink()
            else:
                shutil.copyfile(log, old)
                os.truncate(log, 0)

    with Wire(fleet.site.client_config) as wire:
        requests = [replace(wire.request(), targets=("web1",)) for _ in range(800)]
        to = Destination(Kind.NODE, "mcollective", "web1")
        payloads = [wire.security.seal_request(request).payload for request in requests]
        sealed = [Publication(payload, to, "tester", time.time(), 60, requests[0].reply_to) for payload in payloads]
        rotator = threading.Thread(target=rotate)
        rotator.start()
        try:
            sent = got = 0
            while got < len(sealed):
                room = min(50 - (sent - got), len(sealed) - sent)
                wire.connector.publish(sealed[sent : sent + room])
                sent += room
                assert wire.connector.receive(20.0) is not None
                got += 1
        finally:
            is_over.set()
            rotator.join()
    assert turned[0] > 3
    wait_until("the last lines", lambda: checked(fleet).findings == [], 10)
    found: dict[str, set[Any]] = {}
    for record in records(fleet):
        found.setdefault(record["request_id"], set()).add(record["outcome"])
    assert {id for id in (request.id for request in requests) if found.get(id) != {None, 0}} == set()


def test_the_chain_goes_on_over_restarts_and_kills(fleet: Fleet) -> None:
    for number in (15, 9):
        fleet.kill("web2", number)
        fleet.start_daemon("web2")
        fleet.wait_for(["web2"], 60)
        assert fleet.rpc("nap", "nap", "seconds=0", "-I", "web2")["replies"]
    found = checked(fleet, "web2")
    assert found.findings == [] and found.chains[""].first == 1


# --- collected --------------------------------------------------------------------------------------------------------


def test_every_hosts_audit_is_collected_and_nobody_can_send_anothers(fleet: Fleet) -> None:
    collected = fleet.site.folder / "collected.log"
    with Wire(fleet.site.client_config) as wire:
        request = wire.request("nap", "nap", {"seconds": 0.0})
        assert wire.ask(request) is not None

        def hosts() -> set[str]:
            lines = [json.loads(line) for line in collected.read_bytes().splitlines() if request.id.encode() in line]
            return {line["host"] for line in lines if line["record"]["outcome"] == 0}

        wait_until("both hosts' ends of the request", lambda: hosts() == {"web1", "web2"}, 20)
        forged = {"node": "web2", "decision": "allow", "caller": "cert=forged", "seq": 1, "prev": None}
        line = json.dumps(forged, separators=(",", ":"))
        for changes in ({"sender": "web2"}, {"sender": "demo.mcollective"}):
            reply = ask(wire, replace(wire.request("auditcollector", None, [line]), **changes))
            assert reply.statuscode == 1 and "the audit of" in reply.statusmsg
    assert b"cert=forged" not in collected.read_bytes()
    assert not [record for record in records(fleet) if record["agent"] == "auditcollector" and record["decision"] == "allow"]
    ended = fleet.mco("audit", "verify", str(collected))
    assert "of 2 hosts" in ended.stdout
    lines = collected.read_bytes().splitlines(keepends=True)
    _, _, gone, *_ = (number for number, each in enumerate(lines) if b'"host":"web2"' in each)
    (collected.parent / "cut.log").write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))
    seq = json.loads(lines[gone])["record"]["seq"]
    cut = verified("cut.log", [str(collected.parent / "cut.log")])
    assert any(f"line {seq} is of the chain missing" in each.problem for each in cut.findings)
