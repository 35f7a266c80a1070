"""The executor for actions that change things: each call in a child process of its own, which is ended for good at its timeout."""

import json
import logging
import os
import select
import signal
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import Busy, Malformed
from .call import Call, Outcome
from .callwire import (
    BEGUN,
    CALL,
    END,
    ENDED,
    FAILED,
    LINE,
    OUTCOME,
    READER,
    READY,
    STALE,
    VIEW,
    WARM,
    WARMING,
    Frame,
    Frames,
    decode_outcome,
    encode_call,
    encode_view,
)
from .executor import Done, Limits, Room, name_of, not_begun, tell, unknown
from .isolation import ENVIRONMENT, ChildLimits
from .sessions import members

if TYPE_CHECKING:
    from subprocess import Popen

    from ..node.view import NodeView

logger = logging.getLogger(__name__)

_SEND_TIMEOUT = struct.pack("ll", 5, 0)  # a fork server that takes nothing for 5 s is stuck
_STUCK = 10.0  # seconds beyond a call's timeout without a word about it
_IDLE = 600.0  # seconds after which an unused fork server ends: it has 22 MB, and takes 0.1 s to start
_SHOWN = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}


class _Run:
    """One call that waits, or that the fork server has."""

    __slots__ = ("call", "done", "encoded", "is_answered", "is_told", "pid", "queued", "sent")

    def __init__(self, call: Call, encoded: bytes, done: Done) -> None:
        self.call, self.encoded, self.done = call, encoded, done
        self.queued, self.sent = monotonic(), 0.0
        self.pid = 0
        self.is_answered = self.is_told = False  # told: done has returned


class _Reader:
    """A reader of the fork server, see readers.py."""

    __slots__ = ("is_told", "on_gone", "pid")

    def __init__(self, on_gone: Callable[[str], None]) -> None:
        self.on_gone, self.pid, self.is_told = on_gone, 0, False

    def gone(self, fate: str) -> None:
        """Tell how it ended, once."""
        if not self.is_told:
            self.is_told = True
            self.on_gone(fate)


class ChildExecutor:
    """Runs each call in a child of the fork server (forkserver.py), which is started with the first call or by `start`.

    A call that overruns its timeout is answered then; its slot stays taken until its process group is gone, some 2 s later at
    most. When the fork server itself dies, its calls are answered as unknown, their processes are ended, and a new one is started.
    One that has had nothing to do for a while, or that holds code which is not on disk any more, is ended between two calls.
    on_begun: told a call and the process that it runs in, in a thread of the executor.
    perform: `module:function`, imported once by the fork server and called as `function(call, warm)` in each child, see warm.py.
    import_path: folders put before its sys.path. idle: seconds.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        child_limits: ChildLimits | None = None,
        perform: str = "mcollective_py.server.childcall:run_call",
        import_path: Sequence[Path] = (),
        on_begun: Callable[[Call, int], None] = lambda call, pid: None,
        idle: float = _IDLE,
    ) -> None:
        self._on_begun, self._idle = on_begun, idle
        self._limits, self._room = limits or Limits(), Room(limits or Limits())
        self._settings = {
            "limits": asdict(child_limits or ChildLimits()),
            "perform": perform,
            "import_path": [str(folder) for folder in import_path],
        }
        self._lock = threading.Lock()
        self._quiet = threading.Condition(self._lock)
        self._waiting: deque[_Run] = deque()
        self._runs: dict[int, _Run] = {}
        self._readers: dict[int, _Reader] = {}
        self._number = 0
        self._view: NodeView | None = None  # the one the fork server has
        self._server: Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._is_ready = self._is_closed = self._is_stale = False
        self._warming = ""  # the folder of the agent that the fork server loads just now
        self._cold: set[str] = set()  # those of agents that one died of

    def start(self) -> None:
        """Start the fork server now, so that the first call finds it warm."""
        with self._lock:
            if self._server is None and not self._is_closed:
                self._start()

    @property
    def pid(self) -> int | None:
        """The fork server's process id, None while there is none."""
        server = self._server
        return server.pid if server is not None else None

    def submit(self, call: Call, done: Done) -> None:
        """See Executor. Raises UnsendableValue too, for inputs that are no plain values."""
        run = _Run(call, encode_call(call), done)
        with self._lock:
            if self._is_closed:
                raise Busy("the daemon is shutting down")
            self._room.enter(call.request.caller)
            self._end_stuck_server()
            self._waiting.append(run)
            failed = self._send_waiting()
        self._tell_all(failed)

    def open_reader(self, on_gone: Callable[[str], None]) -> tuple[int, socket.socket]:
        """See readers.Forks."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            if self._is_closed:
                raise OSError("the daemon is shutting down")
            if self._server is None:
                self._start()
            assert self._control is not None
            number = self._number = self._number % 0xFFFFFFFF + 1
            socket.send_fds(self._control, [Frame(READER, number).to_bytes()], [theirs.fileno()])
            self._readers[number] = _Reader(on_gone)
        return number, ours

    def end_reader(self, number: int) -> None:
        """See readers.Forks."""
        with self._lock:
            if number in self._readers and self._control is not None:
                self._send(Frame(END, number).to_bytes())

    def check_room(self, caller: str) -> None:
        """See Executor."""
        with self._lock:
            if self._is_closed:
                raise Busy("the daemon is shutting down")
            self._room.check(caller)

    def running(self) -> int:
        """See Executor."""
        with self._lock:
            return len(self._runs)

    def shutdown(self, timeout: float) -> bool:
        """See Executor. Children that still run then go on up to their own timeouts under the fork server, and it ends after them."""
        with self._lock:
            self._is_closed = True
            unbegun = list(self._waiting)
            self._waiting.clear()
            for run in unbegun:
                self._room.leave(run.call.request.caller)
        for run in unbegun:
            tell(run.call, run.done, not_begun(run.call))
        with self._lock:
            finished = self._quiet.wait_for(lambda: all(run.is_told for run in self._runs.values()), timeout)
            cut = [run for run in self._runs.values() if not run.is_answered]
            for run in cut:
                run.is_answered = True
            server = self._server
            if self._control is not None:
                self._control.shutdown(socket.SHUT_RDWR)
        for run in cut:
            tell(run.call, run.done, unknown(run.call, "the daemon stopped"))
        if server is not None and finished:
            server.wait()  # nothing is left for it to do
        return finished

    # --- with the lock held ---------------------------------------------------------------------------------------------

    def _send_waiting(self) -> list[tuple[_Run, Outcome]]:
        """Hand over what there are slots for; the calls that cannot be, for `_tell_all` once the lock is free."""
        failed: list[tuple[_Run, Outcome]] = []
        while self._waiting and len(self._runs) < self._limits.running:
            run = self._waiting.popleft()
            run.sent = monotonic()
            try:
                if run.sent - run.queued > run.call.timeout:
                    raise Busy(f"this host is busy: {name_of(run.call)} waited longer than its {run.call.timeout:g} s for its turn")
                frames = self._frames_of(run)
            except (Busy, OSError, ValueError, RecursionError) as error:  # no process to be had, or facts that contain themselves
                refusal = error.reason if isinstance(error, Busy) else None
                failed.append((run, Outcome(5, f"{name_of(run.call)} was not begun: {error}", None, refusal)))
                self._room.leave(run.call.request.caller)
                continue
            self._runs[self._number] = run
            if not self._send(frames):
                break
        return failed

    def _frames_of(self, run: _Run) -> bytes:
        if self._server is None:
            self._start()
        frames = b""
        if run.call.view != self._view:
            frames = Frame(VIEW, payload=encode_view(run.call.view)).to_bytes()
            self._view = run.call.view
        self._number = self._number % 0xFFFFFFFF + 1
        return frames + Frame(CALL, self._number, run.call.timeout, run.encoded).to_bytes()

    def _start(self) -> None:
        import subprocess  # 4 ms and 1 MB that a daemon which only reads never needs

        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_TIMEOUT)
        level = logging.getLogger("mcollective_py").getEffectiveLevel()
        settings = json.dumps(self._settings | {"log_level": level, "cold": sorted(self._cold)})
        module = "mcollective_py.server.forkserver"
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-m", module, str(theirs.fileno()), settings],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
            )
        self._control, self._view, self._is_ready, self._is_stale = ours, None, False, False
        threading.Thread(target=self._receive, args=(self._server, ours), name="children", daemon=True).start()

    def _send(self, data: bytes) -> bool:
        assert self._control is not None and self._server is not None
        try:
            self._control.sendall(data)
        except OSError as error:  # gone, or stuck; _receive sees the end of it and answers the calls
            logger.error("the process that runs actions takes no calls: %s", error)
            self._server.kill()
            return False
        return True

    def _end_stuck_server(self) -> None:
        """A fork server that says nothing of a call long after its timeout (stopped, perhaps) is ended."""
        now = monotonic()
        stuck = any(not run.is_answered and now > run.sent + run.call.timeout + _STUCK for run in self._runs.values())
        if stuck and self._server is not None:
            logger.error("the process that runs actions has stopped answering and is ended")
            self._server.kill()

    # --- the thread that hears the fork server --------------------------------------------------------------------------

    def _receive(self, server: "Popen[bytes]", control: socket.socket) -> None:
        frames, poll = Frames(), select.poll()
        poll.register(control, select.POLLIN)
        try:
            while True:
                if not (is_idle := not poll.poll(self._idle * 1000)):
                    if not (data := control.recv(1 << 18)):
                        break
                    for frame in frames.feed(data):
                        self._take(frame)
                if (is_idle or self._is_stale) and self._retire(control):
                    server.wait()
                    return
        except (OSError, Malformed) as error:
            logger.error("lost the process that runs actions: %s", error)
        self._lose(server, control)

    def _retire(self, control: socket.socket) -> bool:
        """Let go of the fork server where it has nothing to do, so that it ends; the next call starts another."""
        with self._lock:
            if self._runs or self._waiting or self._readers or self._is_closed:
                return False
            self._server = self._control = None
            control.close()
        return True

    def _take(self, frame: Frame) -> None:
        run = self._runs.get(frame.number)
        if frame.kind == READY:
            self._is_ready = True
        elif frame.kind == STALE:
            self._is_stale = True
        elif frame.kind in (WARMING, WARM):
            self._warming = os.fsdecode(frame.payload) if frame.kind == WARMING else ""
        elif frame.kind == LINE and not frame.number:
            logger.info("%s", frame.payload.decode(errors="backslashreplace").translate(_SHOWN))
        elif (reader := self._readers.get(frame.number)) is not None:
            self._take_of_reader(reader, frame)
        elif run is None:
            return
        elif frame.kind == BEGUN:
            run.pid = int(frame.payload)
            self._on_begun(run.call, run.pid)
        elif frame.kind == LINE:
            text = frame.payload.decode(errors="backslashreplace").translate(_SHOWN)
            logger.info("%s %s: %s", run.call.request.id, name_of(run.call), text)
        elif frame.kind in (OUTCOME, FAILED):
            self._answer(run, self._outcome(run, frame))
        elif frame.kind == ENDED:
            with self._lock:
                del self._runs[frame.number]
                self._room.leave(run.call.request.caller)
                failed = self._send_waiting()
                self._quiet.notify_all()
            self._tell_all(failed)

    def _take_of_reader(self, reader: _Reader, frame: Frame) -> None:
        if frame.kind == BEGUN:
            reader.pid = int(frame.payload)
        elif frame.kind == LINE:
            logger.info("reads: %s", frame.payload.decode(errors="backslashreplace").translate(_SHOWN))
        elif frame.kind in (FAILED, OUTCOME):
            reader.gone(frame.payload.decode(errors="replace") if frame.kind == FAILED else "ended")
        elif frame.kind == ENDED:
            reader.gone("ended")
            with self._lock:
                del self._readers[frame.number]

    def _outcome(self, run: _Run, frame: Frame) -> Outcome:
        if frame.kind == FAILED:
            return Outcome(5, f"{name_of(run.call)} {frame.payload.decode()}", duration=frame.seconds)
        try:
            return decode_outcome(frame.payload, frame.seconds)
        except Malformed as error:
            logger.warning("%s %s gave an unreadable result: %s", run.call.request.id, name_of(run.call), error)
            return Outcome(5, f"{name_of(run.call)} gave an unreadable result", duration=frame.seconds)

    def _answer(self, run: _Run, outcome: Outcome) -> None:
        with self._lock:
            is_first = not run.is_answered
            run.is_answered = True
        if is_first:
            tell(run.call, run.done, outcome)
        with self._lock:
            run.is_told = True
            self._quiet.notify_all()

    def _tell_all(self, ended: list[tuple[_Run, Outcome]]) -> None:
        for run, outcome in ended:
            tell(run.call, run.done, outcome)

    def _lose(self, server: "Popen[bytes]", control: socket.socket) -> None:
        """The fork server is gone: end what it ran, answer the calls it had, and start another for those that wait."""
        with self._lock:
            is_expected, was_ready = self._is_closed, self._is_ready
            runs, readers = dict(self._runs), list(self._readers.values())
            self._readers.clear()
            self._server = self._control = None
            control.close()
        if not is_expected:
            server.kill()
            status = server.wait()
            logger.error("the process that runs actions ended with status %d, %d actions are lost", status, len(runs))
            if self._warming:
                logger.error("it ended as it loaded %s, which from now on is loaded anew for each call", self._warming)
                self._cold.add(self._warming)
                self._warming = ""
            for pid in (*(run.pid for run in runs.values()), *(reader.pid for reader in readers)):
                _end(pid)  # nobody holds them to their timeouts now
        for reader in readers:
            reader.gone("ended with the one that it was forked from")
        reason = "the process that runs actions ended" if was_ready else "the process that runs actions cannot be started"
        for run in runs.values():
            self._answer(run, unknown(run.call, reason))
        with self._lock:
            for number, run in runs.items():
                del self._runs[number]
                self._room.leave(run.call.request.caller)
            failed: list[tuple[_Run, Outcome]] = []
            if not was_ready:  # trying again for each of those that wait would go on for long
                failed = [(run, Outcome(5, f"{reason}: see this host's log")) for run in self._waiting]
                self._waiting.clear()
                for run, _ in failed:
                    self._room.leave(run.call.request.caller)
            failed += self._send_waiting()
            self._quiet.notify_all()
        self._tell_all(failed)


def _end(pid: int) -> None:
    """End a child and the programs that it runs, which have groups of their own in its session."""
    if not pid:
        return
    for end, number in ((os.killpg, pid), *((os.kill, member) for member in members(pid))):
        with suppress(OSError):  # ended by itself
            end(number, signal.SIGKILL)
