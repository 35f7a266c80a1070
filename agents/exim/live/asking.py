"""The asking of the fleet in a thread of its own: questions go in, what hosts say comes out; the view never waits."""

import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from mcollective_py.client.audience import Audience
from mcollective_py.client.results import RPCResult
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.client.rpcresults import RPCResults
from mcollective_py.errors import ConnectorError, MCollectiveError

_TURN = 0.05  # seconds that a new question waits at most while others are open
_PAUSES = (1.0, 2.0, 5.0, 10.0)  # seconds between attempts to get back to a broker


@dataclass(frozen=True, slots=True)
class Question:
    """number: by which its answers are known. hosts: who is asked. timeout: seconds, None for the action's own."""

    number: int
    action: str
    inputs: Mapping[str, Any]
    hosts: tuple[str, ...]
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A host answered."""

    number: int
    result: RPCResult


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more comes. silent: who was asked and said nothing. reason: why it could not be asked to the end."""

    number: int
    silent: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Who was discovered."""

    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The broker went away; it is looked for."""

    reason: str


@dataclass(frozen=True, slots=True)
class Back:
    """It is there again."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The thread is over for a fault of ours."""

    fault: Exception


Event = Answer | End | Found | Lost | Back | Broken


class Fleet(Protocol):
    """Whom the view asks. Calls return at once; events are told later, from any thread."""

    def ask(self, question: Question) -> None:
        """Ask it."""

    def drop(self, number: int) -> None:
        """Nobody waits for its answers any more."""

    def look(self) -> None:
        """Discover who is there."""


@dataclass(slots=True)
class _Open:
    question: Question
    meant: frozenset[str]
    calls: list[RPCResults]

    def close(self) -> None:
        for call in self.calls:
            call.close()


@dataclass(frozen=True, slots=True)
class _Drop:
    number: int


@dataclass(frozen=True, slots=True)
class _Look:
    pass


@dataclass(frozen=True, slots=True)
class _Stop:
    pass


class Asking(threading.Thread):
    """The fleet behind a client, which belongs to this thread once it is started.

    rpc: connected. reopen: another client of the same kind, connected. tell: is told every event.
    """

    def __init__(self, rpc: RPCClient, reopen: Callable[[], RPCClient], tell: Callable[[Event], None]) -> None:
        super().__init__(name="exim-top", daemon=True)
        self.rpc, self.reopen, self.tell = rpc, reopen, tell
        self._inbox: queue.SimpleQueue[Question | _Drop | _Look | _Stop] = queue.SimpleQueue()
        self._open: dict[int, _Open] = {}
        self._is_over = False

    def ask(self, question: Question) -> None:
        """See Fleet."""
        self._inbox.put(question)

    def drop(self, number: int) -> None:
        """See Fleet."""
        self._inbox.put(_Drop(number))

    def look(self) -> None:
        """See Fleet."""
        self._inbox.put(_Look())

    def end(self, wait: float) -> None:
        """Stop asking; waits so many seconds for it."""
        self._inbox.put(_Stop())
        self.join(wait)

    def run(self) -> None:
        """The thread."""
        try:
            while not self._is_over:
                try:
                    self._turn()
                except ConnectorError as error:
                    self._return(str(error))
        except Exception as error:  # noqa: BLE001  a fault of ours, too: untold, the view would wait for ever
            self.tell(Broken(error))
        finally:
            for one in self._open.values():
                one.close()

    def _turn(self) -> None:
        """Take in what is wanted, then whatever came."""
        with suppress(queue.Empty):
            self._do(self._inbox.get(block=not self._open))
            while not self._is_over:
                self._do(self._inbox.get_nowait())
        if self._open and not self._is_over:
            # Whoever waits takes in what came for any of them.
            next(iter(self._open.values())).calls[0].replies.pause(_TURN)
            for one in list(self._open.values()):
                self._take(one)

    def _do(self, wanted: Question | _Drop | _Look | _Stop) -> None:
        if isinstance(wanted, _Stop):
            self._is_over = True
        elif isinstance(wanted, _Drop):
            if (one := self._open.pop(wanted.number, None)) is not None:
                one.close()
        elif isinstance(wanted, _Look):
            self._look()
        else:
            self._begin(wanted)

    def _look(self) -> None:
        if self.rpc.limit is not None:
            return  # another part of them would be found
        with suppress(ConnectorError):  # the next question says it
            try:
                self.rpc.reset()
                self.tell(Found(self.rpc.audience.nodes))
            except ConnectorError:
                raise
            except MCollectiveError:
                self.tell(Found(()))  # the source of names cannot be read now: who is known stays known

    def _begin(self, question: Question) -> None:
        rpc, one = self.rpc, _Open(question, frozenset(question.hosts), [])
        try:
            inputs = rpc.checked(question.action, question.inputs)
            usual = rpc.ddl.timeout(question.action) + rpc.discovery_timeout
            for audience in self._audiences(question):
                replies = rpc.client.call(
                    rpc.agent, question.action, inputs, audience, filter=rpc.filter if audience.discovered else None,
                    timeout=usual if question.timeout is None else question.timeout, ttl=rpc.ttl, collective=rpc.collective,
                )  # fmt: skip
                one.calls.append(RPCResults(replies))
        except MCollectiveError as error:
            one.close()
            self.tell(End(question.number, question.hosts, str(error)))
            if isinstance(error, ConnectorError):
                raise
        else:
            self._open[question.number] = one

    def _audiences(self, question: Question) -> list[Audience]:
        """Who is asked together: by the filter where they were discovered, else by name.

        What only reads, and is for most of those that were found, is one request with the filter and not one to each of them.
        Whoever was not found this time is asked by name all the same, so that its silence is seen, and its return.
        """
        found, named = self.rpc.audience, Audience(question.hosts)
        there = frozenset(found.nodes)
        meant = tuple(host for host in question.hosts if host in there)
        few = max(self.rpc.client.config.number("direct_addressing_threshold"), len(there) // 2)
        is_whole = found.discovered is not None and not found.is_part
        if not (is_whole and self.rpc.ddl.actions[question.action].only_reads and len(meant) > few):
            return [named]
        others = tuple(host for host in question.hosts if host not in there)
        return [replace(found, nodes=meant), *([Audience(others)] if others else [])]

    def _take(self, one: _Open) -> None:
        try:
            for call in one.calls:
                while call.replies.is_ready:
                    self._answer(one, next(call))
            if any(call.replies.left > 0 for call in one.calls):
                return
            for call in one.calls:
                for result in call:  # what came in the last moment; nothing is waited for any more
                    self._answer(one, result)
        except ConnectorError:
            raise
        except MCollectiveError as error:
            self._over(one, str(error))
            return
        self._over(one, "")

    def _answer(self, one: _Open, result: RPCResult) -> None:
        if result.sender in one.meant:  # a request with a filter reaches others, too
            self.tell(Answer(one.question.number, result))

    def _over(self, one: _Open, reason: str) -> None:
        self._open.pop(one.question.number, None)
        silent = [name for call in one.calls for name in (*call.stats.no_response, *call.stats.not_sent)]
        self.tell(End(one.question.number, tuple(silent), reason))

    def _return(self, reason: str) -> None:
        """The broker went away: everybody is told, and it is looked for until it is there or nobody wants it any more."""
        self.tell(Lost(reason))
        for one in list(self._open.values()):
            one.close()
            self._over(one, "the broker went away")
        with suppress(ConnectorError):
            self.rpc.close(wait=False)
            self.rpc.client.close(wait=False)
        attempt = 0
        while not self._is_over:
            try:
                self.rpc = self.reopen()
            except ConnectorError as error:
                self.tell(Lost(str(error)))
            else:
                self.tell(Back())
                return
            self._refuse_for(_PAUSES[min(attempt, len(_PAUSES) - 1)])
            attempt += 1

    def _refuse_for(self, seconds: float) -> None:
        """Wait; a question is answered with why it cannot be asked."""
        with suppress(queue.Empty):
            wanted = self._inbox.get(timeout=seconds)
            if isinstance(wanted, Question):
                self.tell(End(wanted.number, wanted.hosts, "there is no broker"))
            elif isinstance(wanted, _Stop):
                self._is_over = True
