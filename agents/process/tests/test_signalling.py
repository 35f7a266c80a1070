"""Who is never signalled, and that a number which came to another process gets nothing: tried with a real one."""

import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from mcollective_py.agent.processes import parse_stat, read_process
from mcollective_py.plugins.modules import load_module
from tests.parts.require import require_lab

signalling = load_module("process", Path(__file__).parents[1], "signalling")
ONE = parse_stat("1 (x) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0")
SERVER = ("python", "-m", "mcollective_py.server.forkserver", "5", "{}")


def process(pid, ppid, *words, **more):
    return replace(ONE, pid=pid, ppid=ppid, words=words, **more)


TREE = {
    one.pid: one
    for one in (
        process(1, 0, "init"),
        process(100, 1, "mcollectived"),
        process(101, 100, *SERVER),
        process(102, 101, *SERVER),  # runs this request
        process(103, 101, *SERVER),  # runs another
        process(104, 103, "apt-get", "update"),
        process(105, 101, "apache2"),  # was started by an action, and nobody else is its parent any more
        process(200, 1, "sshd"),
        process(201, 1, "mcollectived"),
    )
}


def test_the_daemon_and_what_it_forked_are_untouchable_and_programs_are_not():
    assert sorted(signalling.untouchable(TREE, 102)) == [1, 100, 101, 102, 103]


def test_nobody_is_spared_for_words_that_he_gave_his_own_process():
    tree = TREE | {202: process(202, 1, *SERVER, uid=1000)}
    assert 202 not in signalling.untouchable(tree, 102)


def test_without_a_daemon_this_process_and_all_above_it_are_untouchable():
    tree = {one.pid: one for one in (process(1, 0), process(7, 1, "sh"), process(8, 7, "pytest"), process(9, 8, "x"))}
    assert sorted(signalling.untouchable(tree, 8)) == [1, 7, 8]


def test_a_circle_of_parents_ends():
    tree = {one.pid: one for one in (process(7, 8), process(8, 7))}
    assert sorted(signalling.untouchable(tree, 8)) == [1, 7, 8]


def test_threads_of_the_kernel_and_zombies_are_spared_with_the_reason():
    kernel, zombie, plain = process(30, 2, flags=0x00200000), process(31, 1, state="Z"), process(32, 1, "x")
    chosen, spared = signalling.divide([kernel, zombie, plain], {})
    assert chosen == [plain]
    assert [(one.process.pid, one.reason.partition(":")[0]) for one in spared] == [(30, "a thread of the kernel"), (31, "a zombie")]


@pytest.fixture
def sleeper():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    yield child
    child.kill()
    child.wait()


def test_a_process_of_the_same_number_and_another_start_gets_nothing(sleeper):
    real = read_process(sleeper.pid)
    with ExitStack() as files:
        old = replace(real, starttime=real.starttime - 1)
        assert signalling.send([old], signal.SIGKILL, lambda one: True, files) == ([], [])
        assert signalling.send([real], signal.SIGKILL, lambda one: False, files) == ([], [])  # it is another program by now
        assert sleeper.poll() is None
        sent, failed = signalling.send([real], signal.SIGKILL, lambda one: True, files)
        assert [one.process.pid for one in sent] == [sleeper.pid] and failed == []
        assert signalling.wait_for_end(sent, 10) == []
    assert sleeper.wait(5) == -signal.SIGKILL


def test_who_has_ended_meanwhile_is_no_failure(sleeper):
    real = read_process(sleeper.pid)
    sleeper.kill()
    sleeper.wait()
    with ExitStack() as files:
        assert signalling.send([real], signal.SIGTERM, lambda one: True, files) == ([], [])


# Run as the first process of a pid namespace, where a number can be asked for.
REUSE = """
import os, signal, sys, time
from contextlib import ExitStack
from pathlib import Path
from mcollective_py.agent.processes import read_process
from mcollective_py.plugins.modules import load_module
signalling = load_module("process", Path(sys.argv[1]), "signalling")

def sleeper():
    pid = os.fork()
    if pid == 0:
        while True:
            signal.pause()
    return pid

first = sleeper()
looked_at = read_process(first)
os.kill(first, signal.SIGKILL)
os.waitpid(first, 0)
while float(Path("/proc/uptime").read_text().split()[0]) * os.sysconf("SC_CLK_TCK") <= looked_at.starttime + 2:
    pass
Path("/proc/sys/kernel/ns_last_pid").write_text(str(first - 1))
second = sleeper()
assert second == first, (first, second)
assert read_process(second).cmdline == looked_at.cmdline
with ExitStack() as files:
    assert signalling.send([looked_at], signal.SIGKILL, lambda one: True, files) == ([], [])
assert os.waitpid(second, os.WNOHANG) == (0, 0), "the stranger got the signal"
with ExitStack() as files:
    sent, _ = signalling.send([read_process(second)], signal.SIGKILL, lambda one: True, files)
    assert len(sent) == 1
assert os.waitpid(second, 0)[1] == signal.SIGKILL
print("spared")
"""


@pytest.mark.parts
def test_a_number_that_really_came_to_another_process_gets_nothing():
    require_lab()
    command = [
        "unshare",
        "--pid",
        "--fork",
        "--mount-proc",
        "--kill-child",
        sys.executable,
        "-c",
        REUSE,
        str(Path(__file__).parents[1]),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[3])
    assert (done.returncode, done.stdout) == (0, "spared\n"), done.stderr
