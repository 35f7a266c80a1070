"""The Marionette Collective in Python: one signed message, every matching host."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .agent import Agent, action
    from .client.client import Client
    from .client.results import RPCResult, RPCStats, exitcode
    from .client.rpcclient import RPCClient, rpcclient
    from .filter import Filter

__version__ = "0.1.0"
__all__ = ["Agent", "Client", "Filter", "RPCClient", "RPCResult", "RPCStats", "__version__", "action", "exitcode", "rpcclient"]

_HOMES = {
    "Agent": ".agent",
    "Client": ".client.client",
    "Filter": ".filter",
    "RPCClient": ".client.rpcclient",
    "RPCResult": ".client.results",
    "RPCStats": ".client.results",
    "action": ".agent",
    "exitcode": ".client.results",
    "rpcclient": ".client.rpcclient",
}


def __getattr__(name: str) -> Any:
    """Public names, each imported when first asked for: `mco --help` pays for none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
