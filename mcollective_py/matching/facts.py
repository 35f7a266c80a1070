"""One fact against one operator and value."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..filter import FactTest
from ..node.facts import MISSING, as_text, find_fact
from .regex import Effort, compile_regex
from .versions import version_keys

_INTEGER = re.compile(r"-?\d{1,300}", re.ASCII)
_FLOAT = re.compile(r"-?\d{1,300}\.\d{1,300}", re.ASCII)
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
}


def fact_matches(test: FactTest, facts: Mapping[str, Any] | None, effort: Effort) -> bool:
    """True where the host has the fact and it passes: a list by any element, a mapping by any key.

    A fact that is not there passes no test, not even `!=`. Raises RegexRefused for an expression that is not run.
    """
    value = MISSING if facts is None else find_fact(facts, test.fact)
    if value is MISSING:
        return False
    if isinstance(value, Mapping):
        return any(compare(str(key), test.operator, test.value, effort) for key in value)
    if isinstance(value, list | tuple):
        return any(
            compare(as_text(item), test.operator, test.value, effort) for item in value if not isinstance(item, Mapping | list | tuple)
        )
    return compare(as_text(value), test.operator, test.value, effort)


def compare(fact: str, operator: str, value: str, effort: Effort) -> bool:
    """One text against another, by one of filter.OPERATORS.

    `==` compares texts. `=~` searches, without the slashes around value. The others compare as integers where both are some, as
    floats where both are some, and as texts else; `< > <= >=` as versions before that, where both look like versions.
    """
    effort.spend(1)
    if operator == "==":
        return fact == value
    if operator == "=~":
        return compile_regex(value.removeprefix("/").removesuffix("/")).search(fact, effort)
    holds = _ORDERS[operator]
    for shape, number in ((_INTEGER, int), (_FLOAT, float)):
        if shape.fullmatch(fact) and shape.fullmatch(value):
            return holds(number(fact), number(value))
    keys = None if operator == "!=" else version_keys(fact, value)
    return holds(*keys) if keys else holds(fact, value)
