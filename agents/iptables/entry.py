"""What is blocked or allowed on a host: one entry each, and the scope that entries share a set or a rule of; pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

BLOCK, ALLOW = "block", "allow"
KINDS = (BLOCK, ALLOW)

_TIMES = {int, float, type(None)}

Key = tuple[str, str, str, str]
"""Network, kind, protocol, ports: what one entry of a host is told from another by."""


class Scope(NamedTuple):
    """What decides by which rule an address is met: all entries of one scope lie in one set.

    version: 4 or 6. length: of the prefix. ports: `25,587-590`, empty for all.
    """

    kind: str
    version: int
    length: int
    protocol: str = ""
    ports: str = ""


class Entry(NamedTuple):
    """One network, and who wants what of it.

    network: `198.51.100.7`, or `198.51.100.0/24`. protocol, ports: empty for all. at, expires: seconds since the epoch, None for no
    end. pending: the id of the change that is not confirmed yet and made it, empty for none. origin: the desired list that brought it,
    empty where somebody did by hand.
    """

    network: str
    kind: str = BLOCK
    protocol: str = ""
    ports: str = ""
    reason: str = ""
    ticket: str = ""
    by: str = ""
    at: float = 0.0
    expires: float | None = None
    pending: str = ""
    origin: str = ""

    @property
    def key(self) -> Key:
        """What it is told from others by."""
        return self[:4]

    @property
    def scope(self) -> Scope:
        """By which rule it is met."""
        return scope_of(self[:4])

    def is_over(self, now: float) -> bool:
        """Whether its end has come."""
        return self.expires is not None and self.expires <= now

    def row(self) -> dict[str, Any]:
        """It as JSON has it, without what is empty."""
        return {name: value for name, value in zip(self._fields, self, strict=True) if value not in ("", None)}


def scope_of(key: Key) -> Scope:
    """By which rule an entry of this key is met."""
    network, kind, protocol, ports = key
    _, slash, length = network.partition("/")
    version = 6 if ":" in network else 4
    return Scope(kind, version, int(length) if slash else 128 if version == 6 else 32, protocol, ports)


def by_scope(keys: Iterable[Key]) -> dict[Scope, list[Key]]:
    """Keys by the rule that meets them. Of ten thousand alike the scope is made once."""
    alike: dict[tuple[str, bool, str, str, str], list[Key]] = {}
    for key in keys:
        network, kind, protocol, ports = key
        alike.setdefault((network.partition("/")[2], ":" in network, kind, protocol, ports), []).append(key)
    return {scope_of(some[0]): some for some in alike.values()}


def entry_of(row: Any) -> Entry:
    """The entry of a row. Raises ValueError for what is none."""
    try:
        entry = Entry(**row)
        # Ten thousand of them are read for a block among them: types are compared as sets.
        if entry.kind not in KINDS or {*map(type, entry[:7]), *map(type, entry[9:])} != {str}:
            raise ValueError("an entry of the store has other values than are kept there")
        if not {type(entry.at), type(entry.expires)} <= _TIMES:
            raise ValueError("an entry of the store has a time that is no number")
        scope_of(entry.key)
    except TypeError as error:
        raise ValueError(f"an entry of the store is none: {error}") from error
    return entry


def shown_key(key: Key) -> str:
    """`198.51.100.7 tcp 25,587`, `allow 192.0.2.0/24`: an entry in a sentence."""
    network, kind, protocol, ports = key
    return " ".join(word for word in ("allow" if kind == ALLOW else "", network, protocol, ports) if word)
