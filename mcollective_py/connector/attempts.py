"""Why brokers did not take us: kept for whoever asks, and logged without flooding the log."""

import logging
from collections.abc import Callable, Sequence

from .pool import Broker

logger = logging.getLogger(__name__)

_SAY_AGAIN = 60.0  # s between log lines about the same trouble


class Attempts:
    """The last reason of each broker of a pool. clock: monotonic seconds."""

    def __init__(self, pool: Sequence[Broker], clock: Callable[[], float]) -> None:
        self._pool, self._clock = tuple(pool), clock
        self._reasons: dict[str, str] = {}
        self._said: dict[str, tuple[str, float]] = {}

    def note(self, broker: Broker, reason: str, *, is_quiet: bool = False) -> None:
        """Keep a reason, and log it: once, then once a minute while it stays the same. is_quiet: keep it only."""
        name, now = str(broker), self._clock()
        self._reasons[name] = reason
        said, when = self._said.get(name, ("", 0.0))
        if not is_quiet and (said != reason or now - when >= _SAY_AGAIN):
            self._said[name] = (reason, now)
            logger.warning("broker %s: %s", name, reason)

    def forget(self) -> None:
        """Begin anew, after a connection."""
        self._reasons.clear()
        self._said.clear()

    def all(self) -> list[tuple[str, str]]:
        """(host:port, reason) of every broker of the pool, as errors.BrokerUnreachable wants them."""
        return [(str(broker), self._reasons.get(str(broker), "not tried, the time was up")) for broker in self._pool]

    def __str__(self) -> str:
        """All reasons on one line; empty without any."""
        return "; ".join(f"{name}: {reason}" for name, reason in self._reasons.items())
