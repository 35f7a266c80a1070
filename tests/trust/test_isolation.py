"""R-14, R-15, S-10 by the executor that daemons have: agents that hang, end, or leave something behind as they are loaded.

tests/server/test_child.py has what actions do in their calls, test_readers.py those that only read; tests/node/test_command.py the
programs that they run.
"""

import logging
import os
import signal
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from mcollective_py.errors import RPCAborted
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.command import run
from mcollective_py.node.view import NodeView
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.child import ChildExecutor
from tests.waiting import wait_until

AGENT = '''
import os
from pathlib import Path

from mcollective_py.agent import Agent, action

LOADS = Path({loads!r})
with LOADS.open("a") as loads:
    loads.write(".")
LOAD = len(LOADS.read_text())
{code}
LOADED_BY = os.getpid()
CALLS = []

class Lamp(Agent):
    """Switches a lamp."""

    @action
    def switch(self, request, reply):
        from .wires import VOLTS
        CALLS.append(1)
        reply.update({{"loaded_by": LOADED_BY, "load": LOAD, "calls": len(CALLS), "volts": VOLTS, "pid": os.getpid()}})
'''


class Lamp:
    """The agent in its folder, and the executor that calls it."""

    def __init__(self, folder: Path, code: str = "") -> None:
        self.folder = folder / "agents" / "lamp"
        self.folder.mkdir(parents=True)
        self.loads = folder / "loads"
        (self.folder / "agent.py").write_text(AGENT.format(loads=str(self.loads), code=textwrap.dedent(code)))
        (self.folder / "wires.py").write_text("VOLTS = 230\n")
        self.executor = ChildExecutor()

    def call(self, timeout: float = 20.0) -> Outcome:
        """One call; its outcome, however long that takes. timeout: in seconds."""
        request = Request(os.urandom(16).hex(), "cert=alice", "desk", "mcollective", "lamp", "switch", {}, Filter(), 1700000000.0, 60)
        came, outcomes = threading.Event(), list[Outcome]()
        call = Call(request, self.folder, NodeView("web1"), timeout, False, defaults={})
        self.executor.submit(call, lambda outcome: (outcomes.append(outcome), came.set())[0])
        assert came.wait(30)
        return outcomes[0]

    def switch(self) -> dict[str, Any]:
        """What a call that must be well replies."""
        outcome = self.call()
        assert outcome.statuscode == 0, outcome
        assert outcome.body["calls"] == 1 and outcome.body["pid"] != self.executor.pid
        return dict(outcome.body)

    def is_warm(self) -> bool:
        """Whether a call finds the code loaded by the fork server."""
        return bool(self.switch()["loaded_by"] == self.executor.pid)

    def become_warm(self) -> None:
        """Call until it is."""
        wait_until("it is warm", self.is_warm, 20)


@pytest.fixture
def lamps(tmp_path: Path) -> Iterator[Any]:
    made: list[Lamp] = []

    def make(code: str = "") -> Lamp:
        made.append(Lamp(tmp_path, code))
        return made[-1]

    yield make
    for lamp in made:
        lamp.executor.shutdown(5)


def test_the_code_of_an_agent_is_loaded_once_and_what_a_call_leaves_in_it_goes_with_the_call(lamps: Any) -> None:
    lamp = lamps()
    first = lamp.switch()
    assert first["loaded_by"] == first["pid"]
    lamp.become_warm()
    load = {lamp.switch()["load"] for _ in range(5)}
    assert len(load) == 1
    assert Path(f"/proc/{lamp.executor.pid}/status").read_text().count("Threads:\t1\n") == 1


def test_a_change_of_any_file_counts_for_the_next_call_and_is_warm_again_later(lamps: Any) -> None:
    lamp = lamps()
    lamp.become_warm()
    times = os.stat(lamp.folder / "wires.py")
    (lamp.folder / "wires.py").write_text("VOLTS = 110\n")
    os.utime(lamp.folder / "wires.py", ns=(times.st_atime_ns, times.st_mtime_ns + 2_000_000_000))
    assert lamp.switch()["volts"] == 110
    lamp.become_warm()
    assert lamp.switch()["volts"] == 110


def test_a_folder_that_another_one_took_the_place_of_is_read_anew(lamps: Any, tmp_path: Path) -> None:
    lamp = lamps()
    lamp.become_warm()
    os.rename(lamp.folder, tmp_path / "old")
    lamp.folder.mkdir()
    for name in ("agent.py", "wires.py"):
        (lamp.folder / name).write_text((tmp_path / "old" / name).read_text().replace("230", "400"))
    assert lamp.switch()["volts"] == 400


@pytest.mark.skipif(os.geteuid() != 0, reason="only root checks who could change an agent")
@pytest.mark.parametrize("what", ["agents/lamp/wires.py", "agents/lamp", "agents"])
def test_warm_code_that_others_could_have_changed_meanwhile_is_not_run(lamps: Any, tmp_path: Path, what: str) -> None:
    lamp = lamps()
    lamp.become_warm()
    (tmp_path / what).chmod(0o777)
    outcome = lamp.call()
    assert outcome.statuscode != 0 and "can be written by others (mode 0777)" in outcome.statusmsg


def test_an_agent_that_starts_a_thread_as_it_is_loaded_is_loaded_anew_each_time(lamps: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "mcollective_py.server.child")
    lamp = lamps("import threading, signal; threading.Thread(target=signal.pause, daemon=True).start()")
    pid = lamp.switch() and lamp.executor.pid
    wait_until("it was tried", lambda: "loaded anew for each call: loading it changes the number of threads" in caplog.text, 20)
    loads = len(lamp.loads.read_text())
    assert not any(lamp.is_warm() for _ in range(3))
    assert len(lamp.loads.read_text()) == loads + 3  # nor is it tried again
    assert lamp.executor.pid == pid


def test_an_agent_that_ends_its_process_in_its_trial_does_nobody_harm(lamps: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "mcollective_py.server.child")
    lamp = lamps("if LOAD == 2: os._exit(7)")
    pid = lamp.switch() and lamp.executor.pid
    wait_until("it was tried", lambda: "loaded anew for each call: its trial exited with status 7" in caplog.text, 20)
    assert not any(lamp.is_warm() for _ in range(3))
    assert lamp.executor.pid == pid


def test_while_a_trial_hangs_calls_are_answered_and_then_it_is_ended(lamps: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "mcollective_py.server.child")
    lamp = lamps("import signal\nif LOAD == 2: signal.signal(15, 1), signal.pause()")
    lamp.switch()
    wait_until("it is tried", lambda: len(lamp.loads.read_text()) >= 2, 20)
    assert not any(lamp.is_warm() for _ in range(3))
    wait_until("it is ended", lambda: "loading it takes longer than 5 s" in caplog.text, 30)
    assert not lamp.is_warm()


@pytest.mark.parametrize("code", ["os._exit(7)", "os.kill(os.getpid(), 9)", "raise ValueError", "KEPT = open('/dev/null')"])
def test_code_that_only_the_fork_server_suffers_from_costs_no_call_and_happens_once(lamps: Any, caplog: Any, code: str) -> None:
    caplog.set_level(logging.INFO, "mcollective_py.server.child")
    lamp = lamps(f"if LOAD == 3: {code}")  # 1: the call, 2: the trial
    pid = lamp.switch() and lamp.executor.pid
    wait_until("it died of it", lambda: "which from now on is loaded anew for each call" in caplog.text, 20)
    assert "0 actions are lost" in caplog.text
    assert not any(lamp.is_warm() for _ in range(4))
    other = lamp.executor.pid
    assert other != pid
    assert len(lamp.loads.read_text()) == 3 + 4  # nobody has tried it again


def test_a_fork_server_that_is_killed_while_warm_is_followed_by_one_that_becomes_warm(lamps: Any) -> None:
    lamp = lamps()
    lamp.become_warm()
    os.kill(lamp.executor.pid, signal.SIGKILL)
    wait_until("it is gone", lambda: lamp.executor.pid is None, 20)
    lamp.become_warm()


def test_a_program_is_neither_looked_for_nor_run_where_others_could_put_one(tmp_path: Path, monkeypatch: Any) -> None:
    """S-10."""
    for folder in (tmp_path / "open", tmp_path / "here"):
        folder.mkdir()
        for name in ("puppet", "iptables", "exim", "nft"):
            (folder / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n")
            (folder / name).chmod(0o755)
    (tmp_path / "open").chmod(0o777)
    monkeypatch.setenv("PATH", f"{tmp_path / 'open'}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path / "here")
    for program in ("puppet", "./iptables", "here/exim", "../open/nft", *map(str, (tmp_path / "open").iterdir())):
        with pytest.raises(RPCAborted, match=r"named by its absolute path|can be written by others"):
            run([program])
    (tmp_path / "link").symlink_to(tmp_path / "open" / "puppet")
    with pytest.raises(RPCAborted, match="can be written by others"):
        run([str(tmp_path / "link")])
    assert not (tmp_path / "canary").exists()


def test_no_answer_waits_for_one_that_hangs(lamps: Any) -> None:
    """R-14: the timeout is tests/server/test_child.py's; here the others."""
    lamp = lamps("import signal\nif LOAD == 1: signal.pause()")
    hanging = threading.Thread(target=lamp.call, args=[3.0], daemon=True)
    hanging.start()
    wait_until("it hangs", lambda: lamp.loads.exists() and lamp.loads.read_text() == ".", 20)
    started = monotonic()
    assert lamp.switch()["load"] == 2
    assert monotonic() - started < 10
