"""What is put back, at the daemon's start or by a change, without what this host must not block any more; pure."""

from collections.abc import Callable, Collection
from dataclasses import replace

from .entry import BLOCK, Key
from .guard import Guard
from .state import State


def without_refused(state: State, guard: Guard, say: Callable[[str], None], keys: Collection[Key] | None = None) -> State:
    """A state without the blocks that a guard refuses: the host may have other addresses and gateways by now.

    say: told of each. keys: those that are asked about, None for all.
    """
    kept = {}
    for key, entry in state.entries.items():
        is_asked = entry.kind == BLOCK and (keys is None or key in keys)
        if is_asked and (reason := guard.refusal_of(entry.network)) is not None:
            say(f"{entry.network} is not blocked again: {reason}")
        else:
            kept[key] = entry
    return state if len(kept) == len(state.entries) else replace(state, entries=kept)
