"""The entries of a host, one line of text each: found one by one among many, and changed without touching the rest; pure.

A host with 10,000 of them is asked about one, and given one more: what costs time then is reading all of them.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .entry import Entry, Key, Scope, by_scope, entry_of

_BEGIN = '{"network":"'
_NETWORKS = re.compile(r"(?:[0-9a-f:.]{2,45}(?:/[0-9]{1,3})? )*", re.ASCII)
FEW = 32  # entries that are looked up, or written, one by one: more of them are read, or written, with all others
_NONE: Mapping[Key, Entry | None] = {}


class _Base:
    """What changes are laid over: lines, and the entries that they stand for once somebody wants them all."""

    __slots__ = ("_asked", "_found", "lines")

    def __init__(self, lines: str | None, found: dict[Key, Entry] | None = None) -> None:
        self.lines, self._found = lines, found
        self._asked: dict[Key, Entry | None] = {}

    @property
    def all(self) -> dict[Key, Entry]:
        """All of them. Raises ValueError."""
        if self._found is None:
            self._found = parse_lines(self.lines or "")
        return self._found

    def get(self, key: Key) -> Entry | None:
        """One of them, out of the text as long as few are asked for. Raises ValueError."""
        if self._found is None and (key in self._asked or len(self._asked) < FEW):
            if key not in self._asked:
                self._asked[key] = next((entry for entry in lines_of(self.lines or "", key[0]) if entry.key == key), None)
            return self._asked[key]
        return self.all.get(key)


class Entries(Mapping[Key, Entry]):
    """Entries by key, in their order; what is changed is another one. soonest: no entry ends before it; None where none ends.

    scopes: how many there are of each. Whatever reads lines raises ValueError for one that is none.
    """

    __slots__ = ("_base", "_count", "_merged", "_over", "_scopes", "_told", "soonest")

    def __init__(
        self, base: _Base, count: int, scopes: Mapping[Scope, int] | None, soonest: float | None,
        over: Mapping[Key, Entry | None] = _NONE,
    ) -> None:  # fmt: skip
        self._base, self._count, self._scopes, self._over, self.soonest = base, count, scopes, over, soonest
        self._merged: Mapping[Key, Entry] | None = None
        self._told: tuple[Entries, list[Key]] | None = None

    @classmethod
    def of(cls, entries: Iterable[Entry], lines: str | None = None) -> "Entries":
        """Those of values. lines: their text, where that is known."""
        found = {entry.key: entry for entry in entries}
        is_whole = lines is not None and lines.count("\n") == len(found)  # two lines of one key are written as one
        return cls(_Base(lines if is_whole else None, found), len(found), None, soonest_of(found.values()))

    @classmethod
    def of_lines(cls, lines: str, scopes: Mapping[Scope, int], soonest: float | None) -> "Entries":
        """Those of a text that is known to be one of ours; it is not read yet."""
        return cls(_Base(lines), sum(scopes.values()), scopes, soonest)

    def __getitem__(self, key: Key) -> Entry:
        entry = self._over[key] if key in self._over else self._base.get(key)
        if entry is None:
            raise KeyError(key)
        return entry

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and self.get(key) is not None

    def get(self, key: Any, default: Any = None) -> Any:
        """See Mapping: ten thousand questions, most of them for what is not there, must not cost an exception each."""
        entry = self._over[key] if key in self._over else self._base.get(key)
        return default if entry is None else entry

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Key]:
        return iter(self.all)

    def keys(self) -> Any:
        """See Mapping."""
        return self.all.keys()

    def values(self) -> Any:
        """See Mapping."""
        return self.all.values()

    def items(self) -> Any:
        """See Mapping."""
        return self.all.items()

    @property
    def scopes(self) -> Mapping[Scope, int]:
        """How many there are of each scope."""
        if self._scopes is None:
            self._scopes = {scope: len(keys) for scope, keys in by_scope(self.all).items()}
        return self._scopes

    @property
    def lines(self) -> str:
        """The text of all, a line each."""
        text = self._base.lines
        if text is None or len(self._over) > FEW:
            return _written(self.all.values())
        for key, entry in self._over.items():
            text = _with(text, key, entry)
        return text

    def of_kind(self, kind: str) -> list[Entry]:
        """Those of a kind; in no time where there is none."""
        if not any(scope.kind == kind for scope in self.scopes):
            return []
        return [entry for entry in self.values() if entry.kind == kind]

    def changed(self, puts: Iterable[Entry] = (), drops: Iterable[Key] = ()) -> "Entries":
        """These without drops, and then with puts."""
        new: dict[Key, Entry | None] = dict.fromkeys(drops)
        new.update([(entry[:4], entry) for entry in puts])
        there = self.for_many(len(new))
        gone = [key for key, entry in new.items() if entry is None and key in there]
        come = [key for key, entry in new.items() if entry is not None and key not in there]
        scopes = dict(self.scopes)
        for sign, keys in ((-1, gone), (1, come)):
            for scope, some in by_scope(keys).items():
                scopes[scope] = scopes.get(scope, 0) + sign * len(some)
        soonest = soonest_of([entry for entry in new.values() if entry is not None], self.soonest)
        return Entries(
            self._base, self._count + len(come) - len(gone), {scope: some for scope, some in scopes.items() if some}, soonest,
            {**self._over, **new},
        )  # fmt: skip

    def swept(self, now: float) -> "Entries":
        """These without what is over."""
        if self.soonest is None or self.soonest > now:
            return self
        over = [key for key, entry in self.items() if entry.expires is not None and entry.expires <= now]
        if not over:
            self.soonest = soonest_of(self.values())  # the first may have been taken away since
            return self
        left = self.changed((), over)
        left.soonest = soonest_of(left.values())
        return left

    @property
    def all(self) -> Mapping[Key, Entry]:
        """All of them, for who looks up most of them: it answers quicker."""
        if not self._over:
            return self._base.all
        if self._merged is None:
            self._merged = {key: entry for key, entry in {**self._base.all, **self._over}.items() if entry is not None}
        return self._merged

    def for_many(self, questions: int) -> Mapping[Key, Entry]:
        """What answers so many questions the quickest: all of them as they are read, or these."""
        return self.all if questions > FEW else self

    def differing(self, before: "Entries") -> list[Key]:
        """The keys of what is other here than before. For changes of the same it takes as long as they are many, and once."""
        if self._told is None or self._told[0] is not before:
            is_many = len(self._over) + len(before._over) > FEW
            there, here = (before.all, self.all) if is_many or self._base is not before._base else (before, self)
            if self._base is not before._base:
                keys: Iterable[Key] = {**there, **here}
            else:
                keys = {**before._over, **self._over}
            found = [key for key in keys if (one := there.get(key)) is not (other := here.get(key)) and one != other]
            self._told = (before, found)
        return self._told[1]


def as_entries(entries: Mapping[Key, Entry]) -> Entries:
    """Entries of any mapping."""
    return entries if isinstance(entries, Entries) else Entries.of(entries.values())


def differing(before: Mapping[Key, Entry], after: Mapping[Key, Entry]) -> list[Key]:
    """The keys of what is not the same in both."""
    return as_entries(after).differing(as_entries(before))


def soonest_of(entries: Iterable[Entry], before: float | None = None) -> float | None:
    """The first end, of these and of before; None where there is none."""
    first = min((entry.expires for entry in entries if entry.expires is not None), default=None)
    return before if first is None else first if before is None else min(first, before)


def parse_lines(lines: str) -> dict[Key, Entry]:
    """The entries of lines. Those of one list differ by their network alone: what follows it is read once. Raises ValueError."""
    found: dict[Key, Entry] = {}
    after: dict[str, tuple[Any, ...]] = {}
    made = tuple.__new__
    for line in lines.split("\n")[:-1]:
        begin, _, rest = line.partition('","')
        if (values := after.get(rest)) is None:
            values = after[rest] = entry_of(_row(line))[1:]
        if not begin.startswith(_BEGIN):
            raise ValueError(f"a line of the store is none: {line[:60]!r}")
        entry = made(Entry, (begin[len(_BEGIN) :], *values))
        found[entry[:4]] = entry
    networks = [key[0] for key in found]
    if _NETWORKS.fullmatch(" ".join([*networks, ""])) is None:
        wrong = next(network for network in networks if _NETWORKS.fullmatch(f"{network} ") is None)
        raise ValueError(f"a line of the store is none: {wrong[:60]!r}")
    if lines and not lines.endswith("\n"):
        raise ValueError("its last line is cut off")
    return found


def lines_of(lines: str, network: str) -> Iterator[Entry]:
    """The entries of one network, found without reading the others. Raises ValueError."""
    for start, end in _places(lines, network):
        yield entry_of(_row(lines[start:end]))


def _places(lines: str, network: str) -> Iterator[tuple[int, int]]:
    """Where the lines of one network stand."""
    begin = f'{_BEGIN}{network}"'
    at = 0 if lines.startswith(begin) else lines.find(f"\n{begin}") + 1
    while lines.startswith(begin, at):
        end = lines.find("\n", at)
        yield at, end if end >= 0 else len(lines)
        at = lines.find(f"\n{begin}", at) + 1
        if not at:
            return


def _with(lines: str, key: Key, entry: Entry | None) -> str:
    """Lines with another entry of a key; None for none."""
    new = "" if entry is None else _written([entry])
    for start, end in _places(lines, key[0]):
        if entry_of(_row(lines[start:end])).key == key:
            return f"{lines[:start]}{new}{lines[end + 1 :]}"
    return f"{lines}{new}"


def _row(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"a line of the store is none: {line[:60]!r}") from error


def _written(entries: Iterable[Entry]) -> str:
    encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
    written: list[str] = []
    tails: dict[tuple[Any, ...], str] = {}
    for entry in entries:
        # Entries of one list differ by their network alone: what follows it is made once.
        if (tail := tails.get(entry[1:])) is None:
            tail = tails[entry[1:]] = encode(entry.row()).partition(",")[2]
        written.append(f'{_BEGIN}{entry[0]}",{tail}')
    return "\n".join([*written, ""])


def scope_counts(rows: Any) -> dict[Scope, int]:
    """What scope_rows made. Raises ValueError or TypeError for what is none."""
    return {Scope(str(kind), int(version), int(length), str(protocol), str(ports)): int(count)
              for kind, version, length, protocol, ports, count in rows}  # fmt: skip


def scope_rows(scopes: Mapping[Scope, int]) -> list[list[Any]]:
    """Scopes and how many there are, as JSON has them."""
    return [[*scope, count] for scope, count in sorted(scopes.items())]
