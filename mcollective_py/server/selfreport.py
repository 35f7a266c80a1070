"""What the running daemon tells of itself to rpcutil."""

from collections.abc import Callable, Mapping
from typing import Any

from .. import __version__
from .host import Host
from .stats import Stats


class SelfReport:
    """The agent.base.DaemonReport of a running daemon.

    host: gives the present one, since a reload replaces it. losses: what was lost in silence so far, by its name in the counters:
    `dropped` messages that came faster than they could be read, `late` results of actions that returned after their timeout.
    """

    def __init__(self, host: Callable[[], Host], stats: Stats, losses: Callable[[], Mapping[str, int]]) -> None:
        self._host, self._stats, self._losses = host, stats, losses

    def stats(self) -> Mapping[str, Any]:
        """The counters, with what is wrong with facts and classes at present, agents, configuration file and version."""
        host = self._host()
        return {
            **self._stats.report(),
            **self._losses(),
            "troubles": host.node.troubles,
            "agents": sorted(host.agents),
            "configfile": str(host.config.file or ""),
            "version": __version__,
        }

    def agents(self) -> list[Mapping[str, Any]]:
        """Name and metadata of every active agent, sorted by name."""
        agents = self._host().agents
        return [agents[name].describe() for name in sorted(agents)]

    def setting(self, name: str) -> str | None:
        """A configuration item as text with secrets redacted; None where it is unknown."""
        return self._host().config.redacted(name)
