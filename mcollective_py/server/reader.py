"""A reader: the process that runs actions which only read, each in a thread, so that agents keep what they found for the next call.

The fork server forks it (isolation.py), the daemon speaks to it over a socket of its own (readers.py): VIEW and CALL come, OUTCOME goes
back. It serves until that socket closes. Nothing here ends a call: where one overruns its time, the daemon has the whole process ended.
"""

import socket
import threading
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

from ..node.view import NodeView
from ..plugins.loader import LoadedAgent
from .call import Call, Outcome
from .callwire import CALL, OUTCOME, VIEW, Frame, Frames, decode_call, decode_view
from .childcall import agent_of, needs_ddl, perform_by
from .isolation import outcome_of
from .warm import WarmCode


def serve(control: socket.socket, warm: WarmCode) -> None:
    """Run the calls that come until the daemon's end closes. warm: code that the fork server has loaded already."""
    Reader(control, warm).run()


class Reader:
    """Reads calls in the thread of `run`, and has as many others as calls have run at once: the daemon bounds these."""

    def __init__(self, control: socket.socket, warm: WarmCode) -> None:
        self._control, self._code = control, _Code(warm)
        self._lock = threading.Lock()
        self._handed: SimpleQueue[tuple[Frame, NodeView]] = SimpleQueue()
        self._unused = 0  # threads that wait and that nothing has been handed to

    def run(self) -> None:
        """Until the socket closes."""
        frames, view = Frames(), NodeView("")
        while data := self._control.recv(1 << 20):
            for frame in frames.feed(data):
                if frame.kind == VIEW:
                    view = decode_view(frame.payload)
                elif frame.kind == CALL:
                    self._hand_on(frame, view)

    def _hand_on(self, frame: Frame, view: NodeView) -> None:
        with self._lock:
            has_thread = self._unused > 0
            self._unused -= has_thread
        if not has_thread:
            try:
                threading.Thread(target=self._work, name="read", daemon=True).start()
            except RuntimeError as error:  # the process may have no more
                refused = Outcome(5, f"no thread can be started: {error}")
                self._send(frame.number, 0.0, outcome_of(lambda: refused))
                return
        self._handed.put((frame, view))

    def _work(self) -> None:
        while True:
            frame, view = self._handed.get()
            started = monotonic()
            outcome = outcome_of(lambda frame=frame, view=view: self._perform(decode_call(frame.payload, view)))  # type: ignore[misc]
            del view
            with self._lock:
                self._unused += 1
            self._send(frame.number, monotonic() - started, outcome)
            del frame, outcome  # a long list, perhaps

    def _perform(self, call: Call) -> Outcome:
        return perform_by(self._code.agent(call), call)

    def _send(self, number: int, seconds: float, outcome: bytes) -> None:
        with self._lock:
            self._control.sendall(Frame(OUTCOME, number, seconds, outcome).to_bytes())


class _Code:
    """Agents as this process has loaded them, once each: after a reload the daemon takes another reader."""

    def __init__(self, warm: WarmCode) -> None:
        self._warm = warm
        self._lock = threading.Lock()
        self._loading: dict[tuple[Path, bool], threading.Lock] = {}
        self._agents: dict[tuple[Path, bool], LoadedAgent] = {}

    def agent(self, call: Call) -> LoadedAgent:
        """The agent of a call. An import that hangs holds up the calls of its own agent alone."""
        key = call.folder, needs_ddl(call)
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            if key not in self._agents:
                self._agents[key] = agent_of(call, self._warm)
            return self._agents[key]
