"""Plain values as Ruby Marshal 4.8, the same bytes for the same value: no links but those of symbols, which Ruby writes too."""

import math
from typing import Any, Final

from ..errors import UnsendableValue
from .rubylimits import REQUEST, RubyLimits
from .symbol import Regexp, Symbol
from .unsendable import Unsendable

_E: Final = "E"
_SMALL: Final = (b"\0", *(bytes((number + 5,)) for number in range(1, 123)))  # counts and integers of one byte


def dumps(value: object, limits: RubyLimits = REQUEST) -> bytes:
    """Marshal bytes for None, bool, int, float, str, bytes, Symbol, Regexp, lists, tuples and dicts of these.

    str becomes text in UTF-8, bytes a string without an encoding. Raises UnsendableValue that names the place of what Ruby would not
    know or the limits do not allow, so that a reader with the same limits takes whatever passes.
    """
    writer = _Writer(limits)
    try:
        writer.write(value, 0)
    except Unsendable as bad:
        raise bad.error() from None
    written = b"".join(writer.parts)
    if len(written) > limits.size:
        raise UnsendableValue(f"Marshal of {len(written)} bytes, the limit is {limits.size}, at the top")
    return written


class _Writer:
    """The pieces of one value, in order."""

    def __init__(self, limits: RubyLimits) -> None:
        self.parts: list[bytes] = [b"\4\x08"]
        self._limits = limits
        self._room, self._bytes_left = limits.values, limits.size
        self._symbols: dict[str, bytes] = {}

    def write(self, value: Any, depth: int) -> None:
        """Add one value. depth: how many lists and dicts are around it."""
        kind = type(value)
        if kind is str:
            self._text(value)
        elif kind is Symbol:
            self._symbol(value)
        elif value is None:
            self.parts.append(b"0")
        elif value is True:
            self.parts.append(b"T")
        elif value is False:
            self.parts.append(b"F")
        elif isinstance(value, int):
            self._integer(value)
        elif isinstance(value, Symbol):
            self._symbol(value)
        elif isinstance(value, str):
            self._text(value)
        elif isinstance(value, (dict, list, tuple)):
            self._container(value, depth)
        elif isinstance(value, float):
            text = _float(value)
            self.parts.append(b"f" + packed(len(text)) + text)
        elif isinstance(value, bytes):
            self._take(len(value))
            self.parts.append(b'"' + packed(len(value)) + value)
        elif isinstance(value, Regexp):
            self._regexp(value)
        else:
            raise Unsendable(f"a value of the type {kind.__name__} cannot be sent")

    def _container(self, value: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> None:
        if depth >= self._limits.depth:
            raise Unsendable(f"nested deeper than {self._limits.depth}")
        is_dict = isinstance(value, dict)
        self._room -= 1 + len(value) * (2 if is_dict else 1)
        if self._room < 0:
            raise Unsendable(f"more than {self._limits.values} values")
        self.parts.append((b"{" if is_dict else b"[") + packed(len(value)))
        for place, item in value.items() if isinstance(value, dict) else enumerate(value):
            try:
                if is_dict:
                    if isinstance(place, tuple):
                        raise Unsendable("a tuple cannot be a key")
                    self.write(place, depth + 1)
                self.write(item, depth + 1)
            except Unsendable as bad:
                bad.inside(place)
                raise

    def _text(self, text: str) -> None:
        encoded = self._encoded(text)
        e = self._symbols.get(_E) or self._new_symbol(_E)
        self.parts.append(b'I"%b%b\6%bT' % (packed(len(encoded)), encoded, e))

    def _symbol(self, symbol: Symbol) -> None:
        self.parts.append(self._symbols.get(symbol) or self._new_symbol(symbol))

    def _new_symbol(self, name: str) -> bytes:
        """A symbol the first time that it is written."""
        number = len(self._symbols)
        if number >= self._limits.symbols:
            raise Unsendable(f"more than {self._limits.symbols} different symbols")
        encoded = self._encoded(name)
        self._symbols[str(name)] = b";" + packed(number)
        written = b":" + packed(len(encoded)) + encoded
        if not name.isascii():
            written = b"I" + written + b"\6" + (self._symbols.get(_E) or self._new_symbol(_E)) + b"T"
        return written

    def _regexp(self, regexp: Regexp) -> None:
        self._room -= 16  # as the reader counts
        if self._room < 0:
            raise Unsendable(f"more than {self._limits.values} values, regular expressions counted sixteen times")
        encoded = self._encoded(regexp.source)
        e = self._symbols.get(_E) or self._new_symbol(_E)
        is_utf8 = b"F" if encoded.isascii() else b"T"
        self.parts.append(b"I/%b%b%c\6%b%b" % (packed(len(encoded)), encoded, regexp.options & 7, e, is_utf8))

    def _integer(self, value: int) -> None:
        if -(1 << 30) <= value < 1 << 30:
            self.parts.append(b"i" + packed(value))
            return
        if abs(value) >= 10**self._limits.digits:
            raise Unsendable(f"an integer of more than {self._limits.digits} digits")
        words = (value.bit_length() + 15) // 16
        self.parts.append((b"l+" if value > 0 else b"l-") + packed(words) + abs(value).to_bytes(2 * words, "little"))

    def _encoded(self, text: str) -> bytes:
        try:
            encoded = text.encode()
        except UnicodeEncodeError:
            raise Unsendable("half of a surrogate pair is no character") from None
        self._take(len(encoded))
        return encoded

    def _take(self, size: int) -> None:
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise Unsendable(f"Marshal of more than {self._limits.size} bytes")


def packed(value: int) -> bytes:
    """A packed integer, in the fewest bytes."""
    if 0 <= value < 123:
        return _SMALL[value]
    if -124 < value < 0:
        return bytes((value + 251,))
    size = ((value if value > 0 else ~value).bit_length() + 7) // 8
    return bytes((size if value > 0 else 256 - size,)) + (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def _float(value: float) -> bytes:
    """A float as Ruby writes it: its shortest digits, without a point where there is no fraction."""
    if not math.isfinite(value):
        return b"nan" if math.isnan(value) else b"inf" if value > 0 else b"-inf"
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if not value:
        return f"{sign}0".encode()
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)  # digits before the point
    digits = whole + fraction
    point -= len(digits) - len(digits := digits.lstrip("0"))
    digits = digits.rstrip("0")
    if point < -3 or point > len(digits):
        text = digits[0] + ("." if len(digits) > 1 else "") + digits[1:] + f"e{point - 1}"
    elif point > 0:
        text = digits[:point] + ("." if len(digits) > point else "") + digits[point:]
    else:
        text = "0." + "0" * -point + digits
    return f"{sign}{text}".encode()
