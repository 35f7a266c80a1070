"""Versions as dpkg and as rpm order them; pure, so that a client and a data plugin can compare without the tools.

A version is text: `[epoch:]version[-release]`. Both orders are checked against the tools themselves by the tests.
Sources: deb-version(7) and Debian Policy 5.6.12; rpm's rpmvercmp and the dependency rules of rpm-version(7).
"""

import re
from collections.abc import Callable, Mapping
from functools import cmp_to_key
from typing import Any

MAX_VERSION = 200  # characters; the longest that distributions have are about 60

_DPKG = re.compile(r"(?:([0-9]{1,9}):)?([A-Za-z0-9.+~:\-]*?)(?:-([A-Za-z0-9.+~]*))?", re.ASCII)
_DPKG_PART = re.compile(r"([^0-9]*)([0-9]*)", re.ASCII)
_RPM = re.compile(r"(?:([0-9]{1,9}):)?([A-Za-z0-9._+~^]*)(?:-([A-Za-z0-9._+~^]*))?", re.ASCII)
_RPM_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|~|\^", re.ASCII)

OPERATORS: Mapping[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "=": lambda order: order == 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
}
"""Of an order, as the compare functions give it, whether `one OPERATOR other` holds."""


def compare_dpkg(left: str, right: str) -> int:
    """-1, 0 or 1: left is older than right, the same, newer. Raises ValueError for what is no version of dpkg's."""
    return _first_difference(
        _dpkg_parts(left),
        _dpkg_parts(right),
        (_numbers, _compare_dpkg_text, _compare_dpkg_text),
    )


def compare_rpm(left: str, right: str) -> int:
    """-1, 0 or 1: left is older than right, the same, newer. Raises ValueError for what is no version of rpm's.

    A release counts only where both have one, as in `Requires: openssl < 3.0.13`.
    """
    mine, theirs = _rpm_parts(left), _rpm_parts(right)
    if not mine[2] or not theirs[2]:
        mine, theirs = (*mine[:2], ""), (*theirs[:2], "")
    return _first_difference(mine, theirs, (_numbers, compare_rpm_text, compare_rpm_text))


def compare_rpm_text(one: str, other: str) -> int:
    """-1, 0 or 1 of two versions or two releases, by segments: letters below digits, `~` below the end, `^` right above it."""
    left, right = _RPM_SEGMENT.findall(one), _RPM_SEGMENT.findall(other)
    for mine, theirs in zip([*left, *[""] * (len(right) - len(left))], [*right, *[""] * (len(left) - len(right))], strict=True):
        if mine == theirs:
            continue
        if "~" in (mine, theirs):
            return -1 if mine == "~" else 1
        if "^" in (mine, theirs):  # above the end of the other, below anything else
            if mine == "^":
                return 1 if not theirs else -1
            return -1 if not mine else 1
        if not mine or not theirs:
            return 1 if mine else -1
        if mine[0].isdigit() != theirs[0].isdigit():
            return 1 if mine[0].isdigit() else -1
        order = _numbers(mine, theirs) if mine[0].isdigit() else (mine > theirs) - (mine < theirs)
        if order:
            return order
    return 0


COMPARE: Mapping[str, Callable[[str, str], int]] = {"dpkg": compare_dpkg, "rpm": compare_rpm}
"""The order of each package system."""


def version_holds(system: str, version: str, operator: str, wanted: str) -> bool:
    """Whether `version OPERATOR wanted` holds by the order of `dpkg` or `rpm`. Raises ValueError for a text that is no version."""
    return OPERATORS[operator](COMPARE[system](version, wanted))


def sort_key(system: str) -> Callable[[str], Any]:
    """The key for `sorted` and `max` over versions of `dpkg` or `rpm`."""
    return cmp_to_key(COMPARE[system])


def _first_difference(left: tuple[str, str, str], right: tuple[str, str, str], orders: tuple[Callable[[str, str], int], ...]) -> int:
    for mine, theirs, order in zip(left, right, orders, strict=True):
        if different := order(mine, theirs):
            return different
    return 0


def _numbers(one: str, other: str) -> int:
    left, right = one.lstrip("0"), other.lstrip("0")  # as text: a number may have any length
    return (len(left) > len(right)) - (len(left) < len(right)) or (left > right) - (left < right)


def _dpkg_parts(version: str) -> tuple[str, str, str]:
    """Epoch, upstream version, revision; what is not there is empty, and compares as 0."""
    found = _DPKG.fullmatch(version) if 0 < len(version) <= MAX_VERSION else None
    if found is None or not found[2] or (":" in found[2] and found[1] is None):
        raise ValueError(f"no version of dpkg's: {version[:MAX_VERSION]!r}; it has letters, digits and . + - ~ with an epoch as 1:")
    # The lazy middle stops at the first hyphen that lets the rest match, and a revision has none: it is the last one.
    return found[1] or "", found[2], found[3] or ""


def _compare_dpkg_text(one: str, other: str) -> int:
    """Alternating runs of other characters and digits; an end is above `~` and below all else."""
    left, right = _DPKG_PART.findall(one), _DPKG_PART.findall(other)
    length = max(len(left), len(right))
    for mine, theirs in zip(left + [("", "")] * (length - len(left)), right + [("", "")] * (length - len(right)), strict=True):
        order = _compare_weights(mine[0], theirs[0]) or _numbers(mine[1], theirs[1])
        if order:
            return order
    return 0


def _compare_weights(one: str, other: str) -> int:
    length = max(len(one), len(other))
    for mine, theirs in zip(one.ljust(length, "\0"), other.ljust(length, "\0"), strict=True):
        if mine != theirs:
            return 1 if _weight(mine) > _weight(theirs) else -1
    return 0


def _weight(sign: str) -> int:
    if sign == "~":
        return -1
    if sign == "\0":  # the end
        return 0
    return ord(sign) if sign.isalpha() else ord(sign) + 256


def _rpm_parts(version: str) -> tuple[str, str, str]:
    found = _RPM.fullmatch(version) if 0 < len(version) <= MAX_VERSION else None
    if found is None or not found[2]:
        raise ValueError(f"no version of rpm's: {version[:MAX_VERSION]!r}; it has letters, digits and . _ + ~ ^ and one - at most")
    return found[1] or "", found[2], found[3] or ""
