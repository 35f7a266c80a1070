"""The executor port, its limits, and the executor that runs quick reads in a few threads."""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Protocol

from ..config import Config
from ..errors import Busy
from .call import Call, Outcome

logger = logging.getLogger(__name__)

Done = Callable[[Outcome], None]


class Executor(Protocol):
    """Runs calls, a bounded number at once, and answers each accepted one exactly once."""

    def submit(self, call: Call, done: Done) -> None:
        """Take a call and return at once; done gets its Outcome later, in a thread of the executor.

        Raises Busy where the limits are reached or the executor is shutting down: done is then never called.
        """
        ...

    def check_room(self, caller: str) -> None:
        """Raises Busy where a call of this caller would not be taken now; nothing is taken by it."""
        ...

    def running(self) -> int:
        """Calls that hold a slot now; one that overran its time holds it until it is truly gone."""
        ...

    def shutdown(self, timeout: float) -> bool:
        """Accept no more, answer what has not begun as busy, and let what runs finish for at most timeout seconds.

        False where some had not finished: their callers are told that the outcome is unknown.
        """
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls that may run at once, wait for a slot, and be here (running or waiting) for one caller."""

    running: int = 8
    waiting: int = 128
    per_caller: int = 64

    @classmethod
    def from_config(cls, config: Config) -> "Limits":
        """Those of the settings `plugin.executor.*`."""
        return cls(*(config.number(f"plugin.executor.{name}") for name in ("running", "waiting", "per_caller")))


class Room:
    """The count of calls inside, against Limits. It has no lock: its owner holds one around each use."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._inside = 0
        self._by_caller: dict[str, int] = {}

    def check(self, caller: str) -> None:
        """Raises Busy, saying which limit is reached, where there is no place."""
        own = self._by_caller.get(caller, 0)
        if own >= self._limits.per_caller:
            raise Busy(f"{own} requests of {caller} are running or waiting here, more are not taken: try again later")
        if self._inside >= self._limits.running + self._limits.waiting:
            raise Busy(f"{self._limits.running} requests are running here and {self._limits.waiting} waiting: try again later")

    def enter(self, caller: str) -> None:
        """Take one place. Raises Busy as check does."""
        self.check(caller)
        self._inside += 1
        self._by_caller[caller] = self._by_caller.get(caller, 0) + 1

    def leave(self, caller: str) -> None:
        """Give a place back."""
        self._inside -= 1
        own = self._by_caller[caller] - 1
        if own:
            self._by_caller[caller] = own
        else:
            del self._by_caller[caller]


def name_of(call: Call) -> str:
    """`service restart`, or `echo` for a plain message."""
    return f"{call.request.agent} {call.action}" if call.action else call.request.agent


def not_begun(call: Call) -> Outcome:
    """What the caller of a waiting call is told at shutdown."""
    return Outcome(5, f"the daemon is shutting down, {name_of(call)} was not begun", None, Busy.reason)


def unknown(call: Call, reason: str) -> Outcome:
    """What a caller is told when nobody can say how the call ended."""
    return Outcome(5, f"{reason}: how {name_of(call)} ended is unknown", is_unknown=True)


def tell(call: Call, done: Done, outcome: Outcome) -> None:
    """Hand an outcome over; whatever done raises must not end the executor's thread."""
    try:
        done(outcome)
    except Exception:
        logger.exception("%s the outcome of %s could not be handed on", call.request.id, name_of(call))


class _Run:
    """One call that is running or waiting."""

    __slots__ = ("call", "deadline", "done", "is_answered", "is_late", "started")

    def __init__(self, call: Call, done: Done) -> None:
        self.call, self.done = call, done
        self.started = self.deadline = 0.0
        self.is_answered = self.is_late = False


class ThreadExecutor:
    """Runs `perform(call)` in a few threads, made when needed and ended when idle.

    A thread cannot be ended from outside: a call that overruns its timeout is answered at once, its slot stays taken until it
    returns, and what it then gives is dropped and counted in `late`. Of four threads one caller has three at most: whoever asks
    only what takes long keeps nobody else from being answered. Plain messages have a thread beside all others: they are discovery,
    and a host that looks at ten name servers is not gone. idle: seconds after which an unused thread ends. on_idle: called when the
    last thread has ended, in that thread.
    """

    def __init__(
        self,
        perform: Callable[[Call], Outcome],
        limits: Limits | None = None,
        idle: float = 30.0,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._perform, self._limits, self._idle_s, self._on_idle = perform, limits or Limits(), idle, on_idle
        self._lock = threading.Lock()
        self._deadlines = threading.Condition(self._lock)
        self._quiet = threading.Condition(self._lock)
        self._room = Room(self._limits)
        self._handed: SimpleQueue[_Run | None] = SimpleQueue()  # only what an idle thread has been claimed for
        self._waiting: deque[_Run] = deque()
        self._active: set[_Run] = set()
        self._share, self._active_of = self._limits.running - self._limits.running // 4, Counter[str]()
        self._threads = self._idle = 0
        self._wake = float("inf")
        self._watcher: threading.Thread | None = None
        self._is_closed = self._is_over = False
        self.late = 0

    def submit(self, call: Call, done: Done) -> None:
        """See Executor."""
        run = _Run(call, done)
        with self._lock:
            if self._is_closed:
                raise Busy("the daemon is shutting down")
            self._room.enter(call.request.caller)
            if not self._may_begin(run):
                self._waiting.append(run)
            elif self._idle:
                self._idle -= 1
                self._begin(run)
                self._handed.put(run)
            elif self._threads < self._limits.running + (call.action is None):
                self._start_thread(run)
            else:
                self._waiting.append(run)

    def check_room(self, caller: str) -> None:
        """See Executor."""
        with self._lock:
            if self._is_closed:
                raise Busy("the daemon is shutting down")
            self._room.check(caller)

    def running(self) -> int:
        """See Executor."""
        with self._lock:
            return len(self._active)

    def shutdown(self, timeout: float) -> bool:
        """See Executor."""
        with self._lock:
            self._is_closed = True
            unbegun = list(self._waiting)
            self._waiting.clear()
            for run in unbegun:
                self._room.leave(run.call.request.caller)
            for _ in range(self._idle):
                self._handed.put(None)
            self._threads -= self._idle
            self._idle = 0
        for run in unbegun:
            tell(run.call, run.done, not_begun(run.call))
        with self._lock:
            finished = self._quiet.wait_for(lambda: all(run.is_late for run in self._active), timeout)
            cut = [run for run in self._active if not run.is_answered]
            for run in cut:
                run.is_answered = run.is_late = True
            self._is_over = True
            self._deadlines.notify()
        for run in cut:
            tell(run.call, run.done, unknown(run.call, "the daemon stopped"))
        return finished

    # --- with the lock held ---------------------------------------------------------------------------------------------

    def _may_begin(self, run: _Run) -> bool:
        has_thread = len(self._active) < self._limits.running and self._active_of[run.call.request.caller] < self._share
        return has_thread or run.call.action is None

    def _begin(self, run: _Run) -> None:
        run.started = monotonic()
        run.deadline = run.started + run.call.timeout
        self._active.add(run)
        self._active_of[run.call.request.caller] += 1
        if run.deadline < self._wake:  # rare: calls of one timeout have rising deadlines, so the watcher sleeps on
            self._wake = run.deadline
            self._deadlines.notify()

    def _start_thread(self, run: _Run) -> None:
        try:
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="read-deadlines", daemon=True)
                self._watcher.start()
            threading.Thread(target=self._work, args=(run,), name="read", daemon=True).start()
        except RuntimeError as error:  # the process may have no more threads
            if self._threads:
                self._waiting.append(run)
                return
            self._room.leave(run.call.request.caller)
            raise Busy(f"no thread can be started: {error}") from error
        self._threads += 1
        self._begin(run)

    # --- the threads ----------------------------------------------------------------------------------------------------

    def _work(self, run: _Run | None) -> None:
        while run is not None:
            outcome = self._outcome(run)
            with self._lock:
                is_in_time = not run.is_answered
                run.is_answered = True
                self.late += not is_in_time
            if is_in_time:
                tell(run.call, run.done, outcome)
            else:
                logger.warning("%s %s returned after its timeout, its result is dropped", run.call.request.id, name_of(run.call))
            del outcome  # a long list, perhaps: an idle thread keeps none, and the last one gives its memory back
            run = self._next(run)

    def _outcome(self, run: _Run) -> Outcome:
        started = monotonic()
        try:
            outcome = self._perform(run.call)
        except Exception as error:
            logger.exception("%s %s failed", run.call.request.id, name_of(run.call))
            outcome = Outcome(5, f"{type(error).__name__}: {error}")
        return replace(outcome, duration=monotonic() - started)

    def _next(self, run: _Run) -> _Run | None:
        """Give the slot of a finished run back; the run to do next, None where this thread is to end."""
        with self._lock:
            self._active.discard(run)
            self._room.leave(caller := run.call.request.caller)
            self._active_of[caller] -= 1
            if not self._active_of[caller]:
                del self._active_of[caller]
            # Where a thread is idle, none that waits may begin: so this one takes what may now.
            if (following := next(filter(self._may_begin, self._waiting), None)) is not None:
                self._waiting.remove(following)
                self._begin(following)
                return following
            if self._is_closed:
                self._threads -= 1
                self._quiet.notify_all()
                return None
            self._idle += 1
        while True:
            try:
                return self._handed.get(timeout=self._idle_s)
            except Empty:
                with self._lock:
                    if self._idle:  # else somebody has just claimed a thread, and that is this one
                        self._idle -= 1
                        self._threads -= 1
                        is_last = not self._threads
                        break
        if is_last:
            self._on_idle()
        return None

    def _watch(self) -> None:
        """Answer calls whose time is over; sleeps until the earliest deadline, for good while nothing runs."""
        while True:
            with self._deadlines:
                while not (overdue := self._overdue(monotonic())):
                    if self._is_over:
                        return
                    self._wake = min((run.deadline for run in self._active if not run.is_answered), default=float("inf"))
                    self._deadlines.wait(None if self._wake == float("inf") else max(0.0, self._wake - monotonic()))
            for run in overdue:
                logger.warning("%s %s overran its %g s in a thread", run.call.request.id, name_of(run.call), run.call.timeout)
                self._overran(run.call)
                message = f"{name_of(run.call)} timed out after {run.call.timeout:g} s"
                tell(run.call, run.done, Outcome(5, message, duration=run.call.timeout))
            with self._lock:
                for run in overdue:
                    run.is_late = True
                self._quiet.notify_all()

    def _overran(self, call: Call) -> None:
        """Told of a call whose time is over, before its caller is."""

    def _overdue(self, now: float) -> list[_Run]:
        overdue = [run for run in self._active if not run.is_answered and run.deadline <= now]
        for run in overdue:
            run.is_answered = True
        return overdue
