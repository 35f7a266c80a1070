"""Reconnect delays, a pure sequence: short at first, never in step with other hosts."""

from collections.abc import Callable

# A fleet must answer within 5 s of its broker's return, after an outage of whatever length, so the historic 30 s is too long a pause.
# 4 s leaves one for the connect, and 2,000 hosts that knock once every 4 s each are 500 connects a second, which brokers bear.
SOON = 4.0

# Credentials or certificates that were refused: a handshake costs the broker work, and a renewed key should be in use within 10 s.
LATER = 8.0


class Backoff:
    """Delays before the next walk through the pool. They grow by `factor` from `initial` up to a cap, in three rules:

    Below the cap each is multiplied by a random number (full jitter), so that hosts do not come in step.
    No delay is longer than all before it together plus half a second: after a short outage nobody waits long.
    At the cap the first delay is a random part of it, every later one the cap itself. So each host knocks once in every cap, at a
    moment of its own, and a broker that comes back sees an even stream. Random delays here too would bring twice as many in the first
    second.

    random: gives a number from 0 up to 1.
    """

    def __init__(self, random: Callable[[], float], *, initial: float = 0.01, factor: float = 2.0) -> None:
        self._random = random
        self._initial = max(initial, 0.001)
        self._factor = max(factor, 1.5)  # a sequence that does not grow would keep a core busy
        self.reset()

    def reset(self) -> None:
        """Begin again, after a connection that held."""
        self._step = self._initial
        self._has_phase = False
        self._waited = 0.0

    def next(self, cap: float) -> float:
        """Seconds to wait now, at most cap."""
        delay = self._draw(cap)
        self._waited += delay
        return delay

    def _draw(self, cap: float) -> float:
        limit = min(self._step, max(self._initial, 0.5 + self._waited))
        if limit < cap:
            self._step = min(self._step * self._factor, 3600.0)
            return limit * self._random()
        if not self._has_phase:
            self._has_phase = True
            return cap * self._random()
        return cap
