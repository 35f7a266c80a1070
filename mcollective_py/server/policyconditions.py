"""Columns 4 to 6 of a policy's line, text -> expressions that must all hold: facts and classes of the host, inputs of the request.

A column is a list of tests, or an expression with `and`, `or`, `not`, `!`, parentheses and, but for inputs, data functions. As the
Ruby plugin does, `and` and `or` beside one another are taken from left to right; elsewhere (`-S`) `and` binds first.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from ..errors import FilterError
from ..expression import AllOf, AnyOf, ClassTest, DataTest, Expression, Not, Test, Token, leaves
from ..facttest import FactTest, is_regex
from ..matching.facts import fact_pattern
from ..matching.regex import Regex
from ..matching.regexsyntax import RegexRefused
from ..matching.words import pattern_of

MAX_QUESTIONS = 16  # to data plugins in one column: each may read files

_FACT = re.compile(r"([^=<>!~()\s]{1,256})(<=|>=|=~|=|<|>)([^=<>!~()\s][^()\s]{0,1023})")
_REGEX = re.compile(r"([^=<>!~()\s]{1,256})=~?(/[^\s]{1,1000}/)")
_CLASS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_:.\-]{0,255}", re.ASCII)
_CONNECTIVES = frozenset({"not", "and", "or"})
MIXED = "`and` and `or` stand beside one another and are taken from left to right, unlike in -S: write parentheses"


class Unreadable(Exception):
    """What is wrong with a line, and what would do."""


def facts_column(field: str, *, with_classes: bool) -> tuple[tuple[Expression, ...], bool]:
    """What column 4 asks for, and whether it mixes `and` and `or`; with_classes: where there is no column 5, they may stand here.

    Raises Unreadable.
    """
    if _is_compound(field):
        return _compound(field, 4, _check_host_test)
    tests: list[Expression] = []
    for word in _words(field):
        if with_classes and _is_class(word):
            tests.append(_class_test(word))
        else:
            tests.append(_fact_test(word, "classes stand in the fifth column" if not with_classes else "or the name of a class"))
    return tuple(tests), False


def classes_column(field: str) -> tuple[tuple[Expression, ...], bool]:
    """What column 5 asks for, and whether it mixes `and` and `or`. Raises Unreadable."""
    if _is_compound(field):
        return _compound(field, 5, _check_host_test)
    return tuple(map(_class_test, _words(field))), False


def inputs_column(field: str) -> tuple[tuple[Expression, ...], bool]:
    """What column 6 asks for, and whether it mixes `and` and `or`. Raises Unreadable."""
    if _is_compound(field) or "'" in field or '"' in field:
        return _compound(field, 6, _check_input_test)
    return tuple(_fact_test(word, "as inputs are tested") for word in _words(field)), False


def _words(field: str) -> list[str]:
    words = field.split()
    if words == ["*"]:
        return []
    if not words:
        raise Unreadable("a column is empty: write * for any")
    if "*" in words:
        raise Unreadable("* means any and stands alone in its column")
    return words


def _is_compound(field: str) -> bool:
    """As the Ruby plugin tells, and data functions without a query too, which it overlooks."""
    words = field.split()
    # A list may have regular expressions with parentheses in them.
    return any(
        word.startswith("!")
        or word in _CONNECTIVES
        or (("(" in word or ")" in word) and not (_REGEX.fullmatch(word) or word.startswith("/")))
        for word in words
    )


def _compound(field: str, column: int, check: Callable[[Test], str | None]) -> tuple[tuple[Expression, ...], bool]:
    from ..compound import read_tokens  # few columns are compound ones

    try:
        tokens = read_tokens(field.strip(), f"column {column}", check)
    except FilterError as error:
        raise Unreadable(str(error).partition("\n")[0]) from None
    tree, is_mixed = left_to_right(tokens)
    questions = {(test.plugin, test.query) for test in leaves(tree) if isinstance(test, DataTest)}
    if len(questions) > MAX_QUESTIONS:
        raise Unreadable(f"a column may ask {MAX_QUESTIONS} questions of data plugins, this one asks {len(questions)}")
    return (tree,), is_mixed


def left_to_right(tokens: Sequence[Token]) -> tuple[Expression, bool]:
    """The tree of tokens that make one, `and` and `or` alike; and whether it would be another with `and` first."""
    return _Reader(tokens).level()


class _Reader:
    """at: the next token. That they make a tree, not too deep, was found out before."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.at = tokens, 0

    def level(self) -> tuple[Expression, bool]:
        tree, is_mixed = self.condition()
        connectives: list[Token] = []
        while self.at < len(self.tokens) and self.tokens[self.at] in ("and", "or"):
            connective = self.tokens[self.at]
            self.at += 1
            item, is_item_mixed = self.condition()
            kind = AllOf if connective == "and" else AnyOf
            # A chain of one kind is one node, so that a long one is not a deep one.
            is_chain = bool(connectives) and connectives[-1] == connective and isinstance(tree, AllOf | AnyOf)
            tree = kind((*tree.items, item)) if is_chain and isinstance(tree, AllOf | AnyOf) else kind((tree, item))
            connectives.append(connective)
            is_mixed = is_mixed or is_item_mixed
        is_and_after_or = "or" in connectives and "and" in connectives[connectives.index("or") :]
        return tree, is_mixed or is_and_after_or

    def condition(self) -> tuple[Expression, bool]:
        found = self.tokens[self.at]
        self.at += 1
        if found == "not":
            item, is_mixed = self.condition()
            return Not(item), is_mixed
        if found == "(":
            tree, is_mixed = self.level()
            self.at += 1
            return tree, is_mixed
        assert not isinstance(found, str)
        return found, False


def _is_class(word: str) -> bool:
    return word.startswith("/") or _CLASS.fullmatch(word) is not None


def _class_test(word: str) -> ClassTest:
    if not (_CLASS.fullmatch(word) or (is_regex(word) and len(word) > 2)):
        raise Unreadable(f"'{word[:60]}' is no name of a class")
    test = ClassTest(word)
    if problem := _refusal(test):
        raise Unreadable(f"'{word[:60]}': {problem}")
    return test


def _fact_test(word: str, hint: str) -> FactTest:
    if found := _REGEX.fullmatch(word):
        test = FactTest(found[1], "=~", found[2])
        if problem := _refusal(test):
            raise Unreadable(f"'{word[:60]}': {problem}")
        return test
    found = _FACT.fullmatch(word)
    if found is None:
        raise Unreadable(
            f"'{word[:60]}' is no test like os=Debian, cpus>=4 or os=/^Deb/; for others write not, as in not os=Debian; {hint}"
        )
    name, operator, value = found.groups()
    if operator == "=~" or is_regex(value):
        raise Unreadable(f"'{word[:60]}': a regular expression stands between slashes, after = or =~")
    return FactTest(name, "==" if operator == "=" else operator, value)


def _check_host_test(test: Test) -> str | None:
    if isinstance(test, FactTest) and test.operator == "==" and is_regex(test.value):
        return "a regular expression stands after ="
    return _refusal(test)


def _check_input_test(test: Test) -> str | None:
    if isinstance(test, DataTest):
        return "data functions stand in columns 4 and 5, and inputs here"
    if isinstance(test, ClassTest):
        return "this is no test of an input, as in package=nginx"
    return _refusal(test)


def patterns_of(trees: Iterable[Expression]) -> set[str]:
    """The regular expressions in conditions."""
    return {pattern for tree in trees for test in leaves(tree) if (pattern := _pattern(test)) is not None}


def _refusal(test: Test) -> str | None:
    """Why its regular expression is not taken; None where it is, or where there is none."""
    pattern = _pattern(test)
    if pattern is None:
        return None
    try:
        Regex(pattern)
    except RegexRefused as error:
        return f"its regular expression is not taken: {error}"
    return None


def _pattern(test: Test) -> str | None:
    if isinstance(test, ClassTest):
        return pattern_of(test.name) if test.name.startswith("/") else None
    if isinstance(test, DataTest):
        return test.value[1:-1] if test.operator in ("=~", "!=~") else None
    return fact_pattern(test.value) if test.operator == "=~" else None
