"""For the tests of agents, ours and others': an agent in a harness, a collective in memory, and what to assert of replies.

`pytest_plugins = ["mcollective_py.testing.pytest_plugin"]` brings the same as fixtures.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..node.view import NodeView
from .harness import AgentHarness, DaemonStandIn

if TYPE_CHECKING:
    from ..broker.thread import ThreadedBroker
    from .collective import Collective
    from .conformance import assert_conforms, conformance_problems
    from .matchers import assert_aborted, assert_data, assert_failed, assert_invalid, assert_missing, assert_ok, assert_refused

__all__ = [
    "AgentHarness",
    "Collective",
    "DaemonStandIn",
    "NodeView",
    "ThreadedBroker",
    "assert_aborted",
    "assert_conforms",
    "assert_data",
    "assert_failed",
    "assert_invalid",
    "assert_missing",
    "assert_ok",
    "assert_refused",
    "conformance_problems",
]

_HOMES = {"Collective": ".collective", "ThreadedBroker": "..broker.thread"} | dict.fromkeys(
    ("assert_conforms", "conformance_problems"), ".conformance"
)


def __getattr__(name: str) -> Any:
    """Imported when first asked for: a test of one action needs no keys and no brokers."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, ".matchers"), __name__), name)
