"""Journal and audit, as a power cut, a full disk or a stranger leaves them: what is read was written, and what is missing is told."""

import json

from mcollective_py.cli.audit.chaincheck import ChainCheck, Place
from mcollective_py.cli.audit.lines import line_of
from mcollective_py.cli.audit.requests import Reading, Wanted
from mcollective_py.cli.audit.shown import shown
from mcollective_py.server import journalrecords
from mcollective_py.server.auditchain import Link, chained, end_of, place_of
from mcollective_py.server.journalrecords import Begun, Ended, Floor, Head, Refused, Running, Seen, UnknownVersion, Window, encode
from tests.fuzz.mutation import fuzz

ALICE, ID = "cert=alice.mcollective", "1" * 32
RECORDS = (
    Head(1, 1000.0, 900.0, 65.0, 800.0),
    Begun(1001.0, 1060.5, ALICE, ID, "a" * 64, "service", "restart", only_reads=False),
    Running(1001.5, ALICE, ID, 4711, 123456, "3f2e-boot"),
    Ended(1002.0, ALICE, ID, 0, ""),
    Begun(1002.5, 1060.5, "uid=0", "2" * 32, "", "echo", None, only_reads=True),
    Refused(1003.0, 1060.0, ALICE, "3" * 32, "", "package", "install", "policy", "denied"),
    Ended(1003.5, "uid=0", "2" * 32, None, "unknown"),
    Seen(1070.0, ALICE, "4" * 32),
    Window(1004.0, 305.0),
    Floor(1005.0, 995.0),
)
JOURNAL = b"".join(map(encode, RECORDS))
STAMP = {"timestamp": "2026-01-02T03:04:05.678901+00:00", "request_id": ID, "caller": ALICE, "node": "web1", "agent": "service"}
AUDITED = tuple(
    json.dumps({**STAMP, **more}, separators=(",", ":")).encode()
    for more in (
        {
            "action": "restart",
            "data": {"service": "exim4", "password": {"redacted": True, "sha256_8": "0a1b2c3d"}},
            "decision": "allow",
        },
        {"action": "restart", "decision": "allow", "outcome": 0, "duration_ms": 12.5},
        {"action": "stop", "decision": "deny", "reason": "x.policy:3", "request_id": "2" * 32},
        {"decision": "invalid", "caller": None, "sender": "db1", "reason": "no signature", "held_back": 3, "request_id": None},
    )
)
LINES, END = chained(AUDITED, Link())
LOG = b"".join(LINES)
COLLECTED = b'{"received":"2026-01-02T03:04:06+00:00","host":"web1","record":' + LINES[0][:-1] + b"}\n"
WORDS = (b"\n", b",\"seq\":1,\"prev\":null}\n", b'"seq":', b'"prev":"', b"00000000 ", b" - ", b"?", b"null", b"{", b"}",
         b'"timestamp":1e400', b"[" * 2000,
         b'"outcome":true', b'"duration_ms":"x"', b'"data":[[]]', b'"timestamp":"2026-13-01"', b"9" * 5000,
         b'"timestamp":"0001-01-01T00:00:00+23:00"',
         b"mcollective-audit[1]: ", *LINES, *map(encode, RECORDS))  # fmt: skip


def journal(data: bytes) -> bool:
    """Whether all of it are records."""
    try:
        found = journalrecords.read(data)
    except UnknownVersion:
        return False
    assert found.intact <= len(data)
    lines = [line for line in data.split(b"\n")[:-1] if journalrecords.decode(line) is not None]
    assert len(found.records) == len(lines), "a record is lost, or was made up"
    for damage in found.damages:
        assert 0 <= damage.at < damage.at + damage.size <= len(data), "a damage that is not within the file"
    again = journalrecords.read(b"".join(map(encode, found.records)))
    assert again.records == found.records and not again.damages, "written and read again they are others"
    return bool(found.records) and not found.damages


def audit(data: bytes) -> bool:
    """Whether all of it are lines of one chain; and what it says can be asked for and shown."""
    end = end_of(data)
    assert end.is_torn == (bool(data) and not data.endswith(b"\n"))
    check, lines = ChainCheck(), data.splitlines(keepends=True) if b"\r" not in data else [part + b"\n" for part in data.split(b"\n")]
    for number, line in enumerate(lines, 1):
        check.take(Place("audit.log", number), line_of(line).text)
    check.finish(END)
    for wanted in (Wanted(), Wanted(caller="alice*", outcome="ok", since=0.0), Wanted(outcome="failed", until=2e9)):
        for request in Reading(wanted).requests(map(line_of, lines)):
            json.dumps(request.to_dict())
            assert shown(request)
    is_whole = not (check.findings or check.torn or check.older or check.repeated) and check.lines > 0
    if is_whole and check.first == 1 and check.last == END.seq:
        assert [line for line in lines if place_of(line)] == LINES, "a changed log is taken for whole"
    return is_whole


def check(data: bytes) -> bool:
    return journal(data) | audit(data) | (data == COLLECTED)


def cut_everywhere() -> None:
    """Whatever byte a file ends at: all whole records are there, and nothing else; a torn last one is no damage."""
    for at in range(len(JOURNAL) + 1):
        found = journalrecords.read(JOURNAL[:at])
        assert found.records == RECORDS[: JOURNAL[:at].count(b"\n")] and not found.damages, f"a journal cut off at {at}"
    for at in range(len(LOG) + 1):
        end, count = end_of(LOG[:at]), LOG[: at + (LOG[at : at + 1] == b"\n")].count(b"\n")  # a line is whole without its end, too
        assert (end.link.seq if end.link else 0) == count, f"an audit cut off at {at}"
        audit(LOG[:at])


if __name__ == "__main__":
    cut_everywhere()
    fuzz("records", check, (JOURNAL, LOG, COLLECTED), WORDS)
