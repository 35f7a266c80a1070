"""NodeState: the NodeView of this moment, made anew only when something changed."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from .classes import ClassesFile
from .data import DataPlugins
from .factsource import CachedFacts
from .view import NodeView


class NodeState:
    """What this host knows of itself while it runs; view() is asked for every request, agents are set as they are loaded."""

    def __init__(
        self,
        identity: str,
        collectives: Iterable[str],
        main_collective: str,
        *,
        classes: ClassesFile,
        facts: CachedFacts,
        data: DataPlugins | None = None,
        agents: Iterable[str] = (),
        brokers: Iterable[str] = (),
    ) -> None:
        self.identity, self.collectives, self.main_collective = identity, tuple(collectives), main_collective
        self._brokers = tuple(brokers)
        self._classes_file, self._cached_facts, self._data = classes, facts, data or DataPlugins()
        self._agents = frozenset(agents)
        self._lock = threading.Lock()
        self._view: NodeView | None = None

    def set_agents(self, names: Iterable[str]) -> None:
        """The agents that are active from now on."""
        with self._lock:
            self._agents, self._view = frozenset(names), None

    def set_data(self, data: DataPlugins) -> None:
        """The data plugins that are asked from now on."""
        with self._lock:
            self._data, self._view = data, None

    def view(self) -> NodeView:
        """This host as it is now; the same object while nothing changed."""
        facts = self._cached_facts.facts()
        with self._lock:
            classes = self._classes_file.classes()
            view = self._view
            if view is None or view.facts is not facts or view.classes is not classes:
                view = self._view = self._make(facts, classes)
            return view

    @property
    def troubles(self) -> list[str]:
        """What is wrong with the sources at present, for `daemon_stats` and `mco doctor`; empty while all is well."""
        return [trouble for trouble in (self._classes_file.trouble, self._cached_facts.trouble) if trouble]

    def _make(self, facts: Mapping[str, Any] | None, classes: frozenset[str] | None) -> NodeView:
        ask = _Ask(self._data)
        ask.view = NodeView(
            identity=self.identity,
            collectives=self.collectives,
            main_collective=self.main_collective,
            agents=self._agents,
            classes=classes,
            facts=facts,
            data_plugins=self._data.names,
            data=ask,
            data_sources=self._data.sources,
            brokers=self._brokers,
        )
        return ask.view


class _Ask:
    """NodeView.data: a data plugin's answer about the very view that it hangs on."""

    view: NodeView

    def __init__(self, data: DataPlugins) -> None:
        self._data = data

    def __call__(self, plugin: str, query: str | None) -> Mapping[str, Any] | None:
        return self._data.query(plugin, query, self.view)
