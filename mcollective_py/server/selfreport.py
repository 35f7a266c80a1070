"""What the running daemon tells of itself to rpcutil."""

from collections.abc import Callable, Mapping
from typing import Any

from .. import __version__
from .host import Host
from .stats import Stats


class SelfReport:
    """The agent.base.DaemonReport of a running daemon. host: gives the present one, since a reload replaces it."""

    def __init__(self, host: Callable[[], Host], stats: Stats) -> None:
        self._host, self._stats = host, stats

    def stats(self) -> Mapping[str, Any]:
        """The counters, with agents, configuration file and version."""
        host = self._host()
        return {
            **self._stats.report(),
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
