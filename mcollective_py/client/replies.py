"""Replies: one request on its way and the answers to it, as they come."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import inf

from ..errors import ConnectorClosed, ConnectorError, NotSigned
from ..message import Reply
from .collector import Collector, Verdict
from .publisher import Left
from .results import RPCStats

logger = logging.getLogger(__name__)

# Longest wait while the request is still being published: the window starts, or an error shows, at most this much late.
_WHILE_PUBLISHING = 0.1
_MOST_WAITING = 10_000  # messages taken in after the window, of those that came within it: as many as a connector holds


class Replies(Iterator[Reply]):
    """Verified replies, each node's once, in the order of arrival. The request is sent whether or not anybody iterates.

    pump: waits up to that many seconds for one message from the broker and hands it to whose it is; False where none came. stats: what
    is known before the first reply. at_end: called once when it is over, with True where it ran to its own end.
    """

    def __init__(
        self,
        collector: Collector,
        stats: RPCStats,
        *,
        pump: Callable[[float], object],
        monotonic: Callable[[], float],
        at_end: Callable[["Replies", bool], None] = lambda replies, complete: None,
    ) -> None:
        self.collector, self.request_id, self.action = collector, stats.request_id, stats.action
        self._stats, self._pump, self._monotonic, self._at_end = stats, pump, monotonic, at_end
        self._ready: deque[Reply] = deque()
        self._ok = self._failed = self._denied = 0
        self._ended: float | None = None
        self._publisher: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._waiting = _MOST_WAITING
        self.is_complete = False
        self.has_more = False  # more nodes are to be asked: the end of an iteration is that of a batch
        self.silent_known: tuple[str, ...] = ()
        self.age: float | None = None  # of what early ends rest on
        self.is_meant: Callable[[str], bool] | None = None  # by name, where who asks decides it; all are, where it is None
        self.passed_over: set[str] = set()  # who answered and is not meant

    def publish(self, publish: Callable[[], Left | None]) -> None:
        """Run publish in a thread of its own, so that replies are taken in while a long list of nodes is still being sent to."""

        def run() -> None:
            left = Left()
            try:
                left = publish() or Left()
            except Exception as error:  # noqa: BLE001  a fault of ours, too: untold, the wait would never end
                self._failure = error
            self.collector.published(self._monotonic(), left.names, is_stopped=left.is_stopped)

        self._publisher = threading.Thread(target=run, name=f"publish-{self.request_id[:8]}", daemon=True)
        self._publisher.start()

    def __next__(self) -> Reply:
        while not self._ready:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                self.close()
                raise failure
            if self._ended is not None:
                raise StopIteration
            left = self.collector.remaining(self._monotonic())
            if left > 0:
                self._pump(_WHILE_PUBLISHING if left == inf else left)
            elif not self._takes_in_another():
                self._window_is_over()
        return self._ready.popleft()

    def go_on(self, nodes: Iterable[str]) -> None:
        """Ask more nodes: the iteration goes on until theirs is over, too."""
        self._waiting = _MOST_WAITING
        self.collector.go_on(nodes, self._monotonic())

    def pause(self, seconds: float) -> bool:
        """Wait for a late reply between two batches, up to that many seconds; True where one is there for the iteration."""
        if not self._ready and self._ended is None:
            self._pump(seconds)
        return bool(self._ready)

    @property
    def is_ready(self) -> bool:
        """True where the iteration goes on without waiting, or is about to fail."""
        return bool(self._ready) or self._failure is not None

    @property
    def left(self) -> float:
        """Seconds that are still worth waiting, at most as long as somebody would look at a request that is still being sent."""
        left = self.collector.remaining(self._monotonic())
        return 0.0 if self._ended is not None or self._failure is not None else min(left, _WHILE_PUBLISHING) if left == inf else left

    @property
    def is_over(self) -> bool:
        """True where nothing more is waited for, and nobody else asked."""
        return self._ended is not None

    @property
    def bad(self) -> int:
        """How many failed, or were silent in a batch that is over."""
        return self._failed + self.collector.overdue

    def _takes_in_another(self) -> bool:
        """Whether a message that came within the window was still to be taken in: whoever iterates may have been slow."""
        self._waiting -= 1
        return self._waiting >= 0 and self.collector.may_have_come and bool(self._pump(0.0))

    def _window_is_over(self) -> None:
        if not self.has_more:
            self._end(complete=True)
            return
        self.collector.batch_over()
        raise StopIteration

    def deliver(self, reply: Reply) -> None:
        """Take one verified reply that names this request."""
        if self.is_meant is not None and not self.is_meant(reply.sender):
            self.passed_over.add(reply.sender)
            return
        verdict, whole = self.collector.accept(reply, self._monotonic())
        if verdict is Verdict.UNVERIFIED:
            logger.info("%s a reply of %s was dropped: it answers another request", self.request_id, reply.sender)
        if whole is None:
            return
        if whole.statuscode == 0 and whole.refusal is None:
            self._ok += 1
        else:
            self._failed += 1
            self._denied += whole.refusal == "denied"
        self._ready.append(whole)
        logger.debug("%s %s answered", self.request_id, whole.sender)

    def reject(self, reason: NotSigned) -> None:
        """Count a reply that could not be verified."""
        self.collector.reject()
        logger.info("%s a reply was dropped: %s", self.request_id, reason)

    def latency(self, sender: str) -> float:
        """Seconds from being asked to this node's answer."""
        return self.collector.answered[sender]

    def close(self, *, lost: bool = False) -> None:
        """Stop waiting; what has come so far stays in the stats. lost: whoever goes on iterating is told that more could have come."""
        if lost and self._ended is None and self._failure is None:
            self._failure = ConnectorClosed("the client was closed before all answers were taken: iterate inside its with block")
        self._end(complete=False)

    def wait_published(self, timeout: float) -> None:
        """Wait until all of the request is handed over, or timeout seconds; raises what publishing raised."""
        if self._publisher is not None:
            self._publisher.join(timeout)
            if self._publisher.is_alive():
                raise ConnectorError(f"request {self.request_id} could not be handed to the broker within {timeout:g} s")
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _end(self, *, complete: bool) -> None:
        if self._ended is None:
            self._ended = self._monotonic()
            self.is_complete = complete
            self._at_end(self, complete)

    @property
    def ended(self) -> str:
        """How the wait ended: see Discovered; empty while it lasts."""
        if self._ended is None:
            return ""
        return self.collector.ended if self.is_complete else "interrupted"

    @property
    def stats(self) -> RPCStats:
        """Numbers and names up to now; final once the iteration has ended."""
        collector = self.collector
        ended = self._monotonic() if self._ended is None else self._ended
        return replace(
            self._stats,
            responses=len(collector.answered),
            ok=self._ok,
            failed=self._failed,
            denied=self._denied,
            no_response=collector.silent if collector.expected is not None else (),
            late=tuple(sorted(collector.late)),
            not_asked=tuple(sorted(collector.withheld)),
            not_sent=tuple(sorted(collector.unsent)),
            unexpected=tuple(sorted(collector.unexpected)),
            unverified=self._stats.unverified + collector.unverified,
            duplicates=sum(collector.duplicates.values()),
            silent_known=self._stats.silent_known or self.silent_known,
            discovery_ended=self._stats.discovery_ended or self.ended,
            discovery_age=self.age if self._stats.discovery_age is None else self._stats.discovery_age,
            agent_time=ended - collector.started,
        )
