"""FactTest: one fact, an operator and a value, as the words of -F and the terms of -S have it."""

import re
from dataclasses import dataclass

from .errors import FilterError

OPERATORS = ("==", "=~", "<=", ">=", "<", ">", "!=")

# As written on a command line: the longest operator first, `=>` and `=<` are the same as `>=` and `<=`.
_WRITTEN = re.compile(r"(?P<fact>[^=<>!~\s]+)\s*(?P<operator>==|=~|=>|=<|<=|>=|!=|=|<|>)\s*(?P<value>.+)", re.DOTALL)
MEANS = {"=": "==", "=>": ">=", "=<": "<="}
_SECOND_TEST = re.compile(r"\s(?:and|or|&&|\|\|)\s+\S+\s*[=<>!~]", re.IGNORECASE)
_LIKE_A_TEST = re.compile(r"\s\S*[=<>~]")
_FLAGGED = re.compile(r"/.*/[imxo]{1,4}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FactTest:
    """One `fact OPERATOR value`; operator is one of OPERATORS, value text (a regex keeps its slashes)."""

    fact: str
    operator: str
    value: str

    @classmethod
    def parse(cls, word: str) -> "FactTest":
        """`country=uk`, `memory.total >= 4096`, `os=/deb|ubu/`: FilterError where the word is none of these."""
        found = _WRITTEN.fullmatch(word.strip())
        if not found:
            raise FilterError(f"'{word}' is no fact filter: write fact=value, with one of = == =~ != < > <= >=")
        operator = MEANS.get(found["operator"], found["operator"])
        value = found["value"]
        if operator == "==" and is_regex(value):
            operator = "=~"
        if reason := _misread(operator, value):
            raise FilterError(f"'{word}': {reason}")
        return cls(found["fact"], operator, value)

    def __str__(self) -> str:
        return f"{self.fact}{self.operator}{self.value}"


def is_regex(value: str) -> bool:
    """True for `/text/`, the field's way of writing a regular expression."""
    return len(value) > 1 and value.startswith("/") and value.endswith("/")


def is_fact_word(word: str) -> bool:
    """True for a word that has the shape of a fact test."""
    return _WRITTEN.fullmatch(word) is not None


def _misread(operator: str, value: str) -> str | None:
    """Why a value is not what was meant: with `!=` or `>` such a test would hold on nearly every host."""
    if value[0] in "=<>!~":
        return f"after {operator} stands another operator; write a value that begins so as a regular expression, =~/{value[0]}.../"
    if value[0] in "'\"":
        return "the quotes would be a part of the value: quote the whole word"
    if is_regex(value) and operator != "=~":
        return f"a regular expression stands after = or =~, never after {operator}"
    if operator == "=~" and _FLAGGED.fullmatch(value) and not is_regex(value):
        return "flags stand in the expression: /(?i).../"
    if not is_regex(value) and (_SECOND_TEST if operator in ("==", "=~") else _LIKE_A_TEST).search(value):
        return "there is one test in a word: give each an option of its own, or write -S with and, or, not"
    return None
