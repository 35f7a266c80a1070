"""What was handed over and not yet sent: bounded, in order, for one sender."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parcel:
    """One frame to send. dies: when it is no longer worth sending, seconds since the epoch, None for SUBSCRIBE and the like."""

    command: str
    headers: dict[str, str]
    body: bytes = b""
    dies: float | None = None

    @classmethod
    def message(cls, headers: dict[str, str], body: bytes, dies: float) -> "Parcel":
        """A SEND; the length is always given, without one a body would end at its first NUL."""
        return cls("SEND", headers | {"content-length": str(len(body))}, body, dies)


class Outbox:
    """A queue whose lock is its owner's, so that the sender can wait for a parcel, a lost connection or a close at once."""

    def __init__(self, changed: threading.Condition, most: int = 10_000, most_bytes: int = 64 << 20) -> None:
        self._changed, self._most, self._most_bytes = changed, most, most_bytes
        self._queue: deque[Parcel] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, parcel: Parcel, patience: float, may_wait: Callable[[], bool]) -> bool:
        """Add one at the end, waiting up to patience (seconds) for room while may_wait says so. False where there is none."""
        with self._changed:
            if not self._has_room(parcel):
                self._changed.wait_for(lambda: self._has_room(parcel) or not may_wait(), patience)
            if not self._has_room(parcel):
                return False
            self._queue.append(parcel)
            self._bytes += len(parcel.body)
            self._changed.notify_all()
            return True

    def put_command(self, parcel: Parcel) -> None:
        """Add a SUBSCRIBE or the like at the end; there are few, so that no bound holds them back."""
        with self._changed:
            self._queue.append(parcel)
            self._changed.notify_all()

    def put_first(self, parcels: Iterable[Parcel]) -> None:
        """Add some in front, in their order, whatever the bounds: what a new connection needs, or what could not be sent."""
        with self._changed:
            for parcel in reversed(list(parcels)):
                self._queue.appendleft(parcel)
                self._bytes += len(parcel.body)
            self._changed.notify_all()

    def take(self, most: int = 64) -> list[Parcel]:
        """Up to `most` of the oldest, at least one where there is any."""
        with self._changed:
            parcels = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
            self._bytes -= sum(len(parcel.body) for parcel in parcels)
            self._changed.notify_all()
            return parcels

    def forget_commands(self) -> None:
        """Drop what only the last connection needed: messages stay."""
        with self._changed:
            self._queue = deque(parcel for parcel in self._queue if parcel.dies is not None)

    def clear(self) -> int:
        """Drop all; the number of messages among it."""
        with self._changed:
            messages = sum(parcel.dies is not None for parcel in self._queue)
            self._queue.clear()
            self._bytes = 0
            return messages

    def _has_room(self, parcel: Parcel) -> bool:
        return not self._queue or (len(self._queue) < self._most and self._bytes + len(parcel.body) <= self._most_bytes)
