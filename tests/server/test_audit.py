import json
import os
import resource
import signal
import stat
import threading

import pytest

from mcollective_py.config import Config
from mcollective_py.ddl.model import DDL, ActionDDL, Input, Metadata
from mcollective_py.errors import AuditFailed, Busy, ConfigError, Denied, InvalidRPCData, Replayed
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.audit import LogfileAudit, NullAudit, data_of, open_audit
from mcollective_py.server.call import Outcome
from mcollective_py.wire.symbol import Symbol

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
    audit = LogfileAudit(path, "web1", clock=lambda: 1700000001.5)
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


def test_a_record_after_the_end_is_written_and_the_file_left_closed(audit, path):
    audit.allowed(a_request(), DOCUMENT)
    assert is_open_here(path)
    audit.close()
    audit.finished(a_request(), Outcome(0, "OK"))
    assert [record["outcome"] for record in records(path)] == [None, 0]
    assert not is_open_here(path)


@pytest.mark.parametrize(("error", "code"), [(InvalidRPCData("user is no text"), 4), (Busy("full"), None)])
def test_any_refusal_can_be_written(audit, path, error, code):
    audit.refused(a_request(), DOCUMENT, error)
    (record,) = records(path)
    assert (record["reason"], record["outcome"], record["rule"]) == (str(error), code, None)


def test_inputs_that_no_ddl_speaks_of_are_redacted():
    redacted = {"redacted": True}
    assert data_of(a_request(), None) == {"user": redacted, "password": redacted}
    assert data_of(a_request({"pasword": "hush"}), DOCUMENT) == {"pasword": redacted}
    assert data_of(a_request(action="other"), DOCUMENT) == {"user": redacted, "password": redacted}
    assert data_of(a_request("hush"), DOCUMENT) == redacted


def test_additional_inputs_are_shown_where_the_ddl_allows_them():
    ddl = DDL(DOCUMENT.metadata, {"set": ActionDDL("set", "Sets", ACTION.inputs, additional_inputs=True)})
    assert data_of(a_request({"extra": 1, "password": "hush"}), ddl) == {"extra": 1, "password": {"redacted": True}}


def test_a_plain_message_is_shown():
    assert data_of(a_request("ping", action=None), None) == "ping"


def test_large_inputs_are_cut():
    assert data_of(a_request({"user": "x" * 70_000}), DOCUMENT) == {"truncated": True, "bytes": 70_011}
    assert data_of(a_request({"user": "x" * 65_000}), DOCUMENT) == {"user": "x" * 65_000}


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


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_new_file_has_mode_0640_whatever_the_umask(path):
    old = os.umask(0o777)
    try:
        LogfileAudit(path, "web1").allowed(a_request(), DOCUMENT)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_an_old_file_is_appended_to_and_narrowed(path):
    path.write_text('{"old": 1}\n')
    path.chmod(0o646)
    LogfileAudit(path, "web1").allowed(a_request(), DOCUMENT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert len(records(path)) == 2


def test_after_a_rotation_by_rename_lines_go_to_the_new_file(audit, path):
    audit.allowed(a_request(), DOCUMENT)
    path.rename(path.with_suffix(".1"))
    audit.allowed(a_request(), DOCUMENT)
    path.rename(path.with_suffix(".2"))
    path.touch(0o600)
    audit.allowed(a_request(), DOCUMENT)
    assert [len(records(path.with_suffix(suffix))) for suffix in (".1", ".2", ".log")] == [1, 1, 1]


def test_after_copytruncate_lines_go_on_from_the_start(audit, path):
    audit.allowed(a_request(), DOCUMENT)
    os.truncate(path, 0)
    audit.allowed(a_request(), DOCUMENT)
    assert len(records(path)) == 1


def test_rotation_during_many_writes_loses_and_splits_no_line(audit, path):
    def write():
        for _ in range(200):
            audit.allowed(a_request(), DOCUMENT)

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
    assert sum(len(records(file)) for file in path.parent.iterdir()) == 800


# --- what cannot be written must not be done --------------------------------------------------------------------------


def assert_fails_closed(path, reason):
    audit = LogfileAudit(path, "web1")
    with pytest.raises(AuditFailed, match=reason) as failure:
        audit.allowed(a_request(), DOCUMENT)
    assert (failure.value.statuscode, failure.value.refusal) == (5, "auditfailed")


def test_a_folder_that_is_not_there_refuses(tmp_path):
    assert_fails_closed(tmp_path / "nowhere" / "audit.log", "web1 cannot write its audit log, so nothing is done: No such file")


def test_a_fifo_refuses_and_does_not_hang(path):
    os.mkfifo(path)
    assert_fails_closed(path, "is not a regular file")


def test_a_file_replaced_by_a_fifo_while_open_refuses(audit, path):
    audit.allowed(a_request(), DOCUMENT)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(AuditFailed):
        audit.allowed(a_request(), DOCUMENT)


def test_a_symbolic_link_refuses(path, tmp_path):
    path.symlink_to(tmp_path / "elsewhere")
    assert_fails_closed(path, "Too many levels of symbolic links")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_in_its_place_refuses(path):
    path.mkdir()
    assert_fails_closed(path, "Is a directory")


@pytest.fixture
def full_at():
    """Let files grow to a size and no further, as a full disk does."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, old)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_refuses_and_leaves_no_half_line(audit, path, full_at):
    audit.allowed(a_request(), DOCUMENT)
    size = path.stat().st_size
    full_at(size + 50)
    with pytest.raises(AuditFailed, match="only a part"):
        audit.allowed(a_request(), DOCUMENT)
    full_at(size)
    with pytest.raises(AuditFailed, match="File too large"):
        audit.allowed(a_request(), DOCUMENT)
    full_at(1 << 30)
    audit.allowed(a_request(), DOCUMENT)
    assert len(records(path)) == 2


def test_a_line_that_was_torn_for_good_does_not_swallow_the_next(audit, path, full_at, monkeypatch):
    audit.allowed(a_request(), DOCUMENT)
    full_at(path.stat().st_size + 50)
    monkeypatch.setattr(audit, "_take_back", lambda written: False)
    with pytest.raises(AuditFailed):
        audit.allowed(a_request(), DOCUMENT)
    full_at(1 << 30)
    audit.allowed(a_request(), DOCUMENT)
    lines = path.read_bytes().split(b"\n")
    assert len(lines) == 4
    assert [json.loads(lines[number])["agent"] for number in (0, 2)] == ["passwd", "passwd"]


def test_half_a_line_that_an_earlier_daemon_left_does_not_swallow_the_next(audit, path):
    path.write_bytes(b'{"timestamp":"2023-')
    audit.allowed(a_request(), DOCUMENT)
    half, line, rest = path.read_bytes().split(b"\n")
    assert (half, json.loads(line)["agent"], rest) == (b'{"timestamp":"2023-', "passwd", b"")


def test_what_is_refused_or_done_already_is_only_logged_when_it_cannot_be_written(tmp_path, caplog):
    audit = LogfileAudit(tmp_path / "nowhere" / "audit.log", "web1")
    audit.refused(a_request(), DOCUMENT, Denied("no"))
    audit.finished(a_request(), Outcome())
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


def test_no_audit_writes_nothing():
    audit = NullAudit()
    audit.allowed(a_request(), DOCUMENT)
    audit.refused(a_request(), None, Denied("no"))
    audit.finished(a_request(), Outcome())
    audit.close()


# --- from the configuration -------------------------------------------------------------------------------------------


def config_of(text):
    return Config.from_text(text, "server", "/etc/mcollective/server.cfg")


def test_audit_is_off_unless_it_is_turned_on():
    assert isinstance(open_audit(config_of(""), "web1"), NullAudit)


def test_the_settings_of_the_audit_log_are_read(path):
    audit = open_audit(config_of(f"rpcaudit = 1\nplugin.rpcaudit.logfile = {path}\nplugin.rpcaudit.logfile.mode = 0640\n"), "web1")
    audit.allowed(a_request(), DOCUMENT)
    assert len(records(path)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", ["0644", "rw", "0", "0440", "0750", "-640", "00640"])
def test_a_mode_that_others_could_read_by_or_none_could_write_by_is_refused(path, mode):
    with pytest.raises(ConfigError, match=r"logfile\.mode: .* write 0600 or 0640"):
        open_audit(config_of(f"rpcaudit = 1\nplugin.rpcaudit.logfile = {path}\nplugin.rpcaudit.logfile.mode = {mode}\n"), "web1")


def test_a_log_that_cannot_be_written_is_said_at_start(tmp_path):
    with pytest.raises(ConfigError, match=r"plugin\.rpcaudit\.logfile: .*nowhere.* cannot be written"):
        open_audit(config_of(f"rpcaudit = 1\nplugin.rpcaudit.logfile = {tmp_path}/nowhere/audit.log\n"), "web1")


def test_an_unknown_group_or_provider_is_said_at_start(path):
    with pytest.raises(ConfigError, match="there is no group nosuchgroup"):
        open_audit(config_of(f"rpcaudit = 1\nplugin.rpcaudit.logfile = {path}\nplugin.rpcaudit.logfile.group = nosuchgroup\n"), "web1")
    with pytest.raises(ConfigError, match="there is no provider centralrpclog"):
        open_audit(config_of("rpcaudit = 1\nrpcauditprovider = centralrpclog\n"), "web1")


def test_copies_without_end_cannot_fill_the_disk_and_are_counted(tmp_path):
    now = [1000.0]
    audit = LogfileAudit(tmp_path / "audit.log", "web1", clock=lambda: now[0])
    for _ in range(1000):
        audit.refused(a_request(), None, Replayed("a copy"))
    assert len((tmp_path / "audit.log").read_text().splitlines()) == 20
    now[0] += 1.0
    audit.refused(a_request(), None, Replayed("a copy"))
    last = json.loads((tmp_path / "audit.log").read_text().splitlines()[-1])
    assert last["held_back"] == 980
    audit.refused(a_request(), None, Denied("no"))  # what a caller was denied is never held back
    assert len((tmp_path / "audit.log").read_text().splitlines()) == 22
