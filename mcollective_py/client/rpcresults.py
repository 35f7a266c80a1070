"""RPCResults: what comes back of one call, asked of all hosts at once or of so many at a time."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..errors import ConnectorError
from .replies import Replies
from .results import RPCResult, RPCStats

if TYPE_CHECKING:
    from .aggregate.summaries import Summaries, Summary
    from .rollout import Reason, Rollout

_AT_ONCE = 0.5  # seconds to learn how far a sending came that was told to end


class RPCResults(Iterator[RPCResult]):
    """The results of one call, as they arrive. The call is made whether or not anybody iterates.

    replies: what they are made of. ok, failed: names of the hosts whose results were taken, in that order. aggregates: what the results
    are fed to, where the action's DDL has any.
    """

    aggregates: "Summaries | None" = None

    def __init__(self, replies: Replies) -> None:
        self.replies, self.request_id, self._action = replies, replies.request_id, replies.action
        self.ok: list[str] = []
        self.failed: list[str] = []

    def __next__(self) -> RPCResult:
        reply = next(self.replies)
        result = RPCResult.from_reply(reply, self.replies.latency(reply.sender), self._action)
        (self.ok if result.is_ok else self.failed).append(result.sender)
        if self.aggregates is not None:
            self.aggregates.add(result)
        return result

    def __repr__(self) -> str:
        stats = self.stats
        return f"<{type(self).__name__} {stats.agent} {stats.action}: {stats.responses} of {len(stats.discovered)} hosts so far>"

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
    somebody iterates; after close() the rest is never asked, and stats says who. An answer that comes after its batch counts, as late.

    rollout: the batches, and when to stop. nodes: at least one. ask: sends to one batch, as a new request or as more of the one whose
    replies are given, for as long as its last argument, told how many hosts are bad so far, says so. pause: seconds between two
    batches. monotonic: seconds.
    """

    def __init__(
        self,
        rollout: "Rollout",
        nodes: Sequence[str],
        ask: Callable[[tuple[str, ...], Replies | None, Callable[[int], bool]], Replies],
        *,
        pause: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._rollout, self._nodes, self._ask, self._pause, self._monotonic = rollout, tuple(nodes), ask, pause, monotonic
        self._waiting = deque(rollout.batches(self._nodes))
        self.batches, self.batch = len(self._waiting), 1  # how many there are to be, and the number of the one asked last
        self._reason: Reason | None = None
        self._is_closed = False
        self._resumes: float | None = None  # when the next batch is to be asked, between two of them
        super().__init__(ask(self._waiting.popleft(), None, partial(self._goes_on, 1)))
        self.replies.has_more = bool(self._waiting)

    def __next__(self) -> RPCResult:
        while True:
            if self._resumes is not None:
                left = self._resumes - self._monotonic()
                if left <= 0:
                    self._ask_next()
                elif not self.replies.pause(left):
                    continue
            try:
                return super().__next__()
            except StopIteration:
                if self.replies.is_over:
                    raise
                self._batch_is_over()

    def close(self) -> None:
        """Ask no further batch and nobody else of this one, and stop waiting."""
        self._is_closed, self._resumes = True, None
        self._waiting.clear()
        with suppress(ConnectorError):
            self.replies.wait_published(_AT_ONCE)
        super().close()

    @property
    def stats(self) -> RPCStats:
        """Numbers and names up to now; final once the iteration has ended."""
        stats, asked = self.replies.stats, self.replies.collector.expected or {}
        withheld = set(stats.not_asked)
        left = tuple(name for name in self._nodes if name not in asked or name in withheld)
        stats = replace(stats, discovered=self._nodes, not_asked=left)
        reason = self._reason
        if reason is None and self.replies.is_over and not self._is_closed:  # the last batch may have been too much, too
            bad = stats.failed + len(stats.no_response) + len(stats.not_sent)
            reason = self._rollout.verdict(self.batch, len(self._nodes), bad)
        if reason is None:
            return stats
        from .rollout import Stopped

        stopped = Stopped(
            batch=self.batch,
            batches=self.batches,
            reason=reason,
            limit=self._rollout.max_fail if reason == "max_fail" else None,
            asked=len(self._nodes) - len(left),
            failed=stats.failed,
            denied=stats.denied,
            silent=len(stats.no_response) + len(stats.not_sent),
            not_asked=len(left),
            is_within=bool(withheld),
        )
        return replace(stats, stopped=stopped)

    def _goes_on(self, batch: int, bad: int) -> bool:
        """Whether anybody else of a batch is to be sent to; asked by the thread that sends it."""
        self._reason = self._reason or self._rollout.verdict(batch, len(self._nodes), bad)
        return self._reason is None and not self._is_closed

    def _batch_is_over(self) -> None:
        if self._goes_on(self.batch, self.replies.bad):
            self._resumes = self._monotonic() + self._pause
        else:
            self._waiting.clear()
            self.replies.has_more = False

    def _ask_next(self) -> None:
        self._resumes = None
        self.batch += 1
        nodes = self._waiting.popleft()
        self.replies.has_more = bool(self._waiting)
        self._ask(nodes, self.replies, partial(self._goes_on, self.batch))
