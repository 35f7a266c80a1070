"""`mco audit` from the words to the exit code, over logs that a real audit wrote."""

import json
from dataclasses import replace

import pytest

from mcollective_py.cli.main import main
from mcollective_py.ddl.model import DDL, ActionDDL, Input, Metadata
from mcollective_py.errors import Denied
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.audit import WrittenAudit
from mcollective_py.server.auditfile import AuditFile
from mcollective_py.server.auditstate import AuditState
from mcollective_py.server.call import Outcome

ACTION = ActionDDL("restart", "Restarts", inputs={"service": Input("service", "Service", "Which", "string")})
DOCUMENT = DDL(Metadata("service", "Services", "us", "Apache-2.0", "1.0", "none", 5.0), {"restart": ACTION})
FIRST = Request("0" * 32, "cert=alice.mcollective", "desk", "eu", "service", "restart", {"service": "ngi\x1bnx"}, Filter(), 1.7e9, 60)


@pytest.fixture
def server_cfg(tmp_path):
    """The server.cfg of a host on which three requests were made, with a rotation between them."""
    log, state = tmp_path / "audit.log", AuditState(tmp_path)
    state.open()
    audit = WrittenAudit(AuditFile(log), "web1", state=state)
    for number in (1, 2):
        request = replace(FIRST, id=f"{number:032x}")
        audit.allowed(request, DOCUMENT, "service.policy:3")
        audit.finished(request, Outcome(number - 1, duration=0.0125))
        audit._sink.settle()  # as a moment later
        if number == 1:
            log.rename(tmp_path / "audit.log.1")
            audit._sink._looked = 0.0
    audit.refused(replace(FIRST, id=f"{3:032x}", caller="cert=bob.mcollective"), DOCUMENT, Denied("bob may not"))
    audit.close()
    path = tmp_path / "server.cfg"
    path.write_text(f"statedir = {tmp_path}\nplugin.rpcaudit.logfile = {log}\n")
    return path


def test_a_whole_log_is_said_to_be(server_cfg, capsys):
    assert main(["audit", "verify", "-c", str(server_cfg)]) == 0
    log = server_cfg.parent / "audit.log"
    assert capsys.readouterr().out == f"{log}: whole: 5 lines, numbers 1 to 5, in 2 files\n"


def test_a_fault_is_named_and_the_code_is_2(server_cfg, capsys):
    log = server_cfg.parent / "audit.log"
    log.write_text(log.read_text().replace("bob may not", "all is well"))
    assert main(["audit", "verify", "-c", str(server_cfg)]) == 2
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{log}:3: line 5 of the chain: was changed")
    assert last == f"{log}: NOT whole, 1 finding: 5 lines, numbers 1 to 5, in 2 files"
    assert main(["audit", "verify", "--json", "-c", str(server_cfg)]) == 2
    (found,) = json.loads(capsys.readouterr().out)["logs"]
    assert (found["whole"], found["findings"][0]["line"], found["findings"][0]["seq"]) == (False, 3, 5)


def test_files_that_are_named_are_read_and_no_others(server_cfg, capsys):
    assert main(["audit", "verify", str(server_cfg.parent / "audit.log")]) == 0
    said = capsys.readouterr()
    assert "3 lines, numbers 3 to 5, in 1 file" in said.out
    assert "begins with line 3 of its chain" in said.err


def test_standard_input_is_read(server_cfg, capsys, monkeypatch):
    with (server_cfg.parent / "audit.log").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert main(["audit", "verify", "-"]) == 0
    assert capsys.readouterr().out.startswith("-: whole: 3 lines")


def test_requests_are_listed_and_what_they_hold_cannot_move_a_cursor(server_cfg, capsys):
    assert main(["audit", "query", "-c", str(server_cfg)]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.endswith(f"  web1  cert=alice.mcollective  service restart service=ngi\\x1bnx  ok in 12.5 ms  {1:032x}")
    assert second.endswith(f"failed with 1 in 12.5 ms  {2:032x}")
    assert third.endswith(f"  cert=bob.mcollective  service restart service=ngi\\x1bnx  denied: bob may not  {3:032x}")


def test_what_is_asked_for_is_one_json_document(server_cfg, capsys):
    assert main(["audit", "query", "--json", "--caller", "alice*", "--outcome", "failed", "--since", "1h", "-c", str(server_cfg)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [each["request_id"] for each in document["requests"]] == [f"{2:032x}"]
    assert document["requests"][0] | {"time": 0, "ended": 0} == {
        "time": 0, "request_id": f"{2:032x}", "caller": "cert=alice.mcollective", "obo": None, "cert_sha256": None, "sender": "desk",
        "node": "web1", "agent": "service", "action": "restart", "data": {"service": "ngi\x1bnx"}, "collective": "eu",
        "decision": "allow",
        "rule": "service.policy:3", "reason": None, "ended": 0, "outcome": 1, "duration_ms": 12.5,
    }  # fmt: skip


def test_nothing_that_matches_is_1(server_cfg, capsys):
    assert main(["audit", "query", "--agent", "shell", "-c", str(server_cfg)]) == 1
    assert "no request matches" in capsys.readouterr().err
    assert main(["audit", "query", "--agent", "shell", "--json", "-c", str(server_cfg)]) == 1
    assert json.loads(capsys.readouterr().out) == {"requests": [], "unreadable": 0}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shine"], "there is no `mco audit shine`: `mco audit verify [FILE ...]`, or `mco audit query"),
        (["verify", "--caller", "x"], "--caller is for `mco audit query`"),
        (["query", "--since", "soon"], "'soon' is no time: write 2h"),
        (["query", "--outcome", "well"], "is no outcome"),
        (["verify", "/nodir/audit.log"], "/nodir/audit.log cannot be read: No such file or directory"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_do(words, said, server_cfg, capsys):
    assert main(["audit", *words]) == 1
    assert said in capsys.readouterr().err


def test_an_audit_that_goes_to_no_file_is_told_how_to_read_it(tmp_path, capsys):
    path = tmp_path / "server.cfg"
    path.write_text("rpcauditprovider = journald\n")
    assert main(["audit", "verify", "-c", str(path)]) == 1
    assert "journalctl -o cat -t mcollective-audit | mco audit verify -" in capsys.readouterr().err
