"""A filter in English words, for who wants to be sure whom a request would reach; pure."""

from collections.abc import Iterator, Sequence

from ..expression import AllOf, AnyOf, ClassTest, DataTest, Expression, Not
from ..facttest import FactTest, is_regex
from ..filter import Filter

_SAYS = {
    "==": "is",
    "!=": "is something else than",
    "=~": "matches",
    "!=~": "does not match",
    "<": "is less than",
    ">": "is more than",
    "<=": "is at most",
    ">=": "is at least",
}
_INDENT = "   "


def filter_lines(filter: Filter, exclude: Sequence[str] = ()) -> list[str]:
    """What a filter asks of a host: one line a condition, those of -S as a tree. Names and values are as the operator wrote them.

    exclude: the words of -x.
    """
    conditions = list(_conditions(filter))
    conditions += [[f"{_INDENT}its name {_identity(word, no=True)}"] for word in exclude]
    if not conditions:
        return ["Every host of the collective is meant: there is no filter."]
    if len(conditions) == 1:
        return ["Hosts are meant of which this is true:", "", *conditions[0]]
    return ["Hosts are meant of which all of these are true:", "", *(line for lines in conditions for line in lines)]


def _conditions(filter: Filter) -> Iterator[list[str]]:
    for fact in filter.facts:
        yield [f"{_INDENT}{_of_fact(fact)}"]
    for name in filter.classes:
        yield [f"{_INDENT}{_of_class(name)}"]
    for name in filter.agents:
        yield [f"{_INDENT}it has {_named('an agent', 'the agent', name)}"]
    if filter.identities:
        yield [f"{_INDENT}its name {' or '.join(map(_identity, filter.identities))}"]
    for tree in filter.expressions:
        yield list(_tree(tree, 1))


def _tree(tree: Expression, depth: int) -> Iterator[str]:
    lead = _INDENT * depth
    if isinstance(tree, AllOf | AnyOf):
        yield f"{lead}{'all of these are true' if isinstance(tree, AllOf) else 'at least one of these is true'}:"
        for item in tree.items:
            yield from _tree(item, depth + 1)
    elif isinstance(tree, Not):
        yield f"{lead}this is not true:"
        yield from _tree(tree.item, depth + 1)
    elif isinstance(tree, ClassTest):
        yield f"{lead}{_of_class(tree.name)}"
    elif isinstance(tree, DataTest):
        asked = "" if tree.query is None else f", asked for {tree.query!r},"
        value = tree.value if tree.operator in ("=~", "!=~") else repr(tree.value)
        output = f"{'an' if tree.output[:1].lower() in 'aeiou' else 'a'} {tree.output}"
        yield f"{lead}the data plugin {tree.plugin}{asked} gives {output} that {_SAYS[tree.operator]} {value}"
    else:
        yield f"{lead}{_of_fact(tree)}"


def _of_fact(test: FactTest) -> str:
    value = test.value if test.operator == "=~" else repr(test.value)
    return f"its fact {test.fact} {_SAYS[test.operator]} {value}"


def _of_class(name: str) -> str:
    return f"it has {_named('a Puppet class', 'the Puppet class', name)}"


def _identity(word: str, *, no: bool = False) -> str:
    if is_regex(word):
        return f"{'does not match' if no else 'matches'} {word}"
    group = word.removeprefix("group:")
    return f"is{' not' if no else ''} {word if group == word else f'in the group {group}'}"


def _named(any_one: str, this: str, name: str) -> str:
    return f"{any_one} that matches {name}" if is_regex(name) else f"{this} {name}"
