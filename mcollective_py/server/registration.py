"""Registration plugins: what a host tells of itself, unasked, to agents named `registration`.

It is never answered. Inventories of Ruby sites read it: the bodies are theirs.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from ..config import Config
from ..errors import ConfigError
from ..node.view import NodeView
from ..wire.symbol import Symbol


class Registration(Protocol):
    """What is told."""

    def body(self, view: NodeView) -> Any:
        """The body of a registration, None where there is none to send this time."""
        ...


class AgentList:
    """The names of the active agents: `registration = agentlist`."""

    def body(self, view: NodeView) -> list[str]:
        """See Registration."""
        return sorted(view.agents)


class Meta:
    """All that filters can find the host by: `registration = meta`, with the keys of the Ruby plugin of this name."""

    def body(self, view: NodeView) -> dict[str, Any]:
        """See Registration."""
        return {
            Symbol("agentlist"): sorted(view.agents),
            Symbol("facts"): dict(view.facts or {}),
            Symbol("classes"): sorted(view.classes or ()),
            Symbol("collectives"): sorted(view.collectives),
            Symbol("identity"): view.identity,
        }


_PLUGINS: Mapping[str, type[AgentList | Meta]] = MappingProxyType({"agentlist": AgentList, "meta": Meta})


def registration_plugin(config: Config) -> Registration | None:
    """The plugin that `registration` names, None where `registerinterval` is 0. Raises ConfigError for one that is not there."""
    if not config.seconds("registerinterval"):
        return None
    name = config.word("registration")
    if name.lower() not in _PLUGINS:  # Ruby wrote Agentlist
        problem = f"there is no registration plugin {name}: write {' or '.join(_PLUGINS)}, or registerinterval = 0"
        raise ConfigError(problem, file=config.file, key="registration")
    return _PLUGINS[name.lower()]()
