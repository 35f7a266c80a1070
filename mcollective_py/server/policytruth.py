"""Expressions of a policy x host and inputs -> true, false or unknown (None); who asked is matched by policycallers.py.

Unknown is what a host does not know (facts, classes, a data plugin's answer), what it has no value for below a `not`, and what holds of
a part of an input only. An allow line needs true; a deny line is content with unknown: so no doubt ever allows.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..errors import MCollectiveError
from ..expression import AllOf, AnyOf, ClassTest, DataTest, Expression, Not, Test, leaves
from ..facttest import FactTest
from ..matching.datavalues import Incomparable, data_holds
from ..matching.facts import compare, fact_matches, fact_pattern
from ..matching.regex import Effort, compile_regex
from ..matching.regexsyntax import RegexRefused
from ..matching.versions import version_keys
from ..matching.words import is_among
from ..node.facts import MISSING, as_text, find_fact
from ..node.view import NodeView

_EFFORT = 2_000_000  # in units of regex.Effort, for one decision: some 150 ms; a line not reached by then counts as unknown
_NODE = 2
_ABSENT: Final = object()  # no value to test: false as it stands, unknown below a `not`
_NUMBER = re.compile(r"-?\d{1,300}(?:\.\d{1,300})?", re.ASCII)
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


class Truths:
    """What is known of each test, found out when first wanted, once for all lines of one decision.

    inputs: by name; None where they are not known. compares_text: `<` and its like compare facts as texts, as the Ruby plugin did.
    """

    def __init__(self, view: NodeView, inputs: Mapping[str, Any] | None, *, compares_text: bool = False) -> None:
        self._view, self._inputs, self._compares_text = view, inputs, compares_text
        self.effort = Effort(_EFFORT)
        self._host: dict[Test, object] = {}
        self._input: dict[Test, object] = {}
        self._answers: dict[tuple[str, str | None], Mapping[str, Any] | None] = {}

    def of_host(self, tree: Expression) -> bool | None:
        """Of facts, classes and data; data plugins are asked only where all else leaves it open."""
        value = self._value(tree, self._host, self._look_at_host)
        if value is None:
            asked = [test for test in leaves(tree) if isinstance(test, DataTest) and self._host.get(test) is None]
            for test in asked:
                self._host[test] = self._tested(self._ask, test)
            if asked:
                value = self._value(tree, self._host, self._look_at_host)
        return value

    def of_inputs(self, tree: Expression) -> bool | None:
        """Of the inputs of the request."""
        if type(tree) is FactTest and tree.operator == "==":  # what most lines have costs less than to remember it
            return self._look_at_input(tree)
        return self._value(tree, self._input, self._look_at_input)

    def _value(
        self, tree: Expression, known: dict[Test, object], look: Callable[[Any], object], *, is_below_not: bool = False
    ) -> bool | None:
        if isinstance(tree, Not):
            value = self._value(tree.item, known, look, is_below_not=not is_below_not)
            return None if value is None else not value
        if isinstance(tree, AllOf | AnyOf):
            decides = isinstance(tree, AnyOf)
            result: bool | None = not decides
            for item in tree.items:
                value = self._value(item, known, look, is_below_not=is_below_not)
                if value is decides:
                    return decides
                if value is None:
                    result = None
            return result
        if tree not in known:
            known[tree] = self._tested(look, tree)
        found = known[tree]
        if found is _ABSENT:
            return None if is_below_not else False
        assert found is None or isinstance(found, bool)
        return found

    def _tested(self, look: Callable[[Any], object], test: Test) -> object:
        try:
            self.effort.spend(_NODE)
            return look(test)
        except RegexRefused:  # comparing costs too much
            return None

    # --- the host ---------------------------------------------------------------------------------------------------------

    def _look_at_host(self, test: Test) -> object:
        view = self._view
        if isinstance(test, DataTest):
            return None  # until it is asked
        if isinstance(test, ClassTest):
            return None if view.classes is None else is_among(test.name, view.classes, self.effort)
        if view.facts is None:
            return None
        value = find_fact(view.facts, test.fact)
        if value is MISSING:
            return _ABSENT
        if self._compares_text and test.operator in _ORDERS:
            values = value if isinstance(value, Mapping | list | tuple) else (value,)
            return any(_ORDERS[test.operator](as_text(one), test.value) for one in values)
        return fact_matches(test, view.facts, self.effort)

    def _ask(self, test: DataTest) -> object:
        question = test.plugin, test.query
        if question not in self._answers:
            try:
                self._answers[question] = self._view.data(test.plugin, test.query)
            except MCollectiveError:
                self._answers[question] = None
        answer = self._answers[question]
        if answer is None or test.output not in answer:
            return None
        value = answer[test.output]
        try:
            return _ABSENT if value is None else data_holds(test, value, self.effort)
        except Incomparable:
            return None

    # --- the request ------------------------------------------------------------------------------------------------------

    def _look_at_input(self, test: FactTest) -> bool | None:
        """An input that was not given passes no test, and that is known: a request has what it has."""
        if self._inputs is None:
            return None
        value = find_fact(self._inputs, test.fact)
        if value is MISSING or value is None:
            return False
        if isinstance(value, Mapping):
            return None
        if not isinstance(value, list | tuple):
            return self._passes(test, value)
        found = {None if isinstance(item, Mapping | list | tuple) else self._passes(test, item) for item in value}
        return found.pop() if len(found) == 1 else None  # all of them, or it is left open; so is an empty list

    def _passes(self, test: FactTest, value: object) -> bool | None:
        text = as_text(value)
        if test.operator == "==":
            return text == test.value
        if test.operator == "=~":
            return is_whole(fact_pattern(test.value), text, self.effort)
        if test.operator in _ORDERS:
            return _ordered(text, test.operator, test.value, is_text=isinstance(value, str))
        return compare(text, test.operator, test.value, self.effort)


def is_whole(pattern: str, text: str, effort: Effort) -> bool | None:
    """Whether an expression matches a text from end to end; None where it matches a part of it only."""
    if compile_regex(rf"\A(?:{pattern})\z", effort).search(text, effort):
        return True
    return None if compile_regex(pattern, effort).search(text, effort) else False


def _ordered(one: str, sign: str, other: str, *, is_text: bool) -> bool | None:
    """Of numbers and versions only: any two texts compare somehow, and that must not decide. A text with a dot is a version."""
    holds = _ORDERS[sign]
    keys = version_keys(one, other)
    if keys is None or not is_text:
        both = _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)
        return holds(_number(one), _number(other)) if both else None
    return holds(*keys)


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)
