"""Version numbers in their own order: 8.9 before 8.10, 8.0.0-rc1 before 8.0.0."""

import re

_VERSION = re.compile(
    # Possessive: without that a text of 256 characters that is nearly a version takes as long as 65,000 characters.
    r"(?:(?P<epoch>\d{1,9}+):)?v?(?P<numbers>\d{1,18}+(?:\.\d{1,18}+){0,15}+)(?P<rest>[-+~_.]?[0-9A-Za-z][0-9A-Za-z.+~_\-]*+)?+",
    re.ASCII,
)
_PART = re.compile(r"\d+|[A-Za-z]+|~", re.ASCII)
_EARLY = frozenset(("alpha", "beta", "rc", "pre", "preview", "dev", "snapshot"))
_MAX_TEXT = 256  # characters

_END = (2, 0, "")
VersionKey = tuple[int, tuple[int, ...], tuple[tuple[int, int, str], ...]]


def version_keys(left: str, right: str) -> tuple[VersionKey, VersionKey] | None:
    """Two values that sort as the versions do; None unless both look like versions and one at least has a dot."""
    if max(len(left), len(right)) > _MAX_TEXT:
        return None
    one, other = _VERSION.fullmatch(left), _VERSION.fullmatch(right)
    if one is None or other is None or not ("." in one["numbers"] or "." in other["numbers"]):
        return None
    return _key(one), _key(other)


def _key(version: re.Match[str]) -> VersionKey:
    numbers = [int(number) for number in version["numbers"].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:  # 8 and 8.0 are one
        numbers.pop()
    return int(version["epoch"] or 0), tuple(numbers), (*map(_part, _PART.findall(version["rest"] or "")), _END)


def _part(part: str) -> tuple[int, int, str]:
    if part == "~":
        return 0, 0, ""
    if part.isdigit():
        return 4, int(part), ""
    return (1 if part.lower() in _EARLY else 3), 0, part.lower()
