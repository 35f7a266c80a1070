"""What the log says of those who are refused and cut off: enough to act on, too little for a flood to fill the disk."""

import logging
import time
from collections import Counter
from collections.abc import Callable

logger = logging.getLogger(__name__)

_MOST = 20
_PERIOD_S = 10.0


class Refusals:
    """WARNING lines, at most 20 of a kind in 10 seconds; how many more there were is one line afterwards.

    clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._said: Counter[str] = Counter()

    def warn(self, kind: str, text: str) -> None:
        """kind: what they have in common, such as `login`. text: fit for one line."""
        if self._clock() - self._since >= _PERIOD_S:
            self.tell_rest()
        self._said[kind] += 1
        if self._said[kind] <= _MOST:
            logger.warning("%s", text)

    def tell_rest(self) -> None:
        """Say how many lines were left out, once their period is over; for every few seconds, and for the end."""
        for kind, count in self._said.items():
            if count > _MOST:
                logger.warning("%s: %d more like these in %.0f s", kind, count - _MOST, self._clock() - self._since)
        self._said.clear()
        self._since = self._clock()

    def sweep(self) -> None:
        """As `tell_rest`, where the period is over."""
        if self._clock() - self._since >= _PERIOD_S:
            self.tell_rest()
