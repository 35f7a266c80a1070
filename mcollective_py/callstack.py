"""Call stacks: a compound filter as Ruby's nodes read it, element by element, to and from our tree.

A call stack is a list of mappings with one key each: `{"and": "and"}`, the same with or, not, ( and ); `{"statement": text}`, a class
or a fact test; `{"fstatement": {...}}`, a data function. Ruby's nodes read a statement in a way of their own: they split it at the
first sign, cut the value off at the next same one, and know neither `!=`, `==` nor `=~`. So nothing is written that they would read
otherwise, and what they would read otherwise than it looks is refused.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .errors import FilterError
from .expression import (
    CONNECTIVES,
    DATA_OPERATORS,
    MAX_TOKENS,
    ClassTest,
    DataTest,
    Expression,
    Misplaced,
    Token,
    expression,
)
from .facttest import FactTest, is_regex

MAX_CALLS = 16  # different questions to data plugins in one filter: each may read files
MAX_TEXT = 4096  # characters in one name or value

_SIGN = re.compile(r">=|<=|=|<|>")
_FACT = re.compile(r"[^\s=<>!~'\"()/][^\s=<>!~'\"()]*+")
_PLUGIN = re.compile(r"[a-z][a-z0-9_]{0,63}", re.IGNORECASE | re.ASCII)
_OUTPUT = re.compile(r"[a-z0-9_]{1,64}", re.IGNORECASE | re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ANYTHING = r"[\d\D]"  # a text that is not empty; no . stands for a line break
_FUNCTION = frozenset(("r_compare", "operator", "value", "name", "params"))
_SHAPE = "an element of a call stack has one key: statement, fstatement, and, or, not, ( or )"


def read_callstacks(stacks: Sequence[object]) -> tuple[Expression, ...]:
    """The trees of the compound filters in one message, all of which must hold. Raises FilterError for any that is not exactly one."""
    if sum(len(stack) for stack in stacks if isinstance(stack, list)) > MAX_TOKENS:
        raise FilterError(f"the compound filters of a request may have {MAX_TOKENS} elements")
    read = [_tokens(stack) for stack in stacks]
    calls = {(token.plugin, token.query) for tokens in read for token in tokens if isinstance(token, DataTest)}
    if len(calls) > MAX_CALLS:
        raise FilterError(f"a filter may ask {MAX_CALLS} questions of data plugins, this one asks {len(calls)}")
    return tuple(map(_tree, read))


def write_callstack(tokens: Iterable[Token]) -> list[dict[str, Any]]:
    """The call stack of tokens, such that every node reads it as it is meant.

    Ruby's nodes know no `!=` for facts: `x!=v` is sent as `(x<v or x>v)`, which means the same to them. A value that they would cut
    off or take for a regular expression is sent as a regular expression that finds this value alone. Raises FilterError where there
    is no such way.
    """
    return [element for token in tokens for element in _elements(token)]


# --- reading ----------------------------------------------------------------------------------------------------------


def _tokens(stack: object) -> list[Token]:
    if not isinstance(stack, list) or not stack:
        raise FilterError("a compound filter is a call stack, a list that is not empty")
    return [_token(element) for element in stack]


def _tree(tokens: list[Token]) -> Expression:
    try:
        return expression(tokens)
    except Misplaced as error:
        raise FilterError(f"compound filter: {error.problem} (element {error.index + 1})") from None


def _token(element: object) -> Token:
    if not isinstance(element, dict) or len(element) != 1:
        raise FilterError(_SHAPE)
    ((key, value),) = element.items()
    if type(key) is not str:  # a symbol is none: Ruby's nodes see no such key
        raise FilterError(_SHAPE)
    if key == "statement":
        return _statement(_text(value))
    if key == "fstatement":
        return _function(value)
    if key in CONNECTIVES and value == key:
        return key
    raise FilterError(_SHAPE)


def _statement(text: str) -> ClassTest | FactTest:
    """A class or a fact test, as Ruby's nodes read it, where that is how it looks."""
    if not text.strip():
        raise FilterError("an empty statement in a compound filter")
    if text.startswith("/"):
        return ClassTest(text)
    found = _SIGN.search(text)
    if found is None:
        return ClassTest(text)
    fact, sign, value = text[: found.start()], found[0], text[found.end() :]
    if _FACT.fullmatch(fact) is None or not value or value[0] in "=<>~" or sign in value or (value[0] == "/" and sign != "="):
        raise FilterError(f"Ruby's nodes read the statement {text[:80]!r} otherwise than it looks: refused")
    if sign == "=":
        return FactTest(fact, "=~" if value[0] == "/" else "==", value)
    return FactTest(fact, sign, value)


def _function(value: object) -> DataTest:
    if not isinstance(value, dict) or set(value) != _FUNCTION:
        raise FilterError(f"a data function in a compound filter has exactly the keys {', '.join(sorted(_FUNCTION))}")
    plugin, output, operator, compared = (_text(value[key]) for key in ("name", "value", "operator", "r_compare"))
    if _PLUGIN.fullmatch(plugin) is None or _OUTPUT.fullmatch(output) is None:
        raise FilterError("the name of a data function, and that of its output, are letters, digits and _")
    if operator not in DATA_OPERATORS:
        raise FilterError(f"unknown operator {operator[:20]!r} after a data function")
    if operator in ("=~", "!=~") and not is_regex(compared):
        raise FilterError(f"after {operator} a regular expression stands between slashes")
    return DataTest(plugin.lower(), _query(value["params"]), output, operator, compared)


def _query(value: object) -> str | None:
    """Ruby's clients send a number or a boolean where the data plugin's DDL says so."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value) is int and value.bit_length() <= 64:
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if value is None:
        return None
    query = _text(value)
    if "`" in query:
        raise FilterError("the query of a data function has no backtick")  # no Ruby node takes one
    return query


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or _CONTROL.search(value):
        raise FilterError(f"names and values in a compound filter are texts of at most {MAX_TEXT} characters on one line")
    return value


# --- writing ----------------------------------------------------------------------------------------------------------


def _elements(token: Token) -> Iterator[dict[str, Any]]:
    if isinstance(token, str):
        yield {token: token}
    elif isinstance(token, ClassTest):
        yield {"statement": token.name}
    elif isinstance(token, DataTest):
        yield {
            "fstatement": {
                "r_compare": token.value,
                "operator": token.operator,
                "value": token.output,
                "name": token.plugin,
                "params": token.query,
            }
        }
    elif token.operator == "!=" and not token.value:
        yield {"statement": f"{token.fact}=/{_ANYTHING}/"}
    elif token.operator == "!=":
        below, above = (FactTest(token.fact, sign, token.value) for sign in "<>")
        yield from ({"(": "("}, {"statement": _sent(below)}, {"or": "or"}, {"statement": _sent(above)}, {")": ")"})
    else:
        yield {"statement": _sent(token)}


def _sent(test: FactTest) -> str:
    """The statement of a fact test, once it is sure that it is read as it is meant."""
    meant = test
    if test.operator == "=~":
        meant = FactTest(test.fact, "=~", f"/{_without_sign(test.value[1:-1])}/")
    elif test.operator == "==" and (not test.value or test.value[0] in "/=<>~" or "=" in test.value):
        meant = FactTest(test.fact, "=~", f"/\\A{_quoted(test.value)}\\z/")
    text = f"{meant.fact}{'=' if meant.operator in ('==', '=~') else meant.operator}{meant.value}"
    try:
        is_read = _statement(_text(text)) == meant
    except FilterError:
        is_read = False
    if not is_read:
        raise FilterError(f"{test}: Ruby's nodes cannot read such a test in a compound filter: give it with -F")
    return text


def _without_sign(pattern: str) -> str:
    """The regular expression without a `=`, at which Ruby's nodes would cut it off: its code stands for it."""
    # A look-ahead keeps its sign, and is refused by whoever reads it.
    return re.sub(r"\\.|\(\?<?=|=", lambda found: r"\x3d" if found[0] in ("=", r"\=") else found[0], pattern, flags=re.DOTALL)


def _quoted(text: str) -> str:
    """A regular expression that finds exactly this text, for Ruby and for us."""
    return _without_sign("".join(f"\\{sign}" if sign in r".^$|()[]{}*+?\/" else sign for sign in text))
