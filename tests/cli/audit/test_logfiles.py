import bz2
import gzip
import lzma
import os

import pytest

from mcollective_py.cli.audit.logfiles import by_log, log_of, numbered_lines, rotated
from mcollective_py.errors import UsageError


@pytest.mark.parametrize(
    "name",
    ["audit.log", "audit.log.1", "audit.log.12.gz", "audit.log-20261123", "audit.log-20261123.xz", "audit.log-20261123-1795471234.bz2",
     "audit.log.2026-11-23T21:00.gz"],
)  # fmt: skip
def test_a_file_belongs_to_the_log_it_was_rotated_from(name):
    assert log_of(f"/var/log/mcollective/{name}") == "/var/log/mcollective/audit.log"


def test_others_do_not():
    assert {log_of(name) for name in ("web1.log", "web2.log", "audit.logs", "collected.log")} == {
        *("web1.log", "web2.log", "audit.logs", "collected.log")
    }


def record(second):
    return b'{"timestamp":"2026-11-23T21:00:%02d.000000+00:00","x":1}\n' % second


def test_files_are_in_the_order_in_which_they_were_written(tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(record(40))
    (tmp_path / "audit.log.1").write_bytes(record(30))
    (tmp_path / "audit.log.2.gz").write_bytes(gzip.compress(record(20)))
    (tmp_path / "audit.log.10.bz2").write_bytes(bz2.compress(record(10)))
    (tmp_path / "audit.log.11.xz").write_bytes(lzma.compress(record(9)))
    (tmp_path / "audit.head").write_bytes(b"")
    (ordered,) = by_log(rotated(log)).values()
    assert [os.path.basename(path) for path in ordered] == [
        "audit.log.11.xz",
        "audit.log.10.bz2",
        "audit.log.2.gz",
        "audit.log.1",
        "audit.log",
    ]
    assert [line for path in ordered for _, line in numbered_lines(path)] == [record(second) for second in (9, 10, 20, 30, 40)]


def test_logs_of_several_hosts_are_apart_and_each_file_is_read_once(tmp_path):
    for name in ("web1.log", "web2.log"):
        (tmp_path / name).write_bytes(record(1))
    one, other = str(tmp_path / "web1.log"), str(tmp_path / "web2.log")
    assert by_log([one, other, one]) == {one: [one], other: [other]}


def test_a_log_that_is_not_there_is_told_with_what_would_do(tmp_path):
    with pytest.raises(UsageError, match=r"there is no audit log .*: name the files, or see plugin\.rpcaudit\.logfile"):
        rotated(tmp_path / "audit.log")


def test_a_file_that_is_packed_otherwise_is_told(tmp_path):
    path = tmp_path / "audit.log.1.zst"
    path.write_bytes(b"x")
    with pytest.raises(UsageError, match="unpack it first"):
        list(numbered_lines(str(path)))


def test_a_line_without_end_is_cut_and_the_next_has_its_number(tmp_path):
    path = tmp_path / "audit.log"
    path.write_bytes(b"x" * (3 << 20) + b"\nsecond\nthird")
    assert [(number, len(line)) for number, line in numbered_lines(str(path))] == [(1, 1 << 20), (2, 7), (3, 5)]


def test_a_packed_file_that_was_cut_off_is_told_where(tmp_path):
    path = tmp_path / "audit.log.1.gz"
    path.write_bytes(gzip.compress(b"".join(record(second) for second in range(50)) + os.urandom(5000))[:-3000])
    with pytest.raises(EOFError):
        list(numbered_lines(str(path)))
