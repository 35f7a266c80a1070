"""An inventory file, checked strictly: hosts with what is known of them, and groups of them; pure.

hosts:
  web[01-20].example.com: {classes: [role::web], facts: {country: uk}}
  db1.example.com: {classes: [role::db], agents: [package, service], collectives: [mcollective]}
  old.example.com:
groups:
  web: ["web[01-20].example.com"]
  both: ["group:web", db1.example.com]
  uk: {facts: [country=uk]}
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ...ddl.document import Document
from ...ddl.document import Path as Place
from ...errors import DiscoveryError, FilterError
from ...expression import DataTest, leaves
from ...facttest import is_regex
from ...filter import Filter
from ...matching.matcher import check, matches
from ...matching.nodeset import MAX_NAMES, expand
from ...names import is_agent, is_collective, is_identity
from ...node.view import NodeView
from .hostwords import GROUP, HostWords

_HOST_KEYS = ("facts", "classes", "agents", "collectives")
_FILTER_KEYS = ("facts", "classes", "agents", "compound")
_MAX_DEPTH = 16  # groups within groups
_MAX_STEPS = 200 * MAX_NAMES  # hosts that all groups name or look at, each as often as it comes


@dataclass(frozen=True, slots=True)
class Host:
    """What the file says of a host. None where it says nothing: agents and collectives are then all, facts and classes unknown."""

    facts: Mapping[str, Any] | None = None
    classes: frozenset[str] | None = None
    agents: frozenset[str] | None = None
    collectives: frozenset[str] | None = None

    def is_meant(self, name: str, filter: Filter, collective: str) -> bool:
        """Whether the filter means it in this collective, as far as the file tells."""
        if self.collectives is not None and collective not in self.collectives:
            return False
        if self.agents is None and filter.agents:
            filter = Filter(filter.facts, filter.classes, (), filter.identities, filter.compound)
        view = NodeView(name, (collective,), collective, self.agents or frozenset(), self.classes, self.facts)
        return matches(filter, view)


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts by name (names, node sets, regular expressions, `group:NAME`), and, where there is a filter, those that it means."""

    words: tuple[str, ...] = ()
    filter: Filter | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """hosts: by name, in the file's order. file: for messages."""

    file: str
    hosts: Mapping[str, Host] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)

    def meant(self, filter: Filter, collective: str) -> tuple[str, ...]:
        """The hosts that a filter means. Raises DiscoveryError for a filter that only the hosts themselves can apply."""
        if asks_data(filter):
            raise DiscoveryError("an inventory file knows nothing of data plugins: --dm mc asks the hosts")
        return tuple(name for name, host in self.hosts.items() if host.is_meant(name, filter, collective))

    def members(self, group: str) -> tuple[str, ...]:
        """The hosts of a group. Raises DiscoveryError for one that is not there, or that leads back to itself."""
        return _Walk(self).members(group)


class _Walk:
    """Which hosts the groups of a file have; one that stands in many others is looked at once."""

    def __init__(self, file: Inventory) -> None:
        self._file, self._known, self._room = file, dict[str, tuple[str, ...]](), _MAX_STEPS

    def members(self, group: str, above: tuple[str, ...] = ()) -> tuple[str, ...]:
        """See Inventory. above: the groups that led here."""
        if group in self._known:
            return self._known[group]
        file, groups = self._file.file, self._file.groups
        if group in above or len(above) >= _MAX_DEPTH:
            raise DiscoveryError(f"{file}: groups lead in a circle: {' > '.join((*above, group))}")
        if group not in groups:
            near = get_close_matches(group, groups, 1)
            there = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(groups)) or 'none'}"
            raise DiscoveryError(f"{file} has no group {group}: {there}")
        entry, names = groups[group], dict[str, None]()
        for word in entry.words:
            found = self._named(word, (*above, group))
            self._take(1 + len(found), group)
            names.update(dict.fromkeys(found))
        if entry.filter is not None:
            self._take(len(self._file.hosts), group)
            chosen = entry.filter
            names.update((name, None) for name, host in self._file.hosts.items() if matches_host(name, host, chosen))
        self._known[group] = tuple(names)
        return self._known[group]

    def _named(self, word: str, above: tuple[str, ...]) -> Sequence[str]:
        if is_regex(word):
            self._take(len(self._file.hosts), above[-1])
            pattern = HostWords([word])
            return [name for name in self._file.hosts if name in pattern]
        return self.members(word.removeprefix(GROUP), above) if word.startswith(GROUP) else expand(word)

    def _take(self, steps: int, group: str) -> None:
        self._room -= steps
        if self._room < 0:
            raise DiscoveryError(f"{self._file.file}: up to the group {group} hosts are named more than {_MAX_STEPS} times")


def asks_data(filter: Filter) -> bool:
    """Whether a filter asks data plugins, which only hosts have."""
    return any(isinstance(test, DataTest) for tree in filter.expressions for test in leaves(tree))


def matches_host(name: str, host: Host, filter: Filter) -> bool:
    """Whether a group's filter means a host, in whatever collective."""
    return host.is_meant(name, filter, min(host.collectives or {"mcollective"}))


def inventory_of(document: Document) -> Inventory:
    """The inventory that a document says. Raises DiscoveryError that names file, line and key of what is wrong in it."""
    top = _mapping(document, (), document.value, ("hosts", "groups"))
    hosts: dict[str, Host] = {}
    for words, details in _mapping(document, ("hosts",), top.get("hosts", {})).items():
        place: Place = ("hosts", words)
        host = _host(document, place, details)
        for name in _names(document, place, words):
            if name in hosts:
                raise _wrong(document, place, f"{name} stands here twice")
            hosts[name] = host
        if len(hosts) > MAX_NAMES:
            raise _wrong(document, ("hosts",), f"more than {MAX_NAMES} hosts")
    if not hosts:
        raise _wrong(document, (), "there are no hosts: `hosts:` is a mapping of names")
    groups = _mapping(document, ("groups",), top.get("groups", {}))
    found = Inventory(document.file, hosts, {name: _group(document, ("groups", name), value) for name, value in groups.items()})
    walk = _Walk(found)
    for name in found.groups:
        if not is_collective(name):
            raise _wrong(document, ("groups", name), "a group's name has letters, digits, '_' and '-'")
        walk.members(name)
    return found


def _host(document: Document, place: Place, value: Any) -> Host:
    given = _mapping(document, place, {} if value is None else value, _HOST_KEYS)
    facts = given.get("facts")
    if facts is not None:
        _mapping(document, (*place, "facts"), facts)

    def texts(key: str, is_one: Any, what: str) -> frozenset[str] | None:
        found = given.get(key)
        return None if found is None else frozenset(_texts(document, (*place, key), found, is_one, what))

    return Host(
        facts,
        texts("classes", lambda word: bool(word.strip()), "the name of a class"),
        texts("agents", is_agent, "the name of an agent"),
        texts("collectives", is_collective, "the name of a collective"),
    )


def _group(document: Document, place: Place, value: Any) -> Group:
    if isinstance(value, list):
        return Group(tuple(_member(document, place, value)))
    given = _mapping(document, place, value, ("hosts", *_FILTER_KEYS))
    if not given:
        raise _wrong(document, place, "a group is a list of hosts, or a mapping with hosts, facts, classes, agents or compound")
    words = {key: list(_texts(document, (*place, key), given[key])) for key in _FILTER_KEYS if key in given}
    try:
        filter = Filter.parse(**words) if words else None
        if filter is not None:
            check(filter)
    except FilterError as error:
        raise _wrong(document, place, str(error)) from error
    if filter is not None and filter.is_empty and not filter.agents:
        raise _wrong(document, place, "an empty list would mean every host: leave it out or say who is meant")
    if filter is not None and asks_data(filter):
        raise _wrong(document, place, "a file knows nothing of data plugins")
    return Group(tuple(_member(document, (*place, "hosts"), given.get("hosts", []))), filter)


def _member(document: Document, place: Place, value: Any) -> Iterator[str]:
    for number, word in enumerate(_texts(document, place, value)):
        if not is_regex(word) and not word.startswith(GROUP):
            _names(document, (*place, number), word)
        elif is_regex(word):
            try:
                HostWords([word])
            except FilterError as error:
                raise _wrong(document, (*place, number), str(error)) from error
        yield word


def _names(document: Document, place: Place, word: str) -> Sequence[str]:
    if is_identity(word):
        return (word,)
    try:
        return expand(word)
    except FilterError as error:
        raise _wrong(document, place, str(error)) from error


def _texts(document: Document, place: Place, value: Any, is_one: Any = lambda word: True, what: str = "a text") -> Sequence[str]:
    if not isinstance(value, list):
        raise _wrong(document, place, "must be a list")
    for number, item in enumerate(value):
        if not isinstance(item, str) or not is_one(item):
            raise _wrong(document, (*place, number), f"must be {what}")
    return value


def _mapping(document: Document, place: Place, value: Any, keys: Sequence[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(document, place, "must be a mapping")
    for key in value if keys is not None else ():
        if key not in (keys or ()):
            near = get_close_matches(key, keys or (), 1)
            raise _wrong(
                document,
                (*place, key),
                f"is not known here: {f'did you mean {near[0]}?' if near else 'there are ' + ', '.join(keys or ())}",
            )
    return value


def _wrong(document: Document, place: Place, problem: str) -> DiscoveryError:
    return DiscoveryError(document.error(place, problem).reason)
