"""What the running daemon tells of itself to rpcutil."""

from collections.abc import Callable, Mapping
from typing import Any

from .. import __version__
from ..agent.rpc import RPCRequest
from ..node.view import NodeView
from ..security.base import TellsTrust
from ..settings import find_setting
from ..wire.symbol import Symbol
from .host import Host
from .stats import Stats


class SelfReport:
    """The agent.base.DaemonReport of a running daemon.

    host: gives the present one, since a reload replaces it. losses: what was lost in silence so far, by its name in the counters:
    `dropped` messages that came faster than they could be read, `late` results of actions that returned after their timeout.
    explain, request_status: see Runner.
    """

    def __init__(
        self,
        host: Callable[[], Host],
        stats: Stats,
        losses: Callable[[], Mapping[str, int]],
        explain: Callable[[RPCRequest, NodeView], Mapping[str, Any]],
        request_status: Callable[[RPCRequest, bool], Mapping[str, Any]],
    ) -> None:
        self._host, self._stats, self._losses = host, stats, losses
        self._explain, self._request_status = explain, request_status

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
        """Name and metadata of every active agent, sorted by name; the keys are symbols where Ruby clients read them."""
        agents = self._host().agents
        return [{Symbol(key): _whole(value) for key, value in agents[name].describe(name).items()} for name in sorted(agents)]

    def explain(self, asked: RPCRequest, node: NodeView) -> Mapping[str, Any]:
        """What would become of the request that is asked about, by the stages of the pipeline. Raises InvalidRPCData."""
        return self._explain(asked, node)

    def request_status(self, asked: RPCRequest, *, of_any_caller: bool) -> Mapping[str, Any]:
        """What became of the request that is asked after."""
        return self._request_status(asked, of_any_caller)

    def trusted(self) -> Mapping[str, Any]:
        """Certificates, CRLs and rules in force; of a wire without certificates its name alone."""
        host = self._host()
        security, provider = host.security, host.config.word("securityprovider")
        return security.trusted() if isinstance(security, TellsTrust) else {"provider": provider}

    def setting(self, name: str) -> Any:
        """A configuration item by its type, secrets as ***, None where it is not set. KeyError where there is none of this name."""
        host = self._host()
        config, row = host.config, find_setting(name)
        if name == "identity":
            return host.identity
        shown = config.redacted(name)
        if shown is None and row is None:
            raise KeyError(name)
        if row is None or shown is None or shown != config.text(name):
            return shown
        if row.type == "flag":
            return config.flag(name)
        if row.type == "number":
            return config.number(name)
        if row.type == "seconds":
            return _whole(config.seconds(name))
        return list(config.items(name)) if row.type in ("items", "paths", "lines") else shown


def _whole(value: Any) -> Any:
    """5 for 5.0: Ruby's clients have only ever seen whole seconds there."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
