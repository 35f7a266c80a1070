"""A little agent whose actions read and misbehave, in a folder of its own, and calls of them."""

import os
import textwrap
import threading
from pathlib import Path
from time import monotonic
from typing import Any

from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.executor import Executor

_CODE = '''
import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

from mcollective_py.agent import Agent, action, run

PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").write(f"{os.getppid()} {os.getpid()}")
signal.pause()
"""
CALLS = []
GATE = threading.Event()

class Probe(Agent):
    """Looks at things."""

    @action
    def look(self, request, reply):
        CALLS.append(1)
        reply.update({"pid": os.getpid(), "calls": len(CALLS), "facts": dict(self.node.facts), "session": os.getsid(0)})

    @action
    def count(self, request, reply):
        reply["list"] = list(range(request["count"]))

    @action
    def segfault(self, request, reply):
        ctypes.string_at(0)

    @action
    def abort(self, request, reply):
        os.abort()

    @action
    def leave(self, request, reply):
        os._exit(3)

    @action
    def system_exit(self, request, reply):
        sys.exit(4)

    @action
    def recursion(self, request, reply):
        self.recursion(request, reply)

    @action
    def allocate(self, request, reply):
        reply["length"] = len(bytearray(10 << 30))

    @action
    def hang(self, request, reply):
        Path(request["pids"]).write_text(str(os.getpid()))
        time.sleep(600)

    @action
    def hang_with_a_program(self, request, reply):
        """One that ignores TERM, in a group of its own."""
        run([sys.executable, "-c", PROGRAM, request["pids"]], timeout=600)

    @action
    def never_look_up(self, request, reply):
        """It keeps every other thread of its process waiting, and no signal is heeded in Python."""
        ctypes.PyDLL(None).sleep(600)

    @action
    def wait(self, request, reply):
        Path(request["pids"]).write_text(str(os.getpid()))
        GATE.wait(20)
        reply["waited"] = True

    @action
    def open_gate(self, request, reply):
        GATE.set()
'''


class Probe:
    """The agent in its folder, called by an executor as this host's."""

    def __init__(self, folder: Path, executor: Executor) -> None:
        self.folder, self.executor = folder / "agents" / "probe", executor
        self.folder.mkdir(parents=True)
        self.write("")

    def write(self, more: str) -> None:
        """The agent's code, and more of it."""
        (self.folder / "agent.py").write_text(_CODE + textwrap.dedent(more))

    def call(self, action: str | None, body: Any = None, timeout: float = 20.0, facts: dict[str, Any] | None = None) -> Call:
        """A call that only reads; a plain message where action is None."""
        request = Request(
            os.urandom(16).hex(), "cert=alice", "desk", "mcollective", "probe", action, body or {}, Filter(), 1700000000.0, 60
        )
        return Call(request, self.folder, NodeView("web1", facts=facts or {}), timeout, True, defaults={})

    def begin(self, action: str | None, body: Any = None, timeout: float = 20.0, facts: dict[str, Any] | None = None) -> "Answer":
        """Begin a call."""
        return Answer(self.executor, self.call(action, body, timeout, facts))

    def ask(self, action: str | None, body: Any = None, timeout: float = 20.0, facts: dict[str, Any] | None = None) -> Outcome:
        """The outcome of a call."""
        return self.begin(action, body, timeout, facts).wait()

    def look(self, **more: Any) -> dict[str, Any]:
        """What the action `look` replies, which must be well."""
        outcome = self.ask("look", **more)
        assert outcome.statuscode == 0, outcome
        return dict(outcome.body)


class Answer:
    """An outcome to come. seconds: after which it came."""

    def __init__(self, executor: Executor, call: Call) -> None:
        self._came, self._outcomes = threading.Event(), list[Outcome]()
        self._started, self.seconds = monotonic(), 0.0
        executor.submit(call, self._take)

    def _take(self, outcome: Outcome) -> None:
        self.seconds = monotonic() - self._started
        self._outcomes.append(outcome)
        self._came.set()

    def wait(self) -> Outcome:
        """The one outcome."""
        assert self._came.wait(40), "no outcome came"
        assert len(self._outcomes) == 1
        return self._outcomes[0]
