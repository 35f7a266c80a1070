"""Filter x NodeView -> bool: classes, agents, identity and facts together."""

from collections.abc import Collection

from ..errors import FilterError
from ..expression import ClassTest, DataTest, Test, leaves
from ..facttest import FactTest
from ..filter import Filter
from ..node.facts import MISSING, find_fact
from ..node.view import NodeView
from ..text import printable
from .compound import unmet
from .facts import fact_matches, fact_pattern
from .regex import Effort, compile_regex
from .regexsyntax import RegexRefused
from .words import is_among, pattern_of

EVERY_NODE = "mcollective"  # an agent filter with this name holds on every node


def check(filter: Filter) -> None:
    """Raises FilterError, naming the term and the reason, for a filter that no host can apply: it would look like "no such hosts".

    Whoever sends a filter asks first.
    """
    Filter.from_wire(filter.to_wire())
    check_expressions(filter)


def check_expressions(filter: Filter) -> None:
    """The part of check that a host still has to do with a filter that it has read from the wire: its regular expressions."""
    effort = Effort()
    expressions = [
        (f"{kind} {word}", pattern_of(word))
        for kind, words in (("class", filter.classes), ("agent", filter.agents), ("identity", filter.identities))
        for word in words
        if word.startswith("/")
    ]
    expressions += [(f"fact {test}", fact_pattern(test.value)) for test in filter.facts if test.operator == "=~"]
    expressions += [found for tree in filter.expressions for test in leaves(tree) for found in _patterns(test)]
    for term, pattern in expressions:
        try:
            compile_regex(pattern, effort)
        except RegexRefused as error:
            message = f"{printable(term)} has a regular expression that is not taken: {error}"
            raise FilterError(message, f"/{pattern}/") from None


def matches(filter: Filter, view: NodeView) -> bool:
    """True where this host meets every condition of the filter; whatever cannot be decided is no match."""
    return explain(filter, view) is None


def explain(filter: Filter, view: NodeView) -> str | None:
    """The first condition that this host does not meet, in words; None where it meets all. Never tells a fact's value.

    Several identities are alternatives; all else must hold together.
    """
    effort = Effort()
    if filter.identities:
        reasons = [_unnamed(identity, (view.identity,), effort) for identity in filter.identities]
        if all(reasons):
            return f"identity {' or '.join(filter.identities)}: this host is {view.identity}" + _refusal(reasons)
    for agent in filter.agents:
        if agent != EVERY_NODE and (reason := _unnamed(agent, view.agents, effort)):
            return f"agent {agent}: {reason}"
    for name in filter.classes:
        if reason := "no classes are known" if view.classes is None else _unnamed(name, view.classes, effort):
            return f"class {name}: {reason}"
    for test in filter.facts:
        if reason := _unmet(test, view, effort):
            return f"fact {test}: {reason}"
    for tree in filter.expressions:  # last: data plugins are asked only where all else holds
        if reason := unmet(tree, view, effort):
            return f"compound filter: {reason}"
    return None


_NOT_HERE = "not on this host"


def _patterns(test: Test) -> list[tuple[str, str]]:
    """The regular expression of a test in a compound filter, with the words that name it."""
    if isinstance(test, ClassTest):
        return [(f"class {test}", pattern_of(test.name))] if test.name.startswith("/") else []
    if isinstance(test, DataTest):
        return [(f"{test}", test.value[1:-1])] if test.operator in ("=~", "!=~") else []
    return [(f"fact {test}", fact_pattern(test.value))] if test.operator == "=~" else []


def _unnamed(word: str, names: Collection[str], effort: Effort) -> str | None:
    """Why no name is the word, or matches it where it begins with a slash."""
    try:
        return None if is_among(word, names, effort) else _NOT_HERE
    except RegexRefused as error:
        return str(error)


def _refusal(reasons: list[str | None]) -> str:
    refusals = [reason for reason in reasons if reason and reason != _NOT_HERE]
    return f" ({refusals[0]})" if refusals else ""


def _unmet(test: FactTest, view: NodeView, effort: Effort) -> str | None:
    try:
        if fact_matches(test, view.facts, effort):
            return None
    except RegexRefused as error:
        return str(error)
    if view.facts is None:
        return "no facts are known"
    return "no such fact" if find_fact(view.facts, test.fact) is MISSING else "does not hold"
