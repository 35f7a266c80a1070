import json
import os
import stat

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import AuditFailed, ConfigError
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.audit import NullAudit, WrittenAudit
from mcollective_py.server.auditproviders import check_audit, is_audited, open_audit

REQUEST = Request("0" * 32, "cert=alice", "desk", "eu", "echo", None, "hello", Filter(), 1700000000.25, 60)


def config_of(text):
    return Config.from_text(text, "server", "/etc/mcollective/server.cfg")


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "log").mkdir()
    return f"statedir = {tmp_path}/state\nplugin.rpcaudit.logfile = {tmp_path}/log/audit.log\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("rpcaudit = 0\n", False),
        ("securityprovider = psk\n", False),
        ("securityprovider = ssl\n", False),
        ("securityprovider = psk\nrpcaudit = 1\n", True),
    ],
)
def test_there_is_an_audit_with_x509_unless_somebody_says_no_and_else_where_somebody_says_yes(text, expected):
    assert is_audited(config_of(text)) is expected


@pytest.mark.parametrize("text", ["rpcaudit = 0\n", "securityprovider = psk\n"])
def test_a_host_without_an_audit_warns_once_and_says_why(text, caplog):
    assert isinstance(open_audit(config_of(text), "web1"), NullAudit)
    (warning,) = caplog.messages
    assert warning.startswith("rpcaudit") and "is written down nowhere" in warning


def test_the_settings_of_the_audit_log_are_read(settings, tmp_path):
    audit = open_audit(config_of(f"{settings}plugin.rpcaudit.logfile.mode = 0600\n"), "web1")
    audit.allowed(REQUEST, None)
    audit.close()
    path = tmp_path / "log" / "audit.log"
    assert json.loads(path.read_text())["node"] == "web1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in (tmp_path / "state").iterdir()) == ["audit.head", "audit.salt"]


def test_the_next_daemon_goes_on_with_the_chain_over_a_rotation(settings, tmp_path):
    for _ in range(2):
        audit = open_audit(config_of(settings), "web1")
        audit.allowed(REQUEST, None)
        audit.close()
        os.rename(tmp_path / "log" / "audit.log", tmp_path / "log" / "audit.log.1")
    assert json.loads((tmp_path / "log" / "audit.log.1").read_text())["seq"] == 2


def test_reads_go_on_only_where_that_is_set(settings, tmp_path):
    for text, goes_on in (("", False), ("plugin.rpcaudit.reads_go_on = 1\n", True)):
        audit = open_audit(config_of(settings + text), "web1")
        (tmp_path / "log" / "audit.log").unlink()
        (tmp_path / "log" / "audit.log").mkdir()
        if goes_on:
            audit.allowed(REQUEST, None, only_reads=True)
        with pytest.raises(AuditFailed):
            audit.allowed(REQUEST, None, only_reads=goes_on is False)
        audit.close()
        (tmp_path / "log" / "audit.log").rmdir()


def test_lines_are_published_only_where_that_is_set_and_with_x509_alone(settings):
    audit = open_audit(config_of(settings), "web1")
    assert audit.outbox is None
    audit.close()
    audit = open_audit(config_of(f"{settings}plugin.rpcaudit.publish = 1\n"), "web1")
    assert audit.outbox is not None
    audit.close()
    with pytest.raises(ConfigError, match=r"plugin\.rpcaudit\.publish: .* securityprovider = x509"):
        open_audit(config_of(f"{settings}securityprovider = ssl\nrpcaudit = 1\nplugin.rpcaudit.publish = 1\n"), "web1")


@pytest.mark.parametrize("mode", ["0644", "rw", "0", "0440", "0750", "-640", "00640"])
def test_a_mode_that_others_could_read_by_or_none_could_write_by_is_refused(settings, mode):
    with pytest.raises(ConfigError, match=r"logfile\.mode: .* write 0600 or 0640"):
        open_audit(config_of(f"{settings}plugin.rpcaudit.logfile.mode = {mode}\n"), "web1")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("plugin.rpcaudit.logfile.group = nosuchgroup\n", "there is no group nosuchgroup"),
        ("rpcauditprovider = centralrpclog\n", "there is no provider centralrpclog: write logfile, journald or syslog"),
        ("plugin.rpcaudit.facility = nosuch\n", "there is no syslog facility nosuch"),
    ],
)
@pytest.mark.parametrize("judge", [check_audit, lambda config: open_audit(config, "web1")], ids=["check", "start"])
def test_a_setting_that_cannot_be_is_said_at_start_and_by_a_check(settings, text, problem, judge):
    with pytest.raises(ConfigError, match=problem):
        judge(config_of(settings + text))


def test_a_log_that_cannot_be_written_is_said_at_start(tmp_path):
    with pytest.raises(ConfigError, match=r"plugin\.rpcaudit\.logfile: .*nowhere.* cannot be written"):
        open_audit(config_of(f"statedir = {tmp_path}/state\nplugin.rpcaudit.logfile = {tmp_path}/nowhere/audit.log\n"), "web1")


def test_a_disk_that_is_full_at_the_start_keeps_no_daemon_from_starting(settings, caplog, monkeypatch):
    real = os.open

    def full(path, flags, *more, **named):
        if str(path).endswith("audit.log") and flags & os.O_CREAT:
            raise OSError(28, "No space left on device", path)
        return real(path, flags, *more, **named)

    with monkeypatch.context() as disk:
        disk.setattr(os, "open", full)
        audit = open_audit(config_of(settings), "web1")
        assert isinstance(audit, WrittenAudit)
        with pytest.raises(AuditFailed):
            audit.allowed(REQUEST, None)
    assert "the audit cannot be written (No space left on device), so no request is carried out until it can" in caplog.text
    audit.close()


def test_the_default_folder_is_made_and_no_other():
    from mcollective_py.server import auditproviders

    assert auditproviders._is_default(config_of(""))
    assert not auditproviders._is_default(config_of("plugin.rpcaudit.logfile = /x/audit.log\n"))
