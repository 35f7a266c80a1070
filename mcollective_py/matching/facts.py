"""One fact against one operator and value."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..facttest import FactTest, is_regex
from ..node.facts import MISSING, as_text, find_fact
from .regex import Effort, compile_regex
from .versions import version_keys

_INTEGER = re.compile(r"-?\d{1,300}", re.ASCII)
_FLOAT = re.compile(r"-?\d{1,300}\.\d{1,300}", re.ASCII)
_LOOKUP, _COMPARE, _ORDER = 10, 10, 6  # measured, in units of regex.Effort; _ORDER for each character
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
    effort.spend(_LOOKUP + len(test.fact) // 4)
    value = MISSING if facts is None else find_fact(facts, test.fact)
    if value is MISSING:
        return False
    holds = _comparison(test.operator, test.value, effort)
    if isinstance(value, Mapping):
        return any(holds(as_text(key)) for key in value)
    if isinstance(value, list | tuple):
        return any(holds(as_text(item)) for item in value if not isinstance(item, Mapping | list | tuple))
    return holds(as_text(value))


def compare(fact: str, operator: str, value: str, effort: Effort) -> bool:
    """One text against another, by one of filter.OPERATORS.

    `==` compares texts. `=~` searches, without the slashes around value. The others compare as integers where both are some, as
    floats where both are some, and as texts else; `< > <= >=` as versions before that, where both look like versions.
    """
    return _comparison(operator, value, effort)(fact)


def fact_pattern(value: str) -> str:
    """The regular expression in the value of a `=~` test, where slashes may stand around it: both, or they are its own."""
    return value[1:-1] if is_regex(value) and len(value) > 2 else value


def _comparison(operator: str, value: str, effort: Effort) -> Callable[[str], bool]:
    """The test of one text; what is the same for every text is done once."""
    regex = compile_regex(fact_pattern(value), effort) if operator == "=~" else None

    def holds(fact: str) -> bool:
        effort.spend(_COMPARE)
        if regex is not None:
            return regex.search(fact, effort)
        return fact == value if operator == "==" else _is_ordered(fact, operator, value, effort)

    return holds


def _is_ordered(fact: str, operator: str, value: str, effort: Effort) -> bool:
    effort.spend(_ORDER * min(len(fact) + len(value), 512))  # no version is longer
    holds = _ORDERS[operator]
    for shape, number in ((_INTEGER, int), (_FLOAT, float)):
        if shape.fullmatch(fact) and shape.fullmatch(value):
            return holds(number(fact), number(value))
    keys = None if operator == "!=" else version_keys(fact, value)
    return holds(*keys) if keys else holds(fact, value)
