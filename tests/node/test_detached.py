"""Programs that outlive who started them, and what is recorded of them."""

import os

import pytest

from mcollective_py.errors import RPCAborted
from mcollective_py.node.detached import DetachedRun, read_record, start_detached, started_at
from tests.waiting import wait_until


def finished(record):
    found = read_record(record)
    return found is not None and found.finished is not None


def test_it_is_there_while_it_runs_and_its_end_is_recorded(tmp_path):
    record = tmp_path / "runs" / "record"
    os.mkfifo(tmp_path / "gate")
    words = ["/bin/sh", "-c", f'read line <{tmp_path}/gate; echo "out $line"; echo err >&2; exit 3']
    run = start_detached(words, record, id="r1", timeout=60)
    assert (run.id, run.is_running, run.finished) == ("r1", True, None)
    assert os.getsid(run.pid) == os.getpgid(run.pid) != os.getsid(0)
    (tmp_path / "gate").write_text("hello\n")
    wait_until("the end is recorded", lambda: finished(record), 30)
    ended = read_record(record)
    assert ended is not None
    assert (ended.exitcode, ended.stdout, ended.stderr, ended.is_running) == (3, "out hello\n", "err\n", False)


def test_at_its_timeout_it_is_ended(tmp_path):
    record = tmp_path / "record"
    start_detached(["/bin/sleep", "600"], record, id="r1", timeout=0.1)
    wait_until("the end is recorded", lambda: finished(record), 30)
    ended = read_record(record)
    assert ended is not None and ended.timed_out and ended.exitcode == -15


def test_a_program_that_is_not_there_is_told_at_once(tmp_path):
    with pytest.raises(RPCAborted, match="not installed"):
        start_detached(["/no/such/program"], tmp_path / "record", id="r1", timeout=1)


def test_a_record_of_a_process_that_is_gone_does_not_run(tmp_path):
    ticks = started_at(os.getpid())
    assert ticks is not None
    assert DetachedRun("r", ("x",), 0.0, os.getpid(), ticks).is_running
    assert not DetachedRun("r", ("x",), 0.0, os.getpid(), ticks - 1).is_running  # the number is another process's now
    assert started_at(2**22 + 1) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "x", '{"id": 1}'])
def test_what_is_no_record_is_none(tmp_path, text):
    (tmp_path / "record").write_text(text)
    assert read_record(tmp_path / "record") is None
