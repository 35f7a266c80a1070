"""Plain values as Ruby's serializers have them: any number of them from a seed, and one text for each that shows its types as well.

`serializers.rb` writes the same text, so that two values are the same, types included, where their texts are.
"""

import math
import random
import struct
from typing import Any

from mcollective_py.wire.symbol import Regexp, Symbol

# Where packed integers, big ones and their words change their form, and one to either side of it.
_BITS = (0, 2, 6, 7, 8, 15, 16, 23, 24, 30, 31, 32, 47, 48, 60, 62, 63, 64, 80, 128, 400)
INTEGERS = (
    *(sign * (1 << bits) + step for bits in _BITS for sign in (1, -1) for step in (-1, 0, 1)),
    *(122, 123, 124, -122, -123, -124, -129, 255, 256),
)
FLOATS = (
    *(0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 10.0, 100.0, 1e15, 1e16, 123456789012345680.0, 1e22, 1e23, 1e100, 1.5e-7, 0.001, 0.0001),
    *(0.00012345, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, math.inf, -math.inf, math.nan),
)
TEXTS = (
    *("", " ", "\n", "\r\n", "\t", "\0", "a\0b", "-", "--- ", "...", ":", ":sym", "::Foo", "null", "~", "true", "no", "1", "1.0"),
    *("0x1f", "1e3", "12:30:45", "2024-01-01", "1,000", "<<", "=", "#x", "a: b", "a #b", "- a", "{", "[", "}", "&a", "*a", "|"),
    *("!ruby/object:Foo", ">", "%", "@", "`", "'", '"', "\\", " a", "a ", "a\nb\n", "\ufeff", "\x7f", "\x85", "\u2028", "é"),
    *("naïve ☃", "žluťoučký kůň", "日本語", "Привет", "\U0001f600", "e\u0301", "\ud7ff\ue000", "/re/", "x" * 122, "x" * 123),
    *("1_000", "1,2", "017", "08", "0o17", "0b1", "+1", "1e+3", ".5", "1.", ".inf", "-.Inf", ".NaN", "1:30", "190:20:30.15"),
    *("2024-1-1", "2024-01-01 10:00:00", "2001-12-14t21:59:43.10-05:00", "y", "n", "On", "oFF", "NULL", "yes", "on\nno", "::"),
    *(':"a b"', ":'a'b", "?", "? x", "-x", "!", "!!str a", "* a", "a#b", "a:", "x: |", "key: 'v'", "a\tb", "\na", "a\n\nb", " \n"),
    *("a\r", "\x1b[0m", "\u2029", "\ufffe", "word " * 40, "z" * 90 + " z", "q" * 1030),
    *("x" * 255, "y" * 256),
)
BYTES = (
    *(b"", b"\xff", b"\xc3", b"\xc3\x28", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\0\1\2", b"abc", b"\x04\x08[\x00"),
    *(b"\x89PNG\r\n\x1a\n", "é".encode(), bytes(range(256))),
)
WORDS = (
    *("agent", "data", "value", "status", "E", "encoding", "with space", "", "a=", "[]", "+", "Foo", "@a", "@@b", "$c", "0", "a-b"),
    *('a"b', "é", "日本", "☃!", "x" * 130, "new\nline", "nil", "true", "yes?", "no!"),
)
SOURCES = ("", "a", "^web[0-9]+$", "a/b", "\\Aé\\z", "(?:x|y)*", "日本", "\\/", "a b", "#")
ALPHABETS = ((32, 127), (160, 384), (0x400, 0x460), (0x3041, 0x3097), (0x4E00, 0x9FA6), (0x1F300, 0x1F640), (0, 0xD800))


class RubyValues:
    """The same values for the same seed. Each is new: no list or dict stands in two places."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def value(self, depth: int = 0) -> Any:
        """One value of at most a few dozen parts, five levels deep."""
        source = self._random
        chance = source.random()
        if depth < 5 and chance < (0.75 if depth == 0 else 0.25):
            count = source.choice((0, 1, 2, 3, 3, 4, 8))
            if chance * 2 < (0.75 if depth == 0 else 0.25):
                return [self.value(depth + 1) for _ in range(count)]
            found: dict[Any, Any] = {}
            for _ in range(count):
                key = self.key()
                # To Ruby the same word in ASCII is one key, with and without an encoding.
                if not (isinstance(key, bytes) and key.isascii()):
                    found[key] = self.value(depth + 1)
            return found
        return self.scalar()

    def key(self) -> Any:
        """A key of a hash: mostly symbols and text."""
        source = self._random
        chance = source.random()
        if chance < 0.4:
            return self.symbol()
        if chance < 0.8:
            return self.text()
        key = self.scalar()
        return "nan" if key != key else key

    def scalar(self) -> Any:
        """Anything but a list or dict."""
        source = self._random
        chance = source.randrange(16)
        if chance < 5:
            return self.text()
        if chance < 7:
            return self.symbol()
        if chance < 10:
            if source.random() < 0.5:
                return source.choice(INTEGERS)
            return source.getrandbits(source.randrange(1, 140)) * source.choice((1, -1))
        if chance < 12:
            if source.random() < 0.4:
                return source.choice(FLOATS)
            if source.random() < 0.5:
                return round(source.uniform(-1000, 1000), source.randrange(6))
            return struct.unpack(">d", source.randbytes(8))[0]
        if chance == 12:
            return source.choice(BYTES) if source.random() < 0.5 else source.randbytes(source.choice((1, 3, 20, 200)))
        if chance == 13:
            return source.choice((True, False, None))
        if chance == 14:
            return Regexp(source.choice(SOURCES), source.randrange(8))
        return source.randrange(-200, 400)

    def text(self) -> str:
        """Text: odd, plain, of one alphabet or of any characters."""
        source = self._random
        chance = source.random()
        if chance < 0.3:
            return source.choice(TEXTS)
        if chance < 0.7:
            return f"{source.choice(WORDS)}{source.randrange(1000)}"
        low, high = source.choice(ALPHABETS)
        return "".join([chr(source.randrange(low, high)) for _ in range(source.randrange(1, 12))])

    def symbol(self) -> Symbol:
        """A symbol, a word or not."""
        source = self._random
        return Symbol(source.choice(WORDS) if source.random() < 0.6 else self.text())


def canonical(value: Any) -> bytes:
    """The text of a value, in which every type is another: `i-5;`, `s2:é`, `b1:...`, `y3:abc`, `[...]`, `{...}`."""
    parts: list[bytes] = []
    _add(value, parts)
    return b"".join(parts)


def _add(value: Any, parts: list[bytes]) -> None:
    kind = type(value)
    if kind is str or kind is Symbol:
        encoded = value.encode()
        parts.append(b"%c%d:%b" % (b"s" if kind is str else b"y", len(encoded), encoded))
    elif kind is int:
        parts.append(b"i%d;" % value)
    elif kind is bytes:
        parts.append(b"b%d:%b" % (len(value), value))
    elif value is None:
        parts.append(b"n")
    elif kind is bool:
        parts.append(b"t" if value else b"f")
    elif kind is float:
        parts.append(b"dnan" if value != value else b"d" + struct.pack(">d", value).hex().encode())
    elif kind is list:
        parts.append(b"[")
        for item in value:
            _add(item, parts)
        parts.append(b"]")
    elif kind is dict:
        parts.append(b"{")
        for key, item in value.items():
            _add(key, parts)
            _add(item, parts)
        parts.append(b"}")
    elif kind is Regexp:
        encoded = value.source.encode()
        parts.append(b"r%d,%d:%b" % (value.options, len(encoded), encoded))
    else:
        raise TypeError(f"{kind.__name__} is none of Ruby's plain types")
