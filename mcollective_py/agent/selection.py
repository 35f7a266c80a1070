"""Selections: `sender=/@example\\.org$/ and age>2h and not frozen`, the grammar of -S filters over an agent's things.

fields = {"sender": Field(TEXT, lambda mail: mail.sender), "frozen": Field(FLAG, lambda mail: mail.is_frozen), ...}
wanted = Selection("age>2h and frozen", fields)
chosen = [mail for mail in mails if wanted(mail)]
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..compound import read_expression
from ..ddl.quantities import bytes_of, seconds_of
from ..errors import FilterError, InvalidRPCData
from ..expression import AllOf, AnyOf, ClassTest, DataTest, Expression, Not, Test, leaves
from ..facttest import FactTest
from .pattern import Pattern

_Item = TypeVar("_Item")
_Test = Callable[[Any], bool]

TEXT, TEXTS, NUMBER, SECONDS, BYTES, FLAG = "text", "texts", "number", "seconds", "bytes", "flag"
_READ: Mapping[str, Callable[[str], int | float]] = {NUMBER: int, SECONDS: seconds_of, BYTES: bytes_of}
_WANTED = {NUMBER: "a whole number", SECONDS: "a duration, as 90, 5m or 1h30m", BYTES: "a size, as 4096 or 10K"}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda value, wanted: value == wanted,
    "!=": lambda value, wanted: value != wanted,
    "<": lambda value, wanted: value < wanted,
    ">": lambda value, wanted: value > wanted,
    "<=": lambda value, wanted: value <= wanted,
    ">=": lambda value, wanted: value >= wanted,
}
_ORDERS = ("<", ">", "<=", ">=")
EFFORT = 20_000_000  # see matching/regex.py; a second or two for all that one expression searches


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make a generic one with them
class Field(Generic[_Item]):
    """What can be asked of a thing. kind: TEXT, TEXTS (it holds where one of them does), NUMBER, SECONDS, BYTES or FLAG.

    Texts are compared without regard to case: names of hosts and addresses have none. read: the value of one thing.
    """

    kind: str
    read: Callable[[_Item], Any]


class Selection(Generic[_Item]):
    """An expression, ready to be asked of one thing after the other. Raises InvalidRPCData with a mark under what is wrong.

    An empty text means everything. words: other names of fields and flags, as `active` for `not frozen`.
    """

    def __init__(self, text: str, fields: Mapping[str, Field[_Item]], words: Mapping[str, str] | None = None) -> None:
        self.text, self._fields, self._words = text, fields, dict(words or {})
        self.tree: Expression | None = None
        if text.strip():
            try:
                self.tree = read_expression(text, "selection", self._problem)
            except FilterError as error:
                raise InvalidRPCData(str(error)) from error
        self._holds = self._compiled(self.tree)

    def __call__(self, item: _Item) -> bool:
        """Whether it holds of this one. Raises RPCAborted where a search in texts becomes too costly."""
        return self._holds(item)

    @property
    def is_everything(self) -> bool:
        """Whether nothing was said."""
        return self.tree is None

    @property
    def fields(self) -> frozenset[str]:
        """The fields that are asked for."""
        return frozenset(_name_of(test) for test in leaves(self.tree)) if self.tree is not None else frozenset()

    def part_of(self, field: str) -> Callable[[Any], bool] | None:
        """What it demands of one text field whatever the others are: nothing holds where this does not. None where it demands nothing.

        Given a value of the field, not a thing: for who wants to know before the rest is read.
        """
        items = self.tree.items if isinstance(self.tree, AllOf) else (self.tree,)
        found = [item for item in items if isinstance(item, FactTest) and item.fact == field]
        if not found or self._fields[field].kind != TEXT:
            return None
        tests = [_text_test(test, lambda value: (value,)) for test in found]
        return lambda value: all(test(value) for test in tests)

    def _problem(self, test: Test) -> str | None:
        if isinstance(test, DataTest):
            return f"there are no functions here: {self._known()}"
        name = _name_of(test)
        if isinstance(test, ClassTest):
            if name in self._words or (name in self._fields and self._fields[name].kind == FLAG):
                return None
            if name in self._fields:
                return f"what is {name} compared with? {name}={_EXAMPLES[self._fields[name].kind]}"
            return f"there is no {name!r}: {self._known()}"
        if name not in self._fields:
            return f"there is no field {name!r}: {self._known()}"
        return _value_problem(test, self._fields[name].kind)

    def _known(self) -> str:
        return f"there are {', '.join(sorted({*self._fields, *self._words}))}"

    def _compiled(self, tree: Expression | None) -> _Test:
        if tree is None:
            return lambda item: True
        if isinstance(tree, Not):
            inner = self._compiled(tree.item)
            return lambda item: not inner(item)
        if isinstance(tree, AllOf | AnyOf):
            return _all(*map(self._compiled, tree.items)) if isinstance(tree, AllOf) else _any(*map(self._compiled, tree.items))
        name = _name_of(tree)
        if isinstance(tree, ClassTest) and name in self._words:
            return Selection(self._words[name], self._fields)._holds
        field = self._fields[name]
        read = field.read
        if isinstance(tree, ClassTest) or field.kind == FLAG:
            wanted = isinstance(tree, ClassTest) or (tree.value.lower() == "true") == (tree.operator == "==")
            return lambda item: bool(read(item)) is wanted
        assert isinstance(tree, FactTest)
        if field.kind == TEXT:
            return _text_test(tree, lambda item: (read(item),))
        if field.kind == TEXTS:
            return _text_test(tree, read)
        compare, number = _COMPARE[tree.operator], _READ[field.kind](tree.value)
        return lambda item: compare(read(item), number)


_EXAMPLES = {TEXT: "text", TEXTS: "text", NUMBER: "10", SECONDS: "2h", BYTES: "10K"}


def _name_of(test: Test) -> str:
    return test.name if isinstance(test, ClassTest) else test.fact if isinstance(test, FactTest) else test.plugin


def _value_problem(test: FactTest, kind: str) -> str | None:
    """What is wrong with an operator or a value."""
    if kind in (TEXT, TEXTS):
        if test.operator in _ORDERS:
            return f"{test.fact} is text: it takes =, != and =~"
        if test.operator == "=~":
            try:
                Pattern(_pattern_of(test))
            except InvalidRPCData as error:
                return str(error)
        return None
    if test.operator == "=~":
        return f"{test.fact} is no text that a regular expression could be searched in"
    if kind == FLAG:
        return None if test.operator in ("==", "!=") and test.value.lower() in ("true", "false") else f"{test.fact} is true or false"
    try:
        _READ[kind](test.value)
    except ValueError:
        return f"{test.fact} is {_WANTED[kind]}"
    return None


def _pattern_of(test: FactTest) -> str:
    return f"(?i){test.value[1:-1]}"


def _text_test(test: FactTest, read: Callable[[Any], Collection[str]]) -> _Test:
    """With != none of the texts may be it: that of a message with no recipient left holds."""
    if test.operator == "=~":
        pattern = Pattern(_pattern_of(test), EFFORT)
        return lambda item: any(map(pattern.is_in, read(item)))
    wanted = test.value.lower()
    if test.operator == "!=":
        return lambda item: all(text.lower() != wanted for text in read(item))
    return lambda item: any(text.lower() == wanted for text in read(item))


def _all(*tests: _Test) -> _Test:
    return lambda item: all(test(item) for test in tests)


def _any(*tests: _Test) -> _Test:
    return lambda item: any(test(item) for test in tests)
