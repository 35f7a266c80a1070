"""Validators: shellsafe, ipv4address, ... by name, and the checks every input gets. Each raises ValueError with the reason.

No reason ever quotes the value: it may be a secret on its way to a log.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..matching.regex import Effort, compile_regex
from ..matching.regexsyntax import RegexRefused
from ..wire.symbol import Symbol
from .quantities import MAX_SECONDS, seconds_of
from .wordvalidators import WORD_VALIDATORS

MAX_SUBJECT = 10_000  # characters that a regex is ever tried on
_EFFORT = 2_000_000  # see matching/regex.py; some 100 ms. A pattern is its author's, and careless; the text is anybody's

Validator = Callable[[str], None]


class CannotCheck(ValueError):
    """A value that may be valid, but not for all we can tell."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cannot be checked here: {reason}")


# The historic list (` $ ; | & > <) and what it let through: each of these has meant something to a shell.
_SHELL = frozenset("`$;|&><'\"\\(){}*?[]~!#")

_TYPES: Mapping[str, tuple[Callable[[object], bool], str]] = MappingProxyType(
    {
        # A symbol is text everywhere but here: Ruby's nodes take none, and agents were written for what those take.
        "string": (lambda value: isinstance(value, str) and not isinstance(value, Symbol), "text"),
        "list": (lambda value: isinstance(value, str) and not isinstance(value, Symbol), "text"),
        "boolean": (lambda value: isinstance(value, bool), "true or false"),
        "integer": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
        "float": (lambda value: isinstance(value, float) and _is_finite(value), "a number with a fraction, as 1.0"),
        "number": (lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and _is_finite(value), "a number"),
        "hash": (lambda value: isinstance(value, Mapping) and all(isinstance(key, str) for key in value), "a mapping with text keys"),
        "array": (lambda value: isinstance(value, list), "a list"),
        "path": (lambda value: isinstance(value, str) and not isinstance(value, Symbol), "an absolute path without .."),
        "duration": (lambda value: _is_duration(value), "seconds, or a duration as 90s, 5m or 1h30m"),
        "any": (lambda value: True, "anything"),
    }
)


def check_type(value: object, type_name: str) -> None:
    """One of model.INPUT_TYPES; a boolean is no number, and NaN and infinity are none either."""
    fits, words = _TYPES[type_name]
    if not fits(value):
        raise ValueError(f"must be {words} ({type_name})")


def check_length(value: str, maximum: int) -> None:
    """At most so many characters; 0 for no limit."""
    if maximum and len(value) > maximum:
        raise ValueError(f"has {len(value)} characters, {maximum} are allowed")


def check_member(value: object, choices: Sequence[str]) -> None:
    """One of the choices."""
    if value not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}")


def check_regex(value: str, pattern: str) -> None:
    """The whole text matches, with or without anchors in the pattern; its syntax is Ruby's, in linear time (matching/regex.py)."""
    if len(value) > MAX_SUBJECT:
        raise CannotCheck(f"it has {len(value)} characters, a regex is tried on {MAX_SUBJECT}")
    try:
        matches = compile_regex(rf"\A(?:{pattern})\z").search(value, Effort(_EFFORT))
    except RegexRefused as error:
        raise CannotCheck(str(error)) from error
    if not matches:
        raise ValueError(f"must match {pattern} as a whole")


def check_pattern(pattern: str) -> None:
    """A pattern that check_regex can use."""
    compile_regex(pattern)  # alone first: inside the group that check_regex puts it in, `a)(b` would pass
    compile_regex(rf"\A(?:{pattern})\z")


def shellsafe(value: str) -> None:
    """Nothing a shell or an option parser would read as its own. A second line of defence: agents never use a shell."""
    if value.startswith("-"):
        raise ValueError("must not begin with '-'")
    for character in value:
        if character in _SHELL:
            raise ValueError(f"must not contain {character}")
        if not character.isprintable():
            raise ValueError("must not contain control or invisible characters")


def ipv4address(value: str) -> None:
    """One IPv4 address in dotted decimal: no leading zeros, no prefix length."""
    _address(value, 4)


def ipv6address(value: str) -> None:
    """One IPv6 address: no prefix length, no zone."""
    _address(value, 6)


def ipaddress(value: str) -> None:
    """One IPv4 or IPv6 address."""
    _address(value, None)


def cidr(value: str) -> None:
    """A network with its prefix length, `192.0.2.0/24`; bits beyond the prefix must be zero."""
    from ipaddress import ip_network

    if not re.fullmatch(r"[0-9A-Fa-f:.]{2,45}/[0-9]{1,3}", value, re.ASCII):
        raise ValueError("must be a network with a prefix length, as 192.0.2.0/24")
    try:
        ip_network(value)
    except ValueError as error:
        raise ValueError("must be a network with a prefix length and no bits beyond it, as 192.0.2.0/24") from error


def regex(value: str) -> None:
    """A regular expression that can be searched for in linear time."""
    try:
        check_pattern(value)
    except RegexRefused as error:
        raise ValueError(f"must be a regular expression: {error}") from error


def port(value: str) -> None:
    """A port number as text, 1 to 65535."""
    if not re.fullmatch(r"[1-9][0-9]{0,4}", value, re.ASCII) or int(value) > 65535:
        raise ValueError("must be a port from 1 to 65535")


def path(value: str) -> None:
    """An absolute path without `..`, printable."""
    if not value.startswith("/") or ".." in value.split("/") or not value.isprintable():
        raise ValueError("must be an absolute path without ..")


VALIDATORS: Mapping[str, Validator] = MappingProxyType(
    {
        "shellsafe": shellsafe,
        "ipv4address": ipv4address,
        "ipv4": ipv4address,
        "ipv6address": ipv6address,
        "ipv6": ipv6address,
        "ipaddress": ipaddress,
        "cidr": cidr,
        "regex": regex,
        "port": port,
        "path": path,
        **WORD_VALIDATORS,
    }
)


def _address(value: str, version: int | None) -> None:
    from ipaddress import ip_address

    wanted = f"an IPv{version} address" if version else "an IP address"
    if "%" in value or len(value) > 45:
        raise ValueError(f"must be {wanted}")
    try:
        found = ip_address(value)
    except ValueError as error:
        raise ValueError(f"must be {wanted}") from error
    if version and found.version != version:
        raise ValueError(f"must be {wanted}")


def _is_duration(value: object) -> bool:
    if isinstance(value, str):
        try:
            seconds_of(value)
        except ValueError:
            return False
        return not isinstance(value, Symbol)
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_SECONDS  # False for NaN


def _is_finite(value: Any) -> bool:
    return isinstance(value, int) or value - value == 0.0
