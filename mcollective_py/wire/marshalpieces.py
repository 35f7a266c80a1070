"""What of Ruby Marshal is read outside the loop of marshal.py: the rarer forms, counts, and the words of a refusal.

`at` is an offset into the data, and with a value comes the one behind it. Where the data end too soon there is an IndexError, or that
offset lies beyond their end.
"""

import math
import re
from sys import getsizeof
from typing import Any, Final, NoReturn

from ..errors import Malformed
from ..text import printable
from .rubylimits import RubyLimits
from .symbol import Regexp, Symbol

_TRUE, _STRING, _SYMBOL, _WITH = b'T":I'

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

# What the first byte of a packed integer says, as an integer and as a count: None where that takes more bytes, or is negative.
SMALL: Final[tuple[int | None, ...]] = (0, *(None,) * 4, *range(123), *range(-123, 1), *(None,) * 4)
COUNTS: Final[tuple[int | None, ...]] = (*SMALL[:128], *(None,) * 128)
FEW_ITEMS: Final = 128  # keys and values of a hash that is quick to build whatever its keys are
WIDE_KEY: Final = 64  # what an integer of more than 60 bits counts for as a key: chosen ones all have one hash value, and are compared

# Ruby's names of encodings and Python's; text in any other stays bytes.
_CODECS: Final = {
    b"UTF-8": "utf-8", b"US-ASCII": "ascii", b"UTF-16LE": "utf-16-le", b"UTF-16BE": "utf-16-be", b"UTF-32LE": "utf-32-le",
    b"UTF-32BE": "utf-32-be", b"ISO-8859-1": "iso8859-1", b"ISO-8859-2": "iso8859-2", b"ISO-8859-5": "iso8859-5",
    b"ISO-8859-15": "iso8859-15", b"Windows-1250": "cp1250", b"Windows-1251": "cp1251", b"Windows-1252": "cp1252", b"KOI8-R": "koi8-r",
    b"Shift_JIS": "shift_jis", b"Windows-31J": "cp932", b"EUC-JP": "euc_jp", b"GBK": "gbk", b"GB18030": "gb18030", b"Big5": "big5",
    b"EUC-KR": "euc_kr",
}  # fmt: skip

_SHORT_TEXT: Final = 64 * 1024  # bytes; of what is shorter the width is looked at afterwards
_FOUR_BYTES_EACH: Final = tuple(bytes((byte,)) for byte in range(0xF0, 0xF5))  # such a character makes each of a text take four
_CONTINUED: Final = tuple(bytes((byte,)) for byte in range(0x80, 0xC0))

_decimal: Final = re.compile(r"-?[0-9]{1,64}(\.[0-9]{1,64})?(e[+-]?[0-9]{1,4})?", re.ASCII).fullmatch
_NOT_DECIMAL: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_INFINITE: Final = (math.inf, -math.inf)
_MANTISSA: Final = 37  # bits of a float that Ruby 1.8 took from its text, where that is not exact: a NUL and one or two bytes follow
_NO_SYMBOL: Final = Symbol()  # stands among the symbols for one that is still being read


def packed_integer(data: bytes, at: int) -> tuple[int, int]:
    """A packed integer, and where it ends."""
    first = data[at]
    at += 1
    if (value := SMALL[first]) is not None:
        return value, at
    if first < 128:
        end = at + first
        return int.from_bytes(data[at:end], "little"), end
    end = at + 256 - first
    return int.from_bytes(data[at:end], "little") - (1 << 8 * (256 - first)), end


def read_count(data: bytes, at: int) -> tuple[int, int]:
    """A packed integer that says how many, and where it ends."""
    found, end = packed_integer(data, at)
    if found < 0:
        raise Malformed(f"a length or a number of {found}")
    return found, end


def new_symbol(name: str, number: int, limits: RubyLimits) -> Symbol:
    """The symbol that comes as that number. name: its bytes, one a character; UTF-8, as from Ruby 1.8, which named no encoding."""
    if number >= limits.symbols:
        raise Malformed(f"Marshal of more than {limits.symbols} symbols")
    return Symbol(name) if name.isascii() else _symbol(name.encode("latin-1"), "utf-8")


def symbol_with_encoding(data: bytes, at: int, symbols: list[Symbol], objects: list[Any], limits: RubyLimits) -> tuple[Symbol, int]:
    """A symbol that is not ASCII, and where it ends."""
    size, start = read_count(data, at + 2)
    number = len(symbols)
    if number >= limits.symbols:
        raise Malformed(f"Marshal of more than {limits.symbols} symbols")
    symbols.append(_NO_SYMBOL)
    codec, at = read_codec(data, start + size, symbols, objects, limits)
    symbols[number] = symbol = _symbol(data[start : start + size], codec)
    return symbol, at


def _symbol(name: bytes, codec: str) -> Symbol:
    text = decode(name, codec or "ascii")
    if isinstance(text, bytes):
        raise Malformed("a symbol that is no text")
    return Symbol(text)


def _plain_symbol(data: bytes, at: int, symbols: list[Symbol], limits: RubyLimits) -> tuple[Symbol, int]:
    """A symbol without an encoding, or a link to any, where nothing else can stand; and where it ends."""
    tag = data[at]
    if tag not in b":;":
        raise Malformed("something else where only a symbol can stand")
    size, start = read_count(data, at + 1)
    if tag == _SYMBOL:
        symbols.append(new_symbol(data[start : start + size].decode("latin-1"), len(symbols), limits))
        return symbols[-1], start + size
    if size >= len(symbols):
        raise Malformed(f"a link to symbol {size}, and only {len(symbols)} have come so far")
    return symbols[size], start


def read_codec(data: bytes, at: int, symbols: list[Symbol], objects: list[Any], limits: RubyLimits) -> tuple[str, int]:
    """The codec that the instance variables of a string, symbol or regular expression name, empty for none; and where they end."""
    count, at = read_count(data, at)
    if not count:
        return "", at
    if count > 1:
        raise Malformed("a string with instance variables is not taken: only plain data are")
    name, at = _plain_symbol(data, at, symbols, limits)  # one with an encoding is never the name of an encoding
    tag = data[at]
    if name == "E" and tag in b"TF":
        return ("utf-8" if tag == _TRUE else "ascii"), at + 1
    if name == "encoding" and tag in b'"@':
        size, at = read_count(data, at + 1)
        if tag == _STRING:
            encoding = data[at : at + size]
            at += size
            objects.append(encoding)
        elif size < len(objects) and type(objects[size]) is bytes:
            encoding = objects[size]
        else:
            raise Malformed("an encoding that is no name")
        return _CODECS.get(encoding, ""), at
    raise Malformed(f"a string with the instance variable {printable(name, most=60)} is not taken: only plain data are")


def decode(piece: bytes | memoryview, codec: str) -> str | bytes:
    """The text, or the same bytes where they are none or there is no codec."""
    if not codec:
        return bytes(piece)
    try:
        return str(piece, codec)
    except UnicodeDecodeError:
        return bytes(piece)


def wide_text(data: bytes, start: int, stop: int, codec: str, room: int) -> tuple[str | bytes, int]:
    """What decode makes of these bytes, and how many more bytes of memory such text may take. Raises Malformed where it is none."""
    if stop - start > _SHORT_TEXT:
        check_width(data, start, stop, codec, room)
    value = decode(memoryview(data)[start:stop], codec)
    if type(value) is str and not value.isascii():
        room -= getsizeof(value)
        if room < 0:
            _refuse_width()
    return value, room


def check_width(data: bytes, start: int, stop: int, codec: str, room: int) -> None:
    """Refuse long text that would take more memory than that, before it takes any."""
    most = stop - start
    if most * 4 <= room or not codec or codec == "ascii":
        return
    if codec == "utf-8":
        if all(data.find(first, start, stop) < 0 for first in _FOUR_BYTES_EACH):
            return  # two bytes for each at most, and those need two on the wire, too
        most -= sum(data.count(byte, start, stop) for byte in _CONTINUED)
    if most * 4 > room:
        _refuse_width()


def _refuse_width() -> NoReturn:
    raise Malformed("text beyond ASCII that would take too much memory")


def check_digits(value: int, size: int, limits: RubyLimits) -> None:
    """Refuse an integer of too many digits. value: without its sign; size: its bytes, of which each has more than two digits."""
    # A digit has more than three bits; most integers need no power of ten.
    if size > limits.digits or (value.bit_length() > 3 * limits.digits and value >= 10**limits.digits):
        raise Malformed(f"an integer of more than {limits.digits} digits")


def read_float(text: str) -> float:
    """The float that Ruby wrote so: `3.25`, `1e100`, `-0`, `inf`, `nan`, or Ruby 1.8's text with bytes behind it."""
    if _decimal(text):
        return _finite(text)
    if (special := _NOT_DECIMAL.get(text)) is not None:
        return special
    decimal, _, rest = text.partition("\0")
    if decimal != text and _decimal(decimal):
        return _with_mantissa(_finite(decimal), rest)
    raise Malformed(f"{printable(text, most=60)!r} is no float")


def _finite(decimal: str) -> float:
    value = float(decimal)
    if value in _INFINITE:
        raise Malformed("a number beyond what a float can hold")
    return value


def _with_mantissa(value: float, rest: str) -> float:
    """The float whose first bits are those of value, and the others these bytes."""
    if not 1 <= len(rest) <= 2:
        raise Malformed(f"a float with {len(rest)} bytes behind its text")
    part, exponent = math.frexp(abs(value))
    tail = ord(rest[0]) << 8 | (ord(rest[1]) if len(rest) == 2 else 0)
    bits = (int(part * (1 << _MANTISSA)) << 16) + tail
    read = math.ldexp(bits, exponent - _MANTISSA - 16)
    return -read if value < 0 else read


def read_regexp(data: bytes, at: int, symbols: list[Symbol], objects: list[Any], limits: RubyLimits) -> tuple[Regexp, int]:
    """A regular expression as text, and where it ends."""
    is_with = data[at] == _WITH
    size, start = read_count(data, at + 1 + is_with)
    stop = start + size
    options = data[stop] & 7  # the bits above say what the encoding does, too
    codec, at = read_codec(data, stop + 1, symbols, objects, limits) if is_with else ("ascii", stop + 1)
    source = decode(data[start:stop], codec or "ascii")
    if isinstance(source, bytes):
        raise Malformed("a regular expression that is no text")
    return Regexp(source, options), at


def refuse(data: bytes, at: int, symbols: list[Symbol], limits: RubyLimits) -> NoReturn:
    """Say what stands here that is not taken."""
    is_with = data[at] == _WITH
    tag = data[at + is_with]
    what = _REFUSED.get(tag)
    if what is None:
        raise Malformed(f"instance variables of a value {chr(tag)!r}" if is_with else f"a value of the unknown type {chr(tag)!r}")
    at += 1 + is_with
    if tag in _NAMED_BY_BYTES:
        size, start = read_count(data, at)
        name = data[start : start + min(size, 60)].decode("latin-1")
    else:
        name = _plain_symbol(data, at, symbols, limits)[0]
    raise Malformed(f"{what} ({printable(name, most=60)}) is not taken: only plain data are")


def count_number_keys(items: list[Any], room: int) -> int:
    """How many more integers and floats may be keys. items: keys and values of a hash in turn. Raises Malformed where none may."""
    keys = items[FEW_ITEMS::2]
    kinds = list(map(type, keys))
    room -= kinds.count(int) + kinds.count(float)
    if int in kinds:
        room -= (WIDE_KEY - 1) * sum(type(key) is int and key.bit_length() > 60 for key in keys)
    if room < 0:
        raise Malformed("too many integers or floats as keys of hashes")
    return room


def weigh(container: list[Any] | dict[Any, Any], weights: dict[int, tuple[int, int, int]]) -> tuple[int, int, int]:
    """Values, bytes (about) and height of what a link points to.

    weights: by id, what was found before, so that nothing is walked twice; all of it is alive among the objects.
    """
    if (known := weights.get(id(container))) is not None:
        return known
    values, size, height = 2, 0, 0
    for part in container if isinstance(container, list) else (*container, *container.values()):
        if isinstance(part, (list, dict)):
            more, longer, deeper = weigh(part, weights)
            values, size, height = values + more, size + longer, max(height, deeper)
        else:
            values, size = values + 1, size + size_of(part)
    weights[id(container)] = weight = values, size, height + 1
    return weight


def size_of(value: Any) -> int:
    """Bytes (about) of what is no container."""
    return len(value) if isinstance(value, (str, bytes)) else 8
