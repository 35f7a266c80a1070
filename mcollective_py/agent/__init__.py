"""All that an agent author imports."""

from typing import TYPE_CHECKING, Any

from ..ddl.quantities import bytes_of, seconds_of
from ..errors import InvalidRPCData, MissingRPCData, RPCAborted, RPCError, UnknownAction
from ..message import Request
from ..wire.symbol import Symbol
from .base import Agent, DaemonReport, action
from .cache import Cache
from .rpc import RPCReply, RPCRequest

if TYPE_CHECKING:
    from ..node import expiring
    from ..node.command import CommandResult, run
    from ..node.detached import DetachedRun, read_record, start_detached

__all__ = [
    "Agent",
    "Cache",
    "CommandResult",
    "DaemonReport",
    "DetachedRun",
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
    "bytes_of",
    "expiring",
    "read_record",
    "run",
    "seconds_of",
    "start_detached",
]

# What runs programs, imported when first asked for: an agent that runs none pays for none.
_RUNNING = {
    "CommandResult": "command",
    "run": "command",
    "DetachedRun": "detached",
    "read_record": "detached",
    "start_detached": "detached",
}


def __getattr__(name: str) -> Any:
    """The names that are imported when first asked for."""
    if name == "expiring":
        from ..node import expiring

        return expiring
    if name not in _RUNNING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"..node.{_RUNNING[name]}", __name__), name)
