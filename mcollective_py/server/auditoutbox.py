"""Lines of the audit that wait to be published: bounded, for a broker may be away for long."""

import logging
import threading
from collections import deque
from collections.abc import Sequence

logger = logging.getLogger(__name__)

CAPACITY = 4 << 20  # bytes, some 8,000 lines


class Outbox:
    """A queue between the audit and auditsender.py. Where it is full the oldest lines go; the collector misses their numbers."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity, self._size = capacity, 0
        self._lines: deque[bytes] = deque()
        self._changed = threading.Condition()
        self.dropped = 0

    def put(self, lines: Sequence[bytes]) -> None:
        """Add lines at the end; never waits."""
        with self._changed:
            self._lines.extend(lines)
            self._size += sum(map(len, lines))
            while self._size > self._capacity:
                self._size -= len(self._lines.popleft())
                self.dropped += 1
            self._changed.notify()

    def put_back(self, lines: Sequence[bytes]) -> None:
        """Lines that were taken and could not be sent, before all others."""
        with self._changed:
            self._lines.extendleft(reversed(lines))
            self._size += sum(map(len, lines))

    def wait(self, timeout: float | None) -> bool:
        """Return when there is something to take, or the time is over; whether there is. timeout: seconds, None: no end."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._lines), timeout)

    def take(self, most: int) -> list[bytes]:
        """The oldest lines, at most so many bytes of them, one at least where there is any."""
        with self._changed:
            taken: list[bytes] = []
            size = 0
            while self._lines and (not taken or size + len(self._lines[0]) <= most):
                taken.append(self._lines.popleft())
                size += len(taken[-1])
            self._size -= size
            return taken
