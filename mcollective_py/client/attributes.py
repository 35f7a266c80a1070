"""What can be set on an RPCClient between two calls, and what each attribute takes; pure.

A name mistyped or remembered from Ruby must not be taken in silence: the call would go to more hosts than were meant.
"""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from typing import Any

from ..ddl.model import ActionDDL
from ..errors import UsageError
from ..filter import Filter
from .filterwords import several
from .limit import limit_count

WHOM = frozenset({"filter", "nodes", "collective", "full", "method", "method_options", "exclude"})  # whom a discovery finds
_ELSEWHERE = {  # what stands under another name here: Ruby's, and arguments that are no attributes
    "batch_size": "batch",
    "batch_sleep_time": "batch_sleep",
    "limit_targets": "limit",
    "discovery_method": "method",
    "discovery_options": "method_options",
    "fact": 'fact_filter("fact=value")',
    "with_class": "class_filter(name)",
    "with_agent": "agent_filter(name)",
    "identity": "identity_filter(name)",
    "compound": "compound_filter(expression)",
    "combined": "filter = Filter.parse(combined=[...])",
}
_METHODS = {"fact_filter", "class_filter", "agent_filter", "identity_filter", "compound_filter", "discover", "reset", "reset_filter"}


def described(action: ActionDDL) -> str:
    """What help() says of an action's method."""
    lines = [action.description, ""]
    for name, wanted in action.inputs.items():
        lines.append(f"{name}: {wanted.type}{', optional' if wanted.optional else ''}: {wanted.description}")
    lines += [f"result[{name!r}]: {given.description}" for name, given in action.outputs.items()]
    return "\n".join(lines).rstrip()


def checked_attribute(name: str, value: Any) -> Any:
    """The value of an attribute as it is kept. Raises UsageError for one that it does not take, AttributeError for an unknown name."""
    if name not in _TAKES:
        raise AttributeError(f"an RPCClient has nothing called {name} to set{_instead(name)}")
    check = _TAKES[name]
    return value if check is None else check(name, value)


def _instead(name: str) -> str:
    if name in _METHODS:
        return f": {name} is called, as in client.{name}(...)"
    near = [_ELSEWHERE[name]] if name in _ELSEWHERE else get_close_matches(name, _TAKES, 1)
    return f": client.{near[0]} is what says it" if near else f"; there are {', '.join(sorted(_TAKES))}"


def _seconds(name: str, value: Any) -> Any:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0):
        raise UsageError(f"{name} is a number of seconds, not {value!r}")
    return value


def _whole(name: str, value: Any) -> Any:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise UsageError(f"{name} is a whole number, not {value!r}")
    return value


def _limit(name: str, value: Any) -> Any:
    if value is not None:
        limit_count(value, 1)
    return value


def _limit_method(name: str, value: Any) -> Any:
    if value not in (None, "first", "random"):
        raise UsageError(f"{name} is 'first' or 'random', not {value!r}")
    return value


def _filter(name: str, value: Any) -> Filter:
    if value is not None and not isinstance(value, Filter):
        raise UsageError(f"{name} is a Filter, as in Filter.parse(facts=['country=uk']), not {value!r}")
    return value or Filter()


def _names(name: str, value: Any) -> tuple[str, ...]:
    return several(value, name)


def _nodes(name: str, value: Any) -> Sequence[str] | None:
    return None if value is None else several(value, name)


_TAKES: Mapping[str, Callable[[str, Any], Any] | None] = {
    "client": None,
    "agent": None,
    "ddl": None,
    "owns_client": None,
    "filter": _filter,
    "nodes": _nodes,
    "exclude": _names,
    "method": None,
    "method_options": _names,
    "collective": None,
    "full": None,
    "timeout": _seconds,
    "discovery_timeout": _seconds,
    "ttl": _whole,
    "limit": _limit,
    "limit_method": _limit_method,
    "limit_seed": None,
    "batch": None,  # these three are judged together, by Rollout.of
    "canary": None,
    "max_fail": None,
    "batch_sleep": _seconds,
}
