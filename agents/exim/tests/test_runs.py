"""Deliveries that go on by themselves: their records, and the part of the log that is theirs."""

import os
import time
from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

runs = load_module("exim", Path(__file__).parents[1], "runs")


def test_what_was_written_behind_a_mark(tmp_path):
    log = tmp_path / "mainlog"
    log.write_text("before\n")
    place = runs.mark(str(log))
    assert runs.lines_since(place) == []
    with log.open("a") as file:
        file.write("first\nsecond\n")
    assert runs.lines_since(place) == ["first", "second"]
    log.rename(tmp_path / "mainlog.1")
    assert runs.lines_since(place) == []
    log.write_text("of the new file\n")
    assert runs.lines_since(place) == ["of the new file"]


def test_a_log_that_is_not_there_yet(tmp_path):
    place = runs.mark(str(tmp_path / "mainlog"))
    (tmp_path / "mainlog").write_text("first\n")
    assert runs.lines_since(place) == ["first"]
    assert runs.lines_since(runs.mark("")) == []


def test_runs_are_started_side_by_side_and_awaited(tmp_path):
    config = {"state_folder": str(tmp_path / "state")}
    records = runs.start(config, [["/bin/sh", "-c", "echo no >&2; exit 3"], ["/bin/true"]], "../../evil")
    ended = runs.await_end(records, 60)
    assert sorted(run.exitcode for run in ended) == [0, 3]
    assert runs.complaint_of(ended) == "no"
    assert {path.parent for path in records} == {tmp_path / "state"}
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_who_does_not_wait_is_told_that_it_goes_on(tmp_path):
    (record,) = runs.start({"state_folder": str(tmp_path), "run_timeout": "60"}, [["/bin/sleep", "60"]], "r1")
    (run,) = runs.await_end([record], 0)
    assert run.is_running
    assert runs.complaint_of([run]) == ""
    os.kill(run.pid, 15)


def test_old_records_are_forgotten(tmp_path):
    old = tmp_path / "exim-run-1-2-0.json"
    old.write_text("{}")
    os.utime(old, (time.time() - 90_000,) * 2)
    other = tmp_path / "other.json"
    other.write_text("{}")
    runs.start({"state_folder": str(tmp_path)}, [["/bin/true"]], "r1")
    assert not old.exists()
    assert other.exists()


def test_a_program_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Exception, match="is not installed"):
        runs.start({"state_folder": str(tmp_path)}, [["/no/such/exim", "-q"]], "r1")
