"""Recollection: what earlier discoveries tell of one question, whether that is enough to end the next, and what that one teaches."""

from collections.abc import Callable

from .discovery import mc
from .known import Knowledge, KnownHosts
from .replies import Replies
from .whom import Whom


class Recollection:
    """Of who is meant in a collective. known: where it is kept, None to keep nothing.

    interval: seconds for which a whole window is fresh. clock: seconds since the epoch.
    """

    def __init__(self, known: KnownHosts | None, collective: str, meant: Whom, interval: float, clock: Callable[[], float]) -> None:
        self._known, self._collective, self._interval, self._clock = known, collective, interval, clock
        self._filter, self._is_meant = meant.wire, meant.judge()
        self._knowledge = known.load(collective, mc.AGENT, self._filter) if known else Knowledge()

    @property
    def is_empty(self) -> bool:
        """Whether no host is known."""
        return not self._knowledge.hosts

    @property
    def age(self) -> float | None:
        """Seconds since the last whole window; None where there was none."""
        return self._knowledge.age(self._clock())

    def enough(self, window: float) -> frozenset[str] | None:
        """Whose answers end a discovery that would else take window seconds; None where all of it is due."""
        found = self._knowledge.expected(self._clock(), self._interval, window)
        return None if found is None else frozenset(name for name in found if self._is_meant(name))

    def learn(self, replies: Replies, complete: bool, *, window: float) -> None:
        """Tell replies that have ended how old the knowledge is and who of it was silent, and keep what a complete discovery taught.

        window: the seconds that it had.
        """
        collector, hosts = replies.collector, set(self._knowledge.hosts)
        if replies.ended == "known":
            replies.age = self.age
        heard = {*collector.answered, *(replies.passed_over & hosts)}
        replies.silent_known = tuple(sorted(name for name in hosts - heard if self._is_meant(name)))
        if complete and self._known:
            learned = self._knowledge.learned(
                heard,
                was_full=collector.was_full_window,
                now=self._clock(),
                window=window,
                interval=self._interval,
                can_change=not self._filter.is_empty,
            )
            self._known.save(self._collective, mc.AGENT, self._filter, learned)
