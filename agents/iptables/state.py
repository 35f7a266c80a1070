"""All that a host keeps: its entries, what is not confirmed, and which back end has them; to text and back, pure.

The first line of the text is all but the entries, and each line after it is one entry, so that a single address is found among many
without reading them all.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .entries import Entries, as_entries, lines_of, parse_lines, scope_counts, scope_rows
from .entry import BLOCK, KINDS, Entry, Key, entry_of

VERSION = 1


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that is undone at its deadline (seconds since the epoch) unless somebody confirms it.

    before: what each entry was that it changed, by key; None for one that was not there. installed: the back end before it, where it
    set one up or took one down, else None.
    """

    id: str
    deadline: float
    by: str
    at: float
    what: str
    before: Mapping[Key, Entry | None] = field(default_factory=dict)
    installed: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What a host keeps.

    installed: the back end that is set up; empty where none ever was, DOWN where somebody took it down. made: what setup made of the
    host's own (chains, hooks), which teardown takes away. boot: the boot of the host in which this was kept.
    foreign: entries that others put into the historic chain, as the kernel has them; it is not kept.
    """

    installed: str = ""
    made: tuple[str, ...] = ()
    entries: Mapping[Key, Entry] = field(default_factory=dict)
    pendings: Mapping[str, Pending] = field(default_factory=dict)
    boot: str = ""
    foreign: Collection[Key] = ()

    def swept(self, now: float) -> "State":
        """It without the entries whose end has come."""
        entries = as_entries(self.entries)
        left = entries.swept(now)
        return self if left is entries else replace(self, entries=left)


DOWN = "down"


def state_text(state: State) -> str:
    """The text of a state."""
    entries = as_entries(state.entries)
    head = {
        "version": VERSION,
        "installed": state.installed,
        "made": list(state.made),
        "boot": state.boot,
        "scopes": scope_rows(entries.scopes),
        "soonest": entries.soonest,
        "pendings": [_pending_row(pending) for pending in state.pendings.values()],
    }
    return f"{json.dumps(head, separators=(',', ':'))}\n{entries.lines}"


def parse_state(text: str, *, is_known: bool = False) -> State:
    """The state of a text. Raises ValueError with what is wrong with it.

    is_known: whether the text is letter by letter what state_text made; its entries are then read when somebody asks for them.
    """
    head_line, _, rest = text.partition("\n")
    try:
        head = json.loads(head_line)
        if head["version"] != VERSION:
            raise ValueError(f"it is of version {head['version']}, and this one reads {VERSION}")
        if is_known:
            soonest = head["soonest"]
            entries = Entries.of_lines(rest, scope_counts(head["scopes"]), None if soonest is None else float(soonest))
        else:
            entries = Entries.of(parse_lines(rest).values(), rest)
        pendings = {pending.id: pending for pending in map(_pending_of, head["pendings"])}
        return State(str(head["installed"]), tuple(map(str, head["made"])), entries, pendings, str(head["boot"]))
    except json.JSONDecodeError as error:
        raise ValueError(f"what stands there is no store of this agent, or was cut off: {error}") from error
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"what stands there is no store of this agent: {error}") from error


def around(text: str, network: str) -> list[Entry]:
    """The entries of a state's text that hold a network or are it, of all scopes, the widest first. Raises ValueError."""
    from ipaddress import ip_network

    head, _, lines = text.partition("\n")
    asked = ip_network(network)
    found: list[Entry] = []
    for version, length in sorted({(scope.version, scope.length) for scope in scope_counts(json.loads(head)["scopes"])}):
        if version == asked.version and length <= asked.prefixlen:
            wider = asked.supernet(new_prefix=length)
            name = str(wider.network_address) if length == wider.max_prefixlen else str(wider)
            found += lines_of(lines, name)
    return found


def holding(entries: Collection[Key], key: Key) -> list[Key]:
    """The entries of this kind, for all protocols, that hold a network and are not it; the narrowest first."""
    from ipaddress import ip_network

    network = ip_network(key[0])
    wider = [network.supernet(new_prefix=length) for length in range(network.prefixlen - 1, 0, -1)]
    return [there for one in wider if (there := (str(one), key[1], "", "")) in entries]


def within(entries: Iterable[Key], network: str) -> list[Key]:
    """The blocks that lie in a network."""
    from ipaddress import ip_network

    outer = ip_network(network)
    first, last = int(outer.network_address), int(outer.broadcast_address)
    same = [key for key in entries if key[1] == BLOCK and (":" in key[0]) is (outer.version == 6)]
    return [key for key in same if first <= int(ip_network(key[0]).network_address) <= last]


def _pending_row(pending: Pending) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(pending, name) for name in ("id", "deadline", "by", "at", "what", "installed")}
    return {**row, "before": [[list(key), entry.row() if entry else None] for key, entry in pending.before.items()]}


def _pending_of(row: Mapping[str, Any]) -> Pending:
    before: dict[Key, Entry | None] = {}
    for (network, kind, protocol, ports), entry in row["before"]:
        if kind not in KINDS:
            raise ValueError("a change of the store that waits for its confirmation is none")
        before[(network, kind, protocol, ports)] = None if entry is None else entry_of(entry)
    deadline, at, installed = float(row["deadline"]), float(row["at"]), row["installed"]
    return Pending(
        str(row["id"]), deadline, str(row["by"]), at, str(row["what"]), before, None if installed is None else str(installed)
    )
