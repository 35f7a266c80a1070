"""JSON with bounds: one meaning for each text, and no text that costs more than its size.

Python's own reader takes duplicate keys, NaN and infinities, and fails with three different exceptions on deep or long input
(RFC 8259 leaves all of it open). Here each of these is errors.Malformed on the way in and errors.UnsendableValue on the way out.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

from ..errors import Malformed, UnsendableValue
from ..text import is_utf8
from .unsendable import Unsendable


@dataclass(frozen=True, slots=True)
class JSONLimits:
    """What one text may hold. size: bytes of UTF-8; depth: nested arrays and objects; keys: in one object; string: characters of
    one string; digits: of one integer; values: in all, a container counting twice: 16 MiB of empty arrays would be 400 MB of lists."""

    size: int = 1024 * 1024
    depth: int = 32
    keys: int = 10_000
    string: int = 512 * 1024
    digits: int = 128
    values: int = 1_000_000


REQUEST = JSONLimits()  # what a request may hold
REPLY = JSONLimits(size=4 * 1024 * 1024, string=4 * 1024 * 1024)  # one reply message

_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SLICE = 64 * 1024  # bytes that are taken into pieces at a time: each piece costs forty bytes more than it has
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def loads(text: bytes | str, limits: JSONLimits = REQUEST) -> Any:
    """The value that a JSON text stands for: dict, list, str, int, float, bool or None.

    Bytes are UTF-8. A number with a fraction or an exponent is a float, any other an int. Raises Malformed, nothing else.
    """
    try:
        raw = text.encode() if isinstance(text, str) else bytes(text)
        if len(raw) > limits.size:
            raise Malformed(f"a text of {len(raw)} bytes, the limit is {limits.size}")
        _check_depth(raw, limits.depth)
        if (found := _values_in(raw, limits.values)) > limits.values:
            raise Malformed(f"{found} values, the limit is {limits.values}")
        value = _decoder(limits).decode(raw.decode())
    except (ValueError, RecursionError) as error:  # UnicodeError and JSONDecodeError are ValueErrors
        raise Malformed(f"no JSON: {_brief(error)}") from None
    # Escapes can spell half of a surrogate pair, plain UTF-8 cannot; and a short text has no long string.
    if b"\\ud" in raw or b"\\uD" in raw or len(raw) > limits.string:
        _check_strings(value, limits.string)
    return value


def dumps(value: object, limits: JSONLimits = REQUEST) -> str:
    """The shortest JSON text for a value of dicts with text keys, lists, tuples, text, numbers, booleans and None.

    A float keeps its point. Raises UnsendableValue that names the place of what JSON or the limits do not allow: bytes, NaN,
    other keys or types, too deep, too long.
    """
    try:
        _check_value(value, limits, 0)
    except Unsendable as bad:
        raise bad.error() from None
    text = _ENCODER.encode(value)
    # The upper bound spares measuring what is short anyway; a character has at most 4 bytes in UTF-8.
    if len(text) * 4 > limits.size and (size := len(text.encode())) > limits.size:
        raise UnsendableValue(f"a text of {size} bytes, the limit is {limits.size}")
    if len(text) > limits.values and (found := _values_in(text.encode(), limits.values)) > limits.values:
        raise UnsendableValue(f"{found} values, the limit is {limits.values}")
    return text


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))


def _decoder(limits: JSONLimits) -> json.JSONDecoder:
    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Malformed("an object has the same key twice")
        if len(pairs) > limits.keys:
            raise Malformed(f"an object of {len(pairs)} keys, the limit is {limits.keys}")
        return found

    def integer(digits: str) -> int:
        if len(digits) > limits.digits:
            raise Malformed(f"an integer of {len(digits)} digits, the limit is {limits.digits}")
        return int(digits)

    return json.JSONDecoder(object_pairs_hook=members, parse_int=integer, parse_float=_finite, parse_constant=_no_constant)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Malformed("a number beyond what a float can hold")
    return number


def _no_constant(name: str) -> Any:
    raise Malformed(f"{name} is no JSON")


def _check_depth(raw: bytes, depth: int) -> None:
    """Refuse deep nesting before anything recurses: each pass takes away the innermost pairs, one level."""
    if raw.count(b"[") + raw.count(b"{") <= depth:
        return
    nesting = _outside_strings(raw).translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(depth):
        inner = nesting.replace(b"[]", b"")
        if len(inner) == len(nesting):
            break
        nesting = inner
    if nesting:
        raise Malformed(f"brackets nested deeper than {depth}, or not in pairs")


def _values_in(raw: bytes, enough: int) -> int:
    """How many values a text has; a number that is not above enough may be more than it is."""
    if len(raw) <= enough or (most := _separators(raw)) <= enough:
        return min(len(raw), enough)
    return most if b'"' not in raw else _separators(_outside_strings(raw))


def _separators(raw: bytes) -> int:
    return 1 + raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _outside_strings(raw: bytes) -> bytes:
    """A text without its strings: between the quotes that no escape takes away, every second piece. No regex: a quarter of the time."""
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    kept, is_inside = [], False
    for at in range(0, len(raw), _SLICE):
        pieces = raw[at : at + _SLICE].split(b'"')
        kept.append(b"".join(pieces[is_inside::2]))
        is_inside ^= len(pieces) % 2 == 0
    return b"".join(kept)


def _check_strings(value: Any, limit: int) -> None:
    if isinstance(value, str):
        if len(value) > limit:
            raise Malformed(f"a string of {len(value)} characters, the limit is {limit}")
        if not is_utf8(value):
            raise Malformed("half of a surrogate pair is no character")
    elif isinstance(value, list):
        for item in value:
            _check_strings(item, limit)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_strings(key, limit)
            _check_strings(item, limit)


def _check_value(value: object, limits: JSONLimits, depth: int) -> None:
    if isinstance(value, str):
        if len(value) > limits.string or not value.isascii():
            _check_text(value, limits)
    elif value is None or value is True or value is False:
        pass
    elif isinstance(value, int):
        if value.bit_length() > limits.digits * 3:  # 3 bits hold less than one digit, so the reader takes whatever passes
            raise Unsendable(f"an integer of more than {limits.digits * 3} bits")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise Unsendable(f"{value} is no JSON number")
    elif isinstance(value, (dict, list, tuple)):
        if depth >= limits.depth:
            raise Unsendable(f"nested deeper than {limits.depth}")
        if isinstance(value, dict):
            _check_members(value, limits, depth + 1)
        else:
            _check_items(value, limits, depth + 1)
    else:
        raise Unsendable(f"{_a(type(value).__name__)} cannot be sent")


def _check_members(members: dict[Any, Any], limits: JSONLimits, depth: int) -> None:
    if len(members) > limits.keys:
        raise Unsendable(f"an object of {len(members)} keys, the limit is {limits.keys}")
    for key, item in members.items():
        if not isinstance(key, str):
            raise Unsendable(f"the key {key!r:.40} is not text")
        try:
            if len(key) > limits.string or not key.isascii():
                _check_text(key, limits)
            _check_value(item, limits, depth)
        except Unsendable as bad:
            bad.inside(key)
            raise


def _check_items(items: list[Any] | tuple[Any, ...], limits: JSONLimits, depth: int) -> None:
    for position, item in enumerate(items):
        try:
            _check_value(item, limits, depth)
        except Unsendable as bad:
            bad.inside(position)
            raise


def _check_text(text: str, limits: JSONLimits) -> None:
    if len(text) > limits.string:
        raise Unsendable(f"a text of {len(text)} characters, the limit is {limits.string}")
    if not is_utf8(text):
        raise Unsendable("half of a surrogate pair is no character")


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _brief(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
