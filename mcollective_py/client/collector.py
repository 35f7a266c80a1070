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
    hosts that answered such a request before, decide how early it can end. All times in seconds of one monotonic clock.
    """

    # Seconds after the last known host's answer: enough for a new host's answer that is already on its way, short to a human.
    SETTLE = 0.05

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
        self.answered: dict[str, float] = {}  # sender -> seconds from start to arrival, in the order of arrival
        self.duplicates: dict[str, int] = {}
        self.unexpected: dict[str, None] = {}
        self.unverified = 0
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

    def published(self, now: float) -> None:
        """All of it is out: the window runs from here."""
        self._deadline = now + self.window

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
        self.answered[sender] = now - self.started
        self._last = now
        self._due.discard(sender)
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
    def silent(self) -> tuple[str, ...]:
        """Who was due and did not answer, sorted: expected nodes, or hosts known from before."""
        return tuple(sorted(self._due))

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
