"""One output of a data plugin against the operator and value of a compound filter, by Ruby's rules for types."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..expression import DataTest
from ..node.ordered import OrderedText
from .regex import Effort, compile_regex

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_WHOLE = re.compile(r"[-+]?(?:0|[1-9]\d{0,299})", re.ASCII)
_DECIMAL = re.compile(r"[-+]?\d{1,300}(?:\.\d{1,300})?(?:[eE][-+]?\d{1,3})?", re.ASCII)
_COMPARE = 10  # in units of regex.Effort


class Incomparable(Exception):
    """A value that is no number or boolean beside an output that is one; the whole filter then fails, whatever stands around."""


def data_holds(test: DataTest, value: object, effort: Effort) -> bool:
    """True where the output passes the test; an output without a value (None) passes none.

    Texts know == != and regular expressions, and < <= > >= where they have an order of their own; booleans == and !=, numbers all but
    regular expressions; the test's value is turned into the output's type. Raises Incomparable where it cannot be, RegexRefused for an
    expression that is not run.
    """
    effort.spend(_COMPARE)
    if value is None:
        return False
    if test.operator in ("=~", "!=~"):
        if not isinstance(value, str):
            return False
        return compile_regex(test.value[1:-1], effort).search(value, effort) == (test.operator == "=~")
    holds = _ORDERS[test.operator]
    if isinstance(value, OrderedText) and test.operator not in ("==", "!="):
        try:
            return holds(value.order(test.value.strip()), 0)
        except ValueError as error:
            raise Incomparable(str(error)) from error
    if isinstance(value, bool | str):
        if test.operator not in ("==", "!="):
            return False
        return holds(value, _boolean(test) if isinstance(value, bool) else test.value)
    if not isinstance(value, int | float):
        raise Incomparable(f"{test.output} is a {type(value).__name__}, which no filter can compare")
    return holds(value, _number(test))


def _boolean(test: DataTest) -> bool:
    text = test.value.strip()
    if text not in ("true", "false"):
        raise Incomparable(f"{test.output} is true or false, and not to be compared with {test.value}")
    return text == "true"


def _number(test: DataTest) -> int | float:
    text = test.value.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and not (text.lstrip("+-").isdigit()):  # 010 is 8 to Ruby and 10 to everybody else
        return float(text)
    raise Incomparable(f"{test.output} is a number, and not to be compared with {test.value}")
