"""Expression: the tree of a compound filter, built from its tokens; `not` binds before `and`, `and` before `or`."""

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import FilterError
from .facttest import FactTest

MAX_TOKENS = 512  # tests, connectives and parentheses of all compound filters of a request together
MAX_DEPTH = 32  # parentheses and `not` within one another
DATA_OPERATORS = ("==", "!=", "<", ">", "<=", ">=", "=~", "!=~")
CONNECTIVES = ("and", "or", "not", "(", ")")


@dataclass(frozen=True, slots=True)
class ClassTest:
    """A class that the host has; a name that begins with a slash is a regular expression, all its slashes dropped."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class DataTest:
    """`plugin('query').output OPERATOR value`, asked of a data plugin of the host.

    operator: one of DATA_OPERATORS. value: text; between slashes for `=~` and `!=~`. query: None where there is none.
    """

    plugin: str
    query: str | None
    output: str
    operator: str
    value: str

    def __str__(self) -> str:
        query = "" if self.query is None else f"'{self.query}'"
        return f"{self.plugin}({query}).{self.output}{self.operator}{self.value}"


Test = ClassTest | FactTest | DataTest


@dataclass(frozen=True, slots=True)
class Not:
    """True where item is not."""

    item: "Expression"

    def __str__(self) -> str:
        return f"not {_grouped(self.item)}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """True where every item is; two items at least."""

    items: tuple["Expression", ...]

    def __str__(self) -> str:
        return " and ".join(map(_grouped, self.items))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where one of the items is; two items at least."""

    items: tuple["Expression", ...]

    def __str__(self) -> str:
        return " or ".join(map(str, self.items))


Expression = Test | Not | AllOf | AnyOf
Token = Test | str
"""A test, or one of CONNECTIVES."""


class Misplaced(FilterError):
    """A token where none of its kind can stand; index: which one, their number where the end comes too early."""

    def __init__(self, index: int, problem: str) -> None:
        super().__init__(problem)
        self.index, self.problem = index, problem


def expression(tokens: Sequence[Token]) -> Expression:
    """The tree that the tokens say. Raises Misplaced."""
    if len(tokens) > MAX_TOKENS:
        raise Misplaced(MAX_TOKENS, f"a compound filter may have {MAX_TOKENS} words, signs and parentheses")
    reader = _Reader(tokens)
    tree = reader.alternatives(0)
    if reader.at < len(tokens):
        raise Misplaced(reader.at, _stray(tokens[reader.at]))
    return tree


def leaves(tree: Expression) -> list[Test]:
    """The tests of a tree, from left to right."""
    found: list[Test] = []
    _gather(tree, found)
    return found


def _gather(tree: Expression, found: list[Test]) -> None:
    if isinstance(tree, Not):
        _gather(tree.item, found)
    elif isinstance(tree, AllOf | AnyOf):
        for item in tree.items:
            _gather(item, found)
    else:
        found.append(tree)


def _any_of(items: Sequence[Expression]) -> Expression:
    """`x<v or x>v` is how `x!=v` travels, and is that again: two versions may differ as texts and be neither more nor less."""
    if len(items) == 2:
        below, above = items
        if isinstance(below, FactTest) and below.operator == "<" and above == FactTest(below.fact, ">", below.value):
            return FactTest(below.fact, "!=", below.value)
    return AnyOf(tuple(items))


class _Reader:
    """Recursive descent over the tokens; at: the next one."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.at = tokens, 0

    def next_is(self, word: str) -> bool:
        found = self.at < len(self.tokens) and self.tokens[self.at] == word
        self.at += found
        return found

    def alternatives(self, depth: int) -> Expression:
        items = [self.conditions(depth)]
        while self.next_is("or"):
            items.append(self.conditions(depth))
        return items[0] if len(items) == 1 else _any_of(items)

    def conditions(self, depth: int) -> Expression:
        items = [self.condition(depth)]
        while self.next_is("and"):
            items.append(self.condition(depth))
        return items[0] if len(items) == 1 else AllOf(tuple(items))

    def condition(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise Misplaced(self.at, f"parentheses and not stand deeper than {MAX_DEPTH} levels within one another")
        begin = self.at
        if self.next_is("not"):
            return Not(self.condition(depth + 1))
        if self.next_is("("):
            tree = self.alternatives(depth + 1)
            if not self.next_is(")"):
                if self.at == len(self.tokens):
                    raise Misplaced(begin, "this ( is never closed")
                raise Misplaced(self.at, _stray(self.tokens[self.at]))
            return tree
        if self.at == len(self.tokens):
            raise Misplaced(self.at, self._unfinished())
        token = self.tokens[self.at]
        if isinstance(token, str):
            raise Misplaced(self.at, self._unexpected(token))
        self.at += 1
        return token

    def _unfinished(self) -> str:
        return f"after '{self.tokens[-1]}' a test is missing" if self.tokens else "there is no test"

    def _unexpected(self, word: str) -> str:
        before = self.tokens[self.at - 1] if self.at else None
        if word == ")" and before == "(":
            return "there is no test between ( and )"
        if word == ")" and before is None:
            return "this ) closes nothing"
        return f"a test is missing before '{word}'"


def _stray(found: Token) -> str:
    if found == ")":
        return "this ) closes nothing"
    return "before this, 'and' or 'or' is missing; a value with blanks or parentheses is quoted: country='United Kingdom'"


def _grouped(tree: Expression) -> str:
    return f"({tree})" if isinstance(tree, AnyOf | AllOf) else str(tree)
