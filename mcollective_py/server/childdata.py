"""NodeView.data in a child process: the same data plugins as in the daemon, each loaded when it is first asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import MCollectiveError
from ..node.view import DataSource, NodeView


def agent_data(view: NodeView) -> dict[str, Mapping[str, Any]]:
    """What the data plugin `agent` says of each agent: the one whose answers are not to be had in another process."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in view.agents if "agent" in view.data_plugins else ():
        try:
            answer = view.data("agent", name)
        except MCollectiveError:
            continue
        found |= {} if answer is None else {name: dict(answer)}
    return found


class ChildData:
    """Asks at once, without a deadline of its own: the process has one. view: what the answers are about."""

    view: NodeView

    def __init__(self, sources: Sequence[DataSource], agents: Mapping[str, Mapping[str, Any]]) -> None:
        self._sources, self._agents = {source.name: source for source in sources}, agents

    def __call__(self, plugin: str, query: str | None) -> Mapping[str, Any] | None:
        from ..node.data import DataPlugins, builtin_data

        plugins = list(builtin_data(self._agents.get))
        if plugin in self._sources:
            from ..plugins.sitedata import load_one

            plugins.append(load_one(self._sources[plugin]))
        elif plugin not in self.view.data_plugins:
            return None
        return DataPlugins(plugins).query(plugin, query, self.view)
