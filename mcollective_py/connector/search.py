"""The walk through the pool until a broker takes us, the pauses between two rounds, and when to give up."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from ..errors import BrokerUnreachable, KeyFileError
from .attempts import Attempts
from .backoff import LATER, SOON, Backoff
from .link import Link
from .pool import Broker, Options
from .stream import AttemptFailed

_NEXT_PLEASE = 5.0  # s that one broker may take to answer when another of the pool waits
_STEADY = 5.0  # s after which a connection counts as one that holds


class Search:
    """Looks for a broker, in the connector's own thread. A daemon's never gives up, a client's at its deadline or for a lasting reason.

    changed: the connector's lock, which guards this too; it is notified when the search has failed and ends a pause when is_closing
    holds. open_link: a logged-in connection to a broker within a time (seconds), or AttemptFailed. random: the source of jitter.
    failure: why it gave up, None while it has not.
    """

    def __init__(
        self,
        pool: Sequence[Broker],
        options: Options,
        *,
        is_daemon: bool,
        random: Callable[[], float],
        changed: threading.Condition,
        is_closing: Callable[[], bool],
        open_link: Callable[[Broker, float], Link],
    ) -> None:
        self.pool = tuple(pool)
        self.failure: BrokerUnreachable | None = None
        self._options, self._is_daemon, self._changed = options, is_daemon, changed
        self._is_closing, self._open_link = is_closing, open_link
        self._backoff = Backoff(random, initial=options.initial_delay, factor=options.back_off)
        # A client's error names every attempt: told as they fail, it would all be said twice.
        self._attempts = Attempts(self.pool, time.monotonic, logging.WARNING if is_daemon else logging.INFO)
        self._patience: float | None = None  # what connect was given
        self._deadline: float | None = None  # monotonic; None for ever
        self._first = 0  # the broker to begin with
        self._tried = 0  # attempts since there was a broker

    @property
    def trouble(self) -> str:
        """Why there is no broker, on one line."""
        return str(self._attempts) or "connect was not called"

    def set_patience(self, seconds: float | None) -> None:
        """How long somebody waits for a broker, now and after each loss; None for ever."""
        self._patience = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def begin(self) -> None:
        """Forget that it gave up."""
        self.failure = None
        self._tried = 0

    def unreachable(self, timeout: float | None) -> BrokerUnreachable:
        """The error that names every broker and why it did not take us."""
        return BrokerUnreachable(self._attempts.all(), timeout)

    def find(self) -> Link | None:
        """Walk the pool, pausing after each round, until a broker takes us; None when closing or after giving up."""
        while True:
            is_lasting = True
            count = len(self.pool)
            for place in range(count):
                broker = self.pool[(self._first + place) % count]
                timeout = self._timeout(count - place)
                if self._is_closing() or timeout <= 0 or self._is_tired():
                    break
                self._tried += 1
                try:
                    return self._open_link(broker, timeout)
                except AttemptFailed as failed:
                    is_lasting = is_lasting and failed.lasting
                    self._note(broker, failed.reason)
                except KeyFileError as error:
                    self._note(broker, str(error))
            self._first = 0
            if self._gives_up(is_lasting):
                return None
            self._pause(LATER if is_lasting else SOON)

    def found(self) -> None:
        """There is a broker: what was before does not count any more."""
        self._deadline = None
        self._tried = 0
        self._attempts.forget()

    def lose(self, broker: Broker, reason: str, lived: float) -> None:
        """Prepare the way back, and take the first pause. lived: seconds that the connection held."""
        self._note(broker, f"connection lost after {lived:.1f} s: {reason}", logging.WARNING)
        if lived >= _STEADY:
            self._backoff.reset()
        if not self._is_daemon and self._patience is not None:
            self._deadline = time.monotonic() + self._patience
        # One that went silent would take a connect and say nothing; its neighbour is the better first guess.
        is_silent = reason.startswith(("silent", "it took no data"))
        self._first = (self.pool.index(broker) + 1) % len(self.pool) if is_silent else 0
        self._pause(SOON)

    def _timeout(self, left: int) -> float:
        """Seconds for the next broker; left: how many of this round there are, it included."""
        timeout = self._options.connect_timeout if len(self.pool) == 1 else min(self._options.connect_timeout, _NEXT_PLEASE)
        return timeout if self._deadline is None else min(timeout, (self._deadline - time.monotonic()) / left)

    def _gives_up(self, is_lasting: bool) -> bool:
        with self._changed:
            if self._is_closing():
                return True
            is_late = self._deadline is not None and time.monotonic() >= self._deadline
            # A client does not wait for a password to become right.
            if not is_late and (self._is_daemon or not (is_lasting or self._is_tired())):
                return False
            self.failure = self.unreachable(self._patience if is_late else None)
            self._changed.notify_all()
            return True

    def _is_tired(self) -> bool:
        return not self._is_daemon and 0 < self._options.most_attempts <= self._tried

    def _pause(self, cap: float) -> None:
        delay = self._backoff.next(min(cap, self._options.longest_delay))
        with self._changed:
            if self._deadline is not None:
                delay = min(delay, self._deadline - time.monotonic())
            self._changed.wait_for(self._is_closing, max(delay, 0))

    def _note(self, broker: Broker, reason: str, level: int | None = None) -> None:
        self._attempts.note(broker, reason, level, is_quiet=self._is_closing())
