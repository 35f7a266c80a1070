"""The executor for actions that only read: all but the daemon's own run in a reader, a process beside it (reader.py).

One reader serves all of them, so that agents keep their caches from call to call. It is ended when nothing was asked of it for a while.
Where a call overruns its time the reader is retired: new calls go to another at once, and it is ended, with the programs that it runs,
as soon as its other calls are done or their time is up too. When it dies, the calls that it ran are answered so, and nothing else is
touched.
"""

import logging
import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from ..errors import Malformed, MCollectiveError
from .call import Call, Outcome
from .callwire import CALL, OUTCOME, VIEW, Frame, Frames, decode_outcome, encode_call, encode_view
from .executor import Limits, ThreadExecutor, name_of

if TYPE_CHECKING:
    from ..node.view import NodeView

logger = logging.getLogger(__name__)

# They speak of the running daemon itself, and are to answer when nothing else does.
IN_THE_DAEMON = frozenset({"discovery", "rpcutil"})

_IDLE = 30.0  # seconds after which an unused reader ends, and its memory is free
_LIFE = 600.0  # seconds of use after which another takes its place: what an agent loses of memory goes with it
_SEND_TIMEOUT = struct.pack("ll", 5, 0)  # a reader that takes nothing for 5 s is stuck
_FATE = 5.0  # seconds within which the fork server says how a reader ended


class Forks(Protocol):
    """Who has readers forked and ended: the ChildExecutor."""

    def open_reader(self, on_gone: Callable[[str], None]) -> tuple[int, socket.socket]:
        """A new one: its number, and the socket to it. on_gone: told how it ended, as the end of a sentence. Raises OSError."""
        ...

    def end_reader(self, number: int) -> None:
        """End it and all that it runs: TERM, 2 s later KILL."""
        ...


class ReadExecutor(ThreadExecutor):
    """Runs calls in a few threads: the daemon's own by `perform`, all others by having a reader do it."""

    def __init__(
        self,
        perform: Callable[[Call], Outcome],
        readers: "Readers",
        limits: Limits | None = None,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            lambda call: perform(call) if call.folder.name in IN_THE_DAEMON else readers.perform(call), limits, on_idle=on_idle
        )
        self._readers = readers

    def _overran(self, call: Call) -> None:
        self._readers.give_up(call)

    def shutdown(self, timeout: float) -> bool:
        """See Executor. The readers end with it."""
        is_finished = super().shutdown(timeout)
        self._readers.close()
        return is_finished


class _Pending:
    """A call that a reader has."""

    __slots__ = ("call", "came", "is_overdue", "name", "outcome")

    def __init__(self, call: Call) -> None:
        self.call, self.name = call, name_of(call)
        self.came = threading.Event()
        self.outcome = Outcome()
        self.is_overdue = False


class _Reader:
    """One process, until its socket has closed."""

    def __init__(self) -> None:
        self.number = 0
        self.control: socket.socket | None = None
        self.started = monotonic()
        self.sending = threading.Lock()
        self.view: NodeView | None = None  # the one that it has
        self.pending: dict[int, _Pending] = {}
        self.is_retired = self.is_ended = False
        self.fate = ""
        self.is_told = threading.Event()

    def gone(self, fate: str) -> None:
        """Its process has ended. What it wrote before is still read."""
        self.fate = fate
        self.is_told.set()
        if self.control is not None:
            with suppress(OSError):  # closed already
                self.control.shutdown(socket.SHUT_RD)

    def send(self, number: int, call: Call, encoded: bytes) -> None:
        """Hand a call over. Raises OSError, and what a view with facts that contain themselves raises."""
        with self.sending:
            frames = Frame(CALL, number, call.timeout, encoded).to_bytes()
            if call.view != self.view:
                frames = Frame(VIEW, payload=encode_view(call.view)).to_bytes() + frames
                self.view = call.view
            assert self.control is not None
            self.control.sendall(frames)


class Readers:
    """The reader of now, and those that are on their way out. idle, life: seconds, see _IDLE and _LIFE."""

    def __init__(self, forks: Forks, idle: float = _IDLE, life: float = _LIFE) -> None:
        self._forks, self._idle, self._life = forks, idle, life
        self._lock = threading.Lock()
        self._current: _Reader | None = None
        self._all: set[_Reader] = set()
        self._number = 0
        self._is_closed = False

    def perform(self, call: Call) -> Outcome:
        """Have a reader make the call; returns when it is truly over, which is later than its timeout where it had to be ended."""
        pending = _Pending(call)
        try:
            encoded = encode_call(call)
            reader, number = self._enter(pending)
        except (OSError, MCollectiveError) as error:
            return Outcome(5, f"{pending.name} was not begun: {error}")
        deadline = monotonic() + call.timeout
        try:
            reader.send(number, call, encoded)
        except (OSError, ValueError, RecursionError) as error:
            logger.error("the process that runs reads takes no calls: %s", error)
            self._overrun(reader, pending)
        if not pending.came.wait(max(0.0, deadline - monotonic())):
            self._overrun(reader, pending)
            pending.came.wait()
        return pending.outcome

    def give_up(self, call: Call) -> None:
        """A call overruns its time: nothing new goes to the reader that has it."""
        with self._lock:
            found = next(
                ((reader, pending) for reader in self._all for pending in reader.pending.values() if pending.call is call), None
            )
        if found is not None:
            self._overrun(*found)

    def retire(self) -> None:
        """Let new calls go to a new reader, which loads agents as they are now."""
        with self._lock:
            reader, self._current = self._current, None
        if reader is not None:
            self._let_go(reader)

    def close(self) -> None:
        """End all of them, whatever they run."""
        with self._lock:
            self._is_closed, self._current = True, None
            ending = [reader for reader in self._all if not reader.is_ended]
            for reader in ending:
                reader.is_retired = reader.is_ended = True
        for reader in ending:
            self._forks.end_reader(reader.number)

    # --- a reader's life ------------------------------------------------------------------------------------------------

    def _enter(self, pending: _Pending) -> tuple[_Reader, int]:
        old = None
        with self._lock:
            if self._is_closed:
                raise OSError("the daemon is shutting down")
            if self._current is not None and monotonic() - self._current.started > self._life:
                old, self._current = self._current, None
            if self._current is None:
                self._current = self._open()
            self._number = self._number % 0xFFFFFFFF + 1
            self._current.pending[self._number] = pending
            entered = self._current, self._number
        if old is not None:
            self._let_go(old)
        return entered

    def _open(self) -> _Reader:
        reader = _Reader()
        reader.number, control = self._forks.open_reader(reader.gone)
        control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_TIMEOUT)
        reader.control = control
        self._all.add(reader)
        threading.Thread(target=self._receive, args=(reader, control), name="reads", daemon=True).start()
        return reader

    def _overrun(self, reader: _Reader, pending: _Pending) -> None:
        pending.is_overdue = True
        with self._lock:
            if self._current is reader:
                self._current = None
        self._let_go(reader)

    def _let_go(self, reader: _Reader) -> None:
        """End a reader that gets no more calls, unless it has some whose time is not up."""
        with self._lock:
            reader.is_retired = True
            if reader.is_ended or not all(pending.is_overdue for pending in reader.pending.values()):
                return
            reader.is_ended = True
        self._forks.end_reader(reader.number)

    # --- the thread that hears one reader -------------------------------------------------------------------------------

    def _receive(self, reader: _Reader, control: socket.socket) -> None:
        frames, poll = Frames(), select.poll()
        poll.register(control, select.POLLIN)
        try:
            while True:
                if not poll.poll(self._idle * 1000):
                    self._retire_unused(reader)
                elif not (data := control.recv(1 << 18)):
                    break
                else:
                    for frame in frames.feed(data):
                        if frame.kind == OUTCOME:
                            self._take(reader, frame)
        except (OSError, Malformed) as error:
            logger.error("lost the process that runs reads: %s", error)
        self._lost(reader)
        control.close()

    def _retire_unused(self, reader: _Reader) -> None:
        with self._lock:
            if reader.pending or reader.is_ended:
                return
            if self._current is reader:
                self._current = None
        self._let_go(reader)

    def _take(self, reader: _Reader, frame: Frame) -> None:
        with self._lock:
            pending = reader.pending.pop(frame.number, None)
        if pending is None:
            return
        try:
            pending.outcome = decode_outcome(frame.payload, frame.seconds)
        except Malformed as error:
            logger.warning("%s gave an unreadable result: %s", pending.name, error)
            pending.outcome = Outcome(5, f"{pending.name} gave an unreadable result")
        pending.came.set()
        if reader.is_retired:
            self._let_go(reader)

    def _lost(self, reader: _Reader) -> None:
        """It is gone: answer the calls that it had."""
        with self._lock:
            if self._current is reader:
                self._current = None
            is_expected, reader.is_ended = reader.is_ended, True
            self._all.discard(reader)
        if not is_expected and not reader.is_told.wait(_FATE):
            self._forks.end_reader(reader.number)  # it closed its socket and lives on
        fate = reader.fate or "ended"
        with self._lock:
            pending, reader.pending = list(reader.pending.values()), {}
        if not is_expected:
            logger.error("the process that runs reads %s, %d of them are lost", fate, len(pending))
        for call in pending:
            call.outcome = Outcome(5, f"{call.name}: the process that reads run in {fate}")
            call.came.set()
