"""What an agent author imports: Agent and action."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from ..node.facts import MISSING, find_fact
from ..node.view import NodeView
from .rpc import RPCReply, RPCRequest

_Method = TypeVar("_Method", bound=Callable[..., Any])
_MARK = "__mcollective_action__"


class DaemonReport(Protocol):
    """What the running daemon tells of itself to the agents that it runs itself; rpcutil is the main one."""

    def stats(self) -> Mapping[str, Any]:
        """The outputs of `rpcutil daemon_stats`."""
        ...

    def agents(self) -> list[Mapping[str, Any]]:
        """Name and metadata of every active agent, sorted by name."""
        ...

    def explain(self, asked: RPCRequest, node: NodeView) -> Mapping[str, Any]:
        """The outputs of `rpcutil explain`: what would become of a request of this caller's. Raises InvalidRPCData."""
        ...

    def request_status(self, asked: RPCRequest, *, of_any_caller: bool) -> Mapping[str, Any]:
        """The outputs of `rpcutil request_status`, or of `find_request`: what became of the request with the id `request`."""
        ...

    def trusted(self) -> Mapping[str, Any]:
        """The outputs of `rpcutil trusted`: certificates, CRLs and rules in force."""
        ...

    def setting(self, name: str) -> Any:
        """A configuration item's value, secrets redacted, None where it is not set. KeyError where there is none of this name."""
        ...


class Agent:
    """Base class of RPC agents; every request gets a new instance, so self holds nothing between two.

    node: what this host knows of itself; `node.data("fstat", "/etc/motd")` asks a data plugin, in a child process too.
    config: the settings `plugin.NAME.*`, keys without that prefix. daemon: the running daemon for actions that only read, None in
    a child process. logger: named after the agent.
    """

    def __init__(self, node: NodeView, config: Mapping[str, str], logger: logging.Logger, daemon: DaemonReport | None = None) -> None:
        self.node, self.config, self.logger, self.daemon = node, config, logger, daemon

    @classmethod
    def activate_when(cls, node: NodeView, config: Mapping[str, str]) -> bool:
        """False where the agent makes no sense on this host: it is then not loaded."""
        return True

    def before_processing(self, request: RPCRequest, reply: RPCReply) -> None:
        """Asked before every action, once its inputs and caller have been found good; `reply.abort` keeps the action from running."""

    def after_processing(self, request: RPCRequest, reply: RPCReply) -> None:
        """Asked after every action that has begun and ended, well or not; outputs may still be set."""

    def fact(self, name: str) -> Any:
        """A fact of this host by its dotted name (`os.family`), None where it is not known."""
        value = find_fact(self.node.facts or {}, name)
        return None if value is MISSING else value


def action(method: _Method) -> _Method:
    """Make a method an action; its name is the action's, and the DDL must declare it."""
    setattr(method, _MARK, True)
    return method


def actions_of(agent: type) -> dict[str, Callable[..., Any]]:
    """The actions of a class by name, collected once when it is loaded; nothing else of it can be called from the wire."""
    return {
        name: member
        for base in reversed(agent.__mro__)
        for name, member in vars(base).items()
        if callable(member) and getattr(member, _MARK, False)
    }
