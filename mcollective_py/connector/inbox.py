"""What has been received and not yet taken: bounded in number and bytes, for one or several readers."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable

from ..errors import ConnectorClosed
from ..message import Delivery

logger = logging.getLogger(__name__)

_TOLD_EVERY = 10.0  # s between the begins of two floods that are logged


class Inbox:
    """A queue that never makes the sender wait: where it is full the oldest goes for what comes, counted, and logged now and then.

    So a flood holds up what comes after it by no more than one full queue, and never shuts it out. most, most_bytes: the bounds.
    dropped: how many were lost so far. clock: monotonic seconds.
    """

    def __init__(self, most: int = 10_000, most_bytes: int = 64 << 20, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._most_bytes, self._clock = most, most_bytes, clock
        self._queue: deque[Delivery] = deque()
        self._bytes = 0
        self._filled = threading.Condition()
        self._closed_because: str | None = None
        self._is_flooded = self._is_told = False
        self._told_at = -math.inf
        self._untold = 0
        self.dropped = 0

    def put(self, delivery: Delivery) -> bool:
        """Take one in; False where it is itself dropped: too large for the whole queue, or that is closed."""
        size, lost, begins = len(delivery.payload), 0, False
        with self._filled:
            if self._closed_because is not None:
                return False
            fits = size <= self._most_bytes
            while self._queue and fits and (len(self._queue) >= self._most or self._bytes + size > self._most_bytes):
                self._bytes -= len(self._queue.popleft().payload)
                lost += 1
            if fits:
                self._queue.append(delivery)
                self._bytes += size
                self._filled.notify()
            else:
                lost += 1
            if lost:
                self.dropped += lost
                self._untold += lost
                begins = self._begins()
        if begins:
            logger.warning("messages come faster than they are read: dropping the oldest")
        return fits

    def get(self, timeout: float | None) -> Delivery | None:
        """The oldest; None after timeout (seconds). ConnectorClosed once closed and empty."""
        ended = 0
        with self._filled:
            self._filled.wait_for(lambda: self._queue or self._closed_because is not None, timeout)
            if not self._queue:
                if self._closed_because is not None:
                    raise ConnectorClosed(self._closed_because)
                return None
            delivery = self._queue.popleft()
            self._bytes -= len(delivery.payload)
            if self._is_flooded and 2 * len(self._queue) <= self._most and 2 * self._bytes <= self._most_bytes:
                self._is_flooded = False
                if self._is_told:
                    ended, self._untold = self._untold, 0
        if ended:
            logger.warning("reading again; %d messages were dropped", ended)
        return delivery

    def _begins(self) -> bool:
        """Whether a flood begins now that is worth a line: one that comes and goes many times in some seconds is worth one."""
        if self._is_flooded:
            return False
        self._is_flooded, now = True, self._clock()
        self._is_told = now - self._told_at >= _TOLD_EVERY
        if self._is_told:
            self._told_at = now
        return self._is_told

    def count_lost(self) -> None:
        """Count a message that never came as far as here."""
        with self._filled:
            self.dropped += 1

    def open(self) -> None:
        """Take messages again after a close."""
        with self._filled:
            self._closed_because = None

    def close(self, reason: str) -> None:
        """Wake whoever waits; what is already there can still be taken."""
        with self._filled:
            if self._closed_because is None:
                self._closed_because = reason
            self._filled.notify_all()
