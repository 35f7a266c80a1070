"""The asking of the fleet in a thread of its own: questions go in, what hosts say comes out; the view never waits."""

import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
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
    """number: by which its answers are known. hosts: who is asked, None for all. timeout: seconds, None for the action's own."""

    number: int
    action: str
    inputs: Mapping[str, Any]
    hosts: tuple[str, ...] | None = None
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
    results: RPCResults


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
                one.results.close()

    def _turn(self) -> None:
        """Take in what is wanted, then whatever came."""
        with suppress(queue.Empty):
            self._do(self._inbox.get(block=not self._open))
            while not self._is_over:
                self._do(self._inbox.get_nowait())
        if self._open and not self._is_over:
            # Whoever waits takes in what came for any of them.
            next(iter(self._open.values())).results.replies.pause(_TURN)
            for one in list(self._open.values()):
                self._take(one)

    def _do(self, wanted: Question | _Drop | _Look | _Stop) -> None:
        if isinstance(wanted, _Stop):
            self._is_over = True
        elif isinstance(wanted, _Drop):
            if (one := self._open.pop(wanted.number, None)) is not None:
                one.results.close()
        elif isinstance(wanted, _Look):
            self._look()
        else:
            self._begin(wanted)

    def _look(self) -> None:
        with suppress(ConnectorError):  # the next question says it
            try:
                self.rpc.reset()
                self.tell(Found(self.rpc.audience.nodes))
            except ConnectorError:
                raise
            except MCollectiveError:
                self.tell(Found(()))  # the source of names cannot be read now: who is known stays known

    def _begin(self, question: Question) -> None:
        rpc = self.rpc
        try:
            audience = rpc.audience if question.hosts is None else Audience(question.hosts)
            inputs = rpc.checked(question.action, question.inputs)
            usual = rpc.ddl.timeout(question.action) + rpc.discovery_timeout
            replies = rpc.client.call(
                rpc.agent, question.action, inputs, audience, filter=rpc.filter if question.hosts is None else None,
                timeout=usual if question.timeout is None else question.timeout, ttl=rpc.ttl, collective=rpc.collective,
            )  # fmt: skip
        except ConnectorError as error:
            self.tell(End(question.number, question.hosts or (), str(error)))
            raise
        except MCollectiveError as error:
            self.tell(End(question.number, question.hosts or (), str(error)))
            return
        self._open[question.number] = _Open(question, RPCResults(replies))

    def _take(self, one: _Open) -> None:
        number, replies = one.question.number, one.results.replies
        try:
            while replies.is_ready:
                self.tell(Answer(number, next(one.results)))
            if replies.left > 0:
                return
            for result in one.results:  # what came in the last moment; nothing is waited for any more
                self.tell(Answer(number, result))
        except ConnectorError:
            raise
        except MCollectiveError as error:
            self._over(one, str(error))
            return
        self._over(one, "")

    def _over(self, one: _Open, reason: str) -> None:
        self._open.pop(one.question.number, None)
        stats = one.results.stats
        self.tell(End(one.question.number, (*stats.no_response, *stats.not_sent), reason))

    def _return(self, reason: str) -> None:
        """The broker went away: everybody is told, and it is looked for until it is there or nobody wants it any more."""
        self.tell(Lost(reason))
        for one in list(self._open.values()):
            one.results.close()
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
                self.tell(End(wanted.number, wanted.hosts or (), "there is no broker"))
            elif isinstance(wanted, _Stop):
                self._is_over = True
