"""What the store wants against what the kernel has: what was changed by hand, and what makes it true again; pure."""

from collections.abc import Collection, Iterable

from .backend import Delta, Effect, Hold, Timed
from .entries import as_entries
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
    entries = as_entries(known.entries).all
    gone = [key for key in entries.keys() - effect.holds.keys() if not _nears_its_end(known, entries[key], now)]
    strange = [
        key for key in effect.holds.keys() - entries.keys()
        if (remaining := effect.holds[key].remaining) is None or remaining > SLACK + BELT
    ]  # fmt: skip
    return [*effect.faults, *_told("taken away by hand", gone), *_told("put there by hand", strange)]


def delta(before: State, after: State, effect: Effect, now: float, longest: float, keys: Collection[Key] | None = None) -> Delta:
    """What makes the kernel have what `after` says. longest: seconds of an end that the back end knows.

    keys: what alone is different, where the kernel is known to have all that `before` says; None where effect is all that it has.
    """
    scopes = as_entries(after.entries).scopes.keys()
    if keys is not None:
        there = as_entries(after.entries).for_many(len(keys))
        put, new, made = [], Hold(), tuple.__new__
        for key in keys:
            if (entry := there.get(key)) is not None:
                seconds = None if _stays(entry) else _known(seconds_of(entry, after, now), longest)
                put.append(made(Timed, (key, seconds, effect.holds.get(key, new))))
        gone = [key for key in keys if key not in there and not _goes_by_itself(before.entries.get(key), now, longest)]
        return Delta(put, {*gone}, scopes)
    puts, new, earlier = [], Hold(), as_entries(before.entries).all
    for key, entry in after.entries.items():
        if _stays(entry) and (hold := effect.holds.get(key)) is not None and hold.remaining is None and earlier.get(key) is entry:
            continue  # most of them, nearly always
        hold, seconds = effect.holds.get(key), _known(seconds_of(entry, after, now), longest)
        if hold is None or earlier.get(key) != entry or _is_far(hold.remaining, seconds):
            puts.append(Timed(key, seconds, hold or new))
    wanted = as_entries(after.entries).all
    drops = [key for key in effect.holds if key not in wanted]
    drops += [key for key in effect.foreign if key not in after.foreign]
    return Delta(puts, {*drops}, scopes)


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
    soonest = as_entries(state.entries).soonest
    if longest <= 0:
        dues += [] if soonest is None else [soonest]
    elif longest < float("inf") and soonest is not None:
        dues += [entry.expires for entry in state.entries.values() if entry.expires is not None and entry.expires - entry.at > longest]
    return min(dues, default=None)


def overdue(state: State, now: float) -> list[Pending]:
    """The changes whose deadline has passed, the latest first: so each goes back to what was there before it."""
    due = [pending for pending in state.pendings.values() if pending.deadline <= now]
    return sorted(due, key=lambda pending: -pending.at)


def _nears_its_end(known: State, entry: Entry, now: float) -> bool:
    seconds = seconds_of(entry, known, now)
    return seconds is not None and seconds <= SLACK


def _stays(entry: Entry) -> bool:
    return entry.expires is None and not entry.pending


def _known(seconds: float | None, longest: float) -> float | None:
    return seconds if seconds is not None and seconds <= longest else None


def _goes_by_itself(entry: Entry | None, now: float, longest: float) -> bool:
    """Whether the kernel has taken an entry away at its end, or is about to."""
    return entry is not None and entry.is_over(now) and entry.expires is not None and entry.expires - entry.at <= longest


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
