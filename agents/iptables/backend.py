"""The port of the three back ends, and the values that pass through it; pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from mcollective_py.agent import RPCAborted

from .entries import Entries
from .entry import Entry, Key, Scope
from .untouched import Mark, Sight


class Hold(NamedTuple):
    """What the kernel has of one entry. remaining: seconds until it goes by itself, None where it stays. Counters since it was made."""

    remaining: float | None = None
    packets: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """What holds in the kernel now.

    is_set_up: whether table or chains are there and hooked, in both families. faults: what is there, but not as setup made it.
    holds: what our sets and rules have, by key. foreign: the same of rules in the historic chain that others put there.
    sets: the names of our sets.
    """

    is_set_up: bool = False
    faults: tuple[str, ...] = ()
    holds: Mapping[Key, Hold] = field(default_factory=dict)
    foreign: Mapping[Key, Hold] = field(default_factory=dict)
    sets: tuple[str, ...] = ()


class Timed(NamedTuple):
    """An entry as the kernel is to have it. seconds: until it goes by itself, None for never. hold: whose counters it takes over."""

    key: Key
    seconds: float | None = None
    hold: Hold = Hold()


@dataclass(frozen=True, slots=True)
class Delta:
    """What is to be different in the kernel: `puts` are there afterwards, also those that are there otherwise; `drops` are not.

    Of rules that others put into the historic chain only those go that drops name. scopes: those of all that there will be.
    """

    puts: Sequence[Timed] = ()
    drops: Collection[Key] = ()
    scopes: Collection[Scope] = ()


class BackendFailed(RPCAborted):
    """A program refused; nothing of the change holds."""


class Backend(Protocol):
    """One way to have addresses blocked by this kernel. Everything raises RPCAborted; then all is as it was before."""

    name: str
    longest: float  # seconds: up to then the kernel takes an entry away by itself at its end

    def is_ready(self) -> str | None:
        """None where its programs are here, else what is missing."""
        ...

    def read(self) -> Effect:
        """What holds now."""
        ...

    def probe(self, entries: Sequence[Entry]) -> bool:
        """Whether packets meet any of these: it is held by the kernel, and what is looked up leads to it. Without reading all."""
        ...

    def sight(self) -> Sight | None:
        """What can be seen of the kernel at a glance; None where that does not tell whether anything was changed."""
        ...

    def mark(self, keys: Iterable[Key]) -> Mark:
        """What these entries are known by in our sets; the empty one where the generation counts them."""
        ...

    def believed(self, kept: Entries, puts: Sequence[Key], drops: Sequence[Key]) -> Effect | None:
        """What holds of these keys, where the kernel has what is kept and nothing else; None where all has to be read to change them.

        puts, drops: all that a change is about.
        """
        ...

    def apply(self, effect: Effect, delta: Delta) -> int:
        """Make the change in one step; what is missing of table, chains and hooks is made with it. effect: what `read` found.

        Gives by how much the generation of the kernel's rules grew with it.
        """
        ...

    def made(self, effect: Effect) -> tuple[str, ...]:
        """What `apply` would make of chains and hooks that are not there."""
        ...

    def teardown(self, effect: Effect, made: Sequence[str]) -> None:
        """Take away what is ours: sets, rules, and of chains and hooks those that were made."""
        ...

    def leave(self, successor: str, made: Sequence[str]) -> None:
        """Take away what is ours when another back end has all of it already."""
        ...
