"""RPCResults: what comes back of one call, asked of all hosts at once or of so many at a time."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from .batches import merged
from .replies import Replies
from .results import RPCResult, RPCStats

if TYPE_CHECKING:
    from .aggregate.summaries import Summaries, Summary


class RPCResults(Iterator[RPCResult]):
    """The results of one call, as they arrive. The call is made whether or not anybody iterates.

    replies: what they are made of; of a call in batches, those of the present batch. aggregates: what the results are fed to, where the
    action's DDL has any.
    """

    aggregates: "Summaries | None" = None

    def __init__(self, replies: Replies) -> None:
        self.replies, self.request_id, self._action = replies, replies.request_id, replies.stats.action

    def __next__(self) -> RPCResult:
        reply = next(self.replies)
        result = RPCResult.from_reply(reply, self.replies.latency(reply.sender), self._action)
        if self.aggregates is not None:
            self.aggregates.add(result)
        return result

    def close(self) -> None:
        """Stop waiting for more."""
        self.replies.close()

    @property
    def stats(self) -> RPCStats:
        """Numbers and names up to now; final once the iteration has ended."""
        return self.replies.stats

    @property
    def summaries(self) -> "list[Summary]":
        """The summaries that the action's DDL asks for, of the results that were taken in up to now."""
        return [] if self.aggregates is None else self.aggregates.finished()


class BatchedResults(RPCResults):
    """The results batch by batch. A batch is sent when the one before it is over and taken in, so the call goes on only as long as
    somebody iterates; after close() the rest is never asked, and stats says who.

    batches: the hosts of each, at least one. ask: sends to one batch. before: what is known of the whole call. pause: waits between two
    batches. monotonic: seconds.
    """

    def __init__(
        self,
        batches: Sequence[tuple[str, ...]],
        ask: Callable[[tuple[str, ...]], Replies],
        before: RPCStats,
        *,
        pause: Callable[[], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._waiting, self._ask, self._before = deque(batches), ask, before
        self._pause, self._monotonic = pause, monotonic
        self._over: list[RPCStats] = []
        self._started = monotonic()
        self._ended: float | None = None
        self._is_asking = True  # False between two batches
        super().__init__(ask(self._waiting.popleft()))

    def __next__(self) -> RPCResult:
        while self._ended is None:
            try:
                return super().__next__()
            except StopIteration:
                self._batch_is_over()
                if not self._waiting:
                    self._ended = self._monotonic()
                    break
                self._pause()
                self.replies, self._is_asking = self._ask(self._waiting.popleft()), True
        raise StopIteration

    def close(self) -> None:
        """Ask no further batch, and stop waiting for this one."""
        self._waiting.clear()
        super().close()
        self._batch_is_over()
        if self._ended is None:
            self._ended = self._monotonic()

    @property
    def stats(self) -> RPCStats:
        """Numbers and names up to now; final once the iteration has ended."""
        now = self._monotonic() if self._ended is None else self._ended
        running = [self.replies.stats] if self._is_asking else []
        return merged(self._before, [*self._over, *running], now - self._started)

    def _batch_is_over(self) -> None:
        if self._is_asking:
            self._is_asking = False
            self._over.append(self.replies.stats)
