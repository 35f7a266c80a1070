"""Whether the lines of one chain are all there, in order, and as they were written. Pure."""

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from ...server.auditchain import Link, digest, place_of

_WINDOW = 20_000  # lines that are remembered: those that a rotation may have repeated
_MOST = 1000  # findings that are kept


class Place(NamedTuple):
    """A line of a file; numbers begin at 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the audit wrote it. seq: the number of the line in its chain, None where it has none."""

    place: Place
    seq: int | None
    problem: str

    def __str__(self) -> str:
        number = "" if self.seq is None else f"line {self.seq} of the chain: "
        return f"{self.place}: {number}{self.problem}"


class _Seen(NamedTuple):
    digest: str
    place: Place


@dataclass(slots=True)
class _Gap:
    first: int
    last: int
    before: Place


@dataclass(slots=True)
class ChainCheck:
    """Takes the lines of one chain as they stand in its files, oldest first. is_collected: batches may have overtaken each other.

    first and last: numbers of the lines that were seen; lines: how many, each once. older: lines of a form without a chain, before
    the first that has one. repeated: lines that stand twice, as a rotation leaves them. torn: pieces of lines. more: findings beyond
    the thousandth.
    """

    is_collected: bool = False
    first: int | None = None
    last: int | None = None
    lines: int = 0
    older: int = 0
    repeated: int = 0
    torn: int = 0
    more: int = 0
    findings: list[Finding] = field(default_factory=list)
    _seen: OrderedDict[int, _Seen] = field(default_factory=OrderedDict)
    _said: OrderedDict[int, _Seen] = field(default_factory=OrderedDict)  # number of a line that is to come -> digest said of it
    _gaps: list[_Gap] = field(default_factory=list)
    _before: int | None = None  # the number of the line before, where that was a repeated one or followed one
    _end: Place | None = None

    def take(self, place: Place, line: bytes) -> None:
        """The next line, as its host wrote it, with its line end if it has one."""
        self._end = place
        found = place_of(line)
        if found is None:
            self._take_stranger(place, line)
            return
        seq, prev = found
        now = _Seen(digest(line), place)
        if (known := self._seen.get(seq)) is not None:
            self._take_again(seq, prev, known, now)
            return
        if prev is None:
            self._begin(seq, place)
        follows_repeated = self._before == seq - 1
        self._before = None
        if self.last is not None and seq <= self.last:
            if self._fill(seq) and (self.is_collected or follows_repeated):
                self._before = seq
            else:
                self._find(place, seq, "stands out of order")
        elif self.last is not None and seq > self.last + 1:
            self._gaps.append(_Gap(self.last + 1, seq - 1, place))
        self._compare(seq, prev, now)
        self.lines += 1
        self.first = seq if self.first is None else min(self.first, seq)
        self.last = seq if self.last is None else max(self.last, seq)

    def finish(self, head: Link | None = None) -> None:
        """All lines have been taken. head: where the host that wrote them says the chain stood, None where that is not known."""
        self._tell_gaps()
        if head is None or not head.seq or self._end is None:
            return
        if self.last is None or head.seq > self.last:
            missing = _numbers((self.last or 0) + 1, head.seq)
            self._find(self._end, None, f"{missing} of the chain missing: the log was cut short here")
        elif (known := self._seen.get(head.seq)) is not None and known.digest != head.sha256:
            self._find(known.place, head.seq, "was changed: it is not the line whose digest the daemon keeps")

    def _take_stranger(self, place: Place, line: bytes) -> None:
        is_record = False
        try:
            is_record = isinstance(json.loads(line), dict)
        except (ValueError, RecursionError):
            pass
        if not is_record:
            self.torn += 1
        elif self.last is None:
            self.older += 1
        else:
            self._find(place, None, "is no line of the chain: somebody else wrote it")

    def _take_again(self, seq: int, prev: str | None, known: _Seen, now: _Seen) -> None:
        if known.digest == now.digest:
            self.repeated += 1
            self._before = seq
        elif prev is None:
            self._begin(seq, now.place)
            self._seen[seq] = now
            self.lines, self.last = self.lines + 1, seq
        else:
            self._find(now.place, seq, f"is not the line of this number at {known.place}")

    def _begin(self, seq: int, place: Place) -> None:
        """A line that says it is the first of a chain."""
        if self.last is None and seq == 1:
            return
        problem = "begins a new chain: nothing shows whether what was before it is complete"
        self._find(place, seq, problem if seq == 1 else "says that it is the first of a chain")
        self._tell_gaps()
        self._seen.clear()
        self._said.clear()
        self.last = None

    def _compare(self, seq: int, prev: str | None, now: _Seen) -> None:
        """The line against what its neighbours say, wherever they stand."""
        before = self._seen.get(seq - 1)
        if before is not None:
            if prev is not None and before.digest != prev:
                self._find(before.place, seq - 1, f"was changed: line {seq} at {now.place} was written after another")
        elif prev is not None:
            self._said[seq - 1] = _Seen(prev, now.place)
            _bound(self._said)
        said = self._said.pop(seq, None)
        if said is not None and said.digest != now.digest:
            self._find(now.place, seq, f"was changed: line {seq + 1} at {said.place} was written after another")
        self._seen[seq] = now
        _bound(self._seen)

    def _fill(self, seq: int) -> bool:
        """Whether a line was missing until now."""
        for number, gap in enumerate(self._gaps):
            if gap.first <= seq <= gap.last:
                parts = [_Gap(gap.first, seq - 1, gap.before), _Gap(seq + 1, gap.last, gap.before)]
                self._gaps[number : number + 1] = [part for part in parts if part.first <= part.last]
                return True
        return False

    def _tell_gaps(self) -> None:
        for gap in self._gaps:
            self._find(gap.before, None, f"{_numbers(gap.first, gap.last)} of the chain missing before this one")
        self._gaps.clear()

    def _find(self, place: Place, seq: int | None, problem: str) -> None:
        if len(self.findings) < _MOST:
            self.findings.append(Finding(place, seq, problem))
        else:
            self.more += 1


def _numbers(first: int, last: int) -> str:
    return f"line {first} is" if first == last else f"lines {first} to {last} are"


def _bound(kept: OrderedDict[int, _Seen]) -> None:
    if len(kept) > _WINDOW:
        kept.popitem(last=False)
