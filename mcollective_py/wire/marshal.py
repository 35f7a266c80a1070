"""Ruby Marshal 4.8, plain data alone: whatever a message names, no object is made of it.

A value is a tag byte and what belongs to it (Ruby's marshal.c): packed integers, so many bytes, so many values. Linked to (`@` and a
number) are strings, floats, big integers, regular expressions, arrays and hashes, counted from 0 as their tags appear; symbols have
numbers of their own (`;`). The other direction is in marshalwriter.py.
"""

import math
import re
from typing import Any, Final, NoReturn

from ..errors import Malformed
from ..text import printable
from .marshalwriter import dumps as dumps
from .rubylimits import REQUEST, RubyLimits
from .symbol import Regexp, Symbol

_NIL, _TRUE, _FALSE, _INTEGER, _BIG, _FLOAT, _STRING, _SYMBOL, _SYMBOL_LINK, _LINK, _REGEXP, _ARRAY, _HASH, _HASH_AND_DEFAULT, _WITH = (
    b'0TFilf":;@/[{}I'
)
_PLUS, _MINUS = b"+-"

_REFUSED: Final = {
    ord("o"): "a Ruby object",
    ord("u"): "a Ruby object that dumps itself",
    ord("U"): "a Ruby object that dumps itself",
    ord("d"): "a Ruby data object",
    ord("S"): "a Ruby struct",
    ord("C"): "a string, array or hash of another class",
    ord("e"): "a value extended by a module",
    ord("c"): "a Ruby class",
    ord("m"): "a Ruby module",
    ord("M"): "a Ruby class or module",
}
_NAMED_BY_BYTES: Final = b"cmM"  # the others by a symbol

# Names that most messages have, ready made: a third of the time that an envelope takes.
_KNOWN: Final = {
    name: Symbol(name)
    for name in (
        "E", "body", "senderid", "requestid", "senderagent", "msgtime", "hash", "filter", "collective", "agent", "callerid", "ttl",
        "action", "caller", "data", "process_results", "statuscode", "statusmsg", "ssl_msg", "ssl_ttl", "ssl_msgtime", "fact", "value",
        "operator", "pong", "facts", "agents", "classes", "version", "main_collective", "collectives", "data_plugins",
    )  # fmt: skip
}
_E: Final = _KNOWN["E"]

# What the first byte of a packed integer says, as an integer and as a count: None where that takes more bytes, or is negative.
_SMALL: Final[tuple[int | None, ...]] = (0, *(None,) * 4, *range(123), *range(-123, 1), *(None,) * 4)
_COUNTS: Final[tuple[int | None, ...]] = (*_SMALL[:128], *(None,) * 128)
# How a string with an encoding goes on: one instance variable, E, by name the first time and then by the symbol's number.
_FIRST_E: Final = b"\6:\6E"
_NUMBERED_E: Final = tuple(bytes((6, _SYMBOL_LINK, _SMALL.index(number))) for number in range(123))

# Ruby's names of encodings and Python's; text in any other stays bytes.
_CODECS: Final = {
    b"UTF-8": "utf-8", b"US-ASCII": "ascii", b"UTF-16LE": "utf-16-le", b"UTF-16BE": "utf-16-be", b"UTF-32LE": "utf-32-le",
    b"UTF-32BE": "utf-32-be", b"ISO-8859-1": "iso8859-1", b"ISO-8859-2": "iso8859-2", b"ISO-8859-5": "iso8859-5",
    b"ISO-8859-15": "iso8859-15", b"Windows-1250": "cp1250", b"Windows-1251": "cp1251", b"Windows-1252": "cp1252", b"KOI8-R": "koi8-r",
    b"Shift_JIS": "shift_jis", b"Windows-31J": "cp932", b"EUC-JP": "euc_jp", b"GBK": "gbk", b"GB18030": "gb18030", b"Big5": "big5",
    b"EUC-KR": "euc_kr",
}  # fmt: skip

_DECIMAL: Final = re.compile(r"-?[0-9]{1,64}(\.[0-9]{1,64})?(e[+-]?[0-9]{1,4})?", re.ASCII)
_NOT_DECIMAL: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_MANTISSA: Final = 37  # bits of a float that Ruby 1.8 took from its text, where that is not exact: a NUL and one or two bytes follow
_WIDE_KEYS: Final = 64  # integer keys above 60 bits in one hash; chosen ones have the same hash value in Python, all of them
_OPEN: Final = object()  # stands among the objects for one that is still being read
_NO_SYMBOL: Final = Symbol()  # the same among the symbols


def loads(data: bytes, limits: RubyLimits = REQUEST) -> Any:
    """The value that Marshal bytes stand for: None, bool, int, float, str, bytes, Symbol, Regexp, list or dict.

    Strings without an encoding, in one unknown here, or wrong in theirs are bytes. A hash loses its default. What a link points to is
    the same object again, and counts again: a message may hold no more than it could without links. Raises Malformed, nothing else.
    """
    if len(data) > limits.size:
        raise Malformed(f"Marshal of {len(data)} bytes, the limit is {limits.size}")
    if data[:2] != b"\4\x08":
        raise Malformed("no Marshal of version 4.8")
    try:
        return _read(data, limits)
    except IndexError:
        raise Malformed("Marshal that is cut short") from None


def _read(data: bytes, limits: RubyLimits) -> Any:
    """One loop over all values: a call for each would take longer than to read it. IndexError where the data end too soon.

    No length is compared with what is left: a slice beyond the end is short, then the next byte is not there or the last check fails.
    """
    end = len(data)
    text = data.decode("latin-1")  # a piece of it that is ASCII is what the same bytes stand for
    small, counts, known = _SMALL, _COUNTS, _KNOWN
    symbols: list[Symbol] = []
    objects: list[Any] = []
    repeats: _Repeats | None = None
    ending, ending_size = _FIRST_E, 4
    room = limits.values
    wide = 0  # integers above 60 bits
    # The container being read: what it holds so far (keys and values in turn), how many are to come, its tag, its object number; and
    # the same of those around it.
    items: list[Any] = []
    left, kind, number = 1, _ARRAY, -1
    around: list[tuple[list[Any], int, int, int]] = []
    at = 2
    value: Any
    while True:
        tag = data[at]
        if tag == _WITH and data[at + 1] == _STRING:
            start = at + 3
            if (size := counts[data[at + 2]]) is None:
                size, start = _count(data, at + 2)
            stop = start + size
            at = stop + ending_size
            if data[stop:at] == ending and ((flag := data[at]) == _TRUE or flag == _FALSE):
                at += 1
                value = text[start:stop]
                if not value.isascii():
                    value = _decoded(data[start:stop], "utf-8" if flag == _TRUE else "ascii")
                objects.append(value)
                if ending_size == 4:
                    if len(symbols) < 123:
                        ending, ending_size = _NUMBERED_E[len(symbols)], 3
                    symbols.append(_E)
            else:
                objects.append(_OPEN)
                last = len(objects) - 1
                codec, at = _encoding(data, stop, symbols, objects, limits)
                objects[last] = value = _decoded(data[start:stop], codec)
                if ending_size == 4 and _E in symbols[:123]:
                    ending, ending_size = _NUMBERED_E[symbols.index(_E)], 3
        elif tag == _SYMBOL:
            start = at + 2
            if (size := counts[data[at + 1]]) is None:
                size, start = _count(data, at + 1)
            at = start + size
            name = text[start:at]
            value = known.get(name) or _new_symbol(name, len(symbols), limits)
            symbols.append(value)
        elif tag == _INTEGER:
            value = small[data[at + 1]]
            at += 2
            if value is None:
                value, at = _packed(data, at - 1)
        elif tag == _SYMBOL_LINK:
            linked = counts[data[at + 1]]
            at += 2
            if linked is None:
                linked, at = _count(data, at - 1)
            if linked >= len(symbols):
                raise Malformed(f"a link to symbol {linked}, and only {len(symbols)} have come so far")
            value = symbols[linked]
        elif tag in (_HASH, _ARRAY, _HASH_AND_DEFAULT):
            size = counts[data[at + 1]]
            at += 2
            if size is None:
                size, at = _count(data, at - 1)
            if tag != _ARRAY:
                size += size + (tag == _HASH_AND_DEFAULT)
            if len(around) >= limits.depth:
                raise Malformed(f"Marshal nested deeper than {limits.depth}")
            if size > end - at:
                raise Malformed("Marshal that is cut short")
            room -= size + 1  # a container counts twice: it takes more memory than other values
            if room < 0:
                raise Malformed(f"Marshal of more than {limits.values} values")
            if size:
                around.append((items, left, kind, number))
                items, left, kind, number = [], size, tag, len(objects)
                objects.append(_OPEN)
                continue
            value = [] if tag == _ARRAY else {}
            objects.append(value)
        elif tag == _STRING:
            start = at + 2
            if (size := counts[data[at + 1]]) is None:
                size, start = _count(data, at + 1)
            at = start + size
            value = data[start:at]
            objects.append(value)
        elif tag == _NIL:
            value = None
            at += 1
        elif tag == _TRUE:
            value = True
            at += 1
        elif tag == _FALSE:
            value = False
            at += 1
        elif tag == _BIG:
            sign, start = data[at + 1], at + 3
            if (size := counts[data[at + 2]]) is None:
                size, start = _count(data, at + 2)
            at = start + size + size
            value = int.from_bytes(data[start:at], "little")
            if size > 3:
                wide += 1
                _check_digits(value, 2 * size, limits)
            if sign == _MINUS:
                value = -value
            elif sign != _PLUS:
                raise Malformed("an integer that is neither positive nor negative")
            objects.append(value)
        elif tag == _FLOAT:
            start = at + 2
            if (size := counts[data[at + 1]]) is None:
                size, start = _count(data, at + 1)
            at = start + size
            value = _float(text[start:at])
            objects.append(value)
        elif tag == _LINK:
            linked = counts[data[at + 1]]
            at += 2
            if linked is None:
                linked, at = _count(data, at - 1)
            if linked >= len(objects):
                raise Malformed(f"a link to object {linked}, and only {len(objects)} have come so far")
            value = objects[linked]
            if value is _OPEN:
                raise Malformed("a value that contains itself")
            if repeats is None:
                repeats = _Repeats(limits, end)
            room = repeats.count(value, room, len(around))
        elif tag == _REGEXP or (tag == _WITH and data[at + 1] == _REGEXP):
            objects.append(_OPEN)
            last = len(objects) - 1
            objects[last], at = value, at = _regexp(data, at, symbols, objects, limits)
        elif tag == _WITH and data[at + 1] == _SYMBOL:
            value, at = _symbol_with_encoding(data, at, symbols, objects, limits)
        else:
            _refuse(data, at, symbols, limits)
        items.append(value)
        left -= 1
        while not left:
            if number < 0:
                if at != end:
                    raise Malformed("Marshal that is cut short" if at > end else f"{end - at} bytes after the Marshal value")
                return value
            if kind == _ARRAY:
                value = items
            else:
                if wide > _WIDE_KEYS:
                    _check_wide_keys(items)
                if kind == _HASH_AND_DEFAULT:
                    items.pop()
                pairs = iter(items)
                try:
                    value = {key: next(pairs) for key in pairs}
                except TypeError:
                    raise Malformed("an array or a hash as the key of a hash") from None
            objects[number] = value
            items, left, kind, number = around.pop()
            items.append(value)
            left -= 1


def _packed(data: bytes, at: int) -> tuple[int, int]:
    """A packed integer, and where it ends."""
    first = data[at]
    if (value := _SMALL[first]) is not None:
        return value, at + 1
    size = min(first, 256 - first)
    end = at + 1 + size
    piece = data[at + 1 : end]
    if len(piece) < size:
        raise IndexError
    value = int.from_bytes(piece, "little")
    return (value if first < 128 else value - (1 << 8 * size)), end


def _count(data: bytes, at: int) -> tuple[int, int]:
    """A packed integer that says how many, and where it ends."""
    count, end = _packed(data, at)
    if count < 0:
        raise Malformed(f"a length or a number of {count}")
    return count, end


def _new_symbol(name: str, number: int, limits: RubyLimits, codec: str = "utf-8") -> Symbol:
    """The symbol that comes as that number. name: its bytes, one a character. codec: UTF-8 for Ruby 1.8, which named none."""
    if number >= limits.symbols:
        raise Malformed(f"Marshal of more than {limits.symbols} symbols")
    if not name.isascii():
        decoded = _decoded(name.encode("latin-1"), codec)
        if isinstance(decoded, bytes):
            raise Malformed("a symbol that is no text")
        name = decoded
    return Symbol(name)


def _symbol_with_encoding(data: bytes, at: int, symbols: list[Symbol], objects: list[Any], limits: RubyLimits) -> tuple[Symbol, int]:
    """A symbol that is not ASCII, and where it ends."""
    size, start = _count(data, at + 2)
    number = len(symbols)
    symbols.append(_NO_SYMBOL)
    codec, at = _encoding(data, start + size, symbols, objects, limits)
    symbols[number] = symbol = _new_symbol(data[start : start + size].decode("latin-1"), number, limits, codec)
    return symbol, at


def _plain_symbol(data: bytes, at: int, symbols: list[Symbol], limits: RubyLimits) -> tuple[Symbol, int]:
    """A symbol without an encoding, or a link to any, where nothing else can stand; and where it ends."""
    tag = data[at]
    if tag not in b":;":
        raise Malformed("something else where only a symbol can stand")
    size, start = _count(data, at + 1)
    if tag == _SYMBOL:
        symbols.append(_new_symbol(data[start : start + size].decode("latin-1"), len(symbols), limits))
        return symbols[-1], start + size
    if size >= len(symbols):
        raise Malformed(f"a link to symbol {size}, and only {len(symbols)} have come so far")
    return symbols[size], start


def _encoding(data: bytes, at: int, symbols: list[Symbol], objects: list[Any], limits: RubyLimits) -> tuple[str, int]:
    """The codec that the instance variables of a string, symbol or regular expression name, empty for none; and where they end."""
    count, at = _count(data, at)
    if not count:
        return "", at
    name, at = _plain_symbol(data, at, symbols, limits)  # one with an encoding is never the name of an encoding
    tag = data[at]
    if count == 1 and name == "E" and tag in b"TF":
        return ("utf-8" if tag == _TRUE else "ascii"), at + 1
    if count == 1 and name == "encoding" and tag in b'"@':
        size, at = _count(data, at + 1)
        if tag == _STRING:
            encoding = data[at : at + size]
            at += size
            objects.append(encoding)
        elif size < len(objects) and type(objects[size]) is bytes:
            encoding = objects[size]
        else:
            raise Malformed("an encoding that is no name")
        return _CODECS.get(encoding, ""), at
    raise Malformed(f"the instance variable {printable(name, most=60)} of a string")


def _decoded(piece: bytes, codec: str) -> str | bytes:
    if not codec:
        return piece
    try:
        return piece.decode(codec)
    except UnicodeDecodeError:
        return piece


def _check_digits(value: int, size: int, limits: RubyLimits) -> None:
    # Cheap first: a byte has more than two digits.
    if size > limits.digits or value >= 10**limits.digits:
        raise Malformed(f"an integer of more than {limits.digits} digits")


def _float(text: str) -> float:
    decimal, mark, rest = text.partition("\0")
    if _DECIMAL.fullmatch(decimal) is None:
        if (special := _NOT_DECIMAL.get(text)) is None:
            raise Malformed(f"{printable(text, most=60)!r} is no float")
        return special
    value = float(decimal)
    if math.isinf(value):
        raise Malformed("a number beyond what a float can hold")
    return _with_mantissa(value, rest) if mark else value


def _with_mantissa(value: float, rest: str) -> float:
    """The float whose first bits are those of value, and the others these bytes."""
    if not 1 <= len(rest) <= 2:
        raise Malformed(f"a float with {len(rest)} bytes behind its text")
    part, exponent = math.frexp(abs(value))
    bits = (math.trunc(math.ldexp(part, _MANTISSA)) << 16) + int.from_bytes(rest.encode("latin-1").ljust(2, b"\0"), "big")
    return math.copysign(math.ldexp(bits, exponent - _MANTISSA - 16), value)


def _regexp(data: bytes, at: int, symbols: list[Symbol], objects: list[Any], limits: RubyLimits) -> tuple[Regexp, int]:
    """A regular expression as text, and where it ends."""
    is_with = data[at] == _WITH
    size, start = _count(data, at + 1 + is_with)
    at = start + size
    options, codec = data[at] & 7, "ascii"  # the bits above say what the encoding does, too
    at += 1
    if is_with:
        codec, at = _encoding(data, at, symbols, objects, limits)
    source = _decoded(data[start : start + size], codec or "ascii")
    if isinstance(source, bytes):
        raise Malformed("a regular expression that is no text")
    return Regexp(source, options), at


def _refuse(data: bytes, at: int, symbols: list[Symbol], limits: RubyLimits) -> NoReturn:
    """Say what stands here that is not taken."""
    is_with = data[at] == _WITH
    tag = data[at + is_with]
    what = _REFUSED.get(tag)
    if what is None:
        raise Malformed(f"instance variables of a value {chr(tag)!r}" if is_with else f"a value of the unknown type {chr(tag)!r}")
    at += 1 + is_with
    if tag in _NAMED_BY_BYTES:
        size, start = _count(data, at)
        name = data[start : start + min(size, 60)].decode("latin-1")
    else:
        name = _plain_symbol(data, at, symbols, limits)[0]
    raise Malformed(f"{what} ({printable(name, most=60)}) is not taken: only plain data are")


def _check_wide_keys(items: list[Any]) -> None:
    found = sum(type(key) is int and not -(1 << 60) < key < 1 << 60 for key in items[::2])
    if found > _WIDE_KEYS:
        raise Malformed(f"a hash with {found} integer keys of more than 60 bits, the limit is {_WIDE_KEYS}")


class _Repeats:
    """What links stand for, counted as if it stood there again: values, bytes and depth, so that whoever walks it has an end."""

    def __init__(self, limits: RubyLimits, size: int) -> None:
        self._limits = limits
        self._bytes_left = limits.size - size
        self._weights: dict[int, tuple[int, int, int]] = {}

    def count(self, value: Any, room: int, depth: int) -> int:
        """How much room for values is left after one more time of this one at this depth; all that links point to must stay alive."""
        if isinstance(value, (list, dict)):
            values, size, height = self._weight(value)
            if depth + height > self._limits.depth:
                raise Malformed(f"Marshal nested deeper than {self._limits.depth}, by a link")
        else:
            values, size = 0, _size(value)
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise Malformed(f"Marshal that by its links stands for more than {self._limits.size} bytes")
        if room < values:
            raise Malformed(f"Marshal of more than {self._limits.values} values, by its links")
        return room - values

    def _weight(self, container: list[Any] | dict[Any, Any]) -> tuple[int, int, int]:
        """Values, characters and height; each container is walked once, however often it is linked to."""
        if (known := self._weights.get(id(container))) is not None:
            return known
        values, size, height = 2, 0, 0
        for part in container if isinstance(container, list) else (*container, *container.values()):
            values += 1
            if isinstance(part, (list, dict)):
                more, longer, deeper = self._weight(part)
                values, size, height = values + more - 1, size + longer, max(height, deeper)
            else:
                size += _size(part)
        self._weights[id(container)] = weight = values, size, height + 1
        return weight


def _size(value: Any) -> int:
    return len(value) + 8 if isinstance(value, (str, bytes)) else 8
