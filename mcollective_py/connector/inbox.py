"""What has been received and not yet taken: bounded in number and bytes, for one or several readers."""

import logging
import threading
from collections import deque

from ..errors import ConnectorClosed
from ..message import Delivery

logger = logging.getLogger(__name__)


class Inbox:
    """A queue that never makes the sender wait: what does not fit is dropped, counted, and logged once a burst.

    most, most_bytes: the bounds. dropped: how many were lost so far.
    """

    def __init__(self, most: int = 10_000, most_bytes: int = 64 << 20) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._queue: deque[Delivery] = deque()
        self._bytes = 0
        self._filled = threading.Condition()
        self._closed_because: str | None = None
        self._burst = 0
        self.dropped = 0

    def put(self, delivery: Delivery) -> bool:
        """Take one in; False where it had to be dropped."""
        with self._filled:
            if self._closed_because is not None:
                return False
            fits = len(self._queue) < self._most and self._bytes + len(delivery.payload) <= self._most_bytes
            if fits:
                ended, self._burst = self._burst, 0
                self._queue.append(delivery)
                self._bytes += len(delivery.payload)
                self._filled.notify()
            else:
                ended = 0
                self._burst += 1
                self.dropped += 1
                begins = self._burst == 1
        if not fits and begins:
            logger.warning("messages come faster than they are read: dropping what does not fit")
        elif ended:
            logger.warning("reading again; %d messages were dropped", ended)
        return fits

    def get(self, timeout: float | None) -> Delivery | None:
        """The oldest; None after timeout (seconds). ConnectorClosed once closed and empty."""
        with self._filled:
            self._filled.wait_for(lambda: self._queue or self._closed_because is not None, timeout)
            if self._queue:
                delivery = self._queue.popleft()
                self._bytes -= len(delivery.payload)
                return delivery
            if self._closed_because is not None:
                raise ConnectorClosed(self._closed_because)
            return None

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
