"""A call that starts something on each host and follows it to its end, on all hosts at once or on so many at a time."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ..client.audience import Audience
from ..client.results import RPCResult, RPCStats
from ..client.rpcresults import RPCResults

_MOST_SILENT = 5  # polls without an answer before a host is given up
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0  # seconds between two polls

Ask = Callable[[Sequence[str]], RPCResults]
Poll = Callable[[str, Sequence[str]], Iterable[RPCResult]]


@dataclass(frozen=True, slots=True)
class Following:
    """What is started, and how its end is known.

    start: starts it on hosts. key: what a host that started it gave it as a name. poll: asks hosts about what has this name.
    judge: the result that counts, once it is over; None before that. is_put_off: whether a start that failed may be tried again.
    """

    start: Ask
    key: Callable[[RPCResult], str]
    poll: Poll
    judge: Callable[[RPCResult], RPCResult | None]
    is_put_off: Callable[[RPCResult], bool] = lambda result: False


class FollowedResults(RPCResults):
    """One result a host, when what was started there is over; to be shown as any other call's.

    at_once: on how many hosts it may run at a time, None for all. max_fail: how many hosts may fail before no more are started, None
    for any number; those that run then are followed to their end. limit: seconds that one host may take, and seconds in which a start
    that was put off is tried again. When close() is called nothing more is started, and `unfinished` says where it goes on.
    """

    def __init__(
        self,
        audience: Audience,
        following: Following,
        agent: str,
        action: str,
        *,
        at_once: int | None = None,
        max_fail: int | None = None,
        limit: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._audience, self._following, self._agent, self._asked = audience, following, agent, action
        self._at_once, self._max_fail, self._limit = at_once or max(1, len(audience.nodes)), max_fail, limit
        self._monotonic, self._sleep = monotonic, sleep
        self.request_id = ""  # that of the first start
        self.ok: list[str] = []
        self.failed: list[str] = []
        self._queue, self._ready = deque(audience.nodes), deque[RPCResult]()
        self._running: dict[str, tuple[str, float]] = {}  # host -> its name for it, and when it was started
        self._put_off: dict[str, float] = {}  # host -> when it was put off first
        self._misses: dict[str, int] = {}
        self._silent: list[str] = []
        self._denied = 0
        self._pause = _FIRST_PAUSE
        self._wall, self._began, self._ended = time.time(), monotonic(), 0.0
        self._is_closed = False

    def __next__(self) -> RPCResult:
        while not self._ready:
            if self._is_closed or not (self._running or (self._queue and not self.has_stopped)):
                self._ended = self._ended or self._monotonic()
                raise StopIteration
            self._turn()
        result = self._ready.popleft()
        (self.ok if result.is_ok else self.failed).append(result.sender)
        self._denied += result.refusal == "denied"
        return result

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._agent} {self._asked}: {len(self._running)} running, {len(self._queue)} waiting>"

    def close(self) -> None:
        """Start nothing more, wait for nothing more."""
        self._is_closed = True
        self._ended = self._ended or self._monotonic()

    @property
    def has_stopped(self) -> bool:
        """Whether too many failed for any more to be started."""
        bad = len(self.failed) + len(self._silent) + sum(not result.is_ok for result in self._ready)
        return self._max_fail is not None and bad > self._max_fail

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Hosts where it was started and not seen to end."""
        return tuple(sorted(self._running))

    @property
    def not_started(self) -> tuple[str, ...]:
        """Hosts whose turn never came."""
        return tuple(self._queue)

    @property
    def stats(self) -> RPCStats:
        """See RPCResults."""
        before = self._audience.before.of_call(self.request_id, self._agent, self._asked, self._wall)
        return replace(
            before,
            responses=len(self.ok) + len(self.failed),
            ok=len(self.ok),
            failed=len(self.failed),
            denied=self._denied,
            no_response=tuple(sorted((*self._silent, *(self._running if self._is_closed else ())))),
            not_asked=self.not_started,
            agent_time=(self._ended or self._monotonic()) - self._began,
        )

    @property
    def summaries(self) -> list:  # type: ignore[type-arg]  # of none: what a DDL summarizes are the outputs of its own actions
        return []

    # --- one turn -------------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        room = self._at_once - len(self._running)
        if room > 0 and self._queue and not self.has_stopped:
            started = self._start([self._queue.popleft() for _ in range(min(room, len(self._queue)))])
            if started:
                self._pause = _FIRST_PAUSE
        if self._ready or not (self._running or self._queue):
            return
        self._sleep(self._pause)
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)
        self._poll()

    def _start(self, hosts: Sequence[str]) -> int:
        waiting, started = set(hosts), 0
        try:
            results = self._following.start(hosts)
            self.request_id = self.request_id or results.request_id
            for result in results:
                if result.sender not in waiting:
                    continue
                waiting.discard(result.sender)
                if result.is_ok:
                    self._running[result.sender] = (self._following.key(result), self._monotonic())
                    self._misses.pop(result.sender, None)
                    started += 1
                elif self._following.is_put_off(result) and self._may_be_put_off(result.sender):
                    self._queue.append(result.sender)
                else:
                    self._ready.append(result)
        except KeyboardInterrupt:
            self._silent += sorted(waiting)  # it may have been started there
            raise
        self._silent += sorted(waiting)
        return started

    def _poll(self) -> None:
        by_key: dict[str, list[str]] = {}
        for host, (key, _) in self._running.items():
            by_key.setdefault(key, []).append(host)
        for key, hosts in by_key.items():
            waiting = set(hosts)
            for result in self._following.poll(key, hosts):
                if result.sender not in waiting:
                    continue
                waiting.discard(result.sender)
                if result.statuscode == 5 or result.refusal in ("busy",):  # it is there, and cannot say at present
                    self._give_up(result.sender, "it cannot say what became of it: " + result.statusmsg)
                    continue
                self._misses.pop(result.sender, None)
                if (judged := self._following.judge(result)) is not None:
                    del self._running[result.sender]
                    self._ready.append(judged)
                    self._pause = _FIRST_PAUSE
                elif self._monotonic() - self._running[result.sender][1] > self._limit:
                    self._fail(result.sender, f"has not ended within {self._limit:g} s: it may go on")
            for host in waiting:
                self._give_up(host, "no answer since it was started: it may go on")

    def _may_be_put_off(self, host: str) -> bool:
        now = self._monotonic()
        return now - self._put_off.setdefault(host, now) < self._limit

    def _may_go_on(self, host: str) -> bool:
        self._misses[host] = self._misses.get(host, 0) + 1
        return self._misses[host] < _MOST_SILENT

    def _give_up(self, host: str, why: str) -> None:
        if not self._may_go_on(host):
            self._fail(host, why)

    def _fail(self, host: str, why: str) -> None:
        del self._running[host]
        self._ready.append(RPCResult(host, self._agent, self._asked, 1, why, {}))
