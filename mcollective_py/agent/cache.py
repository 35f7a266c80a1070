"""What an agent that only reads keeps from one request to the next: values with an age, shared by the threads of the process
that runs reads, for as long as it lives: it ends 30 s after the last of them."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")
MAX_VALUES = 1000


class Cache(Generic[_Value]):
    """Values by key, each for ttl seconds: `CACHE = Cache(300)` in agent.py, then `CACHE.fetch("packages", list_packages)`.

    Of more than 1,000 values those go that are the oldest. Actions with changes run in processes of their own: each has an empty one.
    clock: seconds that never go back. is_large: what is too old is dropped at that moment and its memory given back, though nobody asks
    again; without it, it stays until another value takes its place.
    """

    def __init__(self, ttl: float, clock: Callable[[], float] = time.monotonic, *, is_large: bool = False) -> None:
        self.ttl, self._clock, self._is_large = ttl, clock, is_large
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._values: dict[Hashable, tuple[float, _Value]] = {}
        self._making: dict[Hashable, threading.Lock] = {}

    def read(self, key: Hashable) -> _Value | None:
        """The value, None where there is none or it is too old."""
        with self._lock:
            found = self._values.get(key)
            return found[1] if found is not None and self._clock() - found[0] < self.ttl else None

    def write(self, key: Hashable, value: _Value) -> None:
        """Keep a value from now on."""
        with self._lock:
            self._values.pop(key, None)  # the youngest comes last
            self._values[key] = (self._clock(), value)
            while len(self._values) > MAX_VALUES:
                del self._values[next(iter(self._values))]
            if self._is_large and self._timer is None:
                self._drop_later(self.ttl)

    def fetch(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """The value, made where there is none, while others who ask for the same key wait; None is not kept. What make raises flies."""
        if (found := self.read(key)) is not None:
            return found
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                if (found := self.read(key)) is None:
                    found = make()
                    self.write(key, found)
                return found
        finally:
            with self._lock:
                self._making.pop(key, None)

    def forget(self, key: Hashable) -> None:
        """Keep it no longer."""
        with self._lock:
            self._values.pop(key, None)

    def _drop_later(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._drop_old)
        self._timer.daemon = True
        self._timer.start()

    def _drop_old(self) -> None:
        with self._lock:
            now, self._timer = self._clock(), None
            for key in [key for key, (written, _) in self._values.items() if now - written >= self.ttl]:
                del self._values[key]
            if self._values:
                oldest = min(written for written, _ in self._values.values())
                self._drop_later(max(oldest + self.ttl - now, 0.01))
                return
        from ..node.footprint import hand_back_memory

        hand_back_memory()
