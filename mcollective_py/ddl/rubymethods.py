"""The few methods of Ruby's values that DDLs use: `act.capitalize`, `act.sub(/p$/, "pp")`. Each is pure and bounded."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..wire.symbol import Regexp, Symbol

_MAX_PATTERN = 100  # characters
_MAX_TEXT, _MAX_REPLACEMENT, _MAX_JOINED = 10_000, 100, 100_000
# What a pattern may consist of: one character, one class of characters, or a place; no repetition, so that a search is linear.
_UNIT = re.compile(r"\[\^?(?:[A-Za-z0-9_ .,:;@/+-]|\\[-\]\[.wds])+\]|\\[AzZbBwdsWDS]|\\[^A-Za-z0-9]|[\^$.]|[^\\\[\](){}*+?|^$.]")
_TRANSLATED = {"\\z": r"\Z", "\\Z": r"(?=\n?\Z)"}


def interpolated(value: Any) -> str:
    """What `#{value}` puts into a text. Raises ValueError for what has no plain text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not (value == 0 or 1e-4 <= abs(value) < 1e16):
        raise ValueError("write this number as text")
    if not isinstance(value, str | int | float):
        raise ValueError("a list or a hash is no text: write it out")
    return str(value)


def _cased(change: Callable[[str], str]) -> Callable[[Any], Any]:
    def changed(value: Any) -> Any:
        result = change(_text(value))
        return Symbol(result) if isinstance(value, Symbol) else result

    return changed


def _text(value: Any, *, takes_symbols: bool = True) -> str:
    if not isinstance(value, str) or (isinstance(value, Symbol) and not takes_symbols):
        raise ValueError("this is for a text")
    return str(value)


def _to_s(value: Any) -> str:
    return interpolated(value)


def _to_sym(value: Any) -> Symbol:
    return Symbol(_text(value))


def _strip(value: Any) -> str:
    return _text(value, takes_symbols=False).strip(" \t\n\v\f\r\0")


def _chomp(value: Any) -> str:
    text = _text(value, takes_symbols=False)
    return next((text.removesuffix(end) for end in ("\r\n", "\n", "\r") if text.endswith(end)), text)


def _sub(value: Any, pattern: Any, replacement: Any) -> str:
    return _replaced(value, pattern, replacement, 1)


def _gsub(value: Any, pattern: Any, replacement: Any) -> str:
    return _replaced(value, pattern, replacement, 0)


def _replaced(value: Any, pattern: Any, replacement: Any, count: int) -> str:
    text, new = _text(value, takes_symbols=False), _text(replacement, takes_symbols=False)
    if len(text) > _MAX_TEXT or len(new) > _MAX_REPLACEMENT:
        raise ValueError("the text is too long for that: write the value out")
    if "\\" in new:
        raise ValueError("a replacement has no backslash: write the value out")
    if isinstance(pattern, Regexp):
        if pattern.options & ~1:
            raise ValueError("only the flag i is read")
        found = re.compile(_plain_pattern(pattern.source), re.MULTILINE | re.ASCII | (re.IGNORECASE if pattern.options else 0))
    else:
        found = re.compile(re.escape(_text(pattern, takes_symbols=False)))
    return found.sub(lambda match: new, text, count=count)


def _plain_pattern(source: str) -> str:
    """A regular expression of single characters, classes and anchors, as Python writes it."""
    if len(source) > _MAX_PATTERN:
        raise ValueError(f"a pattern of more than {_MAX_PATTERN} characters")
    units, at = [], 0
    while at < len(source):
        unit = _UNIT.match(source, at)
        if unit is None:
            raise ValueError("only plain characters, [classes] and anchors are read in a pattern: write the value out")
        units.append(_TRANSLATED.get(unit[0], unit[0]))
        at = unit.end()
    try:
        re.compile("".join(units))
    except re.error as error:
        raise ValueError(f"no pattern: {error}") from error
    return "".join(units)


def _join(value: Any, separator: Any = "") -> str:
    if not isinstance(value, list):
        raise ValueError("this is for a list")
    between, parts = _text(separator, takes_symbols=False), list(map(interpolated, value))
    if sum(map(len, parts)) + len(between) * len(parts) > _MAX_JOINED:
        raise ValueError("the text is too long for that: write the value out")
    return between.join(parts)


METHODS: Mapping[str, Callable[..., Any]] = {
    "capitalize": _cased(str.capitalize),
    "upcase": _cased(str.upper),
    "downcase": _cased(str.lower),
    "to_s": _to_s,
    "to_sym": _to_sym,
    "intern": _to_sym,
    "strip": _strip,
    "chomp": _chomp,
    "sub": _sub,
    "gsub": _gsub,
    "join": _join,
    "freeze": lambda value: value,
}
