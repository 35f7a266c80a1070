"""Agents whose loading does something beside, each tried in a real child of the fork server's making."""

import os
import select
import textwrap
from pathlib import Path

import pytest

from mcollective_py.plugins.modules import package_of
from mcollective_py.server import trial
from mcollective_py.server.isolation import ChildLimits
from mcollective_py.server.warm import WarmCode

AGENT = '''
from mcollective_py.agent import Agent, action

class Lamp(Agent):
    """Switches a lamp."""

    @action
    def switch(self, request, reply):
        reply["on"] = True
'''


def tried(tmp_path, code, modules=()):
    """The verdict on an agent that does this as it is loaded."""
    folder = tmp_path / "agents" / "lamp"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(textwrap.dedent(code) + AGENT)
    result, result_end = os.pipe()
    null = os.open(os.devnull, os.O_WRONLY)
    pid = os.fork()
    if pid == 0:
        trial.run_trial(WarmCode(), folder, modules, ChildLimits(), result_end, null)
    os.close(result_end)
    os.close(null)
    handle = os.pidfd_open(pid)
    assert select.select([handle], [], [], 20)[0]
    os.close(handle)
    os.waitpid(pid, 0)
    with os.fdopen(result, "rb") as told:
        return trial.verdict(folder, told.read()), folder


def test_one_that_does_nothing_else_may_be_loaded_with_the_modules_that_it_uses(tmp_path):
    said, folder = tried(tmp_path, "import wave", ["colorsys", "no_such_module"])
    own = package_of("lamp", folder)
    assert {own, f"{own}.agent", "wave", "colorsys"} <= set(said)
    assert "no_such_module" not in said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import threading, signal; threading.Thread(target=signal.pause, daemon=True).start()", "the number of threads"),
        ("KEPT = open('/dev/null')", "the open files"),
        ("import subprocess; KEPT = subprocess.Popen(['/bin/sleep', '30'])", "the processes below it"),
        ("import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)", "signal handlers"),
        ("import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])", "blocked signals"),
        ("import os; os.chdir('/proc')", "the current folder"),
        ("import os; os.umask(0o077)", "the umask"),
        ("import os; os.environ['LC_ALL'] = 'de_DE'", "the environment"),
        ("import sys; sys.path.insert(0, '/srv/lamps')", "sys.path"),
        ("import sys; sys.meta_path.append(object())", "how modules are found"),
        ("import sys; sys.setrecursionlimit(5000)", "the limit of recursion"),
        ("import gc; gc.disable() if gc.isenabled() else gc.enable()", "garbage collection"),
        ("import subprocess; subprocess.run = print", "subprocess.run"),
        ("import subprocess; subprocess.Popen.wait = print", "subprocess.Popen.wait"),
        ("import builtins; builtins.hex = print", "builtins.hex"),
        ("import mcollective_py.node.command as command; del command.run", "mcollective_py.node.command.run"),
    ],
)
def test_one_that_changes_what_others_share_is_loaded_anew_for_each_call(tmp_path, code, said):
    import mcollective_py.node.command  # noqa: F401 - as the fork server has it

    assert tried(tmp_path, code)[0] == f"loading it changes {said}"


def test_one_that_fails_says_why(tmp_path):
    assert tried(tmp_path, "1 / 0")[0] == "agent.py:1: ZeroDivisionError: division by zero"


def test_one_that_takes_much_memory_is_not_kept(tmp_path):
    assert tried(tmp_path, "KEPT = b'x' * (40 << 20)")[0].startswith("loading it takes 4")


@pytest.mark.parametrize("code", ["import os; os._exit(0)", "import os; os.abort()", "import os; os.kill(os.getpid(), 9)"])
def test_one_that_ends_its_process_gives_no_verdict(tmp_path, code):
    assert tried(tmp_path, code)[0] == "its trial gave no verdict"


def test_one_that_hangs_is_ended_by_its_own_alarm_where_nobody_else_does(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "SECONDS", 0.2)
    monkeypatch.setattr("mcollective_py.server.isolation._ALARM_GRACE", 0.2)
    assert tried(tmp_path, "import signal; signal.pause()")[0] == "its trial gave no verdict"


@pytest.mark.parametrize("data", [b"", b"{}", b"7", b"[", b"null", b"\xff"])
def test_what_is_no_verdict_is_told_so(data):
    assert trial.verdict(Path("/srv/agents/lamp"), data) == "its trial gave no verdict"
