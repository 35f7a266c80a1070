"""All that an agent author imports."""

from typing import TYPE_CHECKING, Any

from ..errors import InvalidRPCData, MissingRPCData, RPCAborted, RPCError, UnknownAction
from ..message import Request
from ..wire.symbol import Symbol
from .base import Agent, DaemonReport, action
from .cache import Cache
from .rpc import RPCReply, RPCRequest

if TYPE_CHECKING:
    from ..node.command import CommandResult, run

__all__ = [
    "Agent",
    "Cache",
    "CommandResult",
    "DaemonReport",
    "InvalidRPCData",
    "MissingRPCData",
    "RPCAborted",
    "RPCError",
    "RPCReply",
    "RPCRequest",
    "Request",
    "Symbol",
    "UnknownAction",
    "action",
    "run",
]


def __getattr__(name: str) -> Any:
    """What runs programs, imported when first asked for: an agent that runs none pays for none."""
    if name not in ("CommandResult", "run"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ..node import command

    return getattr(command, name)
