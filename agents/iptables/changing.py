"""The one way in which anything is changed: lock, look, plan, guard, keep, carry out; and back again where it cannot be carried out."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mcollective_py.agent import RPCAborted

from . import pending as pendings
from .backend import Backend, Effect
from .choosing import backend_of
from .compared import delta, next_due, overdue
from .entries import as_entries, differing
from .entry import BLOCK, Entry, Key
from .guard import Guard
from .keeping import ensure_keeper
from .passing import in_vain
from .settings import Settings, settings_of
from .state import DOWN, Pending, State
from .store import Store
from .untouched import boot_id
from .view import View


@dataclass(frozen=True, slots=True)
class Place:
    """A host's settings, and where it keeps what it knows. config: the settings as text, for those that look after deadlines."""

    settings: Settings
    store: Store
    config: Mapping[str, str]

    @classmethod
    def of(cls, config: Mapping[str, str]) -> "Place":
        """The place of an agent's settings. Raises RPCAborted for one that is none."""
        settings = settings_of(config)
        return cls(settings, Store(settings.state_directory), config)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a plan wants: entries that are there afterwards, and keys that are not."""

    adds: Sequence[Entry] = ()
    removes: Sequence[Key] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. changed: whether anything of the store or the host was, or with noop would be.

    drift: what was found changed by hand, in words; the change made it as it should be. confirm: the id that waits, and its deadline.
    is_down: whether the firewall is taken down afterwards. vain: blocks that hold nobody, with the exceptions that let them through.
    renewed: keys of those added that were there before, and are another now.
    spared: what was not put back, since it must not be blocked here any more, or nobody can say whether it may: in words.
    """

    changed: bool
    backend: str
    added: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()
    drift: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    confirm: str = ""
    deadline: float | None = None
    is_down: bool = False
    vain: tuple[tuple[Entry, Entry], ...] = ()
    renewed: frozenset[Key] = frozenset()
    spared: tuple[str, ...] = ()


Plan = Callable[[State, float], Changes]
Step = Callable[[State, float], State]


def change(
    place: Place,
    plan: Plan,
    *,
    by: str,
    guard: Guard | None,
    confirm: float | None = None,
    id: str = "",
    noop: bool = False,
    what: str = "change",
) -> Outcome:
    """Carry out a plan, all of it or nothing.

    plan: is given what is kept, without what is over, and the time; it runs under the lock. by: the caller. guard: None where it has
    been asked already. confirm: seconds within which it has to be confirmed, by this id. Raises RPCAborted or InvalidRPCData, and then
    nothing was changed.
    """

    def step(state: State, now: float) -> State:
        wanted = plan(state, now)
        for entry in wanted.adds:
            if guard is not None and entry.kind == BLOCK:
                guard.check(entry.network)
        removed = {*wanted.removes}
        entries = as_entries(state.entries).changed(wanted.adds, removed)
        if len(entries) > place.settings.max_entries:
            raise RPCAborted(
                f"there would be {len(entries)} entries, and {place.settings.max_entries} may be (plugin.iptables.max_entries)"
            )
        return replace(state, entries=entries, foreign=tuple(key for key in state.foreign if key not in removed))

    asked = None if guard is None else lambda: guard
    return transact(place, step, by=by, confirm=confirm, id=id, noop=noop, what=what, guard=asked)


def transact(
    place: Place,
    step: Step,
    *,
    by: str,
    confirm: float | None = None,
    id: str = "",
    noop: bool = False,
    what: str = "change",
    needs_setup: bool = True,
    guard: Callable[[], Guard] | None = None,
) -> Outcome:
    """The same for any step from state to state, setup and teardown among them.

    Whatever comes into the kernel beside what the step adds (what hands took away, what an undone change brings back, all of it after a
    boot) is asked of the guard as well. guard: where it is to be had from when it is wanted, None for this host as it is.
    """
    with place.store.locked():
        now = round(time.time(), 3)
        view = View(place.settings, place.store, now, boot_id(), reads_all=not needs_setup)
        kept, backend = view.kept, view.backend
        fresh = settled(kept, now)
        known = replace(fresh, foreign=tuple(view.effect.foreign))
        after = step(known, now)
        view.learn(*_touched(kept, after))
        effect, found, before = view.effect, view.drift, known
        if needs_setup:
            after = _set_up(place.settings, after, backend)
            before = replace(known, installed=after.installed)  # what the first block set up stays, whatever becomes of the block
        elif after.installed not in ("", DOWN, backend.name):
            backend = backend_of(after.installed, place.settings)
            effect = backend.read()
        back = _Back()
        may_come_back = view.is_read and (found or fresh is not kept or kept.installed != backend.name or not needs_setup)
        if after.installed not in ("", DOWN) and may_come_back:
            keys = after.entries.keys() & known.entries.keys() if needs_setup else after.entries.keys()  # what is new has been asked
            back = _back(place, guard, after, keys - effect.holds.keys())
            after, before, known = (_without(state, back.refused) for state in (after, before, known))
        made = () if after.installed in ("", DOWN) else backend.made(effect)
        after = replace(after, made=_made(kept, after, made), boot=boot_id())
        if confirm is not None:
            after = _waiting(before, after, Pending(id, now + confirm, by, now, what))
        outcome = replace(_outcome(known, after, backend, found, made), spared=back.said)
        if noop or not (outcome.changed or fresh is not kept):
            if view.is_read and not found and fresh is kept and not delta(kept, kept, effect, now, backend.longest).puts:
                view.keep(kept, 0)
            return replace(outcome, confirm="", deadline=None)
        grew = _carry_out(place, view, backend, effect, after, now, back.withheld)
        if grew is not None and not back.withheld:
            view.keep(after, grew)
        return outcome


def _touched(kept: State, after: State) -> tuple[list[Key], list[Key]]:
    """What is other afterwards: what will be there, and what will not."""
    keys = differing(kept.entries, after.entries)
    there = as_entries(after.entries).for_many(len(keys))
    return [key for key in keys if key in there], [key for key in keys if key not in there]


@dataclass(frozen=True, slots=True)
class _Back:
    """Of blocks that would be put back: those that must not be any more, those that nobody can say it of, and both in words."""

    refused: Collection[Key] = ()
    withheld: Collection[Key] = ()
    said: tuple[str, ...] = ()


def _back(place: Place, guard: Callable[[], Guard] | None, state: State, keys: Collection[Key]) -> _Back:
    """Where the guard cannot be had nothing comes back, and nothing is forgotten."""
    from .restoring import without_refused

    blocks = {key for key in keys if key[1] == BLOCK}
    if not blocks:
        return _Back()
    try:
        asked = guard() if guard is not None else _guard_of(place)
    except RPCAborted as error:
        return _Back(withheld=blocks, said=(f"not put back: {len(blocks)} of what is kept: {error}",))
    said: list[str] = []
    left = without_refused(state, asked, said.append, blocks)
    return _Back(state.entries.keys() - left.entries.keys(), said=tuple(said))


def _without(state: State, keys: Collection[Key]) -> State:
    return replace(state, entries=as_entries(state.entries).changed((), keys)) if keys else state


def _guard_of(place: Place) -> Guard:
    from .surroundings import KEPT, gather

    return gather(place.config, kept=Path(place.settings.state_directory, KEPT))


def _waiting(before: State, after: State, pending: Pending) -> State:
    """The state of a change that has to be confirmed; one that changes nothing has not."""
    if tuple(before.foreign) != tuple(after.foreign):
        raise RPCAborted("what others put into the chain could not be put back: take it away without --confirm")
    if pending.id in before.pendings:
        raise RPCAborted(f"a change of the id {pending.id} waits already")
    is_change = differing(before.entries, after.entries) or before.installed != after.installed
    return pendings.begin(before, after, pending) if is_change else after


def settled(state: State, now: float) -> State:
    """A state without what is over, and with what was never confirmed in time undone; after a boot with all that was not.

    The operator who was to confirm it may have been locked out for as long as the boot took.
    """
    late_ones = overdue(state, now if state.boot in ("", boot_id()) else float("inf")) if state.pendings else []
    for late in late_ones:
        state = pendings.undo(state, late.id, now)
    return state.swept(now)


def _set_up(settings: Settings, state: State, backend: Backend) -> State:
    if state.installed == DOWN:
        raise RPCAborted("the firewall was taken down here: mco iptables setup brings it back, with all that is kept")
    if state.installed == "" and not settings.auto_setup:
        raise RPCAborted("nothing is set up here, and plugin.iptables.auto_setup = 0: mco iptables setup")
    return replace(state, installed=backend.name)


def _outcome(known: State, after: State, backend: Backend, found: Sequence[str], made: tuple[str, ...]) -> Outcome:
    changed = differing(known.entries, after.entries)
    before, entries = (as_entries(state.entries).for_many(len(changed)) for state in (known, after))
    added = tuple(entries[key] for key in changed if key in entries)
    removed = tuple(before[key] for key in changed if key not in entries)
    removed += tuple(Entry(*key) for key in known.foreign if key not in after.foreign)
    waits = next((pending for id, pending in after.pendings.items() if id not in known.pendings), None)
    is_changed = bool(added or removed or known.installed != after.installed or made or found or {*known.pendings} - {*after.pendings})
    return Outcome(
        is_changed,
        backend.name,
        added,
        removed,
        tuple(found),
        made,
        waits.id if waits and is_changed else "",
        waits.deadline if waits else None,
        after.installed in ("", DOWN),
        tuple(in_vain(after.entries, added)),
        frozenset(key for key in changed if key in before and key in entries) if before else frozenset(),
    )


def _carry_out(
    place: Place, view: View, backend: Backend, effect: Effect, after: State, now: float, withheld: Collection[Key] = ()
) -> int | None:
    """Keep it first, then do it: whoever ends this process between the two leaves a store that the next look makes true.

    Gives by how much the generation of the kernel's rules grew; None where that does not matter any more.
    """
    kept, grew = view.kept, None
    if next_due(after, backend.longest, now) is not None:
        ensure_keeper(place.settings, place.config)
    place.store.write(after)
    try:
        if after.installed in ("", DOWN):
            backend.teardown(effect, kept.made)
        else:
            keys = None if view.is_read else differing(kept.entries, after.entries)
            wanted = delta(kept, after, effect, now, backend.longest, keys)
            if withheld:
                wanted = replace(wanted, puts=[timed for timed in wanted.puts if timed.key not in withheld])
            grew = backend.apply(effect, wanted)
    except BaseException:
        place.store.revert()
        raise
    if kept.installed not in ("", DOWN, backend.name) and after.installed == backend.name:  # another one had it until now
        backend_of(kept.installed, place.settings).leave(backend.name, kept.made)
        return None
    return grew


def _made(kept: State, after: State, made: Sequence[str]) -> tuple[str, ...]:
    """What is ours of chains and hooks afterwards: those two back ends that share a chain share this too."""
    if after.installed in ("", DOWN):
        return ()
    earlier = kept.made if kept.installed == after.installed or {kept.installed, after.installed} == {"ipset", "iptables"} else ()
    return tuple(dict.fromkeys((*earlier, *made)))
