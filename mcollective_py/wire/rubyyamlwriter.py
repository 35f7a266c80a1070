"""Plain values -> YAML that Ruby's Psych reads as exactly these values.

Every string is double-quoted, so that none is taken for a number, a date or a symbol; no anchors, which Ruby refuses on this wire.
Block style, one value a line: within brackets a plain `:word` is no symbol to libyaml.
"""

import base64
import json
import math
import re
from typing import Any

from ..errors import UnsendableValue
from .rubylimits import REQUEST, RubyLimits
from .symbol import Regexp, Symbol
from .unsendable import Unsendable

# JSON's quoting is YAML's, and it is done in C, but for what YAML cannot have in plain sight.
_QUOTE = json.JSONEncoder(ensure_ascii=False).encode
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_PLAIN_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[?!]?", re.ASCII)
_REGEXP_OPTIONS = ((4, "m"), (1, "i"), (2, "x"))
_LONGEST_SIMPLE_KEY = 1000  # characters; libyaml looks no further than 1024 for the colon


def dumps(value: object, limits: RubyLimits = REQUEST) -> bytes:
    """One YAML document in UTF-8 for None, bool, int, float, str, bytes, Symbol, Regexp, and lists, tuples and dicts of them.

    Raises UnsendableValue that names the place of what is of another type, half a surrogate pair, or beyond the limits.
    """
    writer = _Writer(limits)
    try:
        text = writer.scalar(value)
        if text is None:
            writer.container(value, "", 1)
            document = "---\n" + "\n".join(writer.lines) + "\n"
        else:
            document = f"--- {text}\n"
    except Unsendable as bad:
        raise bad.error() from None
    data = document.encode()
    if len(data) > limits.size:
        raise UnsendableValue(f"YAML of {len(data)} bytes, the limit is {limits.size}")
    return data


class _Writer:
    def __init__(self, limits: RubyLimits) -> None:
        self.lines: list[str] = []
        self._limits = limits
        self._left = limits.values
        self._symbols: dict[str, str] = {}

    def container(self, value: Any, indent: str, depth: int) -> None:
        """Write what is in a list or dict that is not empty."""
        if depth > self._limits.depth:
            raise Unsendable(f"nested deeper than {self._limits.depth}")
        if isinstance(value, dict):
            for key, item in value.items():
                try:
                    self._item(f"{indent}{self._key(key, indent)}:", item, indent, depth)
                except Unsendable as bad:
                    bad.inside(key)
                    raise
        else:
            for position, item in enumerate(value):
                try:
                    self._item(f"{indent}-", item, indent, depth)
                except Unsendable as bad:
                    bad.inside(position)
                    raise

    def _item(self, head: str, item: Any, indent: str, depth: int) -> None:
        text = self.scalar(item)
        if text is None:
            self.lines.append(head)
            self.container(item, indent + " ", depth + 1)
            return
        if depth == self._limits.depth and isinstance(item, (dict, list, tuple)):  # an empty one counts as well
            raise Unsendable(f"nested deeper than {depth}")
        self.lines.append(f"{head} {text}")

    def _key(self, key: Any, indent: str) -> str:
        if isinstance(key, (list, tuple, dict)):
            raise Unsendable(f"a {type(key).__name__} as a key cannot be sent")
        if isinstance(key, str) and key == "<<" and not isinstance(key, Symbol):
            self._count()
            return '!!str "<<"'  # Ruby merges what is under an untagged one
        text = self.scalar(key) or ""
        return text if len(text) <= _LONGEST_SIMPLE_KEY else f"? {text}\n{indent}"

    def scalar(self, value: Any) -> str | None:
        """One value in one line, or None for a list or dict that has something in it."""
        self._count()
        kind = value.__class__
        if kind is str:
            return _quoted(value)
        if kind is Symbol:
            return self._symbols.get(value) or self._symbol(value)
        if value is None:
            return "~"
        if value is True:
            return "true"
        if value is False:
            return "false"
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            return _float(value)
        if isinstance(value, (dict, list, tuple)):
            self._count()  # a container counts twice, as it does to the reader
            return None if value else "{}" if isinstance(value, dict) else "[]"
        if isinstance(value, bytes):
            return f'!binary "{base64.b64encode(value).decode()}"'
        if isinstance(value, Regexp):
            return _regexp(value)
        if isinstance(value, Symbol):
            return self._symbol(value)
        if isinstance(value, str):
            return _quoted(str.__str__(value))
        name = type(value).__name__
        raise Unsendable(f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name} cannot be sent")

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Unsendable(f"more than {self._limits.values} values")

    def _symbol(self, symbol: Symbol) -> str:
        if len(self._symbols) >= self._limits.symbols:
            raise Unsendable(f"more than {self._limits.symbols} symbols")
        word = str(symbol)
        text = f":{word}" if _PLAIN_WORD.fullmatch(word) else f"!ruby/symbol {_quoted(word)}"
        self._symbols[word] = text
        return text

    def _integer(self, value: int) -> str:
        # 3 bits hold less than one digit, 4 hold more: only between the two must the digits be counted.
        bits, digits = value.bit_length(), self._limits.digits
        if bits > digits * 3 and (bits > digits * 4 or abs(value) >= 10**digits):
            raise Unsendable(f"an integer of more than {digits} digits")
        return int.__repr__(value)


def _quoted(text: str) -> str:
    quoted = _QUOTE(text)
    if not text.isascii() or "\x7f" in text:
        return _UNPRINTABLE.sub(_escape, quoted)
    return quoted


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    if 0xD800 <= number <= 0xDFFF:
        raise Unsendable("half of a surrogate pair is no character")
    return f"\\u{number:04X}"


def _float(value: float) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    text = float.__repr__(value)
    return text if "." in text else text.replace("e", ".0e")  # 1e+16: without a point it is text to Ruby


def _regexp(value: Regexp) -> str:
    options = "".join(letter for bit, letter in _REGEXP_OPTIONS if value.options & bit)
    return "!ruby/regexp " + _quoted(f"/{value.source}/{options}")
