"""The text of a Ruby DDL -> the calls it makes, with plain values: loops over literal lists are unrolled, nothing is run.

What is read: calls with and without parentheses, `do ... end` and braces, every literal (rubytexts.py), `+`, interpolation, the few
methods of rubymethods.py, local variables that hold values, and `[...].each do |x| ... end`. Everything else is code, and is refused
by line and column.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import DDLError
from ..wire.symbol import Regexp, Symbol
from .rubymethods import METHODS, interpolated
from .rubysource import READ_NOT_RUN, RubySource
from .rubytexts import read_heredoc, read_number, read_percent, read_regexp, read_string, read_symbol

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_METHOD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[?!]?")
_LABEL = re.compile(r"([A-Za-z_][A-Za-z0-9_]*[?!]?):(?!:)")
_OPERATOR = re.compile(r"[-+*/%=!<>&|^~?.:]+")
_DO = re.compile(r"do(?![A-Za-z0-9_?!:])")
_END = re.compile(r"end(?![A-Za-z0-9_?!:])")
_ASSIGN = re.compile(r"=(?![=~>])")
_CONSTANTS = {"nil": None, "true": True, "false": False}
_MAX_VARIABLES = 100

_WRITE_OUT = "write out each action with its inputs and outputs"
_CODE = {
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


@dataclass(frozen=True, slots=True)
class Call:
    """One word of the DDL with what it is given: a hash of `key => value` comes last. block: the calls inside, None without one."""

    name: str
    args: tuple[Any, ...]
    line: int
    column: int
    block: "tuple[Call, ...] | None" = None


def read_calls(text: str, plugin: str, file: str) -> tuple[Call, ...]:
    """The calls of a DDL in their order. Values: None, bool, int, float, str, Symbol, Regexp, list, dict, Function. Raises DDLError."""
    reader = _Reader(RubySource(text, plugin, file))
    return tuple(reader.statements(None))


class _Reader:
    def __init__(self, source: RubySource) -> None:
        self.source = source
        self.variables: dict[str, Any] = {}

    # --- statements ---------------------------------------------------------------------------------------------------

    def statements(self, closer: str | None) -> list[Call]:
        """Statements up to `end` or a brace, which is read too; closer None: up to the end of the text."""
        source, calls, start = self.source, list[Call](), self.source.pos
        while True:
            source.skip_lines(";")
            if not source.next:
                if closer is not None:
                    raise source.error(f"this block does not end: {closer} is missing", start)
                return calls
            if self._sees_end() or source.next == "}":
                found = "}" if source.next == "}" else "end"
                if found != closer:
                    raise source.error(f"an {found} that closes nothing" if found == "end" else "a } that closes nothing")
                source.pos += len(found)
                return calls
            calls.extend(self._statement())
            source.skip_blanks()
            if source.next not in ("\n", ";", "}", "") and not self._sees_end():
                raise self._unexpected()

    def _statement(self) -> Iterable[Call]:
        source, start = self.source, self.source.pos
        found = source.match(_IDENTIFIER)
        if found is None:
            return self._loop(start)
        name = found[0]
        source.skip_blanks()
        if name not in _CONSTANTS and name not in _CODE and source.match(_ASSIGN):
            self._assign(name, start)
            return ()
        source.pos = start
        if name in self.variables or name in _CONSTANTS or name[0].isupper():
            return self._loop(start)
        return (self._call(start),)

    def _assign(self, name: str, start: int) -> None:
        source = self.source
        source.skip_lines()
        value = self.expression()
        self.variables[name] = value
        if len(self.variables) > _MAX_VARIABLES:
            raise source.error(f"more than {_MAX_VARIABLES} variables", start)

    def _call(self, start: int) -> Call:
        source = self.source
        source.count()
        name = self._word()
        line, column = source.place(start)
        is_closed = source.next == "("
        args = self._arguments_in_parentheses() if is_closed else self._arguments(takes_functions=name == "aggregate")
        block = self._block() if self._opens_block(is_closed or not args) else None
        return Call(name, args, line, column, None if block is None else tuple(block))

    def _word(self) -> str:
        start = self.source.pos
        found = self.source.match(_METHOD)
        assert found is not None
        if found[0] in _CODE:
            raise self.source.error(f"{found[0]} is code: {READ_NOT_RUN}; {_CODE[found[0]]}", start)
        return found[0]

    def _opens_block(self, takes_brace: bool) -> bool:
        source = self.source
        source.skip_blanks()
        return _DO.match(source.text, source.pos) is not None or (takes_brace and source.next == "{")

    def _block(self) -> list[Call]:
        source = self.source
        closer = self._open()
        source.skip_blanks()
        if source.next == "|":
            raise source.error("this block is given nothing: leave out what stands between | and |")
        source.enter()
        outer = dict(self.variables)
        calls = self.statements(closer)
        self.variables = {name: self.variables[name] for name in outer}
        source.leave()
        return calls

    def _open(self) -> str:
        source = self.source
        if source.takes("{"):
            return "}"
        source.pos += len("do")
        return "end"

    # --- loops --------------------------------------------------------------------------------------------------------

    def _loop(self, start: int) -> list[Call]:
        """`[...].each do |x| ... end`: the calls of its block for each value."""
        source = self.source
        value = self._primary()
        while source.continues_with_dot():
            name_at = source.pos
            name = source.match(_METHOD)
            if name is not None and name[0] == "each":
                return self._unrolled(value, start)
            source.pos = name_at
            value = self._method(value)
        source.skip_blanks()
        if source.next not in ("\n", ";", "}", ""):
            raise self._unexpected()
        raise source.error("a value by itself declares nothing", start)

    def _unrolled(self, value: Any, start: int) -> list[Call]:
        source = self.source
        if not isinstance(value, list | dict):
            raise source.error('each goes through a list that is written out, as ["start", "stop"].each do |act|', start)
        if not value:
            raise source.error("a list with nothing in it declares nothing", start)
        source.skip_blanks()
        if not self._opens_block(takes_brace=True):
            raise source.error("each needs a block: do |name| ... end")
        closer = self._open()
        names = self._parameters()
        source.enter()
        body, outer, calls = source.pos, self.variables, list[Call]()
        items = value if isinstance(value, list) else [[key, item] for key, item in value.items()]
        for item in items:
            source.pos = body
            self.variables = {**outer, **_given(names, item)}
            calls.extend(self.statements(closer))
            source.repeated(source.pos - body)
            outer = {name: value if name in names else self.variables[name] for name, value in outer.items()}
        self.variables = outer
        source.leave()
        return calls

    def _parameters(self) -> list[str]:
        source = self.source
        source.skip_lines()
        if not source.takes("|"):
            raise source.error("each gives a value: name it, as in do |act|")
        names: list[str] = []
        while True:
            source.skip_blanks()
            found = source.match(_IDENTIFIER)
            if found is None or found[0] in _CONSTANTS or found[0] in _CODE or len(names) > 8:
                raise source.error("plain names stand between | and |")
            names.append(found[0])
            source.skip_blanks()
            if source.takes("|"):
                return names
            if not source.takes(","):
                raise source.error("plain names stand between | and |, with commas")

    # --- arguments ----------------------------------------------------------------------------------------------------

    def _arguments_in_parentheses(self) -> tuple[Any, ...]:
        self.source.pos += 1
        self.source.skip_lines()
        return self._items(")", takes_functions=True)

    def _arguments(self, *, takes_functions: bool) -> tuple[Any, ...]:
        """What follows a word on its line, and on the next one behind each comma."""
        source = self.source
        source.skip_blanks()
        if source.next in ("\n", ";", "}", "", "{") or self._sees_end() or _DO.match(source.text, source.pos):
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
                raise self._unexpected()
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
        found = _IDENTIFIER.match(self.source.text, self.source.pos)
        return found is not None and found[0] not in self.variables and found[0] not in _CONSTANTS and found[0][0].islower()

    def _function(self) -> Function:
        source = self.source
        name = self._word()
        is_closed = source.next == "("
        return Function(name, self._arguments_in_parentheses() if is_closed else self._arguments(takes_functions=False))

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
        value = self._primary()
        while self.source.continues_with_dot():
            value = self._method(value)
        return value

    def _method(self, value: Any) -> Any:
        source, start = self.source, self.source.pos
        found = source.match(_METHOD)
        name = found[0] if found else ""
        args: tuple[Any, ...] = ()
        if source.next == "(":
            args = self._arguments_in_parentheses()
        if name not in METHODS:
            known = ", ".join(sorted(METHODS))
            raise source.error(f".{name} is code: {READ_NOT_RUN}; write the value out (only {known} are read)", start)
        try:
            result = METHODS[name](value, *args)
        except (TypeError, ValueError) as error:
            raise source.error(f".{name}: {error if isinstance(error, ValueError) else 'not with such arguments'}", start) from error
        return source.made(result) if isinstance(result, str) else result

    def _primary(self) -> Any:
        source, start = self.source, self.source.pos
        source.count()
        letter = source.next
        reader = _LITERALS.get(letter)
        if reader is not None:
            return reader(self)
        if letter.isdigit() and letter.isascii():
            return read_number(source)
        found = source.match(_IDENTIFIER)
        if found is None:
            raise self._unexpected()
        return self._named(found[0], start)

    def _named(self, name: str, start: int) -> Any:
        source = self.source
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in self.variables:
            source.count(_size(self.variables[name]))
            return self.variables[name]
        if name in _CODE:
            raise source.error(f"{name} is code: {READ_NOT_RUN}; {_CODE[name]}", start)
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
            raise self._unexpected()
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
            raise self._unexpected()
        try:
            return source.made(interpolated(value))
        except ValueError as error:
            raise source.error(str(error), start) from error

    # --- what else there is -------------------------------------------------------------------------------------------

    def _sees_end(self) -> bool:
        return _END.match(self.source.text, self.source.pos) is not None

    def _unexpected(self) -> DDLError:
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
        word = _IDENTIFIER.match(source.text, source.pos)
        if word is not None and word[0] in _CODE:
            return source.error(f"{word[0]} is code: {READ_NOT_RUN}; {_CODE[word[0]]}")
        shown = (word[0] if word else source.next)[:40]
        return source.error(f"{shown!a} is not expected here: is a comma, a quote or a bracket missing before it?")


_LITERALS: Mapping[str, Callable[[_Reader], Any]] = {
    '"': _Reader._string,
    "'": _Reader._string,
    ":": _Reader._symbol,
    "[": _Reader._list,
    "{": _Reader._hash,
    "(": _Reader._parenthesis,
    "%": _Reader._percent,
    "/": _Reader._regexp,
    "<": _Reader._heredoc,
    "-": _Reader._number,
}


def _given(names: list[str], item: Any) -> dict[str, Any]:
    """What a block's names mean for one value: a list is spread over several names."""
    if len(names) == 1:
        return {names[0]: item}
    parts = item if isinstance(item, list) else [item]
    return {name: parts[index] if index < len(parts) else None for index, name in enumerate(names)}


def _size(value: Any) -> int:
    """How many values a value consists of."""
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1
