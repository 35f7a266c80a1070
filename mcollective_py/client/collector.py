"""Whose reply is due, which one came, and when waiting is over; the time is passed in."""

from collections.abc import Collection, Iterable
from enum import Enum
from math import inf

from ..errors import NotSigned
from ..message import Reply
from ..security.parts import Assembler


class Verdict(Enum):
    """What became of one reply."""

    ANSWER = "answer"
    PART = "part"  # more of it is to come
    DUPLICATE = "duplicate"
    UNVERIFIED = "unverified"
    UNEXPECTED = "unexpected"  # from a node that was not asked: dropped


class Collector:
    """The replies to one request.

    expected: the nodes that are to answer; with is_closed (a directed request) a reply of any other is dropped, without it (a
    broadcast after a discovery) it counts and is listed as unexpected. None where nobody knows who will answer: then known, the
    hosts that answered such a request before, decide how early it can end. A request that goes out in batches has one collector for
    all of them. All times in seconds of one monotonic clock.
    """

    # Seconds after the last known host's answer: enough for a new host's answer that is already on its way, short to a human.
    SETTLE = 0.02

    def __init__(
        self,
        agent: str,
        *,
        started: float,
        window: float,
        expected: Iterable[str] | None = None,
        is_closed: bool = False,
        known: Iterable[str] | None = None,
        settle: float = SETTLE,
    ) -> None:
        self.agent, self.started, self.window = agent, started, window
        self.expected = None if expected is None else dict.fromkeys(expected)
        self.known = frozenset(known or ())
        self.is_closed, self.settle = is_closed, settle
        self.answered: dict[str, float] = {}  # sender -> seconds from being asked to arrival, in the order of arrival
        self.duplicates: dict[str, int] = {}
        self.unexpected: dict[str, None] = {}
        self.late: dict[str, None] = {}  # answered after the time of their batch
        self.unsent: dict[str, None] = {}  # could not be handed over in time
        self.withheld: dict[str, None] = {}  # not handed over, for the request was stopped
        self.unverified = 0
        self._overdue: set[str] = set()
        self._asked: dict[str, float] = {}  # when, for those of later batches
        self._due = set(self.expected if self.expected is not None else self.known)
        self._digests: dict[str, str] = {}
        self._digest: str | None = None
        self._deadline = inf
        self._last = started
        self._parts = Assembler()

    def sent(self, digest: str, names: Collection[str] | None = None) -> None:
        """A request with this digest goes out: to these nodes, or None for everybody. Said before its replies can come."""
        if names is None:
            self._digest = digest
        else:
            self._digests.update(dict.fromkeys(names, digest))

    def published(self, now: float, left: Collection[str] = (), *, is_stopped: bool = False) -> None:
        """All of it is out: the window runs from here. left: nodes it was not handed over for: it was stopped, else time ran out."""
        (self.withheld if is_stopped else self.unsent).update(dict.fromkeys(left))
        self._due.difference_update(left)
        self._deadline = now + self.window

    def go_on(self, names: Iterable[str], now: float) -> None:
        """The same request goes out to more nodes: the next batch, with a window of its own. Needs expected."""
        self.batch_over()
        more = dict.fromkeys(names, now)
        if self.expected is not None:
            self.expected.update(dict.fromkeys(more))
        self._asked.update(more)
        self._due.update(more)
        self._deadline = inf

    def batch_over(self) -> None:
        """Whoever is still due has had their time; an answer from now on is late, and counts."""
        self._overdue |= self._due
        self._due.clear()

    def give_up(self, names: Collection[str]) -> None:
        """These had their time before this request: they were asked something else for its sake, and were silent."""
        self._overdue.update(names)
        self._due.difference_update(names)

    def know(self, names: Collection[str]) -> None:
        """Just these hosts are there: the other known ones are not waited for any longer. Needs known."""
        self.known |= frozenset(names)
        self._due = set(names) - self.answered.keys()

    def accept(self, reply: Reply, now: float) -> tuple[Verdict, Reply | None]:
        """Judge one verified reply; ANSWER comes with the whole reply, joined from its parts where it had several."""
        sender = reply.sender
        if self.is_closed and self.expected is not None and sender not in self.expected:
            self.unexpected[sender] = None
            return Verdict.UNEXPECTED, None
        if not self._is_bound(reply):
            return self.reject()
        if sender in self.answered:
            self.duplicates[sender] = self.duplicates.get(sender, 0) + 1
            return Verdict.DUPLICATE, None
        if not reply.is_whole:
            self._last = now
            try:
                whole = self._parts.add(reply)
            except NotSigned:
                return self.reject()
            if whole is None:
                return Verdict.PART, None
            reply = whole
        self.answered[sender] = now - self._asked.get(sender, self.started)
        self._last = now
        self._due.discard(sender)
        self.unsent.pop(sender, None)
        self.withheld.pop(sender, None)
        if sender in self._overdue:
            self._overdue.remove(sender)
            self.late[sender] = None
        if self.expected is not None and sender not in self.expected:
            self.unexpected[sender] = None
        return Verdict.ANSWER, reply

    def reject(self) -> tuple[Verdict, None]:
        """Count one reply that could not be verified."""
        self.unverified += 1
        return Verdict.UNVERIFIED, None

    def remaining(self, now: float) -> float:
        """Seconds that are still worth waiting when nothing more comes; 0 when it is over."""
        left = self._deadline - now
        if not self._due:
            if self.expected is not None:
                return 0.0
            if self.known:
                left = min(left, self._last + self.settle - now)
        return max(left, 0.0)

    @property
    def due(self) -> bool:
        """Whether somebody is still to answer."""
        return bool(self._due)

    @property
    def last(self) -> float:
        """When something came last, or when it began."""
        return self._last

    @property
    def silent(self) -> tuple[str, ...]:
        """Who was due and did not answer, sorted: expected nodes, or hosts known from before."""
        return tuple(sorted(self._due | self._overdue))

    @property
    def overdue(self) -> int:
        """How many had their time in an earlier batch and are silent, or could not be sent to."""
        return len(self._overdue) + len(self.unsent)

    @property
    def may_have_come(self) -> bool:
        """True where the window is over and an answer may wait to be taken in; it came in time, and who takes it in was slow."""
        return self.expected is None or bool(self._due)

    @property
    def ended(self) -> str:
        """Why it is over, where nobody cut it short: `named` hosts were expected, `known` ones all answered, or `window`."""
        return "named" if self.expected is not None else "window" if self.was_full_window else "known"

    @property
    def was_full_window(self) -> bool:
        """True where the whole window was waited for, so a host that did not answer is away."""
        return self.expected is None and (not self.known or bool(self._due))

    def _is_bound(self, reply: Reply) -> bool:
        """True where the reply answers exactly the request that this node was sent; plugins without digests bind by id only."""
        digest = self._digests.get(reply.sender, self._digest)
        return reply.agent == self.agent and digest is not None and (not digest or reply.request_digest == digest)
