import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

logs = load_module("exim", Path(__file__).parents[1], "logs")
OLD = """\
2026-11-22 10:00:00 1xVAAA-00000i-1z <= alice@example.org H=mx S=240 for bob@example.com
2026-11-22 10:00:01 1xVAAB-00000i-1z <= other@example.org S=240 for x@example.com
2026-11-22 10:00:02 1xVAAA-00000i-1z => bob@example.com R=sink
2026-11-22 10:00:03 1xVAAA-00000i-1z Completed
"""
NEW = """\
2026-11-23 10:00:00 1xVBBB-00000i-1z <= alice@example.org S=240
2026-11-23 10:00:01 1xVBBB-00000i-1z ** reject@example.net: no
2026-11-23 10:00:02 1xVBBC-00000i-1z <= <> R=1xVBBB-00000i-1z U=exim
2026-11-23 10:00:03 1xVBBC-00000i-1z => alice@example.org
2026-11-23 10:00:04 H=[10.0.0.1] rejected RCPT <bob@example.com>: relay not permitted
 continued
"""


@pytest.fixture
def newest(tmp_path):
    (tmp_path / "mainlog").write_text(NEW)
    with gzip.open(tmp_path / "mainlog.2.gz", "wt") as file:
        file.write(OLD)
    (tmp_path / "mainlog.1").write_text("")
    (tmp_path / "mainlogger").write_text(OLD)
    for name, age in (("mainlog.2.gz", 200_000), ("mainlog.1", 100_000)):
        now = (tmp_path / "mainlog").stat().st_mtime
        os.utime(tmp_path / name, (now - age, now - age))
    return str(tmp_path / "mainlog")


def test_rotated_logs_come_oldest_first(newest):
    assert [Path(path).name for path in logs.log_files(newest)] == ["mainlog.2.gz", "mainlog.1", "mainlog"]
    assert logs.log_files("/nonexistent/mainlog") == []


def test_a_log_that_ended_before_is_not_read(newest):
    now = Path(newest).stat().st_mtime
    since = logs.moment_of("40h", now)
    assert [Path(path).name for path in logs.log_files(newest, since)] == ["mainlog.1", "mainlog"]


def test_all_lines_of_a_message_come_where_one_matches(newest):
    found = logs.search(logs.log_files(newest), lambda line: "bob@example.com" in line)
    assert (found.messages, found.lines, found.truncated) == (1, 4, False)
    assert found.text.split("\n")[:3] == OLD.split("\n")[0:1] + OLD.split("\n")[2:4]
    assert "relay not permitted" in found.text
    assert "other@example.org" not in found.text


def test_a_bounce_is_a_message_of_its_own(newest):
    found = logs.search([newest], lambda line: "reject@" in line)
    assert (found.messages, found.lines) == (1, 2)
    assert logs.search([newest], lambda line: "R=1xVBBB" in line).text.split("\n") == NEW.split("\n")[2:4]


def test_only_lines_between_two_moments_count(newest):
    paths = logs.log_files(newest)
    wanted = lambda line: "alice@" in line  # noqa: E731
    assert logs.search(paths, wanted, since="2026-11-23 00:00:00").messages == 2
    assert logs.search(paths, wanted, until="2026-11-22 23:59:59").messages == 1
    assert logs.search(paths, wanted, since="2026-11-24 00:00:00").text == ""


def test_an_answer_has_an_end(newest):
    found = logs.search(logs.log_files(newest), lambda line: True, limit=2)
    assert (found.lines, found.truncated) == (2, True)


def test_a_packed_log_that_is_broken_ends_where_it_breaks(tmp_path):
    (tmp_path / "mainlog.1.gz").write_bytes(gzip.compress(OLD.encode())[:60])
    assert isinstance(list(logs.read_lines(str(tmp_path / "mainlog.1.gz"))), list)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", "2026-11-23 00:00:00"),
        ("2026-11-23 16:01", "2026-11-23 16:01:00"),
        ("2026-11-23T16:01:02", "2026-11-23 16:01:02"),
    ],
)
def test_moments(text, moment):
    assert logs.moment_of(text, 0) == moment


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "2026-11-23 25:00", ""])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError):
        logs.moment_of(text, 0)


def test_the_end_of_a_log(newest):
    lines, size, _ = logs.tail(newest, 1)
    assert (lines, size) == ([" continued"], len(NEW))
    assert logs.tail("/nonexistent/log", 5) == ([], 0, 0.0)


def test_most_of_a_long_log_is_not_read_for_its_end(tmp_path):
    log = tmp_path / "mainlog"
    with log.open("w") as file:
        for number in range(86_400):
            file.write(
                f"2026-11-23 {number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d} 1xVBBB-00000i-1z == x\n continued\n"
            )
    assert sum(1 for _ in logs.read_lines(str(log), "2026-11-23 23:00:00")) < 40_000
    assert sum(1 for _ in logs.lines_between([str(log)], "2026-11-23 23:59:00", "2026-11-23 23:59:29")) == 60
    assert sum(1 for _ in logs.lines_between([str(log)], "2026-11-22 00:00:00", "2026-11-23 00:00:00")) == 2


def test_a_client_that_calls_itself_as_a_message_is_no_line_about_it():
    line = "2026-11-23 19:22:54 H=(1xVYmR-00000a-1y) [127.0.0.1] F=<s4@evil.test> rejected RCPT <bob@example.com>: no"
    assert logs.id_of_line(line) == ""
    for head in ("", ".123", " +0000", ".123 +0000 [67]"):
        assert logs.id_of_line(f"2026-11-23 19:22:54{head} 1xVYmR-00000a-1y Completed") == "1xVYmR-00000a-1y"


def test_of_a_long_log_no_more_is_kept_than_is_told(tmp_path):
    ids = [f"1xV{number:03d}-00000i-1z" for number in range(400)]
    lines = [f"2026-11-23 10:{second // 60:02d}:{second % 60:02d} {id} => {'x' * 200}" for second in range(50) for id in ids]
    (tmp_path / "mainlog").write_text("\n".join(lines) + "\n")
    tracemalloc.start()
    found = logs.search([str(tmp_path / "mainlog")], lambda line: True, limit=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.messages, found.truncated) == (400, True)
    told = [line for line in found.text.split("\n") if line]
    assert told[:50] == [line for line in lines if ids[0] in line]  # all of the first, before the second begins
    assert told[50:] == [line for line in lines if ids[1] in line][: len(told) - 50]
    assert peak < len("".join(lines)) / 10
