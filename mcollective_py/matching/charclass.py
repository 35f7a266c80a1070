"""The characters that one place of a regular expression takes: `[a-z_]`, `[^[:upper:]\\\\d]`, with or without regard to case.

A class costs at most what is written in it: classes in classes are merged, all but those that begin with ^, and the cases of a
character are worked out once, not on every level. `(?i)[[[[a]]]]` three times on each of its levels once stopped a host.
"""

import string
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Final

Predicate = Callable[[str], bool]


def is_word(character: str) -> bool:
    """True for what makes a word's edge: letters of all alphabets, though `\\w` takes ASCII only; Ruby has it so."""
    return character.isalnum() or character == "_"


_WORD = frozenset(string.ascii_letters + string.digits + "_")
_DIGIT, _HEX, _SPACE = frozenset(string.digits), frozenset(string.hexdigits), frozenset(" \t\n\v\f\r")
_NAMED: dict[str, Predicate] = {
    "alnum": str.isalnum,
    "alpha": str.isalpha,
    "digit": str.isdigit,
    "lower": str.islower,
    "upper": str.isupper,
    "space": str.isspace,
    "blank": frozenset(" \t").__contains__,
    "xdigit": _HEX.__contains__,
    "word": is_word,
    "punct": frozenset(string.punctuation).__contains__,
    "cntrl": lambda ch: ch < " " or ch == "\x7f",
    "print": str.isprintable,
    "graph": lambda ch: ch.isprintable() and not ch.isspace(),
}


def _opposite(accepts: Predicate) -> Predicate:
    return lambda ch: not accepts(ch)


# One predicate for each name, so that a name written often in a class is asked once.
POSIX: Final = _NAMED | {f"^{name}": _opposite(accepts) for name, accepts in _NAMED.items()}
ESCAPES: Final[dict[str, Predicate]] = {
    name: accepts
    for letter, members in (("d", _DIGIT), ("w", _WORD), ("s", _SPACE), ("h", _HEX))
    for name, accepts in ((letter, members.__contains__), (letter.upper(), _opposite(members.__contains__)))
} | {"R": frozenset("\n\v\f\r\x85\u2028\u2029").__contains__}


class CharacterClass:
    """Ranges (both ends taken; a single character is a range of one), predicates, and the ^ classes written in it."""

    __slots__ = ("_highs", "_ignores_case", "_is_negative", "_lows", "_nested", "_predicates", "cost")

    def __init__(
        self,
        ranges: Iterable[tuple[str, str]],
        predicates: Iterable[Predicate] = (),
        nested: "Iterable[CharacterClass]" = (),
        *,
        is_negative: bool = False,
        ignores_case: bool = False,
    ) -> None:
        merged: list[tuple[str, str]] = []
        for low, high in sorted(ranges):
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        self._lows, self._highs = [low for low, _ in merged], [high for _, high in merged]
        self._predicates, self._nested = tuple(dict.fromkeys(predicates)), tuple(nested)
        self._is_negative, self._ignores_case = is_negative, ignores_case
        cases = 3 if ignores_case else 1
        self.cost: int = 4 + (4 + len(self._predicates)) * cases + sum(inner.cost for inner in self._nested)  # see regexsyntax.Char

    def accepts(self, ch: str) -> bool:
        """True where the class takes the character."""
        return self._takes(cases_of(ch) if self._ignores_case else (ch,))

    def _takes(self, cases: tuple[str, ...]) -> bool:
        return (any(map(self._has, cases)) or any(inner._takes(cases) for inner in self._nested)) != self._is_negative

    def _has(self, ch: str) -> bool:
        place = bisect_right(self._lows, ch)
        return (place > 0 and ch <= self._highs[place - 1]) or any(accepts(ch) for accepts in self._predicates)


def cases_of(ch: str) -> tuple[str, ...]:
    """The character, its small and its capital letter; a case of several letters (that of the German sharp s) is left out."""
    return tuple(dict.fromkeys(case for case in (ch, ch.lower(), ch.upper()) if len(case) == 1))
