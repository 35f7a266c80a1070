import pytest

from agents.shell.jobstate import state_of

ASKED = {"time": 1000.0, "boot_id": "b1", "command": "x"}
STARTED = {"pid": 5, "supervisor": 4, "time": 1001.0}
ENDED = {"exitcode": 3, "signal": None, "timed_out": False, "reason": "", "dropped": {"stdout": 2, "stderr": 1}, "time": 1009.0}


def state(started=None, ended=None, failed=None, *, alive=False, boot="b1", now=1010.0):
    return state_of(ASKED, started, ended, failed, is_supervised=alive, boot_id=boot, now=now)


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({}, "starting", ""),
        ({"now": 1061.0}, "failed", "it was never started"),
        ({"alive": True}, "starting", ""),
        ({"started": STARTED, "alive": True}, "running", ""),
        ({"started": STARTED}, "failed", "its supervisor was ended, and the command with it: how far it came is not known"),
        ({"started": STARTED, "boot": "b2"}, "failed", "the host was started anew while it ran: how far it came is not known"),
        ({"failed": {"reason": "cannot run x: No such file or directory"}}, "failed", "cannot run x: No such file or directory"),
        ({"started": STARTED, "ended": ENDED}, "stopped", ""),
        ({"started": STARTED, "ended": ENDED, "boot": "b2"}, "stopped", ""),
        ({"started": STARTED, "ended": ENDED, "alive": True}, "stopped", ""),
        ({"started": STARTED, "ended": {**ENDED, "timed_out": True, "reason": "timeout"}}, "stopped", "its time was over"),
    ],
)
def test_the_records_of_a_job_say_how_it_is(given, status, reason):
    found = state(**given)
    assert (found.status, found.reason, found.is_over) == (status, reason, status in ("stopped", "failed"))


def test_exit_code_signal_and_times_are_those_of_the_record():
    found = state(STARTED, ENDED)
    assert (found.exitcode, found.signal, found.dropped, found.started, found.ended) == (3, None, 3, 1001.0, 1009.0)
    killed = state(STARTED, {**ENDED, "exitcode": 137, "signal": "KILL"})
    assert (killed.exitcode, killed.signal) == (137, "KILL")
    assert state(STARTED, {**ENDED, "timed_out": True}).exitcode is None


def test_a_record_of_nonsense_is_no_fault():
    assert state({"time": "x"}, {"dropped": 5, "time": None}).status == "stopped"
