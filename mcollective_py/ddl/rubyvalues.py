"""Values as they stand in a Ruby DDL: literals, variables, lists, hashes, sums, interpolation, and what a call is given."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import DDLError
from ..wire.symbol import Regexp, Symbol
from .rubyheredocs import read_heredoc
from .rubymethods import METHODS, interpolated
from .rubysource import READ_NOT_RUN, RubySource
from .rubytexts import read_number, read_percent, read_regexp, read_string, read_symbol

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
METHOD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[?!]?")
DO = re.compile(r"do(?![A-Za-z0-9_?!:])")
CONSTANTS: Mapping[str, bool | None] = {"nil": None, "true": True, "false": False}
_END = re.compile(r"end(?![A-Za-z0-9_?!:])")
_LABEL = re.compile(r"([A-Za-z_][A-Za-z0-9_]*[?!]?):(?!:)")
_OPERATOR = re.compile(r"[-+*/%=!<>&|^~?.:]+")

# Words of the language that a DDL has no use for, and what to do instead.
_WRITE_OUT = "write out each action with its inputs and outputs"
CODE: Mapping[str, str] = {
    **dict.fromkeys(("if", "unless", "case", "while", "until", "for", "then", "else", "elsif", "when"), _WRITE_OUT),
    **dict.fromkeys(("def", "class", "module", "begin", "rescue", "ensure", "return", "lambda", "proc", "yield", "loop"), _WRITE_OUT),
    **dict.fromkeys(("require", "load", "require_relative", "include", "extend"), "leave it out: a DDL needs nothing else"),
    **dict.fromkeys(("and", "or", "not", "defined?", "self", "super", "alias", "undef", "next", "break", "redo"), _WRITE_OUT),
    **dict.fromkeys(("eval", "instance_eval", "system", "exec", "puts", "print", "p", "raise", "send"), "leave it out"),
}


@dataclass(frozen=True, slots=True)
class Function:
    """A call as a value: `summary(:status)` behind `aggregate`."""

    name: str
    args: tuple[Any, ...]


class Values:
    """Reads values off a source; what is no value is refused by its place. variables: what stands for them now."""

    def __init__(self, source: RubySource) -> None:
        self.source = source
        self.variables: dict[str, Any] = {}

    # --- arguments ----------------------------------------------------------------------------------------------------

    def arguments_in_parentheses(self) -> tuple[Any, ...]:
        """What a call is given, from the opening parenthesis to the closing one."""
        self.source.pos += 1
        self.source.skip_lines()
        return self._items(")", takes_functions=True)

    def arguments(self, *, takes_functions: bool) -> tuple[Any, ...]:
        """What follows a word on its line, and on the next one behind each comma."""
        source = self.source
        source.skip_blanks()
        if source.next in ("\n", ";", "}", "", "{") or self.sees_end() or DO.match(source.text, source.pos):
            return ()
        return self._items(None, takes_functions=takes_functions)

    def _items(self, closer: str | None, *, takes_functions: bool = False) -> tuple[Any, ...]:
        """Values and pairs with commas between; pairs become one dict at the end. closer: None where the line ends it."""
        source = self.source
        source.enter()
        items, pairs = [], dict[Any, Any]()
        while not (closer and source.takes(closer)):
            start = source.pos
            is_pair, key, value = self._item(takes_functions)
            source.count()
            if is_pair:
                pairs[key] = value
            elif pairs:
                raise source.error("pairs of key => value come last", start)
            else:
                items.append(value)
            if closer:
                source.skip_lines()
            else:
                source.skip_blanks()
            if source.takes(","):
                source.skip_lines()
            elif closer is None:
                break
            elif not source.sees(closer):
                raise self.unexpected()
        source.leave()
        return (*items, pairs) if pairs else tuple(items)

    def _item(self, takes_functions: bool) -> tuple[bool, Any, Any]:
        """One value, or a pair: whether it is one, its key, its value."""
        source, start = self.source, self.source.pos
        label = source.match(_LABEL)
        if label is not None:
            return True, Symbol(label[1]), self._pair_value()
        value = self._function() if takes_functions and self._is_function() else self.expression()
        if source.next == ":" and source.text[source.pos - 1] in "'\"" and isinstance(value, str):
            source.pos += 1
            return True, Symbol(value), self._pair_value()
        source.skip_blanks()
        if not source.takes("=>"):
            return False, None, value
        if not isinstance(value, str | int | float | bool | None):
            raise source.error("a key is a symbol, a text or a number", start)
        return True, value, self._pair_value()

    def _pair_value(self) -> Any:
        self.source.skip_lines()
        return self.expression()

    def _is_function(self) -> bool:
        found = IDENTIFIER.match(self.source.text, self.source.pos)
        return found is not None and found[0] not in self.variables and found[0] not in CONSTANTS and found[0][0].islower()

    def _function(self) -> Function:
        source = self.source
        name = self.word()
        is_closed = source.next == "("
        return Function(name, self.arguments_in_parentheses() if is_closed else self.arguments(takes_functions=False))

    # --- values -------------------------------------------------------------------------------------------------------

    def expression(self) -> Any:
        """A value, and what is added to it."""
        return self._chain("+", lambda: self._chain("*", self._term))

    def _chain(self, sign: str, operand: Callable[[], Any]) -> Any:
        source = self.source
        value = operand()
        while True:
            after = source.pos
            source.skip_blanks()
            if source.next != sign or source.sees(f"{sign}=") or source.sees("**"):
                source.pos = after
                return value
            start = source.pos
            source.pos += 1
            source.skip_lines()
            value = self._joined(sign, value, operand(), start)

    def _joined(self, sign: str, left: Any, right: Any, start: int) -> Any:
        source = self.source
        if all(isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right)):
            result = left + right if sign == "+" else left * right
            if abs(result) >= 10**18:
                raise source.error("a number of more than 18 digits", start)
            return result
        if sign == "+" and all(isinstance(side, str) and not isinstance(side, Symbol) for side in (left, right)):
            return source.made(left + right)
        if sign == "+" and isinstance(left, list) and isinstance(right, list):
            return left + right
        raise source.error(f"{sign} is code here: {READ_NOT_RUN}; write the value out", start)

    def _term(self) -> Any:
        value = self.primary()
        while self.source.continues_with_dot():
            value = self.method(value)
        return value

    def method(self, value: Any) -> Any:
        """What a method, whose dot is read, makes of a value."""
        source, start = self.source, self.source.pos
        found = source.match(METHOD)
        name = found[0] if found else ""
        args: tuple[Any, ...] = ()
        if source.next == "(":
            args = self.arguments_in_parentheses()
        if name not in METHODS:
            known = ", ".join(sorted(METHODS))
            raise source.error(f".{name} is code: {READ_NOT_RUN}; write the value out (only {known} are read)", start)
        try:
            result = METHODS[name](value, *args)
        except (TypeError, ValueError) as error:
            raise source.error(f".{name}: {error if isinstance(error, ValueError) else 'not with such arguments'}", start) from error
        return source.made(result) if isinstance(result, str) else result

    def primary(self) -> Any:
        """A value without what is done to it."""
        source, start = self.source, self.source.pos
        source.count()
        letter = source.next
        reader = _LITERALS.get(letter)
        if reader is not None:
            return reader(self)
        if letter.isdigit() and letter.isascii():
            return read_number(source)
        found = source.match(IDENTIFIER)
        if found is None:
            raise self.unexpected()
        return self._named(found[0], start)

    def _named(self, name: str, start: int) -> Any:
        source = self.source
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in self.variables:
            source.count(_size(self.variables[name]))
            return self.variables[name]
        if name in CODE:
            raise source.error(f"{name} is code: {READ_NOT_RUN}; {CODE[name]}", start)
        if name[0].isupper():
            raise source.error(f"{name} is a constant of a program: {READ_NOT_RUN}; write its value", start)
        raise source.error(f"{name} is not set before: {READ_NOT_RUN}; write its value", start)

    def _list(self) -> list[Any]:
        self.source.pos += 1
        self.source.skip_lines()
        return list(self._items("]"))

    def _hash(self) -> dict[Any, Any]:
        source, start = self.source, self.source.pos
        source.pos += 1
        source.skip_lines()
        items = self._items("}")
        if not items:
            return {}
        if len(items) > 1 or not isinstance(items[0], dict):
            raise source.error("between { and } stand pairs, key => value", start)
        return items[0]

    def _parenthesis(self) -> Any:
        source = self.source
        source.pos += 1
        source.enter()
        source.skip_lines()
        value = self.expression()
        source.skip_lines()
        if not source.takes(")"):
            raise self.unexpected()
        source.leave()
        return value

    def _heredoc(self) -> str:
        return read_heredoc(self.source, self._interpolate)

    def _string(self) -> str:
        return read_string(self.source, self._interpolate)

    def _symbol(self) -> Symbol:
        return read_symbol(self.source, self._interpolate)

    def _percent(self) -> Any:
        return read_percent(self.source, self._interpolate)

    def _regexp(self) -> Regexp:
        return read_regexp(self.source)

    def _number(self) -> int | float:
        return read_number(self.source)

    def _interpolate(self) -> str:
        source, start = self.source, self.source.pos
        source.skip_lines()
        if source.takes("}"):
            return ""
        value = self.expression()
        source.skip_lines()
        if not source.takes("}"):
            raise self.unexpected()
        try:
            return source.made(interpolated(value))
        except ValueError as error:
            raise source.error(str(error), start) from error

    # --- words ---------------------------------------------------------------------------------------------------------

    def word(self) -> str:
        """A word that may be called."""
        start = self.source.pos
        found = self.source.match(METHOD)
        assert found is not None
        if found[0] in CODE:
            raise self.source.error(f"{found[0]} is code: {READ_NOT_RUN}; {CODE[found[0]]}", start)
        return found[0]

    def sees_end(self) -> bool:
        """Whether `end` comes next."""
        return _END.match(self.source.text, self.source.pos) is not None

    def unexpected(self) -> DDLError:
        """What stands here is nothing that a DDL has."""
        source = self.source
        if not source.next:
            return source.error("the text ends too early")
        if source.next == "\n":
            return source.error("the line ends too early: a value is missing")
        if source.next in "@$":
            return source.error(f"{source.next} begins a variable of a program: {READ_NOT_RUN}; write its value")
        if source.next == "`":
            return source.error("a command in backticks is never run: write the value out")
        operator = _OPERATOR.match(source.text, source.pos)
        if operator is not None:
            return source.error(f"{operator[0][:8]} is code: {READ_NOT_RUN}; write the value out")
        word = IDENTIFIER.match(source.text, source.pos)
        if word is not None and word[0] in CODE:
            return source.error(f"{word[0]} is code: {READ_NOT_RUN}; {CODE[word[0]]}")
        shown = (word[0] if word else source.next)[:40]
        return source.error(f"{shown!a} is not expected here: is a comma, a quote or a bracket missing before it?")


_LITERALS: Mapping[str, Callable[[Values], Any]] = {
    '"': Values._string,
    "'": Values._string,
    ":": Values._symbol,
    "[": Values._list,
    "{": Values._hash,
    "(": Values._parenthesis,
    "%": Values._percent,
    "/": Values._regexp,
    "<": Values._heredoc,
    "-": Values._number,
}


def _size(value: Any) -> int:
    """How many values a value consists of."""
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1
