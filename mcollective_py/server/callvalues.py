"""Values of either wire as JSON and back, for the pipes between the daemon and its children: what JSON lacks goes in marked.

    {"": ["bytes", BASE64]}   {"": ["symbol", TEXT]}   {"": ["float", TEXT]}   {"": ["regexp", SOURCE, OPTIONS]}
    {"": ["hash", [[KEY, VALUE], ...]]}   where a key is no plain text, or empty

All else stands for itself, so most values are the same before and after.
"""

import binascii
import math
from collections.abc import Mapping
from typing import Any

from ..errors import Malformed
from ..wire.symbol import Regexp, Symbol

MAX_DEPTH = 140  # of what is made here: a mark costs up to four levels, and the wire allows 32

_MARK = ""


def to_json(value: Any, depth: int = 0) -> Any:
    """The value for a JSON writer, which judges its depth, its size, and what is neither plain nor known here."""
    kind = type(value)
    if kind in (str, int, bool) or value is None:
        return value
    if depth > MAX_DEPTH:  # perhaps without an end: left to the writer, who refuses it
        return value
    if kind is dict or isinstance(value, Mapping):
        if all(type(key) is str and key for key in value):
            return {key: to_json(item, depth + 1) for key, item in value.items()}
        return {_MARK: ["hash", [[to_json(key, depth + 4), to_json(item, depth + 4)] for key, item in value.items()]]}
    if isinstance(value, list | tuple):
        return [to_json(item, depth + 1) for item in value]
    if kind is float:
        return value if math.isfinite(value) else {_MARK: ["float", repr(value)]}
    if kind is Symbol:
        return {_MARK: ["symbol", str(value)]}
    if kind is bytes or kind is bytearray:
        return {_MARK: ["bytes", binascii.b2a_base64(value, newline=False).decode()]}
    if kind is Regexp:
        return {_MARK: ["regexp", value.source, value.options]}
    return value


def from_json(value: Any) -> Any:
    """What to_json was given; tuples come back as lists. Raises Malformed for a mark that it does not make."""
    if type(value) is list:
        return [from_json(item) for item in value]
    if type(value) is not dict:
        return value
    if _MARK not in value:
        return {key: from_json(item) for key, item in value.items()}
    marked = value[_MARK]
    if len(value) != 1 or type(marked) is not list or len(marked) < 2:
        raise Malformed("a value with a broken mark")
    try:
        return _unmarked(*marked)
    except (TypeError, ValueError, KeyError):  # binascii.Error is a ValueError
        raise Malformed("a value with a broken mark") from None


def _unmarked(kind: str, content: Any, options: int = 0) -> Any:
    if kind == "hash":
        return {from_json(key): from_json(item) for key, item in content}
    if not isinstance(content, str):
        raise TypeError
    if kind == "bytes":
        return binascii.a2b_base64(content, strict_mode=True)
    if kind == "symbol":
        return Symbol(content)
    if kind == "float":
        return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[content]
    if kind == "regexp" and type(options) is int:
        return Regexp(content, options)
    raise ValueError
