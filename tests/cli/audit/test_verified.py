import gzip

from mcollective_py.cli.audit.verified import verified
from mcollective_py.server.auditchain import Link, chained
from mcollective_py.server.auditstate import AuditState

LINES, END = chained([b'{"timestamp":"2026-11-23T21:00:00+00:00"}'] * 6, Link())


def write(path, lines):
    path.write_bytes(b"".join(lines))
    return str(path)


def test_a_log_is_checked_over_all_of_its_files(tmp_path):
    (tmp_path / "audit.log.1.gz").write_bytes(gzip.compress(b"".join(LINES[:3])))
    files = [str(tmp_path / "audit.log.1.gz"), write(tmp_path / "audit.log", LINES[3:])]
    found = verified("audit.log", files)
    assert (found.findings, found.summary()) == ([], "audit.log: whole: 6 lines, numbers 1 to 6, in 2 files")


def test_a_fault_names_file_and_line(tmp_path):
    files = [write(tmp_path / "audit.log.1", LINES[:3]), write(tmp_path / "audit.log", LINES[4:])]
    found = verified("audit.log", files)
    assert [str(each) for each in found.findings] == [f"{files[1]}:1: line 4 is of the chain missing before this one"]
    assert found.summary() == "audit.log: NOT whole, 1 finding: 5 lines, numbers 1 to 6, in 2 files"


def test_what_the_daemon_keeps_is_asked_about_the_end(tmp_path):
    state = AuditState(tmp_path)
    state.keep(END)
    (finding,) = verified("audit.log", [write(tmp_path / "audit.log", LINES[:4])], tmp_path).findings
    assert finding.problem == "lines 5 to 6 are of the chain missing: the log was cut short here"
    state.close()


def test_each_host_of_a_collected_log_has_its_chain(tmp_path):
    def kept(host, line):
        return b'{"received":"2026-11-23T21:00:00+00:00","host":"%s","record":%s}\n' % (host, line[:-1])

    lines = [kept(host, line) for line in LINES for host in (b"web1", b"web2")]
    lines.remove(kept(b"web2", LINES[2]))
    found = verified("collected.log", [write(tmp_path / "collected.log", lines)])
    assert [finding.problem for finding in found.findings] == ["line 3 is of the chain missing before this one"]
    assert found.summary() == "collected.log: NOT whole, 1 finding: 11 lines, of 2 hosts, in 1 file"
    assert [(chain["host"], chain["lines"]) for chain in found.to_dict()["chains"]] == [("web1", 6), ("web2", 5)]


def test_what_is_worth_knowing_and_no_fault_is_remarked(tmp_path):
    lines = [LINES[2], LINES[3], b'{"torn\n', LINES[3], LINES[4]]
    found = verified("audit.log", [write(tmp_path / "audit.log", lines)])
    assert found.findings == []
    begins, torn, twice = found.remarks()
    assert "begins with line 3 of its chain" in begins and "1 pieces of lines" in torn and "1 lines stand there twice" in twice


def test_a_packed_file_that_is_cut_off_is_a_fault(tmp_path):
    (tmp_path / "audit.log.1.gz").write_bytes(gzip.compress(b"".join(LINES))[:-20])
    (finding,) = verified("audit.log", [str(tmp_path / "audit.log.1.gz")]).findings
    assert finding.problem.startswith("cannot be unpacked beyond this")
