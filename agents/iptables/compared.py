"""What the store wants against what the kernel has: what was changed by hand, and what makes it true again; pure."""

from collections.abc import Iterable

from .backend import Delta, Effect, Hold, Timed
from .entry import Entry, Key, shown_key
from .state import Pending, State

SLACK = 2.0  # seconds: an entry at its end may be gone from the one and not yet from the other
BELT = 3.0  # seconds after the deadline at which the kernel itself drops what was never confirmed
_FAR = 10.0  # seconds that the kernel's end of an entry may be away from ours
_TOLD = 5


def drift(known: State, effect: Effect, now: float) -> list[str]:
    """What somebody else changed, in words. known: what was last kept, with what is over since."""
    if not effect.is_set_up:
        return ["what setup made is gone", *effect.faults] if effect.holds or effect.faults else ["what setup made is gone"]
    gone = [key for key, entry in known.entries.items() if key not in effect.holds and not _nears_its_end(known, entry, now)]
    strange = [
        key for key, hold in effect.holds.items()
        if key not in known.entries and not (hold.remaining is not None and hold.remaining <= SLACK + BELT)
    ]  # fmt: skip
    return [*effect.faults, *_told("taken away by hand", gone), *_told("put there by hand", strange)]


def delta(before: State, after: State, effect: Effect, now: float, longest: float) -> Delta:
    """What makes the kernel have what `after` says. longest: seconds of an end that the back end knows."""
    puts, new = [], Hold()
    for key, entry in after.entries.items():
        hold, seconds = effect.holds.get(key), seconds_of(entry, after, now)
        seconds = seconds if seconds is not None and seconds <= longest else None
        if hold is None or before.entries.get(key) != entry or _is_far(hold.remaining, seconds):
            puts.append(Timed(key, seconds, hold or new))
    drops = [key for key in effect.holds if key not in after.entries]
    drops += [key for key in effect.foreign if key not in after.foreign]
    return Delta(puts, {*drops}, after.entries.keys())


def seconds_of(entry: Entry, state: State, now: float) -> float | None:
    """How long the kernel is to keep an entry: to its end, or to the deadline of the change that made it and waits; None for ever."""
    if not entry.pending:
        return None if entry.expires is None else max(entry.expires - now, 0.001)
    pending = state.pendings.get(entry.pending)
    ends = [entry.expires] if entry.expires is not None else []
    if pending is not None and pending.before.get(entry.key) is None:
        ends.append(pending.deadline + BELT)
    return max(min(ends) - now, 0.001) if ends else None


def next_due(state: State, longest: float, now: float) -> float | None:
    """When somebody has to look after this state: a deadline, or an end that is not the kernel's; None where nobody has to."""
    dues = [pending.deadline for pending in state.pendings.values()]
    if longest < float("inf"):
        dues += [entry.expires for entry in state.entries.values() if entry.expires is not None and entry.expires - entry.at > longest]
    return min(dues, default=None)


def overdue(state: State, now: float) -> list[Pending]:
    """The changes whose deadline has passed, the latest first: so each goes back to what was there before it."""
    due = [pending for pending in state.pendings.values() if pending.deadline <= now]
    return sorted(due, key=lambda pending: -pending.at)


def _nears_its_end(known: State, entry: Entry, now: float) -> bool:
    seconds = seconds_of(entry, known, now)
    return seconds is not None and seconds <= SLACK


def _is_far(remaining: float | None, seconds: float | None) -> bool:
    if remaining is None or seconds is None:
        return remaining is not seconds
    return abs(remaining - seconds) > _FAR


def _told(what: str, keys: Iterable[Key]) -> list[str]:
    shown = sorted(map(shown_key, keys))
    if not shown:
        return []
    rest = f" and {len(shown) - _TOLD} more" if len(shown) > _TOLD else ""
    return [f"{what}: {', '.join(shown[:_TOLD])}{rest}"]
