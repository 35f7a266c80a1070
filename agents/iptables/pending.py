"""Changes that are undone unless they are confirmed: begun, confirmed, undone; pure, of states alone."""

from dataclasses import replace

from .entries import as_entries, differing
from .entry import Entry, Key
from .state import Pending, State


def begin(before: State, after: State, pending: Pending) -> State:
    """The state of a change that waits for its confirmation: what it made is marked, and what was there is kept beside it.

    pending: without what was there before.
    """
    touched = differing(before.entries, after.entries)
    earlier, there = (as_entries(state.entries).for_many(len(touched)) for state in (before, after))
    marked = [there[key]._replace(pending=pending.id) for key in touched if key in there]
    entries = as_entries(after.entries).changed(marked)
    kept = replace(
        pending,
        before={key: earlier.get(key) for key in touched},
        installed=before.installed if before.installed != after.installed else None,
    )
    return replace(after, entries=entries, pendings={**after.pendings, pending.id: kept})


def confirm(state: State, id: str) -> State:
    """The state with this change for good. KeyError where none of this id waits."""
    if id not in state.pendings:
        raise KeyError(id)
    entries = {key: entry._replace(pending="") if entry.pending == id else entry for key, entry in state.entries.items()}
    pendings = {
        other.id: replace(other, before={key: _unmarked(entry, id) for key, entry in other.before.items()})
        for other in state.pendings.values()
        if other.id != id
    }
    return replace(state, entries=entries, pendings=pendings)


def undo(state: State, id: str, now: float) -> State:
    """The state without this change. What somebody changed since stays as that somebody wants it. KeyError as for confirm.

    What was there before is there again, unless its end has come meanwhile.
    """
    undone = state.pendings[id]
    entries = dict(state.entries)
    for key, was in undone.before.items():
        there = entries.get(key)
        if there.pending != id if there else was is None or _is_taken_since(state, undone, key):
            continue
        entries.pop(key, None)
        if was is not None and not was.is_over(now):
            entries[key] = was
    pendings: dict[str, Pending] = {}
    for other in state.pendings.values():
        if other.id != id:  # a later change of the same entries goes back to what was there before this one
            changed = {key: _resolved(key, entry, undone, other, now) for key, entry in other.before.items()}
            went_down = other.at >= undone.at and undone.installed is not None and other.installed is not None
            pendings[other.id] = replace(other, before=changed, installed=undone.installed if went_down else other.installed)
    installed = state.installed if undone.installed is None else undone.installed
    return replace(state, entries=entries, pendings=pendings, installed=installed)


def _is_taken_since(state: State, undone: Pending, key: Key) -> bool:
    """Whether a later change that waits too took this entry away: it says then what comes back."""
    return any(other.at > undone.at and other.id != undone.id and key in other.before for other in state.pendings.values())


def _resolved(key: Key, entry: Entry | None, undone: Pending, other: Pending, now: float) -> Entry | None:
    is_undones = entry.pending == undone.id if entry else other.at > undone.at and undone.before.get(key) is not None
    if not is_undones:
        return entry
    was = undone.before.get(key)
    return None if was is None or was.is_over(now) else was


def _unmarked(entry: Entry | None, id: str) -> Entry | None:
    return entry._replace(pending="") if entry is not None and entry.pending == id else entry
