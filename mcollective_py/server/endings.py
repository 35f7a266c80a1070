"""What became of the last requests here, for those who ask: what `mco request status` and `mco why HOST --request ID` read. Pure."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from ..errors import Busy, Rejected, RPCError
from ..message import Request
from .journalrecords import Begun, Ended, Refused, Running

CAPACITY = 2000  # of what changes something, and as many of all else; some 700 bytes each
KEPT_FOR = 7 * 86400.0  # seconds that what changed something is known for, where there is room
_MAX_REASON = 500  # characters

ACCEPTED = "accepted"
"""The stage of a request that was handed to its agent."""

NOT_SEEN = "not seen"
REFUSED = "refused"
RUNNING = "running"
OK = "ok"
FAILED = "failed"
UNKNOWN = "unknown outcome"
FORGOTTEN = "forgotten"
"""The states of a request; forgotten: it was taken in once, and how it ended is known no more."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of one request. Times in seconds since the epoch.

    state: one of those above. time: when that was so. stage: that of the error which ended it, or `accepted`; word: that of counters
    and audit. reason: the error's words, empty after a restart: no journal has them. code: the status code of an action that ended.
    begun: when its action began, None where it did not. end: when the request ends by its ttl. process: which it runs in, where known.
    """

    state: str
    time: float
    stage: str = ACCEPTED
    word: str = ""
    reason: str = ""
    code: int | None = None
    begun: float | None = None
    agent: str = ""
    action: str | None = None
    only_reads: bool = True
    end: float = 0.0
    proof: str = ""
    process: Running | None = None


class Endings:
    """The latest endings by (caller, request id). Whoever uses it from several threads holds a lock.

    What was begun to change something has a place of its own, so that no number of reads and refusals pushes it out; of that, what
    still runs and what could still be taken for fresh stays beyond the capacity too.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._changes: OrderedDict[tuple[str, str], Ending] = OrderedDict()
        self._others: OrderedDict[tuple[str, str], Ending] = OrderedDict()
        self.dropped_at = float("-inf")  # when the latest of the changes that had to go had begun

    def refused(self, request: Request, error: Rejected | RPCError, now: float) -> None:
        """Keep why a request, whose signature held, was not carried out. A refused copy does not hide how the first one ended."""
        known = self.find(request.caller, request.id)
        if known is not None and error.stage == "replay":
            return
        word = error.reason if isinstance(error, Rejected) else error.refusal
        agent, action, end = request.agent, request.action, request.time + request.ttl
        reason = reason_of(error)[:_MAX_REASON]
        ending = Ending(REFUSED, now, error.stage, word or "", reason, agent=agent, action=action, end=end, proof=request.proof)
        if known is not None:  # it was about to begin
            ending = replace(ending, begun=known.begun, only_reads=known.only_reads)
        self._keep((request.caller, request.id), ending, now)

    def begun(self, record: Begun) -> None:
        """Keep that an action is about to begin."""
        ending = Ending(
            RUNNING, record.time, begun=record.time, agent=record.agent, action=record.action, only_reads=record.only_reads,
            end=record.end, proof=record.proof,
        )  # fmt: skip
        self._keep((record.caller, record.id), ending, record.time)

    def running(self, record: Running) -> None:
        """Keep which process an action runs in."""
        key = record.caller, record.id
        if (known := self._changes.get(key)) is not None and known.state == RUNNING:
            self._changes[key] = replace(known, process=record)

    def ended(self, record: Ended, reason: str = "") -> None:
        """Keep how an action ended; one that was not begun after all, for want of room or time, is a refused one."""
        key = record.caller, record.id
        known = self.find(*key)
        if known is None:
            return
        if record.code is None:
            ending = replace(known, state=UNKNOWN, time=record.time)
        elif record.word == Busy.reason:
            ending = replace(known, state=REFUSED, stage=Busy.stage, word=record.word, time=record.time, code=None, process=None)
        else:
            state = FAILED if record.code else OK
            ending = replace(known, state=state, word=record.word, time=record.time, code=record.code, process=None)
        places = self._others if known.only_reads else self._changes
        places[key] = replace(ending, reason=reason[:_MAX_REASON])

    def recall(self, record: Refused) -> None:
        """Take in a refusal of before a restart."""
        ending = Ending(
            REFUSED,
            record.time,
            record.stage,
            record.word,
            agent=record.agent,
            action=record.action,
            end=record.end,
            proof=record.proof,
        )
        self._keep((record.caller, record.id), ending, record.time)

    def interrupt(self, now: float) -> None:
        """All that runs by what was known before a restart: nobody will say how it ended."""
        for places in (self._changes, self._others):
            for key, known in places.items():
                if known.state == RUNNING:
                    places[key] = replace(known, state=UNKNOWN, time=now)

    def find(self, caller: str, request_id: str) -> Ending | None:
        """What became of a caller's own request; None where nothing is known of it."""
        key = caller, request_id
        return self._changes.get(key) or self._others.get(key)

    def of_any_caller(self, request_id: str) -> Iterator[tuple[str, Ending]]:
        """Callers and endings of the requests with this id; there is one, unless somebody has taken another's id."""
        for places in (self._changes, self._others):
            yield from ((caller, ending) for (caller, id), ending in places.items() if id == request_id)

    def changes(self) -> Iterator[tuple[str, str, Ending]]:
        """Caller, id and ending of what was begun to change something, the oldest first."""
        return ((caller, id, ending) for (caller, id), ending in self._changes.items())

    def _keep(self, key: tuple[str, str], ending: Ending, now: float) -> None:
        is_change = ending.begun is not None and not ending.only_reads
        places = self._changes if is_change else self._others
        places[key] = ending
        places.move_to_end(key)
        if not is_change:
            if len(places) > self._capacity:
                places.popitem(last=False)
            return
        while (gone := self._surplus(now)) is not None:
            self.dropped_at = max(self.dropped_at, self._changes.pop(gone).begun or 0.0)

    def _surplus(self, now: float) -> tuple[str, str] | None:
        """The oldest of the changes, where there are too many or it is too old, that nobody can need any more."""
        is_full = len(self._changes) > self._capacity
        for key, known in islice(self._changes.items(), 64 if is_full else 1):
            if known.state != RUNNING and known.end < now and (is_full or known.time < now - KEPT_FOR):
                return key
        return None


def told(ending: Ending, now: float) -> dict[str, object]:
    """An ending as a host tells it: what is not known is left out. ago: seconds since it was so."""
    known: dict[str, object] = {
        "state": ending.state,
        "stage": ending.stage,
        "word": ending.word,
        "reason": ending.reason,
        "code": ending.code,
        "agent": ending.agent,
        "action": ending.action,
        "begun": ending.begun,
        "pid": ending.process.pid if ending.process is not None and ending.state == RUNNING else None,
    }
    found = {name: value for name, value in known.items() if value not in (None, "")}
    return found if ending.state in (NOT_SEEN, FORGOTTEN) else found | {"ago": max(now - ending.time, 0.0)}


def reason_of(error: Rejected | RPCError) -> str:
    """An error's words without the id of the request: that of one which was never sent means nothing to anybody."""
    condition = getattr(error, "condition", None)
    if isinstance(condition, str):
        return condition
    text = str(error)
    first, _, rest = text.partition(" ")
    return f"the request {rest.partition(' ')[2]}" if first == "request" and rest else text
