"""Foreign code that must not hold its caller up: called in a thread of its own, and given up at a deadline.

A thread cannot be ended. One that is given up stays until its code returns, so that few of one name may be left behind: then that name
is refused at once. There is a bound on the time that all of them together take from their callers as well, for filters come in faster
than a slow plugin answers. A process for each call could be ended, and cost 10 ms a call: too much for what the thread that receives
asks for each request whose filter names a data plugin.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from ..errors import RPCAborted

Ask = Callable[[str, Callable[[], Any], float], Any]  # what is asked, as `data plugin stock`; what to call; seconds

LONGEST = 10.0  # seconds that any of them may have
_LEFT_BEHIND = 2  # of one name
_BUDGET, _WINDOW = 20.0, 60.0  # seconds that all may take, of so many


def at_once(name: str, function: Callable[[], Any], seconds: float) -> Any:
    """No deadline: for a process that has one of its own."""
    return function()


class Deadlines:
    """The calls of one daemon, of one kind of plugins. monotonic: seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, *, budget: float = _BUDGET, window: float = _WINDOW) -> None:
        self._monotonic, self._budget, self._window = monotonic, budget, window
        self._lock = threading.Lock()
        self._left: Counter[str] = Counter()  # given up and still running, by name
        self._spent: deque[tuple[float, float]] = deque()  # when, and how much
        self._sum = 0.0  # of what is in there: thousands of calls a second are not added up for each

    def call(self, name: str, function: Callable[[], Any], timeout: float) -> Any:
        """What function gives or raises within timeout seconds. Raises RPCAborted where it does not, or is not called at all.

        name: what is asked, with its kind, for messages: `data plugin stock`.
        """
        self._check(name)
        made = _Made()
        began = self._monotonic()
        thread = threading.Thread(target=self._run, args=(name, function, made), name=name, daemon=True)
        thread.start()
        limit = min(timeout, LONGEST)
        made.is_done.wait(limit)
        now = self._monotonic()
        with self._lock:
            self._spent.append((now, now - began))
            self._sum += now - began
            if not made.is_done.is_set():
                made.is_given_up = True
                self._left[name] += 1
        if made.is_given_up:
            raise RPCAborted(f"the {name} gave no answer within {limit:g} s")
        if isinstance(made.error, Exception):
            raise made.error
        if made.error is not None:  # an exit is meant for the process that asks, and is not the plugin's to decide
            raise RPCAborted(f"the {name} gave no answer: {type(made.error).__name__}") from made.error
        return made.value

    def _check(self, name: str) -> None:
        with self._lock:
            now = self._monotonic()
            while self._spent and self._spent[0][0] < now - self._window:
                self._sum -= self._spent.popleft()[1]
            if not self._spent:
                self._sum = 0.0  # and with it what rounding left
            if self._left[name] >= _LEFT_BEHIND:
                raise RPCAborted(f"the {name} is not asked: {self._left[name]} earlier queries of it have not come back")
            if self._sum >= self._budget:
                raise RPCAborted(f"the {name} is not asked: those of this host took {self._budget:g} s of {self._window:g} s")

    def _run(self, name: str, function: Callable[[], Any], made: "_Made") -> None:
        try:
            made.value = function()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the answer is waited for
            made.error = error
        with self._lock:
            made.is_done.set()
            if made.is_given_up:
                self._left[name] -= 1


class _Made:
    """What became of one call."""

    def __init__(self) -> None:
        self.is_done = threading.Event()
        self.is_given_up = False
        self.value: Any = None
        self.error: BaseException | None = None
