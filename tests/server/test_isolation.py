"""What a child does before its call; run in real forks of this process' own making, through the executor: see test_child.py too."""

import os
import resource
import select
import signal
from pathlib import Path

from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.callwire import decode_outcome, encode_call, encode_view
from mcollective_py.server.isolation import ENVIRONMENT, ChildLimits, run_child
from mcollective_py.server.warm import WarmCode


def a_call():
    request = Request("0" * 32, "cert=alice", "desk", "mcollective", "service", "status", {}, Filter(), 1700000000.0, 60)
    return Call(request, Path("/srv/agents/service"), NodeView("web1"), 5.0, False)


def run(perform, limits=None, timeout=5.0, call=None):
    """The child's exit status as waitpid gives it, its outcome's bytes and its output."""
    result, result_end = os.pipe()
    output, output_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        payload = encode_call(a_call()) if call is None else call
        run_child(
            lambda call, warm: perform(call),
            WarmCode(),
            payload,
            encode_view(NodeView("web1")),
            timeout,
            limits or ChildLimits(),
            result_end,
            output_end,
        )
    os.close(result_end)
    os.close(output_end)
    handle = os.pidfd_open(pid)
    assert select.select([handle], [], [], 20)[0]
    os.close(handle)
    status = os.waitpid(pid, 0)[1]
    with os.fdopen(result, "rb") as outcome, os.fdopen(output, "rb") as text:
        return status, outcome.read(), text.read()


def test_an_outcome_is_written_and_the_exit_status_is_0():
    status, outcome, _ = run(lambda call: Outcome(body=call.action))
    assert (status, decode_outcome(outcome, 0.0)) == (0, Outcome(body="status"))


def test_what_it_prints_goes_to_the_output():
    assert run(lambda call: Outcome(body=os.write(1, b"one ") + os.write(2, b"two")))[2] == b"one two"


def test_what_the_call_raises_becomes_an_outcome():
    def fail(call):
        raise KeyboardInterrupt("by hand")

    status, outcome, _ = run(fail)
    assert (status, decode_outcome(outcome, 0.0)) == (0, Outcome(5, "KeyboardInterrupt: by hand", historic=(5, "by hand")))


def test_an_error_whose_text_is_no_text_becomes_an_outcome_all_the_same():
    def fail(call):
        raise ValueError("half a pair \ud800")

    assert decode_outcome(run(fail)[1], 0.0) == Outcome(5, "ValueError: half a pair \\ud800", historic=(5, "half a pair \\ud800"))


def test_a_call_that_cannot_be_read_becomes_an_outcome():
    assert decode_outcome(run(lambda call: Outcome(), call=b"{")[1], 0.0).statuscode == 5


def test_limits_are_set_as_soft_limits_and_hard_ones_stay():
    def look(call):
        kinds = (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU, resource.RLIMIT_CORE)
        return Outcome(body=[list(resource.getrlimit(kind)) for kind in kinds])

    limits = ChildLimits(address_space=1 << 30, processes=77, files=66, cpu=55)
    found = decode_outcome(run(look, limits)[1], 0.0).body
    assert [soft for soft, _ in found] == [1 << 30, 77, 66, 55, 0]
    assert found[2][1] == resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def test_a_child_over_its_computing_time_is_ended():
    def spin(call):
        while True:
            pass

    status, outcome, _ = run(spin, ChildLimits(cpu=1))
    assert os.WTERMSIG(status) == signal.SIGXCPU
    assert outcome == b""


def test_a_child_that_nobody_ends_is_ended_by_its_own_alarm(monkeypatch):
    monkeypatch.setattr("mcollective_py.server.isolation._ALARM_GRACE", 0.05)
    assert os.WTERMSIG(run(lambda call: signal.pause(), timeout=0.05)[0]) == signal.SIGALRM


def test_the_environment_of_children_names_no_user_and_has_a_path():
    assert set(ENVIRONMENT) == {"PATH", "LC_ALL", "HOME"}
    assert "/usr/sbin" in ENVIRONMENT["PATH"].split(":")
