"""Version numbers in their own order: 8.9 before 8.10, 8.0.0-rc1 before 8.0.0."""

import re

# One after the other, each as far as it goes: as one expression a text of 256 characters that is nearly a version takes as long as
# 65,000, and possessive groups, which would mend that, are broken in Python 3.11.0 to 3.11.3 (Debian 12 has 3.11.2).
_EPOCH = re.compile(r"\A(\d{1,9}):", re.ASCII)
_NUMBERS = re.compile(r"\Av?(\d{1,18}(?:\.\d{1,18}){0,15})", re.ASCII)
_REST = re.compile(r"(?:[-+~_.]?[0-9A-Za-z][0-9A-Za-z.+~_\-]*)?", re.ASCII)
_PART = re.compile(r"\d+|[A-Za-z]+|~", re.ASCII)
_EARLY = frozenset(("alpha", "beta", "rc", "pre", "preview", "dev", "snapshot"))
_MAX_TEXT = 256  # characters

_END = (2, 0, "")
VersionKey = tuple[int, tuple[int, ...], tuple[tuple[int, int, str], ...]]


def version_keys(left: str, right: str) -> tuple[VersionKey, VersionKey] | None:
    """Two values that sort as the versions do; None unless both look like versions and one at least has a dot."""
    if max(len(left), len(right)) > _MAX_TEXT:
        return None
    one, other = _parts(left), _parts(right)
    if one is None or other is None or not ("." in one[1] or "." in other[1]):
        return None
    return _key(*one), _key(*other)


def _parts(text: str) -> tuple[str, str, str] | None:
    """Epoch, numbers and the rest; None for a text that is no version."""
    epoch = _EPOCH.search(text)
    text = text[epoch.end() :] if epoch else text
    numbers = _NUMBERS.search(text)
    if numbers is None or _REST.fullmatch(text, numbers.end()) is None:
        return None
    return epoch[1] if epoch else "0", numbers[1], text[numbers.end() :]


def _key(epoch: str, dotted: str, rest: str) -> VersionKey:
    numbers = [int(number) for number in dotted.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:  # 8 and 8.0 are one
        numbers.pop()
    return int(epoch), tuple(numbers), (*map(_part, _PART.findall(rest)), _END)


def _part(part: str) -> tuple[int, int, str]:
    if part == "~":
        return 0, 0, ""
    if part.isdigit():
        return 4, int(part), ""
    return (1 if part.lower() in _EARLY else 3), 0, part.lower()
