"""What a list adds to what is there already: nothing of it ends earlier, and what has an end of its own is told of; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .entry import Entry, Key

_CLOSE = 1.0  # seconds: ends of one list differ by the time that it took


@dataclass(frozen=True, slots=True)
class Joined:
    """What becomes of a list's entries. new: what was not there. changed: what was, as it becomes: a later end, another reason.

    longer: how many were there already with a later end of their own, which they keep. same: how many were there as they are wanted.
    """

    new: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    longer: int
    same: int

    def summary(self, *, is_trial: bool = False) -> str:
        """`3 put there; of 2 that were there already 1 ends later now, 1 keeps its own later end`."""
        begin = "would be " if is_trial else ""
        told = [f"{begin}put there: {len(self.new)} {'entry' if len(self.new) == 1 else 'entries'}"] if self.new else []
        there = len(self.changed) + self.longer + self.same
        parts = (
            (len(self.changed), "would have" if is_trial else "now with", "a later end or another reason"),
            (self.longer, "with", "a later end of their own, which they keep"),
            (self.same, "", "as wanted"),
        )
        if there:
            words = ", ".join(" ".join(word for word in (str(count), *rest) if word) for count, *rest in parts if count)
            told.append(f"there already: {words}")
        return "; ".join(told) or "nothing to change"


def joined(wanted: Iterable[Entry], there: Mapping[Key, Entry]) -> Joined:
    """What a list makes of what is there.

    An end is the later of both: who blocks several for an hour does not mean that one of them, which a colleague blocked for good, is
    let go by then. Reason and ticket are the list's where it says any.
    """
    new, changed = [], []
    longer = same = 0
    for entry in wanted:
        if (kept := there.get(entry[:4])) is None:
            new.append(entry)
            continue
        keeps_end = not _is_later(entry.expires, kept.expires)
        end = kept.expires if keeps_end else entry.expires
        becomes = entry._replace(expires=end, reason=entry.reason or kept.reason, ticket=entry.ticket or kept.ticket)
        if keeps_end and (becomes.reason, becomes.ticket, kept.pending) == (kept.reason, kept.ticket, ""):
            is_longer = _is_later(kept.expires, entry.expires)
            longer, same = longer + is_longer, same + (not is_longer)
        else:
            changed.append(becomes)
    return Joined(tuple(new), tuple(changed), longer, same)


def _is_later(end: float | None, than: float | None) -> bool:
    """Whether an end is later than another; None is never."""
    return than is not None and (end is None or end > than + _CLOSE)
