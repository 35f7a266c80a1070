"""What is put back at the daemon's start, without what this host must not block any more; pure."""

from collections.abc import Callable
from dataclasses import replace

from .entry import BLOCK
from .guard import Guard
from .state import State


def without_refused(state: State, guard: Guard, say: Callable[[str], None]) -> State:
    """A state without the blocks that a guard refuses: the host may have other addresses and gateways by now. say: told of each."""
    kept = {}
    for key, entry in state.entries.items():
        if entry.kind == BLOCK and (reason := guard.refusal_of(entry.network)) is not None:
            say(f"{entry.network} is not blocked again: {reason}")
        else:
            kept[key] = entry
    return state if len(kept) == len(state.entries) else replace(state, entries=kept)
