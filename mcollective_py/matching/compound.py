"""Compound filters x NodeView -> why they do not hold; data plugins are asked only where everything else leaves it open.

Values are true, false or unknown. Unknown is what nobody can say yet (a data plugin not asked) or at all (a host that knows no facts or
classes), and a filter holds where it is true: a host in doubt stays silent, whatever stands after a `not`.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import MCollectiveError
from ..expression import AllOf, AnyOf, ClassTest, DataTest, Expression, Not, Test, leaves
from ..facttest import FactTest
from ..node.view import NodeView
from ..text import printable
from .datavalues import Incomparable, data_holds
from .facts import fact_matches
from .regex import Effort
from .regexsyntax import RegexRefused
from .words import is_among

logger = logging.getLogger(__name__)

_NODE = 2  # in units of regex.Effort


class _Undecided(Exception):
    """What makes the whole filter fail, in words."""


def unmet(tree: Expression, view: NodeView, effort: Effort) -> str | None:
    """The part of a compound filter that this host does not meet, in words; None where it meets all. Never tells a fact's value.

    A data plugin that is not here, fails, or gives what cannot be compared, makes all of it fail, as on Ruby's nodes.
    """
    truths = _Truths(view, effort)
    try:
        value = truths.of(tree)
        asked = [test for test in leaves(tree) if isinstance(test, DataTest)]
        if asked and value is not False:
            truths.ask(asked)
            value = truths.of(tree)
        return None if value is True else truths.reason(tree)
    except (_Undecided, RegexRefused) as error:
        return printable(str(error))


class _Truths:
    """What is known of each test, found out when first wanted."""

    def __init__(self, view: NodeView, effort: Effort) -> None:
        self._view, self._effort = view, effort
        self._known: dict[Test, bool | None] = {}

    def of(self, tree: Expression) -> bool | None:
        """True, false, or None for unknown."""
        self._effort.spend(_NODE)
        if isinstance(tree, Not):
            value = self.of(tree.item)
            return None if value is None else not value
        if isinstance(tree, AllOf | AnyOf):
            decides = isinstance(tree, AnyOf)
            result: bool | None = not decides
            for item in tree.items:
                value = self.of(item)
                if value is decides:
                    return decides
                if value is None:
                    result = None
            return result
        if isinstance(tree, DataTest):
            return self._known.get(tree)
        if tree not in self._known:
            self._known[tree] = self._test(tree)
        return self._known[tree]

    def ask(self, tests: Iterable[DataTest]) -> None:
        """Ask the data plugins, each question once. Raises _Undecided."""
        answers: dict[tuple[str, str | None], Mapping[str, Any]] = {}
        for test in tests:
            question = test.plugin, test.query
            if question not in answers:
                answers[question] = self._answer(test)
            answer = answers[question]
            if test.output not in answer:
                raise _Undecided(f"the data plugin {test.plugin} here has no output {test.output}")
            try:
                self._known[test] = data_holds(test, answer[test.output], self._effort)
            except Incomparable as error:
                raise _Undecided(f"{test}: {error}") from None

    def reason(self, tree: Expression) -> str:
        """Why a tree is not true."""
        if isinstance(tree, AllOf):
            return self.reason(next(item for item in tree.items if self.of(item) is not True))
        if isinstance(tree, AnyOf):
            return printable(f"none of these holds: {', '.join(map(str, tree.items))}")
        if isinstance(tree, ClassTest) and self._view.classes is None:
            return f"class {printable(str(tree))}: no classes are known"
        if isinstance(tree, FactTest) and self._view.facts is None:
            return f"fact {printable(str(tree))}: no facts are known"
        return f"{printable(str(tree))} does not hold"

    def _test(self, test: ClassTest | FactTest) -> bool | None:
        if isinstance(test, FactTest):
            return None if self._view.facts is None else fact_matches(test, self._view.facts, self._effort)
        return None if self._view.classes is None else is_among(test.name, self._view.classes, self._effort)

    def _answer(self, test: DataTest) -> Mapping[str, Any]:
        try:
            answer = self._view.data(test.plugin, test.query)
        except MCollectiveError as error:
            logger.debug("the data plugin %s gives no answer: %s", test.plugin, printable(str(error)))
            raise _Undecided(f"{test}: {error}") from error
        if answer is None:
            raise _Undecided(f"there is no data plugin {test.plugin} here")
        return answer
