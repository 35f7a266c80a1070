"""The requests that an audit tells of: start and end put together, and those that somebody asks for. Pure."""

import json
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from ...server.auditchain import place_of
from .lines import Line

_MOST_OPEN = 20_000  # requests whose end has not been read yet
_REMEMBERED = 20_000  # lines that a rotation may have repeated
_LONGEST_MS = 1e12  # 31 years: what a file says beyond it was not measured
_KEYS = ("request_id", "caller", "obo", "cert_sha256", "sender", "node", "agent", "action", "data", "collective", "decision", "rule")


@dataclass(frozen=True, slots=True)
class Audited:
    """One request on one host. start: the record with its inputs, or that of its refusal. end: that of its end, None where there is
    none."""

    start: dict[str, Any]
    end: dict[str, Any] | None = None

    @property
    def decision(self) -> str:
        """`allow`, `deny` or `invalid`."""
        return str(self.start.get("decision"))

    @property
    def outcome(self) -> int | None:
        """The status code; None where nobody knows how it ended."""
        found = (self.end or self.start).get("outcome")
        return found if isinstance(found, int) else None

    @property
    def is_unknown(self) -> bool:
        """Whether it was let in and nobody can say how it ended: the daemon or its process died, or it still runs."""
        return self.decision == "allow" and (self.outcome is None or self.reason == "unknown")

    @property
    def duration_ms(self) -> float | None:
        """How long the action took, where that was measured."""
        found = None if self.end is None else self.end.get("duration_ms")
        return found if isinstance(found, int | float) and 0 <= found <= _LONGEST_MS else None

    @property
    def reason(self) -> str:
        """Why it was refused; empty where it was not."""
        return str((self.end or self.start).get("reason") or "")

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a JSON document."""
        return {
            "time": self.start.get("timestamp"),
            **{key: self.start.get(key) for key in _KEYS},
            "reason": self.reason or None,
            "ended": None if self.end is None else self.end.get("timestamp"),
            "outcome": self.outcome,
            "duration_ms": self.duration_ms,
            **{key: self.start[key] for key in ("held_back", "lost") if key in self.start},
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; empty: anything. caller, agent, action, host: patterns with `*` and `?`; caller also without `cert=`, and
    whoever signed for another. since and until: seconds since the epoch. outcome: a status code, `ok`, `failed` or `unknown`."""

    caller: str = ""
    agent: str = ""
    action: str = ""
    host: str = ""
    decision: str = ""
    outcome: str = ""
    request: str = ""
    since: float | None = None
    until: float | None = None

    def needles(self) -> list[bytes]:
        """What stands in each line of such a request, for a quick look before anything is parsed."""
        plain = [word for word in (self.agent, self.action, self.request) if word and not set(word) & set("*?[")]
        return [json.dumps(word).encode() for word in plain]

    def matches(self, found: Audited) -> bool:
        """Whether a request is one of those."""
        record = found.start
        if self.request and record.get("request_id") != self.request:
            return False
        if (self.decision and found.decision != self.decision) or not self._is_in_time(record):
            return False
        patterns = ((self.agent, "agent"), (self.action, "action"), (self.host, "node"))
        if any(pattern and not fnmatchcase(str(record.get(key) or ""), pattern) for pattern, key in patterns):
            return False
        return self._is_caller(record) and self._has_outcome(found)

    def _is_caller(self, record: dict[str, Any]) -> bool:
        if not self.caller:
            return True
        names = [str(name) for name in (record.get("caller"), record.get("obo")) if name]
        return any(fnmatchcase(form, self.caller) for name in names for form in (name, name.partition("=")[2]))

    def _is_in_time(self, record: dict[str, Any]) -> bool:
        if self.since is None and self.until is None:
            return True
        moment = time_of(record)
        if moment is None:
            return False
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)

    def _has_outcome(self, found: Audited) -> bool:
        if not self.outcome:
            return True
        if self.outcome == "unknown":
            return found.is_unknown
        if self.outcome == "failed":
            return found.outcome not in (None, 0) and not found.is_unknown
        return found.outcome == (0 if self.outcome == "ok" else int(self.outcome))


def time_of(record: dict[str, Any]) -> float | None:
    """When a record was written, seconds since the epoch; None where it does not say."""
    try:
        return datetime.fromisoformat(str(record.get("timestamp"))).timestamp()
    except (ValueError, OverflowError):
        return None


class Reading:
    """Puts the lines of one log together to requests, in the order in which those ended. unreadable: lines that are no records."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted, self._needles = wanted, wanted.needles()
        self._open: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
        self._known: set[tuple[str, int]] = set()
        self._order: deque[tuple[str, int]] = deque()
        self.unreadable = 0

    def requests(self, lines: Iterable[Line]) -> Iterator[Audited]:
        """Those that are wanted; at the end those that have no end, oldest first."""
        for line in lines:
            if all(needle in line.text for needle in self._needles):
                yield from filter(self._wanted.matches, self._take(line))
        yield from filter(self._wanted.matches, [Audited(start) for start in self._open.values()])
        self._open.clear()

    def _take(self, line: Line) -> Sequence[Audited]:
        record = self._record(line)
        if record is None:
            return ()
        if record.get("decision") != "allow":
            # What was let in and then found no room has a start, too.
            self._open.pop(_key(record), None)
            return (Audited(record),)
        if record.get("outcome") is None and record.get("duration_ms") is None:
            self._open[_key(record)] = record
            return () if len(self._open) <= _MOST_OPEN else (Audited(self._open.popitem(last=False)[1]),)
        start = self._open.pop(_key(record), None)
        return (Audited(start or record, record),)

    def _record(self, line: Line) -> dict[str, Any] | None:
        place = place_of(line.text)
        if place is not None and not self._is_new((line.host, place[0])):
            return None
        try:
            record = json.loads(line.text)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            self.unreadable += 1
            return None
        if line.host:
            record["node"] = line.host  # as its signature says
        return record

    def _is_new(self, key: tuple[str, int]) -> bool:
        if key in self._known:
            return False
        self._known.add(key)
        self._order.append(key)
        if len(self._order) > _REMEMBERED:
            self._known.discard(self._order.popleft())
        return True


def _key(record: dict[str, Any]) -> tuple[str, str]:
    return str(record.get("node")), str(record.get("request_id"))
