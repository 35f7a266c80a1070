"""Replies: one request on its way and the answers to it, as they come."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf

from ..errors import ConnectorError, NotSigned
from ..message import Reply
from .collector import Collector, Verdict
from .results import RPCStats

logger = logging.getLogger(__name__)

# Longest wait while the request is still being published: the window starts, or an error shows, at most this much late.
_WHILE_PUBLISHING = 0.1


class Replies(Iterator[Reply]):
    """Verified replies, each node's once, in the order of arrival. The request is sent whether or not anybody iterates.

    pump: waits up to that many seconds for one message from the broker and hands it to whose it is. stats: what is known
    before the first reply. at_end: called once when it is over, with True where it ran to its own end.
    """

    def __init__(
        self,
        collector: Collector,
        stats: RPCStats,
        *,
        pump: Callable[[float], None],
        monotonic: Callable[[], float],
        at_end: Callable[["Replies", bool], None] = lambda replies, complete: None,
    ) -> None:
        self.collector, self.request_id = collector, stats.request_id
        self._stats, self._pump, self._monotonic, self._at_end = stats, pump, monotonic, at_end
        self._ready: deque[Reply] = deque()
        self._ok = self._failed = self._denied = 0
        self._ended: float | None = None
        self._publisher: threading.Thread | None = None
        self._failure: BaseException | None = None
        self.is_complete = False
        self.silent_known: tuple[str, ...] = ()
        self.age: float | None = None  # of what early ends rest on

    def publish(self, publish: Callable[[], None]) -> None:
        """Run publish in a thread of its own, so that replies are taken in while a long list of nodes is still being sent to."""

        def run() -> None:
            try:
                publish()
            except Exception as error:  # noqa: BLE001  a fault of ours, too: untold, the wait would never end
                self._failure = error
            self.collector.published(self._monotonic())

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
            if left <= 0:
                self._end(complete=True)
            else:
                self._pump(_WHILE_PUBLISHING if left == inf else left)
        return self._ready.popleft()

    def deliver(self, reply: Reply) -> None:
        """Take one verified reply that names this request."""
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
        """Seconds from the start to this node's answer."""
        return self.collector.answered[sender]

    def close(self) -> None:
        """Stop waiting; what has come so far stays in the stats."""
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
            unexpected=tuple(sorted(collector.unexpected)),
            unverified=self._stats.unverified + collector.unverified,
            duplicates=sum(collector.duplicates.values()),
            silent_known=self._stats.silent_known or self.silent_known,
            discovery_ended=self._stats.discovery_ended or self.ended,
            discovery_age=self.age if self._stats.discovery_age is None else self._stats.discovery_age,
            agent_time=ended - collector.started,
        )
