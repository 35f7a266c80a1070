"""NodeView: what a host knows of itself, at one moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def no_data(plugin: str, query: str | None) -> Mapping[str, Any] | None:
    """The data function of a host without data plugins."""
    return None


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where a site's data plugin comes from, for a process that is to load it again.

    config: its settings. libdirs: where the validator of its query may be.
    """

    name: str
    folder: Path
    config: Mapping[str, str] = field(default_factory=dict)
    libdirs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeView:
    """One host, as filters, policies and agents see it; a frozen snapshot.

    facts: nested as the source gave them, or None while no usable facts are known (then no fact filter matches).
    classes: Puppet classes, or None while none were ever read. agents: names of the active ones.
    data: a data plugin's outputs by plugin name and query, None where the plugin is not here. data_sources: of the site's own.
    brokers: names or addresses of the configured brokers, for agents that must not cut them off.
    """

    identity: str
    collectives: tuple[str, ...] = ("mcollective",)
    main_collective: str = "mcollective"
    agents: frozenset[str] = frozenset()
    classes: frozenset[str] | None = frozenset()
    facts: Mapping[str, Any] | None = field(default_factory=dict)
    data_plugins: tuple[str, ...] = ()
    data: Callable[[str, str | None], Mapping[str, Any] | None] = no_data
    data_sources: tuple[DataSource, ...] = ()
    brokers: tuple[str, ...] = ()
