"""Real programs, run with short timeouts; every process started here ends here."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mcollective_py.errors import RPCAborted
from mcollective_py.node import command
from mcollective_py.node.command import CommandResult, run
from tests.waiting import wait_until

SH = str(Path("/bin/sh").resolve())


@pytest.fixture(autouse=True)
def umask():
    old = os.umask(0o022)
    yield
    os.umask(old)


def sh(script, **more):
    return run([SH, "-c", script], **more)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_program_gives_exit_code_and_both_streams():
    assert sh("echo out; echo err >&2; exit 3") == CommandResult(3, "out\n", "err\n")


def test_words_reach_the_program_as_they_are():
    words = ["; id", "$(id)", "`id`", "a b", "*", "'", '"', "\\", "-n", "", "straße", "x\ny"]
    result = run([SH, "-c", 'for word; do printf "%s\\0" "$word"; done', "sh", *words])
    assert result.stdout.split("\0")[:-1] == words


def test_the_environment_is_a_small_one_of_its_own(monkeypatch):
    monkeypatch.setenv("MCOLLECTIVE_SECRET", "hunter2")
    monkeypatch.setenv("LD_PRELOAD", "")
    names = dict(line.split("=", 1) for line in run(["/usr/bin/env"], env={"DEBIAN_FRONTEND": "noninteractive"}).stdout.splitlines())
    assert names == {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    assert run(["/usr/bin/env"], env={"LC_ALL": None}).stdout == "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"


def test_the_folder_is_the_root_unless_said_otherwise(tmp_path):
    assert sh("pwd").stdout == "/\n"
    assert sh("pwd", cwd=tmp_path).stdout == f"{tmp_path}\n"


def test_stdin_is_empty_unless_something_is_given():
    assert sh("cat") == CommandResult(0, "", "")
    assert sh("cat", stdin="straße\n").stdout == "straße\n"
    assert sh("wc -c", stdin=b"x" * 300_000).stdout.strip() == "300000"


def test_a_program_that_does_not_read_its_input_is_no_error():
    assert sh("exit 0", stdin=b"x" * 1_000_000).exitcode == 0


def test_output_that_is_no_text_is_kept_with_marks():
    assert sh(r"printf 'a\377b'").stdout == "a\ufffdb"


def test_output_beyond_the_limit_is_read_and_dropped():
    result = sh("head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2; exit 4", max_output=1000)
    assert (result.exitcode, len(result.stdout), result.stderr, result.truncated) == (4, 1000, "end\n", True)


def test_output_up_to_the_limit_is_whole():
    result = sh("printf 1234567890", max_output=10)
    assert (result.stdout, result.truncated) == ("1234567890", False)


def test_a_program_that_a_signal_ends_has_that_signal_as_its_code():
    assert sh("kill -9 $$").exitcode == -9


def test_a_timeout_ends_the_program_with_term():
    started = time.monotonic()
    result = sh("trap 'echo ending; exit 7' TERM; echo begun; while :; do sleep 0.05; done", timeout=0.5)
    assert (result.exitcode, result.stdout, result.timed_out) == (7, "begun\nending\n", True)
    assert time.monotonic() - started < 10.0


def test_a_program_that_ignores_term_is_killed_with_all_it_started(monkeypatch):
    monkeypatch.setattr(command, "GRACE", 0.3)
    result = sh("trap '' TERM; sleep 60 & echo $! $$; while :; do sleep 60; done", timeout=0.5)
    assert (result.exitcode, result.timed_out) == (-9, True)
    grandchild, child = (int(word) for word in result.stdout.split())
    wait_until("it is gone", lambda: not is_running(grandchild) and not is_running(child))


def test_a_service_that_is_left_running_neither_delays_the_answer_nor_is_ended():
    started = time.monotonic()
    result = sh("sleep 30 & echo $!")
    pid = int(result.stdout)
    assert time.monotonic() - started < 15.0
    assert (result.exitcode, result.timed_out, is_running(pid)) == (0, False, True)
    os.kill(pid, signal.SIGKILL)


def test_what_only_prints_leaves_nothing_running():
    result = sh("sleep 60 & echo $!", only_prints=True)
    assert (result.exitcode, result.timed_out) == (0, False)
    wait_until("it is gone", lambda: not is_running(int(result.stdout)))


def test_what_only_prints_is_ended_when_it_prints_more_than_is_kept():
    started = time.monotonic()
    result = sh("while :; do echo 123456789; done", only_prints=True, max_output=1000, timeout=60)
    assert time.monotonic() - started < 10.0
    assert (result.stdout, result.truncated, result.timed_out) == ("123456789\n" * 100, True, False)


def test_what_only_prints_is_not_asked_to_end_but_killed(monkeypatch):
    monkeypatch.setattr(command, "GRACE", 60.0)  # for those that are asked
    started = time.monotonic()
    result = sh("trap '' TERM; while :; do sleep 60; done", only_prints=True, timeout=0.3)
    assert (result.exitcode, result.timed_out) == (-9, True)
    assert time.monotonic() - started < 10.0


def test_an_action_that_is_ended_takes_its_program_along(tmp_path):
    """What the executor does at an action's timeout: TERM to the process that called run."""
    script = (
        "from mcollective_py.node.command import run\n"
        + f"run([{SH!r}, '-c', 'echo $$ > pid; exec sleep 60'], cwd={str(tmp_path)!r}, timeout=60)"
    )
    action = subprocess.Popen([sys.executable, "-c", script])
    wait_until("it has said who it is", lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip(), 20)
    pid = int((tmp_path / "pid").read_text())
    assert is_running(pid)
    action.send_signal(signal.SIGTERM)
    assert action.wait(10) == -signal.SIGTERM
    wait_until("it is gone", lambda: not is_running(pid))


@pytest.mark.parametrize(("within", "exitcode"), [("nullcontext", -signal.SIGTERM), ("leaving_cleanly", 143)])
def test_an_action_that_is_ended_while_its_program_starts_takes_it_along(tmp_path, within, exitcode):
    """TERM comes when the program runs and the words that started it have not returned yet."""
    script = f"""
import os, signal, subprocess, time
from contextlib import nullcontext
from pathlib import Path
from mcollective_py.node.command import leaving_cleanly, run

class Interrupted(subprocess.Popen):
    def __init__(self, *words, **more):
        super().__init__(*words, **more)
        while not Path("pid").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

subprocess.Popen = Interrupted
with {within}():
    run([{SH!r}, "-c", "echo $$ >new; mv new pid; exec sleep 60"], cwd={str(tmp_path)!r}, timeout=60)
"""
    assert (
        subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.getcwd()}).returncode
        == exitcode
    )
    pid = int((tmp_path / "pid").read_text())
    wait_until("it is gone", lambda: not is_running(pid))


def test_term_means_what_it_meant_before_once_the_program_has_ended():
    before = signal.getsignal(signal.SIGTERM)
    sh("exit 0")
    assert signal.getsignal(signal.SIGTERM) is before


def test_programs_run_in_threads_as_well():
    results = []
    threads = [threading.Thread(target=lambda: results.append(sh("echo x").stdout)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert results == ["x\n"] * 4


def test_no_descriptor_is_left_open():
    sh("exit 0")
    before = sorted(os.listdir("/proc/self/fd"))
    sh("echo x", stdin="y")
    sh("sleep 60", timeout=0.05)
    assert sorted(os.listdir("/proc/self/fd")) == before


# --- what is not run at all ---


def test_a_text_is_no_command():
    for argv in ("/bin/echo x", b"/bin/echo", [], ["/bin/echo", 5]):
        with pytest.raises(TypeError, match="a list of texts"):
            run(argv)


@pytest.mark.parametrize("program", ["puppet", "./puppet", "../bin/puppet", ""])
def test_a_program_is_never_looked_for_on_a_path(program, tmp_path, monkeypatch):
    canary = tmp_path / "puppet"
    canary.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    canary.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RPCAborted, match="absolute path"):
        run([program])
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("changed", ["program", "folder"])
def test_a_program_that_others_could_change_is_not_run(tmp_path, changed):
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "puppet"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    {"program": program, "folder": folder}[changed].chmod(0o777)
    with pytest.raises(RPCAborted, match="can be written by others"):
        run([str(program)])
    assert not (tmp_path / "ran").exists()
    {"program": program, "folder": folder}[changed].chmod(0o755)
    assert run([str(program)]).exitcode == 0
    assert (tmp_path / "ran").exists()


def test_a_program_that_is_not_there_is_told_as_not_installed(tmp_path):
    with pytest.raises(RPCAborted, match="is not installed"):
        run([str(tmp_path / "absent")])


def test_a_file_that_is_no_program_is_told(tmp_path):
    path = tmp_path / "notes"
    path.write_text("x")
    with pytest.raises(RPCAborted, match="cannot run"):
        run([str(path)])


@pytest.mark.parametrize("word", ["a\0b", "\udc80\ud800"])
def test_a_word_that_no_program_can_be_given_is_refused(word):
    with pytest.raises(RPCAborted, match="cannot run"):
        run([SH, "-c", "exit 0", "sh", word])
