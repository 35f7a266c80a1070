"""All that an agent author imports."""

from ..errors import InvalidRPCData, MissingRPCData, RPCAborted, RPCError, UnknownAction
from .base import Agent, action
from .rpc import RPCReply, RPCRequest

__all__ = [
    "Agent",
    "InvalidRPCData",
    "MissingRPCData",
    "RPCAborted",
    "RPCError",
    "RPCReply",
    "RPCRequest",
    "UnknownAction",
    "action",
]
