"""Reads in a process beside the daemon: one for all, ended when idle, retired when a call overruns, and survived when it dies."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.child import ChildExecutor
from mcollective_py.server.executor import Limits
from mcollective_py.server.readers import Readers, ReadExecutor
from tests.server.probe import Probe
from tests.waiting import wait_until


class Reading:
    """The executor as a daemon has it, and the agent that it calls."""

    def __init__(self, folder: Path, idle: float = 600.0, life: float = 600.0) -> None:
        self.children = ChildExecutor()
        self.readers = Readers(self.children, idle, life)
        self.executor = ReadExecutor(in_the_daemon, self.readers, Limits())
        self.probe = Probe(folder, self.executor)

    def close(self) -> None:
        assert self.executor.shutdown(10)
        assert self.children.shutdown(10)


def in_the_daemon(call: Call) -> Outcome:
    return Outcome(body={"pid": os.getpid()})


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    reading = Reading(tmp_path_factory.mktemp("shared"))
    yield reading
    reading.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Reading]:
    reading = Reading(tmp_path)
    yield reading
    reading.close()


def is_there(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_for_end(pid: int) -> None:
    wait_until(f"process {pid} has ended", lambda: not is_there(pid), 20)


def pids_in(file: Path, count: int = 1) -> list[int]:
    wait_until("it has said its pids", lambda: file.exists() and len(file.read_text().split()) == count, 20)
    return [int(word) for word in file.read_text().split()]


def test_calls_share_one_process_that_is_not_this_one_and_remembers(shared: Reading):
    first, second = shared.probe.look(), shared.probe.look()
    assert first["pid"] == second["pid"] == first["session"] != os.getpid()
    assert second["calls"] == first["calls"] + 1


def test_what_speaks_of_the_daemon_stays_in_it(shared: Reading):
    call = shared.probe.call("ping")
    mine = Call(call.request, Path("/srv/agents/rpcutil"), call.view, 5.0, only_reads=True)
    came: list[Outcome] = []
    shared.executor.submit(mine, came.append)
    wait_until("it is answered", lambda: came, 20)
    assert came[0].body == {"pid": os.getpid()}


def test_facts_that_change_are_those_of_the_next_call(shared: Reading):
    assert shared.probe.look(facts={"a": 1})["facts"] == {"a": 1}
    assert shared.probe.look(facts={"a": 2})["facts"] == {"a": 2}


def test_calls_run_at_the_same_time(shared: Reading, tmp_path: Path):
    waiting = shared.probe.begin("wait", {"pids": str(tmp_path / "pids")})
    pids_in(tmp_path / "pids")
    assert shared.probe.ask("open_gate").statuscode == 0
    assert waiting.wait().body == {"waited": True}


def test_a_large_reply_comes_whole(shared: Reading):
    assert shared.probe.ask("count", {"count": 300_000}).body["list"] == list(range(300_000))


@pytest.mark.parametrize(("action", "said"), [("system_exit", "SystemExit"), ("recursion", "Recursion"), ("allocate", "MemoryError")])
def test_what_an_agent_raises_is_its_own_answer(shared: Reading, action: str, said: str):
    before = shared.probe.look()["pid"]
    outcome = shared.probe.ask(action)
    assert outcome.statuscode != 0 and said in outcome.statusmsg
    assert shared.probe.look()["pid"] == before


@pytest.mark.parametrize(
    ("action", "fate"), [("segfault", "ended by SIGSEGV"), ("abort", "ended by SIGABRT"), ("leave", "exited with status 3")]
)
def test_a_crash_is_told_to_the_calls_of_that_process_alone(fresh: Reading, tmp_path: Path, action: str, fate: str):
    waiting = fresh.probe.begin("wait", {"pids": str(tmp_path / "pids")})
    (pid,) = pids_in(tmp_path / "pids")
    outcome = fresh.probe.ask(action)
    assert outcome.statuscode == 5
    assert outcome.statusmsg.startswith(f"probe {action}: the process that reads run in ") and fate in outcome.statusmsg
    assert waiting.wait().statusmsg.startswith("probe wait: the process that reads run in ")
    assert fresh.probe.look()["pid"] != pid


@pytest.mark.parametrize("action", ["hang_with_a_program", "never_look_up"])
def test_a_call_that_overruns_is_answered_in_time_and_its_process_is_ended(fresh: Reading, tmp_path: Path, action: str):
    pid = fresh.probe.look()["pid"]
    slow = fresh.probe.begin(action, {"pids": str(tmp_path / "pids")}, timeout=2.0)
    expected = pids_in(tmp_path / "pids", 2) if action == "hang_with_a_program" else [pid]
    outcome = slow.wait()
    assert outcome.statusmsg == f"probe {action} timed out after 2 s"
    assert slow.seconds < 10
    assert fresh.probe.look()["pid"] != pid
    for process in expected:
        wait_for_end(process)
    wait_until("its slot is free", lambda: not fresh.executor.running(), 20)
    assert fresh.executor.late == 1


def test_the_other_calls_of_a_retired_process_come_to_their_end(fresh: Reading, tmp_path: Path):
    """The gate is opened by nobody: the next call of it goes to another process."""
    waiting = fresh.probe.begin("wait", {"pids": str(tmp_path / "waiting")}, timeout=40.0)
    (pid,) = pids_in(tmp_path / "waiting")
    slow = fresh.probe.begin("hang", {"pids": str(tmp_path / "slow")}, timeout=1.0)
    assert pids_in(tmp_path / "slow") == [pid]
    assert slow.wait().statusmsg == "probe hang timed out after 1 s"
    assert fresh.probe.look()["pid"] != pid
    assert is_there(pid)
    fresh.readers.retire()
    assert waiting.wait().body == {"waited": True}
    wait_for_end(pid)


def test_after_a_reload_another_process_loads_the_code_anew(fresh: Reading):
    before = fresh.probe.look()
    fresh.probe.write("CALLS += [1] * 100\n")
    assert fresh.probe.look()["calls"] == before["calls"] + 1
    fresh.readers.retire()
    assert fresh.probe.look()["calls"] == 101
    wait_for_end(before["pid"])


def test_an_unused_process_ends_and_the_next_call_has_another(tmp_path: Path):
    reading = Reading(tmp_path, idle=0.2)
    pid = reading.probe.look()["pid"]
    wait_for_end(pid)
    assert reading.probe.look()["pid"] != pid
    reading.close()


def test_one_that_has_served_long_is_replaced_between_two_calls(tmp_path: Path):
    reading = Reading(tmp_path, life=0.0)
    first = reading.probe.look()["pid"]
    assert reading.probe.look()["pid"] != first
    wait_for_end(first)
    reading.close()


def test_when_the_process_that_forks_dies_its_readers_go_with_it_and_the_next_call_is_answered(fresh: Reading, tmp_path: Path):
    waiting = fresh.probe.begin("wait", {"pids": str(tmp_path / "pids")})
    (pid,) = pids_in(tmp_path / "pids")
    server = fresh.children.pid
    assert server is not None
    handle = os.pidfd_open(server)
    os.kill(server, 9)
    assert select.select([handle], [], [], 20)[0]
    os.close(handle)
    assert waiting.wait().statuscode == 5
    wait_for_end(pid)
    assert fresh.probe.look()["pid"] != pid


def test_at_the_end_nothing_is_left(tmp_path: Path):
    reading = Reading(tmp_path)
    slow = reading.probe.begin("hang", {"pids": str(tmp_path / "pids")})
    (pid,) = pids_in(tmp_path / "pids")
    assert not reading.executor.shutdown(0.1)
    assert "the daemon stopped" in slow.wait().statusmsg
    reading.children.shutdown(10)
    wait_for_end(pid)


def test_a_broken_agent_is_the_answer_and_no_crash(fresh: Reading):
    fresh.probe.write("this is no Python\n")
    outcome = fresh.probe.ask("look")
    assert outcome.statuscode == 5 and "SyntaxError" in outcome.statusmsg
    fresh.probe.write("")
    assert fresh.probe.look()["calls"] == 1
