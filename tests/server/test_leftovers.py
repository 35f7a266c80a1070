import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mcollective_py.server.journalrecords import Running
from mcollective_py.server.leftovers import end, is_running, process_of

STUBBORN = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def sleeper() -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None and process.stdout.readline() == b"up\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def of(pid: int) -> Running:
    found = process_of(pid)
    assert found is not None
    return Running(0.0, "cert=a", "1" * 32, pid, *found)


def test_a_process_is_known_by_its_start_and_its_boot() -> None:
    ours = of(os.getpid())
    assert is_running(ours)
    assert not is_running(ours._replace(started=ours.started + 1))
    assert not is_running(ours._replace(boot="another"))


def test_one_that_is_gone_does_not_run_nor_does_one_that_nobody_has_collected(sleeper: "subprocess.Popen[bytes]") -> None:
    known = of(sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
    assert not is_running(known)
    assert process_of(2**22 + 1) is None


def test_a_leftover_that_ignores_term_is_killed(sleeper: "subprocess.Popen[bytes]") -> None:
    end(of(sleeper.pid), grace=0.1)
    assert sleeper.wait(10) == -signal.SIGKILL


def test_a_process_that_has_the_number_of_another_is_left_alone(sleeper: "subprocess.Popen[bytes]") -> None:
    end(of(sleeper.pid)._replace(started=1), grace=0.1)
    assert sleeper.poll() is None
