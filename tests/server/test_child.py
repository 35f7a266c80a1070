"""Real children, as this user: those that misbehave are ended, and nothing else notices."""

import json
import logging
import os
import select
import signal
import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from mcollective_py.errors import Busy, UnsendableValue
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.child import ChildExecutor
from mcollective_py.server.executor import Limits
from mcollective_py.server.isolation import ChildLimits

VIEW = NodeView("web1", classes=frozenset({"apache", "base"}), facts={"os": {"family": "Debian"}, "cpus": 4})


def make_executor(**settings):
    return ChildExecutor(perform="child_performer:perform", import_path=[Path(__file__).parent], **settings)


@pytest.fixture(scope="module")
def shared():
    executor = make_executor(child_limits=ChildLimits(processes=50, address_space=2 << 30))
    yield executor
    assert executor.shutdown(10)


@pytest.fixture
def fresh():
    executors = []

    def make(**settings):
        executors.append(make_executor(**settings))
        return executors[-1]

    yield make
    for executor in executors:
        executor.shutdown(0)


def a_call(action, body=None, timeout=20.0, caller="cert=alice", view=VIEW):
    request = Request("0" * 32, caller, "desk", "mcollective", "service", action, body or {}, Filter(), 1700000000.0, 60)
    return Call(request, Path("/srv/agents/service"), view, timeout, False, {"key": "value"})


class Answer:
    """An outcome to come."""

    def __init__(self, executor, call):
        self._came, self._outcomes = threading.Event(), []
        self.started = monotonic()
        executor.submit(call, self._take)

    def _take(self, outcome):
        self.seconds = monotonic() - self.started
        self._outcomes.append(outcome)
        self._came.set()

    def wait(self):
        assert self._came.wait(20), "no outcome came"
        assert len(self._outcomes) == 1
        return self._outcomes[0]


def ask(executor, action, body=None, timeout=20.0):
    return Answer(executor, a_call(action, body, timeout)).wait()


class Fifo:
    """A FIFO that a child writes its pids to."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = str(path)
        self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def pids(self):
        assert select.select([self._file], [], [], 20)[0], "no child wrote its pids"
        return json.loads(os.read(self._file, 4096))


@pytest.fixture
def fifo(tmp_path):
    return Fifo(tmp_path / "pids")


def assert_ends(pid, seconds=10.0):
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], seconds)[0], f"process {pid} is still there"
    finally:
        os.close(handle)


def assert_becomes_idle(executor, seconds=10.0):
    deadline = monotonic() + seconds
    while executor.running():
        assert monotonic() < deadline, "a slot stays taken"
        threading.Event().wait(0.005)


def test_a_call_runs_in_a_process_of_its_own_each_time(shared):
    first, second = ask(shared, "trivial").body["pid"], ask(shared, "trivial").body["pid"]
    assert len({first, second, os.getpid(), shared.pid}) == 4


def test_the_child_gets_the_whole_call(shared):
    assert ask(shared, "whole", {"name": "exim4", "number": 1.0}) == Outcome(
        body={
            "body": {"name": "exim4", "number": 1.0},
            "caller": "cert=alice",
            "facts": {"os": {"family": "Debian"}, "cpus": 4},
            "classes": ["apache", "base"],
            "config": {"key": "value"},
            "folder": "/srv/agents/service",
        },
        duration=pytest.approx(0, abs=5),
    )


def test_facts_that_changed_reach_the_next_child(shared):
    changed = NodeView("web1", facts={"cpus": 8})
    assert Answer(shared, a_call("whole", view=changed)).wait().body["facts"] == {"cpus": 8}
    assert Answer(shared, a_call("whole", view=VIEW)).wait().body["facts"]["cpus"] == 4


def test_the_child_has_clean_surroundings(shared):
    found = ask(shared, "surroundings").body
    assert found["environment"]["LC_ALL"] == "C"
    assert sorted(found["environment"]) == ["HOME", "LC_ALL", "PATH"]
    assert found["folder"] == "/"
    assert found["is_leader"]
    assert found["files"] == [0, 1, 2, 3]
    assert found["stdin"] == "/dev/null"
    assert found["is_term_default"]
    assert (found["open_files"], found["core"]) == (1024, 0)


def test_two_hundred_calls_in_a_row_leave_nothing_behind(shared):
    for _ in range(200):
        assert ask(shared, "trivial").statuscode == 0
    assert_becomes_idle(shared)
    open_files = os.listdir(f"/proc/{shared.pid}/fd")
    assert len(open_files) < 12
    assert Path(f"/proc/{shared.pid}/task/{shared.pid}/children").read_text() == ""


def test_what_a_child_prints_is_logged_without_control_characters(shared, caplog):
    with caplog.at_level(logging.INFO, "mcollective_py.server.child"):
        ask(shared, "say")
    lines = sorted(record.getMessage() for record in caplog.records)
    assert lines == [f"{'0' * 32} service say: \\x1b[31mred", f"{'0' * 32} service say: on stdout"]


def test_only_a_bounded_part_of_much_output_is_logged(shared, caplog):
    with caplog.at_level(logging.INFO, "mcollective_py.server.child"):
        assert ask(shared, "flood").statuscode == 0
    assert len(caplog.records) < 70
    assert caplog.records[-1].getMessage().endswith("... and 934464 bytes more, not logged")


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("exit", "service exit exited with status 3 before it gave a result"),
        ("exit_well", "service exit_well exited with status 0 before it gave a result"),
        ("segfault", "service segfault was ended by SIGSEGV"),
        ("abort", "service abort was ended by SIGABRT"),
        ("system_exit", "SystemExit: 4"),
        ("recursion", "RecursionError: maximum recursion depth exceeded"),
        ("allocate", "MemoryError: "),
        ("garbage", "service garbage gave an unreadable result"),
        ("unsendable", "the reply cannot be sent: a PosixPath cannot be sent, at body.deep.folder"),
    ],
)
def test_a_child_that_breaks_is_answered_within_a_second_and_breaks_alone(shared, action, message):
    server = ask(shared, "trivial") and shared.pid
    answer = Answer(shared, a_call(action))
    assert replace(answer.wait(), historic=None) == Outcome(5, message, duration=pytest.approx(0, abs=1))
    assert answer.seconds < 1
    assert ask(shared, "trivial").statuscode == 0
    assert shared.pid == server


def test_a_large_result_arrives_whole(shared):
    assert ask(shared, "large", {"size": 5_000_000}).body == {"text": "x" * 5_000_000}


def test_a_result_beyond_the_limit_is_refused(shared):
    outcome = ask(shared, "large", {"size": 17 << 20})
    assert outcome.statuscode == 5
    assert outcome.statusmsg.startswith("the reply cannot be sent: a text of 17825792 characters")


def test_an_agent_that_forks_and_comes_back_twice_answers_once(shared):
    assert set(ask(shared, "come_back_twice").body) == {"pid"}


def test_inputs_that_are_no_plain_values_are_refused_at_once(shared):
    with pytest.raises(UnsendableValue, match=r"request\.body\.name"):
        shared.submit(a_call("trivial", {"name": object()}), print)


def test_a_child_that_ignores_term_is_answered_at_its_timeout_and_gone_with_its_group_soon_after(shared, fifo):
    answer = Answer(shared, a_call("hang", {"fifo": fifo.path}, timeout=1.0))
    leader, other = fifo.pids()
    assert answer.wait() == Outcome(5, "service hang timed out after 1 s and was ended", duration=pytest.approx(1, abs=1.5))
    assert answer.seconds < 2.5
    assert shared.running() == 1
    assert ask(shared, "trivial").statuscode == 0
    assert_ends(leader)
    assert_ends(other)
    assert monotonic() - answer.started < 15
    assert_becomes_idle(shared)


def test_a_child_that_heeds_term_is_gone_at_its_timeout(shared, fifo):
    answer = Answer(shared, a_call("pause", {"fifo": fifo.path}, timeout=0.3))
    (leader,) = fifo.pids()
    answer.wait()
    assert_ends(leader)
    assert monotonic() - answer.started < 2.2  # one that ignores it has 2 s more


def test_a_child_that_only_computes_is_ended_at_its_timeout(shared):
    answer = Answer(shared, a_call("spin", timeout=0.3))
    assert answer.wait().statusmsg == "service spin timed out after 0.3 s and was ended"
    assert_becomes_idle(shared)


def test_what_an_action_leaves_in_its_group_is_ended(shared, fifo):
    answer = Answer(shared, a_call("leave_behind", {"fifo": fifo.path}))
    (left,) = fifo.pids()
    assert answer.wait().statuscode == 0
    assert_ends(left)
    assert_becomes_idle(shared)


def test_a_process_with_a_session_of_its_own_lives_on(shared, fifo):
    answer = Answer(shared, a_call("leave_own_session", {"fifo": fifo.path}))
    (left,) = fifo.pids()
    assert answer.wait().statuscode == 0
    assert_becomes_idle(shared)
    os.kill(left, 0)
    os.kill(left, signal.SIGKILL)


def test_the_programs_of_a_call_that_crashes_are_ended(shared, fifo):
    answer = Answer(shared, a_call("crash_with_a_program", {"fifo": fifo.path}))
    (program,) = fifo.pids()
    assert answer.wait().statusmsg == "service crash_with_a_program was ended by SIGABRT"
    assert_ends(program)
    assert_becomes_idle(shared)


def test_the_programs_of_a_call_that_is_ended_at_its_timeout_are_ended(shared, fifo):
    answer = Answer(shared, a_call("hang_with_a_program", {"fifo": fifo.path}, timeout=0.3))
    (program,) = fifo.pids()
    assert answer.wait().statusmsg == "service hang_with_a_program timed out after 0.3 s and was ended"
    assert_ends(program)
    assert_becomes_idle(shared)


def test_the_number_of_processes_is_bounded_for_any_user_but_root(shared):
    assert ask(shared, "fork_until_refused").body["forked"] <= 50
    assert_becomes_idle(shared)


def test_many_processes_of_one_call_are_all_gone_after_its_timeout(shared, fifo):
    answer = Answer(shared, a_call("bomb", {"fifo": fifo.path}, timeout=0.5))
    (leader,) = fifo.pids()
    assert answer.wait().statusmsg == "service bomb timed out after 0.5 s and was ended"
    assert_becomes_idle(shared)
    with pytest.raises(ProcessLookupError):
        os.killpg(leader, 0)


def gates(tmp_path, fifo):
    """Inputs for calls that go on until the test writes to their gate."""
    number = 0
    while True:
        number += 1
        os.mkfifo(tmp_path / f"gate{number}")
        yield {"fifo": fifo.path, "gate": str(tmp_path / f"gate{number}"), "mark": str(tmp_path / f"mark{number}")}


def test_what_is_beyond_the_slots_waits_and_what_is_beyond_that_is_busy(fresh, tmp_path, fifo):
    executor = fresh(limits=Limits(running=2, waiting=2, per_caller=10))
    inputs = [body for body, _ in zip(gates(tmp_path, fifo), range(5), strict=False)]
    answers = [Answer(executor, a_call("wait", body)) for body in inputs[:3]]  # one below the limit
    answers.append(Answer(executor, a_call("wait", inputs[3])))  # at the limit
    assert executor.running() == 2
    with pytest.raises(Busy, match="2 requests are running here and 2 waiting"):
        executor.submit(a_call("wait", inputs[4]), print)
    for body in inputs[:4]:
        Path(body["gate"]).write_text("go")
    assert [answer.wait().body for answer in answers] == [{"finished": True}] * 4
    assert ask(executor, "trivial").statuscode == 0


def test_one_caller_cannot_take_every_place(fresh, tmp_path, fifo):
    executor = fresh(limits=Limits(running=4, waiting=4, per_caller=2))
    inputs = [body for body, _ in zip(gates(tmp_path, fifo), range(2), strict=False)]
    answers = [Answer(executor, a_call("wait", body)) for body in inputs]
    with pytest.raises(Busy, match="2 requests of cert=alice"):
        executor.submit(a_call("trivial"), print)
    assert Answer(executor, a_call("trivial", caller="cert=bob")).wait().statuscode == 0
    for body in inputs:
        Path(body["gate"]).write_text("go")
    assert [answer.wait().statuscode for answer in answers] == [0, 0]
    assert_becomes_idle(executor)
    assert ask(executor, "trivial").statuscode == 0


def test_a_call_that_waited_longer_than_its_timeout_is_not_begun(fresh, tmp_path, fifo):
    executor = fresh(limits=Limits(running=1, waiting=2))
    inputs = next(gates(tmp_path, fifo))
    first = Answer(executor, a_call("wait", inputs))
    second = Answer(executor, a_call("trivial", timeout=0.0))
    Path(inputs["gate"]).write_text("go")
    assert first.wait().statuscode == 0
    outcome = second.wait()
    assert (outcome.statuscode, outcome.refusal) == (5, "busy")
    assert "waited longer than its 0 s" in outcome.statusmsg


def test_when_the_fork_server_dies_its_calls_are_answered_as_unknown_and_the_next_one_runs(fresh, fifo):
    executor = fresh()
    answer = Answer(executor, a_call("pause", {"fifo": fifo.path}))
    (child,) = fifo.pids()
    first = executor.pid
    os.kill(first, signal.SIGKILL)
    unknown = "the process that runs actions ended: how service pause ended is unknown"
    assert answer.wait() == Outcome(5, unknown, is_unknown=True)
    assert_ends(child)
    assert ask(executor, "trivial").statuscode == 0
    assert executor.pid != first


def test_when_the_fork_server_dies_the_programs_of_its_calls_are_ended(fresh, fifo):
    executor = fresh()
    answer = Answer(executor, a_call("hang_with_a_program", {"fifo": fifo.path}))
    (program,) = fifo.pids()
    os.kill(executor.pid, signal.SIGKILL)
    assert answer.wait().statuscode == 5
    assert_ends(program)


def test_a_fork_server_that_has_nothing_to_do_ends_and_the_next_call_has_another(fresh):
    executor = fresh(idle=0.2)
    assert ask(executor, "trivial").statuscode == 0
    deadline = monotonic() + 10
    while executor.pid is not None:
        assert monotonic() < deadline
        threading.Event().wait(0.005)
    assert ask(executor, "trivial").statuscode == 0


def test_one_with_a_call_does_not_end_however_long_that_takes(fresh, tmp_path, fifo):
    executor = fresh(idle=0.05)
    inputs = next(gates(tmp_path, fifo))
    answer = Answer(executor, a_call("wait", inputs))
    fifo.pids()
    threading.Event().wait(0.3)
    Path(inputs["gate"]).write_text("go")
    assert answer.wait().body == {"finished": True}


def test_calls_that_wait_run_on_the_next_fork_server(fresh, fifo):
    executor = fresh(limits=Limits(running=1))
    answer = Answer(executor, a_call("pause", {"fifo": fifo.path}))
    waiting = Answer(executor, a_call("trivial"))
    fifo.pids()
    os.kill(executor.pid, signal.SIGKILL)
    assert answer.wait().statuscode == 5
    assert waiting.wait().statuscode == 0


def test_a_fork_server_that_stopped_answering_is_replaced(fresh, monkeypatch):
    monkeypatch.setattr("mcollective_py.server.child._STUCK", 0.0)
    executor = fresh()
    ask(executor, "trivial")
    assert_becomes_idle(executor)
    os.kill(executor.pid, signal.SIGSTOP)
    stuck = Answer(executor, a_call("trivial", timeout=0.01))
    threading.Event().wait(0.02)
    after = Answer(executor, a_call("trivial"))
    assert "is unknown" in stuck.wait().statusmsg
    assert ask(executor, "trivial").statuscode == 0
    assert after.wait().statuscode in (0, 5)


def test_a_fork_server_that_cannot_start_is_answered_and_not_tried_for_ever(fresh):
    executor = ChildExecutor(perform="there_is_no_such_module:perform")
    answers = [Answer(executor, a_call("trivial")) for _ in range(12)]
    assert {answer.wait().statuscode for answer in answers} == {5}
    assert all("cannot be started" in answer.wait().statusmsg for answer in answers)
    executor.shutdown(0)


def test_shutdown_waits_for_what_runs_and_refuses_the_rest(fresh, tmp_path, fifo):
    executor = fresh(limits=Limits(running=1, waiting=5))
    inputs = next(gates(tmp_path, fifo))
    running, waiting = Answer(executor, a_call("wait", inputs)), Answer(executor, a_call("trivial"))
    fifo.pids()
    server = executor.pid
    results = []
    stopping = threading.Thread(target=lambda: results.append(executor.shutdown(20)))
    stopping.start()
    assert waiting.wait().refusal == "busy"
    with pytest.raises(Busy):
        executor.submit(a_call("trivial"), print)
    Path(inputs["gate"]).write_text("go")
    stopping.join(20)
    assert results == [True]
    assert running.wait().body == {"finished": True}
    assert_ends(server)


def test_what_outlasts_a_shutdown_is_told_unknown_and_still_comes_to_its_end(fresh, tmp_path, fifo):
    executor = fresh()
    inputs = next(gates(tmp_path, fifo))
    running = Answer(executor, a_call("wait", inputs))
    (child,) = fifo.pids()
    server = executor.pid
    assert executor.shutdown(0.05) is False
    assert running.wait().statusmsg == "the daemon stopped: how service wait ended is unknown"
    Path(inputs["gate"]).write_text("go")
    assert_ends(child)
    assert_ends(server)
    assert Path(inputs["mark"]).read_text() == "finished"


def test_an_outcome_that_cannot_be_handed_on_does_not_stop_the_others(shared, caplog):
    def broken(outcome):
        raise ValueError("no connector")

    shared.submit(a_call("trivial"), broken)
    assert ask(shared, "trivial").statuscode == 0
    assert_becomes_idle(shared)
    assert "could not be handed on" in caplog.text
