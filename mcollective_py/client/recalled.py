"""RecalledResults: of a call that went out to all whom its filter means, with no discovery before it, since hosts are known for it."""

from collections.abc import Callable
from dataclasses import replace

from .replies import Replies
from .results import RPCResult, RPCStats
from .rpcresults import RPCResults

# Seconds in which nothing came; then whoever is missing is asked whether they are there. Hosts that share a machine answer all at
# once and late, so the first answer has longer than those after it: a discovery that is not needed doubles everybody's work.
FIRST, NEXT = 0.5, 0.25


class RecalledResults(RPCResults):
    """The results as they arrive. Over as soon as all known hosts have answered, and a moment later.

    Where some are silent, a discovery runs beside the call: who does not answer that either is not waited for any longer, and who is
    found by it is. replies: with the known hosts. discover: asks who is there. monotonic: seconds, the clock of replies.
    """

    def __init__(self, replies: Replies, discover: Callable[[], Replies], monotonic: Callable[[], float]) -> None:
        super().__init__(replies)
        self._discover, self._monotonic = discover, monotonic
        self._known = frozenset(replies.collector.known)
        self._discovery: Replies | None = None
        self._found: frozenset[str] | None = None  # what the discovery found

    def __next__(self) -> RPCResult:
        collector = self.replies.collector
        while self._found is None and not self.replies.is_over and not self.replies.is_ready and collector.due:
            if self._discovery is None:
                if (left := collector.last + (NEXT if collector.answered else FIRST) - self._monotonic()) > 0:
                    self.replies.pause(left)
                else:
                    self._discovery = self._discover()
            elif (left := self._discovery.left) > 0:
                self.replies.pause(left)
            else:
                self._end_discovery(self._discovery)
        return super().__next__()

    def close(self) -> None:
        """Stop waiting for more."""
        if self._discovery is not None:
            self._discovery.close()
        super().close()

    @property
    def stats(self) -> RPCStats:
        """Numbers and names up to now; final once the iteration has ended. Discovered is who answered, or was there."""
        stats, answered = self.replies.stats, set(self.replies.collector.answered)
        there = self._known if self._found is None else self._found
        before = RPCStats() if self._discovery is None else self._discovery.stats
        return replace(
            stats,
            discovered=tuple(sorted(there | answered)),
            no_response=tuple(sorted(there - answered)),
            unexpected=(),
            silent_known=() if self._found is None else tuple(sorted(self._known - self._found - answered)),
            unverified=stats.unverified + before.unverified,
        )

    def _end_discovery(self, discovery: Replies) -> None:
        for _ in discovery:
            pass  # it is over: what it taught is kept
        self._found = frozenset(discovery.collector.answered)
        self.replies.collector.know(self._found)
