"""Whom: the hosts that a filter and an exclusion mean together, as far as that is decided here and not on the hosts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..config import Config
from ..errors import DiscoveryError, UsageError
from ..filter import RAW_QUERY, Filter
from ..matching.nodeset import is_nodeset
from .discovery.hostwords import GROUP, HostWords, expanded, no_groups


@dataclass(frozen=True, slots=True)
class Whom:
    """filter: its identities are names and regular expressions, whatever they were written as. excluded: hosts that are not meant."""

    filter: Filter
    excluded: HostWords = field(default_factory=lambda: HostWords(()))

    @property
    def wire(self) -> Filter:
        """What hosts are asked: the filter, without its identities where one message has no room for them."""
        return self.filter if self.filter.fits_wire else replace(self.filter, identities=())

    @property
    def names(self) -> tuple[str, ...] | None:
        """The hosts, where they are named and nothing else narrows them; else None."""
        named = self.filter.named_identities
        return None if named is None else tuple(name for name in named if name not in self.excluded)

    @property
    def is_decided_here(self) -> bool:
        """True where hosts may answer the question that are not meant."""
        return bool(self.excluded) or not self.filter.fits_wire

    def judge(self) -> Callable[[str], bool]:
        """What tells by a host's name whether it is meant, of those that the rest of the filter means."""
        words = self.filter.identities
        if not words or any(word.startswith(RAW_QUERY) for word in words):  # whom a query means has been decided where it was asked
            return lambda name: name not in self.excluded
        allowed = HostWords(words)
        return lambda name: name in allowed and name not in self.excluded


class Groups:
    """The groups of an inventory file, which is read when the first of them is asked for.

    file: its name, None for the configured one.
    """

    def __init__(self, config: Config, file: str | None = None) -> None:
        self._config, self._file = config, file
        self._known: dict[str, tuple[str, ...]] = {}

    def __call__(self, name: str) -> tuple[str, ...]:
        """The hosts of a group. Raises UsageError or DiscoveryError."""
        if name not in self._known:
            from .discovery.inventory import SETTING, Inventory

            if self._file is None and self._config.path(SETTING) is None:
                no_groups(name)
            found = Inventory((self._file,) if self._file else (), self._config).members(name)
            if not found:
                raise DiscoveryError(f"the group {name} has no hosts")
            self._known[name] = found
        return self._known[name]


def whom(filter: Filter, exclude: Iterable[str], groups: Callable[[str], Sequence[str]]) -> Whom:
    """The hosts of a filter without the excluded ones. Raises FilterError, UsageError, DiscoveryError for words that name nobody."""
    words = tuple(exclude)
    if any(not word.strip() for word in words):
        raise UsageError("an empty word excludes nobody: leave the option out or say who is not meant")
    return Whom(with_names(filter, groups), HostWords(expanded(words, lambda name: tuple(groups(name)))))


def with_names(filter: Filter, groups: Callable[[str], Sequence[str]]) -> Filter:
    """The filter with the names that its node sets and groups stand for."""
    if not any(word.startswith(GROUP) or is_nodeset(word) for word in filter.identities):
        return filter
    return replace(filter, identities=expanded(filter.identities, lambda name: tuple(groups(name))))
