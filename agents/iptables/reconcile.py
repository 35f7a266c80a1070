"""A desired list against what a host has: what would be added, changed and taken away; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .entry import Entry, Key
from .listlines import line_of

_CLOSE = 1.0  # seconds: an end that is written to the second is the same


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be done. changes: what is there and what it becomes. same: entries that are as they should be.

    others: entries that the list says nothing of and that stay, since it did not bring them.
    """

    adds: tuple[Entry, ...]
    changes: tuple[tuple[Entry, Entry], ...]
    removes: tuple[Entry, ...]
    same: int
    others: int

    @property
    def is_empty(self) -> bool:
        """Whether all is as it should be."""
        return not (self.adds or self.changes or self.removes)

    def lines(self, most: int) -> list[str]:
        """`+ 192.0.2.7 reason=spam`, `- ...` and, for a change, `~ ...` as it becomes; cut after the first ones, which is said."""
        lines = list(self._lines())
        return lines if len(lines) <= most else [*lines[:most], f"... and {len(lines) - most} more"]

    def _lines(self) -> Iterator[str]:
        for sign, entries in (("-", self.removes), ("+", self.adds), ("~", [becomes for _, becomes in self.changes])):
            for entry in entries:
                yield f"{sign} {line_of(entry)}"


def difference(desired: Iterable[Entry], present: Mapping[Key, Entry], origin: str, *, is_exact: bool = False) -> Difference:
    """What makes a host have the desired entries.

    origin: the list's name. An entry that the list does not name is taken away where this list brought it; whatever else is there
    stays, so that nobody unblocks what a colleague has just blocked, unless the list is exact: then all else goes.
    """
    adds: list[Entry] = []
    changes: list[tuple[Entry, Entry]] = []
    wanted: set[Key] = set()
    same = 0
    for entry in desired:
        named = entry._replace(origin=origin)
        wanted.add(entry.key)
        if (there := present.get(entry.key)) is None:
            adds.append(named)
        elif _is_same(there, named):
            same += 1
        else:
            changes.append((there, named))
    rest = [entry for key, entry in present.items() if key not in wanted]
    removes = [entry for entry in rest if is_exact or entry.origin == origin]
    return Difference(tuple(adds), tuple(changes), tuple(removes), same, len(rest) - len(removes))


def _is_same(there: Entry, wanted: Entry) -> bool:
    if (there.reason, there.ticket, there.origin, there.pending) != (wanted.reason, wanted.ticket, wanted.origin, ""):
        return False
    if there.expires is None or wanted.expires is None:
        return there.expires is wanted.expires
    return abs(there.expires - wanted.expires) <= _CLOSE
