import logging
import threading
import weakref
from pathlib import Path
from time import monotonic, process_time

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import Busy
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.executor import Limits, Room, ThreadExecutor, name_of
from tests.waiting import wait_until


def a_call(action="ping", caller="cert=alice", timeout=10.0):
    request = Request("0" * 32, caller, "desk", "mcollective", "rpcutil", action, {}, Filter(), 1700000000.0, 60)
    return Call(request, Path("/srv/agents/rpcutil"), NodeView("web1"), timeout, True)


class Answer:
    """An outcome to come."""

    def __init__(self, executor, call):
        self._came, self.outcomes = threading.Event(), []
        executor.submit(call, self._take)

    def _take(self, outcome):
        self.outcomes.append(outcome)
        self._came.set()

    def wait(self):
        assert self._came.wait(10), "no outcome came"
        return self.outcomes[0]


class Gate:
    """Performs calls that begin, and go on until the gate is opened."""

    def __init__(self):
        self.begun, self.open = threading.Semaphore(0), threading.Event()

    def perform(self, call):
        self.begun.release()
        assert self.open.wait(10)
        return Outcome(body="done")

    def wait_begun(self, count):
        for _ in range(count):
            assert self.begun.acquire(timeout=10)


def assert_becomes_idle(executor):
    deadline = monotonic() + 10
    while executor.running():
        assert monotonic() < deadline, "a slot stays taken"
        threading.Event().wait(0.005)


def test_a_call_is_named_by_agent_and_action_or_by_agent_alone():
    assert name_of(a_call("ping")) == "rpcutil ping"
    assert name_of(a_call(None)) == "rpcutil"


def test_a_room_takes_what_runs_and_waits_and_no_more():
    room = Room(Limits(running=1, waiting=2, per_caller=9))
    for _ in range(3):
        room.enter("cert=alice")
    with pytest.raises(Busy, match="1 requests are running here and 2 waiting"):
        room.enter("cert=bob")
    room.leave("cert=alice")
    room.enter("cert=bob")


def test_a_room_counts_each_caller_for_itself():
    room = Room(Limits(running=9, waiting=9, per_caller=2))
    room.enter("cert=alice")
    room.enter("cert=alice")
    with pytest.raises(Busy, match="2 requests of cert=alice"):
        room.enter("cert=alice")
    room.enter("cert=bob")
    room.leave("cert=alice")
    room.enter("cert=alice")


def test_an_outcome_comes_back_with_the_time_it_took():
    executor = ThreadExecutor(lambda call: Outcome(1, "no", {"action": call.action}))
    assert Answer(executor, a_call("ping")).wait() == Outcome(1, "no", {"action": "ping"}, duration=pytest.approx(0, abs=1))
    assert executor.shutdown(5)


def test_what_perform_raises_becomes_an_outcome_and_the_thread_lives_on(caplog):
    executor = ThreadExecutor(lambda call: {}[call.action], Limits(running=1))
    assert Answer(executor, a_call("ping")).wait() == Outcome(5, "KeyError: 'ping'", duration=pytest.approx(0, abs=1))
    assert Answer(executor, a_call("ping")).wait().statuscode == 5
    assert "rpcutil ping failed" in caplog.text
    assert executor.shutdown(5)


def test_what_done_raises_does_not_stop_the_others(caplog):
    executor = ThreadExecutor(lambda call: Outcome(), Limits(running=1))

    def broken(outcome):
        raise ValueError("no connector")

    executor.submit(a_call(), broken)
    assert Answer(executor, a_call()).wait().statuscode == 0
    assert "could not be handed on" in caplog.text
    assert executor.shutdown(5)


def test_calls_beyond_the_slots_wait_and_beyond_that_are_busy():
    gate = Gate()
    executor = ThreadExecutor(gate.perform, Limits(running=2, waiting=2, per_caller=10))
    answers = [Answer(executor, a_call()) for _ in range(3)]  # one below the limit
    answers.append(Answer(executor, a_call()))  # at the limit
    gate.wait_begun(2)
    assert executor.running() == 2
    with pytest.raises(Busy):
        executor.submit(a_call(), print)
    gate.open.set()
    assert [answer.wait().body for answer in answers] == ["done"] * 4
    assert_becomes_idle(executor)
    assert Answer(executor, a_call()).wait().body == "done"
    assert executor.shutdown(5)


def test_one_caller_leaves_a_thread_in_four_to_others():
    gate = Gate()
    executor = ThreadExecutor(lambda call: gate.perform(call) if call.action == "slow" else Outcome(body="quick"), Limits(running=4))
    slow = [Answer(executor, a_call("slow")) for _ in range(9)]
    gate.wait_begun(3)
    assert Answer(executor, a_call("quick", "cert=bob")).wait().body == "quick"
    wait_until("the quick one is over", lambda: executor.running() == 3)
    gate.open.set()
    assert [answer.wait().body for answer in slow] == ["done"] * 9
    assert_becomes_idle(executor)
    assert executor.shutdown(5)


def test_discovery_is_answered_whatever_else_goes_on():
    gate = Gate()
    executor = ThreadExecutor(lambda call: gate.perform(call) if call.action else Outcome(body="pong"), Limits(running=4))
    slow = [Answer(executor, a_call("slow", caller)) for caller in ("cert=alice", "cert=bob") for _ in range(6)]
    gate.wait_begun(4)
    assert [Answer(executor, a_call(None)).wait().body for _ in range(5)] == ["pong"] * 5
    assert executor.running() == 4 and not gate.begun.acquire(blocking=False)
    gate.open.set()
    assert [answer.wait().body for answer in slow] == ["done"] * 12
    assert_becomes_idle(executor)
    assert executor.shutdown(5)


def test_a_call_that_overruns_is_answered_then_keeps_its_slot_and_its_late_result_is_dropped(caplog):
    gate = Gate()
    executor = ThreadExecutor(gate.perform, Limits(running=1, waiting=5))
    started = monotonic()
    answer = Answer(executor, a_call(timeout=0.1))
    assert answer.wait() == Outcome(5, "rpcutil ping timed out after 0.1 s", duration=0.1)
    assert 0.1 <= monotonic() - started < 5
    assert executor.running() == 1
    waiting = Answer(executor, a_call())
    assert waiting.outcomes == []
    with caplog.at_level(logging.WARNING):
        gate.open.set()
        assert waiting.wait().body == "done"
    assert executor.late == 1
    assert len(answer.outcomes) == 1
    assert "its result is dropped" in caplog.text
    assert executor.shutdown(5)


def test_the_earliest_of_several_deadlines_is_kept():
    gate = Gate()
    executor = ThreadExecutor(gate.perform)
    long, short = Answer(executor, a_call(timeout=9.0)), Answer(executor, a_call(timeout=0.05))
    assert short.wait().statusmsg == "rpcutil ping timed out after 0.05 s"
    assert long.outcomes == []
    gate.open.set()
    assert long.wait().body == "done"
    assert executor.shutdown(5)


def test_threads_end_when_there_is_nothing_to_do_and_come_again():
    names = []
    executor = ThreadExecutor(lambda call: Outcome(body=names.append(threading.current_thread())), idle=0.01)
    Answer(executor, a_call()).wait()
    names[0].join(10)
    assert not names[0].is_alive()
    assert Answer(executor, a_call()).wait().statuscode == 0
    assert executor.shutdown(5)


def test_no_more_threads_are_made_than_run_at_once():
    threads = set()
    limits = Limits(running=3, waiting=500, per_caller=500)
    executor = ThreadExecutor(lambda call: Outcome(body=threads.add(threading.current_thread())), limits)
    for answer in [Answer(executor, a_call()) for _ in range(300)]:
        answer.wait()
    assert 1 <= len(threads) <= 3
    assert executor.shutdown(5)


def test_shutdown_lets_what_runs_finish_and_answers_what_waits_as_busy():
    gate = Gate()
    executor = ThreadExecutor(gate.perform, Limits(running=1, waiting=5))
    running, waiting = Answer(executor, a_call()), Answer(executor, a_call())
    results = []
    stopping = threading.Thread(target=lambda: results.append(executor.shutdown(10)))
    stopping.start()
    assert waiting.wait() == Outcome(5, "the daemon is shutting down, rpcutil ping was not begun", None, "busy")
    with pytest.raises(Busy):
        executor.submit(a_call(), print)
    gate.open.set()
    stopping.join(10)
    assert results == [True]
    assert running.wait().body == "done"


def test_what_outlasts_a_shutdown_is_told_that_its_end_is_unknown():
    gate = Gate()
    executor = ThreadExecutor(gate.perform)
    running = Answer(executor, a_call())
    assert executor.shutdown(0.05) is False
    assert running.wait() == Outcome(5, "the daemon stopped: how rpcutil ping ended is unknown", is_unknown=True)
    gate.open.set()
    assert_becomes_idle(executor)
    assert len(running.outcomes) == 1


def test_a_thread_that_hangs_does_not_hold_up_a_shutdown():
    gate = Gate()
    executor = ThreadExecutor(gate.perform)
    Answer(executor, a_call(timeout=0.05)).wait()
    started = monotonic()
    assert executor.shutdown(10)
    assert monotonic() - started < 5
    gate.open.set()


def test_a_trivial_call_costs_next_to_nothing():
    count, came, slots = 10_000, threading.Semaphore(0), threading.Semaphore(50)
    executor = ThreadExecutor(lambda call: Outcome())

    def done(outcome):
        slots.release()
        came.release()

    started, call = process_time(), a_call()
    for _ in range(count):
        assert slots.acquire(timeout=10)
        executor.submit(call, done)
    for _ in range(count):
        assert came.acquire(timeout=10)
    assert (process_time() - started) / count < 500e-6  # seconds; 50 us where nothing else goes on
    assert executor.shutdown(5)


def test_limits_are_those_of_the_configuration():
    assert Limits.from_config(Config.from_text("")) == Limits(8, 128, 64)
    text = "plugin.executor.running = 2\nplugin.executor.waiting = 0\nplugin.executor.per_caller = 1\n"
    assert Limits.from_config(Config.from_text(text)) == Limits(running=2, waiting=0, per_caller=1)


def test_when_the_last_thread_ends_what_it_gave_is_no_longer_in_memory():
    class Large(dict):
        pass

    given, was_there, is_idle = [], [], threading.Event()

    def perform(call):
        body = Large()
        given.append(weakref.ref(body))
        return Outcome(body=body)

    def on_idle():
        was_there.append(given[0]())
        is_idle.set()

    executor, came = ThreadExecutor(perform, idle=0.05, on_idle=on_idle), threading.Event()
    executor.submit(a_call(), lambda outcome: came.set())
    assert came.wait(10)
    assert is_idle.wait(10)
    assert was_there == [None]
    executor.shutdown(5)
