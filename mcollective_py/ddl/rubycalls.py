"""The text of a Ruby DDL -> the calls it makes, with plain values: loops over literal lists are unrolled, nothing is run.

What is read: calls with and without parentheses, `do ... end` and braces, values (rubyvalues.py), local variables that hold values, and
`[...].each do |x| ... end`. Everything else is code, and is refused by line and column.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .rubysource import RubySource
from .rubyvalues import CODE, CONSTANTS, DO, IDENTIFIER, METHOD, Values

_ASSIGN = re.compile(r"=(?![=~>])")
_MAX_VARIABLES = 100


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


class _Reader(Values):
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
            if self.sees_end() or source.next == "}":
                found = "}" if source.next == "}" else "end"
                if found != closer:
                    raise source.error(f"an {found} that closes nothing" if found == "end" else "a } that closes nothing")
                source.pos += len(found)
                return calls
            calls.extend(self._statement())
            source.skip_blanks()
            if source.next not in ("\n", ";", "}", "") and not self.sees_end():
                raise self.unexpected()

    def _statement(self) -> Iterable[Call]:
        source, start = self.source, self.source.pos
        found = source.match(IDENTIFIER)
        if found is None:
            return self._loop(start)
        name = found[0]
        source.skip_blanks()
        if name not in CONSTANTS and name not in CODE and source.match(_ASSIGN):
            self._assign(name, start)
            return ()
        source.pos = start
        if name in self.variables or name in CONSTANTS or name[0].isupper():
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
        name = self.word()
        line, column = source.place(start)
        is_closed = source.next == "("
        args = self.arguments_in_parentheses() if is_closed else self.arguments(takes_functions=name == "aggregate")
        block = self._block() if self._opens_block(is_closed or not args) else None
        return Call(name, args, line, column, None if block is None else tuple(block))

    def _opens_block(self, takes_brace: bool) -> bool:
        source = self.source
        source.skip_blanks()
        return DO.match(source.text, source.pos) is not None or (takes_brace and source.next == "{")

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
        value = self.primary()
        while source.continues_with_dot():
            name_at = source.pos
            name = source.match(METHOD)
            if name is not None and name[0] == "each":
                return self._unrolled(value, start)
            source.pos = name_at
            value = self.method(value)
        source.skip_blanks()
        if source.next not in ("\n", ";", "}", ""):
            raise self.unexpected()
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
            found = source.match(IDENTIFIER)
            if found is None or found[0] in CONSTANTS or found[0] in CODE or len(names) > 8:
                raise source.error("plain names stand between | and |")
            names.append(found[0])
            source.skip_blanks()
            if source.takes("|"):
                return names
            if not source.takes(","):
                raise source.error("plain names stand between | and |, with commas")


def _given(names: list[str], item: Any) -> dict[str, Any]:
    """What a block's names mean for one value: a list is spread over several names."""
    if len(names) == 1:
        return {names[0]: item}
    parts = item if isinstance(item, list) else [item]
    return {name: parts[index] if index < len(parts) else None for index, name in enumerate(names)}
