"""What is put back at the daemon's start, without what this host must not block any more."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_network

from .entry import BLOCK
from .guard import Guard
from .state import State
from .surroundings import gather


def without_refused(state: State, config: Mapping[str, str], say: Callable[[str], None]) -> State:
    """A state without the blocks that would cut this host off by now: it may have other addresses and gateways than then."""
    return refused_by(gather(config), state, say) if state.entries else state


def refused_by(guard: Guard, state: State, say: Callable[[str], None]) -> State:
    """A state without the blocks that a guard refuses; say: is told of each."""
    kept = {}
    for key, entry in state.entries.items():
        if entry.kind == BLOCK and (reason := guard.refusal(ip_network(entry.network))) is not None:
            say(f"{entry.network} is not blocked again: {reason}")
        else:
            kept[key] = entry
    return state if len(kept) == len(state.entries) else replace(state, entries=kept)
