"""Node sets: `web[01-20,33].example.com,db1` to names, and names back to the shortest of them; pure.

Brackets hold numbers and ranges, which keep the zeros in front: `[08-12]` is 08, 09, 10, 11, 12. A word may have several brackets.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from operator import add

from ..errors import FilterError
from ..names import is_identity
from ..text import printable

MAX_NAMES = 100_000  # names in one word: no fleet is larger, and a slip of the finger is found at once
_MAX_WORD = 8_000_000  # characters; a hundred thousand names that do not fold are fewer
_FOLDED = 4  # numbers of a name that fold, from its end: an address has four
_PLAIN = re.compile(r"[A-Za-z0-9_.\-]*", re.ASCII)
_RANGE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?", re.ASCII)
_NUMBER = re.compile(r"([0-9]{1,18})", re.ASCII)


def is_nodeset(word: str) -> bool:
    """True for a word that means several names: with brackets or commas, and no regular expression."""
    return not word.startswith("/") and any(sign in "[]," for sign in word)


def expand(word: str) -> tuple[str, ...]:
    """The names that a word means, in its order, each once; a plain name is itself. Several sets are separated by commas.

    Raises FilterError for what is no node set, with what is wrong, and for one of more than MAX_NAMES names.
    """
    if len(word) > _MAX_WORD:
        raise FilterError(f"a node set has at most {_MAX_WORD} characters, this one {len(word)}")
    names: dict[str, None] = {}
    room = MAX_NAMES
    for part in _parts(word):
        dimensions = _dimensions(part, word)
        size = 1
        for choices in dimensions:
            size *= sum(1 if isinstance(choice, str) else len(choice[0]) for choice in choices)
        room -= size
        if room < 0:
            raise FilterError(f"the node set {_shown(word)} means more than {MAX_NAMES} hosts")
        found = ["".join(parts) for parts in product(*(tuple(_texts(choices)) for choices in dimensions))]
        # Of one pattern, all but the numbers are the same: the longest name stands for all.
        if not is_identity(max(found, key=len)) or not is_identity(found[0]):
            raise FilterError(
                f"{_shown(part)} names no host: a name has letters, digits, '.', '_' and '-', begins with none of the last two, "
                "and is at most 255 long"
            )
        names.update(dict.fromkeys(found))
    return tuple(names)


def fold(names: Iterable[str]) -> str:
    """The node set of these host names: `db1,web[01-40]`, sorted as people count; empty for none. expand gives the names back."""
    groups: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for name in set(names):
        texts, numbers = _split(name)
        groups[texts].append(numbers)
    words = []
    for texts, rows in groups.items():
        for numbers in _folded(rows, len(texts) - 1):
            words.append("".join(map(add, texts, (*numbers, ""))))  # noqa: PERF401  two loops in one expression read badly
    return ",".join(sorted(words, key=natural))


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """What sorts names as people count: web2 before web10."""
    parts = _NUMBER.split(name)
    return tuple(int(part) if at % 2 else part for at, part in enumerate(parts)), name


# --- reading ----------------------------------------------------------------------------------------------------------

_Range = tuple[range, int]  # numbers, and their width where zeros stand in front, else 0


def _parts(word: str) -> Iterator[str]:
    """The words between commas, those in brackets left alone."""
    depth, start = 0, 0
    for at, sign in enumerate(word):
        if sign == "[":
            depth += 1
        elif sign == "]":
            depth -= 1
        if not 0 <= depth <= 1:
            raise FilterError(f"the node set {_shown(word)} has {'a bracket in a bracket' if depth > 1 else 'a ] without its ['}")
        if sign == "," and not depth:
            yield _named(word[start:at], word)
            start = at + 1
    if depth:
        raise FilterError(f"the node set {_shown(word)} has a [ without its ]")
    yield _named(word[start:], word)


def _named(part: str, word: str) -> str:
    if not part.strip():
        raise FilterError(f"the node set {_shown(word)} has a name that is empty")
    return part.strip()


def _dimensions(part: str, word: str) -> list[list[str | _Range]]:
    """What stands at each place of a name: the plain text, or the choices of a bracket."""
    found: list[list[str | _Range]] = []
    for at, piece in enumerate(re.split(r"[\[\]]", part)):
        if at % 2:
            found.append([_range(item.strip(), word) for item in piece.split(",")])
        elif piece:
            if not _PLAIN.fullmatch(piece):
                said = ": give a regular expression an option of its own" if "/" in piece else ""
                raise FilterError(f"{printable(piece)} in {_shown(word)} is no part of a host's name{said}")
            found.append([piece])
    return found


def _range(item: str, word: str) -> str | _Range:
    found = _RANGE.fullmatch(item)
    if found is None:
        raise FilterError(f"[{printable(item)}] in the node set {_shown(word)} is neither a number nor a range: write web[01-20,33]")
    low, high = found.groups()
    if high is None:
        return str(low)
    width = _width(low)
    if len(high) != len(str(int(high)).zfill(width)):
        raise FilterError(f"the range {low}-{high} in {_shown(word)} has ends of different width: write both with all their zeros")
    if int(high) < int(low):
        raise FilterError(f"the range {low}-{high} in {_shown(word)} runs backwards: write {high}-{low}")
    numbers = range(int(low), int(high) + 1)
    if int(high) - int(low) >= MAX_NAMES:
        raise FilterError(f"the node set {_shown(word)} means more than {MAX_NAMES} hosts")
    return numbers, width


def _texts(choices: Iterable[str | _Range]) -> Iterator[str]:
    for choice in choices:
        if isinstance(choice, str):
            yield choice
        else:
            numbers, width = choice
            yield from (str(number).zfill(width) for number in numbers)


def _width(number: str) -> int:
    return len(number) if number.startswith("0") and len(number) > 1 else 0


def _shown(word: str) -> str:
    return repr(printable(word if len(word) <= 60 else f"{word[:57]}..."))


# --- folding ----------------------------------------------------------------------------------------------------------


def _split(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts around a name's last numbers, and the numbers."""
    parts = _NUMBER.split(name)
    first = max(len(parts) // 2 - _FOLDED, 0) * 2
    return ("".join(parts[: first + 1]), *parts[first + 2 :: 2]), tuple(parts[first + 1 :: 2])


def _folded(rows: list[tuple[str, ...]], places: int) -> list[tuple[str, ...]]:
    """Rows that differ at one place only become one with a bracket there; the last place first, so `rack[1-2]-web[01-40]`."""
    for place in reversed(range(places)):
        same: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for row in rows:
            same[row[:place] + row[place + 1 :]].append(row[place])
        rows = [(*others[:place], _bracket(numbers), *others[place:]) for others, numbers in same.items()]
    return rows


def _bracket(numbers: list[str]) -> str:
    """`5`, or `[01-20,33]` for several."""
    if len(numbers) == 1:
        return numbers[0]
    runs: list[list[str]] = []
    due: dict[str, list[str]] = {}  # the number that would make a run longer -> the run
    for number in sorted(numbers, key=lambda text: (int(text), len(text))):
        run = due.pop(number, None)
        if run is None:
            run = [number, number]
            runs.append(run)
        run[1] = number
        due[str(int(number) + 1).zfill(_width(run[0]))] = run
    return f"[{','.join(low if low == high else f'{low}-{high}' for low, high in runs)}]"
