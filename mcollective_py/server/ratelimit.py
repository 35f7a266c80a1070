"""RateLimit: so many a period, for log lines and courtesy replies that a flood must not multiply."""


class RateLimit:
    """Lets `count` through in every `period` seconds, and counts what it held back."""

    def __init__(self, count: int, period: float) -> None:
        self._count, self._period = count, period
        self._start, self._used, self._held_back = float("-inf"), 0, 0

    def allows(self, now: float) -> bool:
        """True for the first `count` calls of a period; now in seconds, of any clock that does not jump back far."""
        if not 0 <= now - self._start < self._period:
            self._start, self._used = now, 0
        self._used += 1
        if self._used <= self._count:
            return True
        self._held_back += 1
        return False

    def take_held_back(self) -> int:
        """How many were held back since this was last asked."""
        held_back, self._held_back = self._held_back, 0
        return held_back
