import hashlib
import json
import os
import threading
from dataclasses import replace

import pytest

from mcollective_py.ddl.model import DDL, ActionDDL, Input, Metadata
from mcollective_py.errors import AuditFailed, Busy, Denied, InvalidRPCData, NotSigned, Replayed
from mcollective_py.filter import Filter
from mcollective_py.message import Delivery, Destination, Kind, Request
from mcollective_py.server import audit as audit_module
from mcollective_py.server.audit import NullAudit, WrittenAudit
from mcollective_py.server.auditchain import Link, chained, digest, place_of
from mcollective_py.server.auditfile import AuditFile
from mcollective_py.server.auditoutbox import Outbox
from mcollective_py.server.auditstate import AuditState
from mcollective_py.server.call import Outcome
from mcollective_py.wire.symbol import Symbol
from tests.waiting import wait_until

ACTION = ActionDDL(
    "set",
    "Sets a user's password",
    inputs={
        "user": Input("user", "User", "Whose", "string"),
        "password": Input("password", "Password", "The new one", "string", sensitive=True),
    },
)
DOCUMENT = DDL(Metadata("passwd", "Passwords", "us", "Apache-2.0", "1.0", "none", 5.0), {"set": ACTION})


def a_request(body=None, action="set", caller="cert=alice"):
    body = {"user": "bob", "password": "hush"} if body is None else body
    return Request("0123456789abcdef" * 2, caller, "desk", "eu", "passwd", action, body, Filter(), 1700000000.25, 60)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit.log"


@pytest.fixture
def audit(path):
    audit = WrittenAudit(AuditFile(path), "web1", clock=lambda: 1700000001.5)
    yield audit
    audit.close()


def records(path):
    text = path.read_bytes()
    assert text == b"" or text.endswith(b"\n")
    return [json.loads(line) for line in text.split(b"\n")[:-1]]


# --- what a line holds ------------------------------------------------------------------------------------------------


def test_a_request_that_may_run_is_written_with_its_inputs_but_for_sensitive_ones(audit, path):
    audit.allowed(a_request(), DOCUMENT)
    assert records(path) == [
        {
            "timestamp": "2023-11-14T22:13:21.500000+00:00",
            "request_id": "0123456789abcdef0123456789abcdef",
            "request_time": 1700000000.25,
            "caller": "cert=alice",
            "sender": "desk",
            "agent": "passwd",
            "action": "set",
            "data": {"user": "bob", "password": {"redacted": True}},
            "node": "web1",
            "collective": "eu",
            "decision": "allow",
            "rule": None,
            "reason": None,
            "outcome": None,
            "duration_ms": None,
            "cert_sha256": None,
            "obo": None,
            "seq": 1,
            "prev": None,
        }
    ]
    assert b"hush" not in path.read_bytes()


def test_how_it_ended_is_a_second_line(audit, path):
    audit.allowed(a_request(), DOCUMENT)
    audit.finished(a_request(), Outcome(1, "no such user", {"secret": "output"}, duration=0.01234))
    _, end = records(path)
    assert (end["request_id"], end["decision"], end["outcome"], end["duration_ms"], end["data"]) == (
        "0123456789abcdef0123456789abcdef",
        "allow",
        1,
        12.3,
        None,
    )
    assert b"secret" not in path.read_bytes()


def test_an_end_that_nobody_can_tell_of_says_so(audit, path):
    audit.finished(a_request(), Outcome(5, "the daemon stopped", is_unknown=True))
    assert records(path)[0]["reason"] == "unknown"


def test_a_refusal_is_written_with_its_rule_and_reason(audit, path):
    error = Denied("cert=alice may not")
    error.rule = "/etc/mcollective/policies/passwd.policy:3"
    audit.refused(a_request(), DOCUMENT, error)
    (record,) = records(path)
    assert (record["decision"], record["rule"], record["reason"], record["outcome"]) == (
        "deny",
        "/etc/mcollective/policies/passwd.policy:3",
        "cert=alice may not",
        1,
    )


def test_a_rejected_request_leaves_a_short_line_without_its_inputs(audit, path):
    audit.refused(a_request({"user": "x" * 50_000}), None, Replayed("accepted before"))
    (record,) = records(path)
    assert (record["decision"], record["reason"], record["data"]) == ("deny", "accepted before", None)


def is_open_here(path):
    found = (os.stat(path).st_dev, os.stat(path).st_ino)
    for name in os.listdir("/proc/self/fd"):
        try:
            status = os.stat(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the listing's own
            continue
        if (status.st_dev, status.st_ino) == found:
            return True
    return False


@pytest.mark.parametrize(("error", "code"), [(InvalidRPCData("user is no text"), 4), (Busy("full"), None)])
def test_any_refusal_can_be_written(audit, path, error, code):
    audit.refused(a_request(), DOCUMENT, error)
    (record,) = records(path)
    assert (record["reason"], record["outcome"], record["rule"]) == (str(error), code, None)


def test_large_inputs_are_cut(audit, path):
    audit.allowed(a_request({"user": "x" * 70_000}), DOCUMENT)
    audit.allowed(a_request({"user": "x" * 65_000}), DOCUMENT)
    cut, whole = records(path)
    assert (cut["data"], whole["data"]) == ({"truncated": True, "bytes": 70_011}, {"user": "x" * 65_000})


@pytest.mark.parametrize(
    "text",
    ["\n", "\r\n{}", '"}\n{"decision":"allow"', "\x1b[2J\x07", "\u2028\u2029\x85", "\x00", "\x7f", "\ud800", "é\U0001f600", "\\n"],
)
def test_any_input_is_exactly_one_line_of_plain_characters(audit, path, text):
    audit.allowed(a_request({"user": text, text: 1}, caller=f"cert={text}"), DOCUMENT)
    content = path.read_bytes()
    assert content.count(b"\n") == 1
    assert all(32 <= byte < 127 for byte in content[:-1])
    (record,) = records(path)
    assert record["caller"] == f"cert={text}"
    assert record["data"]["user"] == text


def test_inputs_that_json_has_not_are_one_line_that_any_reader_of_json_takes(audit, path):
    plain = a_request({"user": [b"\xff", Symbol("a"), float("nan"), {1: b"ok"}]})
    audit.allowed(plain, DOCUMENT)
    (line,) = path.read_text().splitlines()
    found = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found["data"]["user"] == [{"base64": "/w=="}, "a", "NaN", {"1": "ok"}]


def test_who_signed_and_on_whose_behalf_is_written(audit, path):
    audit.allowed(replace(a_request(), certificate="ab" * 32, delegate="cert=sso.mcollective"), DOCUMENT)
    (record,) = records(path)
    assert (record["caller"], record["obo"], record["cert_sha256"]) == ("cert=alice", "cert=sso.mcollective", "ab" * 32)


def test_a_reason_with_a_password_in_an_address_has_none(audit, path):
    audit.refused(a_request(), DOCUMENT, InvalidRPCData("no route to https://bob:hush@host/"))
    assert records(path)[0]["reason"] == "no route to https://***@host/"


def test_an_endless_reason_is_cut(audit, path):
    audit.refused(a_request(), DOCUMENT, InvalidRPCData("x" * 100_000))
    assert len(records(path)[0]["reason"]) == 2000


# --- messages that nobody signed --------------------------------------------------------------------------------------

FORGED = Delivery(b"{}", Destination(Kind.AGENT, "eu", "passwd"), "/queue/x", "desk\n\x1b[2J")


def test_a_message_whose_signature_does_not_hold_leaves_a_line_of_what_is_known(audit, path):
    audit.invalid(FORGED, NotSigned("the signature is not that of alice over these bytes"))
    (record,) = records(path)
    assert (record["decision"], record["caller"], record["request_id"], record["data"]) == ("invalid", None, None, None)
    assert (record["agent"], record["collective"], record["sender"]) == ("passwd", "eu", "desk\n\x1b[2J")
    assert record["reason"] == "unvalidated: the signature is not that of alice over these bytes"
    assert record.keys() >= {"timestamp", "node", "rule", "outcome", "duration_ms", "cert_sha256", "obo", "seq", "prev"}


def test_rubbish_without_end_leaves_few_lines_and_is_counted(path):
    now = [1000.0]
    audit = WrittenAudit(AuditFile(path), "web1", clock=lambda: now[0])
    for _ in range(5000):
        audit.invalid(FORGED, NotSigned("rubbish"))
    assert len(records(path)) == 10
    now[0] += 10.0
    audit.invalid(FORGED, NotSigned("rubbish"))
    assert records(path)[-1]["held_back"] == 4990


def test_copies_without_end_cannot_fill_the_disk_and_are_counted(path):
    now = [1000.0]
    audit = WrittenAudit(AuditFile(path), "web1", clock=lambda: now[0])
    for _ in range(1000):
        audit.refused(a_request(), None, Replayed("a copy"))
    assert len(records(path)) == 20
    now[0] += 1.0
    audit.refused(a_request(), None, Replayed("a copy"))
    assert records(path)[-1]["held_back"] == 980
    audit.refused(a_request(), None, Denied("no"))  # what a caller was denied is never held back
    assert len(records(path)) == 22


# --- the order of writing ---------------------------------------------------------------------------------------------


class Paper:
    """A sink in memory, that can be full."""

    def __init__(self):
        self.lines, self.synced, self.end, self.is_full = [], [], None, False

    def open(self):
        pass

    def append(self, records, *, sync=False):
        if self.is_full:
            raise OSError(28, "No space left on device")
        lines, self.end = chained(records, self.end or Link())
        self.lines += lines
        self.synced += [len(self.lines)] * sync
        return lines

    def settle(self):
        pass

    def rest(self):
        self.rests = True

    def close(self):
        pass

    def told(self):
        return [(record["request_id"][-1], record["outcome"]) for record in map(json.loads, self.lines)]


def is_allowed(audit, request):
    try:
        audit.allowed(request, DOCUMENT)
    except AuditFailed:
        return False
    return True


def numbered(number):
    return replace(a_request(), id=f"{number:032x}")


def test_what_changes_something_is_synced_before_it_runs_and_what_reads_is_not():
    paper = Paper()
    audit = WrittenAudit(paper, "web1")
    audit.allowed(numbered(1), DOCUMENT, only_reads=True)
    audit.finished(numbered(1), Outcome())
    assert paper.synced == []
    audit.allowed(numbered(2), DOCUMENT)
    assert paper.synced == [3]
    audit.finished(numbered(2), Outcome())
    assert (paper.synced, paper.told()) == ([3], [("1", None), ("1", 0), ("2", None), ("2", 0)])


def test_ends_of_reads_that_run_together_are_written_together_and_soon():
    paper = Paper()
    audit = WrittenAudit(paper, "web1")
    for number in (1, 2, 3):
        audit.allowed(numbered(number), DOCUMENT, only_reads=True)
    audit.finished(numbered(2), Outcome())
    audit.finished(numbered(3), Outcome())
    wait_until("two ends", lambda: len(paper.lines) == 5)
    assert paper.told()[3:] == [("2", 0), ("3", 0)]
    audit.finished(numbered(1), Outcome())  # the last of them waits for nobody
    assert paper.told()[5:] == [("1", 0)]
    audit.close()


def test_a_thread_that_has_nothing_to_do_ends_and_another_is_made_when_it_is_wanted(monkeypatch):
    monkeypatch.setattr(audit_module, "_IDLE", 0.05)
    paper = Paper()
    audit = WrittenAudit(paper, "web1")

    def end_together():
        for number in (1, 2):
            audit.allowed(numbered(number), DOCUMENT, only_reads=True)
        before = len(paper.lines)
        audit.finished(numbered(1), Outcome())
        wait_until("the end", lambda: len(paper.lines) == before + 1)
        audit.finished(numbered(2), Outcome())

    end_together()
    wait_until("the end of the thread", lambda: audit._thread is None)
    assert paper.rests
    end_together()
    audit.close()


def test_a_full_disk_refuses_what_changes_and_what_reads():
    paper = Paper()
    audit = WrittenAudit(paper, "web1")
    paper.is_full = True
    for only_reads in (False, True):
        with pytest.raises(AuditFailed, match="web1 cannot write its audit log, so nothing is done: No space left") as failure:
            audit.allowed(numbered(1), DOCUMENT, only_reads=only_reads)
        assert (failure.value.statuscode, failure.value.refusal) == (5, "auditfailed")


def test_reads_go_on_where_that_is_set_and_are_written_once_there_is_room_again():
    paper = Paper()
    audit = WrittenAudit(paper, "web1", reads_go_on=True)
    paper.is_full = True
    audit.allowed(numbered(1), DOCUMENT, only_reads=True)
    audit.finished(numbered(1), Outcome())
    with pytest.raises(AuditFailed):
        audit.allowed(numbered(2), DOCUMENT)
    audit.refused(numbered(2), DOCUMENT, AuditFailed("no"))
    assert paper.lines == []
    paper.is_full = False
    wait_until("all that waited", lambda: len(paper.lines) == 3)
    assert paper.told() == [("1", None), ("1", 0), ("2", 5)]
    audit.close()


def test_how_an_action_ended_waits_for_a_disk_and_comes_before_what_follows():
    paper = Paper()
    audit = WrittenAudit(paper, "web1")
    audit.allowed(numbered(1), DOCUMENT)
    paper.is_full = True
    audit.finished(numbered(1), Outcome(1))
    paper.is_full = False
    wait_until("room", lambda: is_allowed(audit, numbered(2)))
    assert paper.told() == [("1", None), ("1", 1), ("2", None)]
    audit.close()


def test_records_that_a_disk_has_cost_are_counted():
    paper = Paper()
    audit = WrittenAudit(paper, "web1")
    paper.is_full = True
    for _ in range(20_000):
        audit.finished(numbered(1), Outcome())
    paper.is_full = False
    wait_until("all that waited", lambda: paper.lines)
    lost = json.loads(paper.lines[-1])["lost"]
    assert (len(paper.lines) + lost, lost > 0) == (20_000, True)
    audit.close()


def test_what_was_said_of_a_disk_is_not_said_of_each_record(caplog):
    paper = Paper()
    audit = WrittenAudit(paper, "web1")
    paper.is_full = True
    for _ in range(50):
        audit.finished(numbered(1), Outcome())
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    audit.close()


def test_a_record_after_the_end_is_written_and_the_file_left_closed(audit, path):
    audit.allowed(a_request(), DOCUMENT)
    assert is_open_here(path)
    audit.close()
    audit.finished(a_request(), Outcome(0, "OK"))
    assert [record["outcome"] for record in records(path)] == [None, 0]
    assert not is_open_here(path)


def test_a_fifo_in_place_of_the_log_refuses_and_does_not_hang(path):
    os.mkfifo(path)
    with pytest.raises(AuditFailed, match="is not a regular file"):
        WrittenAudit(AuditFile(path), "web1").allowed(a_request(), DOCUMENT)


def test_many_threads_lose_and_split_no_line_while_the_log_is_rotated(path):
    audit = WrittenAudit(AuditFile(path), "web1")

    def write():
        for number in range(200):
            audit.allowed(numbered(number), DOCUMENT, only_reads=True)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    number = 0
    while any(thread.is_alive() for thread in threads):
        try:
            path.rename(path.with_suffix(f".{number}"))
            number += 1
        except FileNotFoundError:
            pass  # not made anew yet
    audit.close()
    lines = {line for file in path.parent.iterdir() for line in file.read_bytes().splitlines(keepends=True)}
    places = sorted((place_of(line), digest(line)) for line in lines)
    assert [place[0] for place, _ in places] == list(range(1, 801))
    assert [place[1] for place, _ in places[1:]] == [found for _, found in places[:-1]]


# --- the chain and what else is told ----------------------------------------------------------------------------------


def test_each_line_says_what_the_line_before_it_was(audit, path):
    for _ in range(3):
        audit.allowed(a_request(), DOCUMENT)
    lines = path.read_bytes().splitlines(keepends=True)
    said = [(json.loads(line)["seq"], json.loads(line)["prev"]) for line in lines]
    assert said == [(1, None), (2, hashlib.sha256(lines[0]).hexdigest()), (3, hashlib.sha256(lines[1]).hexdigest())]


def test_a_secret_is_a_digest_that_is_the_same_for_the_same_secret(path, tmp_path):
    state = AuditState(tmp_path)
    state.open()
    audit = WrittenAudit(AuditFile(path), "web1", state=state)
    for password in ("hush", "hush", "other"):
        audit.allowed(a_request({"user": "bob", "password": password}), DOCUMENT)
    first, second, third = (record["data"]["password"] for record in records(path))
    assert first == second != third
    assert (first["redacted"], len(first["sha256_8"])) == (True, 8)
    assert first["sha256_8"] != hashlib.sha256(b"hush").hexdigest()[:8]  # nobody can try passwords without the salt
    audit.close()


def test_where_the_chain_stands_is_kept_after_what_changes_and_at_the_end(path, tmp_path):
    state = AuditState(tmp_path)
    audit = WrittenAudit(AuditFile(path), "web1", state=state)
    audit.allowed(a_request(), DOCUMENT)
    assert state.head() == Link(1, digest(path.read_bytes()))
    audit.finished(a_request(), Outcome())
    audit.close()
    assert state.head().seq == 2


def test_lines_go_to_the_outbox_as_they_were_written(path):
    outbox = Outbox()
    audit = WrittenAudit(AuditFile(path), "web1", outbox=outbox)
    audit.allowed(a_request(), DOCUMENT)
    audit.finished(a_request(), Outcome())
    assert b"".join(outbox.take(1 << 20)) == path.read_bytes()
    audit.close()


def test_the_audit_of_other_hosts_on_its_way_is_no_record_but_where_it_is_refused(audit, path):
    sent = replace(a_request(["{}"], action=None, caller="cert=web2"), agent="auditcollector", sender="web2")
    audit.allowed(sent, None, only_reads=True)
    audit.finished(sent, Outcome())
    audit.refused(replace(sent, sender="web1", caller="cert=web1"), None, Denied("no"))  # its own: that would never end
    assert not path.exists()
    audit.refused(sent, None, Denied("no"))
    assert [record["sender"] for record in records(path)] == ["web2"]


def test_no_audit_writes_nothing():
    audit = NullAudit()
    audit.allowed(a_request(), DOCUMENT, only_reads=True)
    audit.refused(a_request(), None, Denied("no"))
    audit.invalid(FORGED, NotSigned("no"))
    audit.finished(a_request(), Outcome())
    audit.close()


def test_the_thread_leaves_a_closed_log_alone(audit, path):
    audit.allowed(a_request(), DOCUMENT, only_reads=True)  # wakes the thread
    thread = audit._thread
    audit.close()
    path.rename(path.with_suffix(".1"))
    thread.join(10)
    assert not thread.is_alive() and not path.exists()
