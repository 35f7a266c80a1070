"""Ruby's literals: strings in all their quotes, symbols, word lists, numbers, regular expressions; heredocs are in rubyheredocs.py."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..wire.symbol import Regexp, Symbol
from .rubysource import READ_NOT_RUN, RubySource

_CLOSERS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "b": "\b", "e": "\x1b", "s": " ", "\n": ""}
_CODE = re.compile(r"x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|u[0-9A-Fa-f]{4}|u\{[ \t]*[0-9A-Fa-f]{1,6}(?:[ \t]+[0-9A-Fa-f]{1,6})*[ \t]*\}")
_SYMBOL = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*[?!]?")
_NUMBER = re.compile(
    r"-?(?:0[xX][0-9A-Fa-f_]+|0[bB][01_]+|0[oO]?[0-7_]+|[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][-+]?[0-9]+)?)(?![A-Za-z0-9_])"
)
_MAX_NUMBER = 24  # characters
_FLAGS = re.compile(r"[a-z]*")
_FLAG_BITS = {"i": 1, "x": 2, "m": 4, "o": 0, "u": 0}  # the bits of wire.symbol.Regexp; o and u change nothing here
_PERCENT = re.compile(r"%([qQwWiIr]?)([^A-Za-z0-9\s=])")

Interpolate = Callable[[], str]  # reads the inside of `#{...}`, up to the brace


def read_string(source: RubySource, interpolate: Interpolate) -> str:
    """A string in quotes, and those that follow it without anything between."""
    parts = []
    while source.next in ("'", '"'):
        quote = source.next
        source.pos += 1
        parts.append(_quoted(source, "", quote, interpolate if quote == '"' else None))
        if source.next == ":":  # `"key": value`
            break
        source.skip_blanks()
    return source.made("".join(parts)) if len(parts) > 1 else parts[0]


def read_symbol(source: RubySource, interpolate: Interpolate) -> Symbol:
    """`:name` or `:"any text"`."""
    start = source.pos
    source.pos += 1
    if source.next in ("'", '"'):
        quote = source.next
        source.pos += 1
        return Symbol(_quoted(source, "", quote, interpolate if quote == '"' else None))
    found = source.match(_SYMBOL)
    if found is None:
        raise source.error("this symbol is not used in a DDL: write :name", start)
    return Symbol(found[0])


def read_percent(source: RubySource, interpolate: Interpolate) -> Any:
    """`%w[a b]`, `%i[a b]`, `%q(text)`, `%Q(text)`, `%(text)`, `%r{regex}`."""
    start = source.pos
    found = source.match(_PERCENT)
    if found is None:
        raise source.error(f"% is code: {READ_NOT_RUN}; write the text out", start)
    kind, opener = found.groups()
    closer = _CLOSERS.get(opener, opener)
    nested = opener if opener in _CLOSERS else ""
    if kind == "r":
        return _regexp(source, nested, closer, start)
    if kind in ("q", "Q", ""):
        return _quoted(source, nested, closer, None if kind == "q" else interpolate)
    words = _words(source, nested, closer, start, is_plain=kind.islower())
    source.count(len(words))
    return [Symbol(word) for word in words] if kind in "iI" else words


def read_regexp(source: RubySource) -> Regexp:
    """`/regex/i`, kept as text."""
    start = source.pos
    source.pos += 1
    return _regexp(source, "", "/", start)


def read_number(source: RubySource) -> int | float:
    """A number with all that Ruby allows in one; at most 18 digits."""
    start = source.pos
    found = source.match(_NUMBER)
    text = found[0].replace("_", "") if found else ""
    if len(text) > _MAX_NUMBER:
        raise source.error("a number of more than 18 digits", start)
    try:
        value = _number(text, is_fraction=found is not None and bool(found[1] or found[2]))
    except ValueError as error:
        raise source.error("no number that a DDL has: write it with digits, as 60 or 0.5", start) from error
    if isinstance(value, int) and abs(value) >= 10**18:
        raise source.error("a number of more than 18 digits", start)
    if abs(value) > 1e300:
        raise source.error("a number that is too large", start)
    return value


def _number(text: str, *, is_fraction: bool) -> int | float:
    if is_fraction:
        return float(text)
    digits = text.removeprefix("-")
    is_octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    value = int(digits, 8) if is_octal else int(digits, 0)
    return -value if text.startswith("-") else value


def read_unquoted(source: RubySource, end: int, interpolate: Interpolate) -> str:
    """A piece of text up to a place, with escapes and interpolation."""
    parts = []
    while source.pos < end:
        found = _plain("", "").match(source.text, source.pos, end)
        if found is not None:
            parts.append(found[0])
            source.pos = found.end()
        elif source.takes("\\"):
            parts.append(_escape(source))
        else:
            parts.append(_hash_sign(source, interpolate))
    return "".join(parts)


def _quoted(source: RubySource, opener: str, closer: str, interpolate: Interpolate | None) -> str:
    """The inside of quotes, the opening one being read; interpolate: None where escapes are not read."""
    start, parts, level = source.pos, [], 0
    while source.pos < len(source.text):
        found = source.match(_plain(opener, closer))
        if found is not None:
            parts.append(found[0])
        elif source.takes(closer):
            if level == 0:
                source.check_lines(start)
                return source.made("".join(parts))
            level -= 1
            parts.append(closer)
        elif opener and source.takes(opener):
            level += 1
            parts.append(opener)
        elif source.takes("\\"):
            parts.append(_escape(source) if interpolate else _kept_escape(source, opener, closer))
        else:
            parts.append(_hash_sign(source, interpolate))
    raise source.error(f"this text does not end: {closer} is missing", start - 1)


def _hash_sign(source: RubySource, interpolate: Interpolate | None) -> str:
    """What a # begins: an interpolation, or just itself."""
    start = source.pos
    source.pos += 1
    if interpolate is None or source.next not in ("{", "@", "$"):
        return "#"
    if not source.takes("{"):
        raise source.error(f"#{source.next} is code: {READ_NOT_RUN}; write the value itself", start)
    source.enter()
    text = interpolate()
    source.leave()
    return text


def _escape(source: RubySource) -> str:
    """What follows a backslash in double quotes."""
    start = source.pos - 1
    found = source.match(_CODE)
    if found is not None:
        code = found[0]
        if code[0] == "u":
            points = [int(point, 16) for point in code[1:].strip("{} \t").split()]
        else:
            points = [int(code[1:], 16) if code[0] == "x" else int(code, 8)]
            if points[0] > 0x7F:
                raise source.error(f"\\{code} is one byte of a character: write the character itself", start)
        if any(point > 0x10FFFF or 0xD800 <= point < 0xE000 for point in points):
            raise source.error(f"\\{code} is no character", start)
        return "".join(map(chr, points))
    letter = source.next
    source.pos += 1
    if letter in ("c", "C", "M", "x", "u"):
        raise source.error(f"\\{letter} is not used in a DDL: write the character itself", start)
    return _ESCAPES.get(letter, letter)


def _kept_escape(source: RubySource, opener: str, closer: str) -> str:
    """What follows a backslash in single quotes: only itself and the quotes are meant."""
    letter = source.next
    if letter and letter in ("\\", opener, closer):
        source.pos += 1
        return letter
    return "\\"


def _words(source: RubySource, opener: str, closer: str, start: int, *, is_plain: bool) -> list[str]:
    words: list[str] = []
    word, is_word, level = "", False, 0
    while source.pos < len(source.text):
        letter = source.next
        source.pos += 1
        if letter == closer and level == 0:
            source.check_lines(start)
            return [*words, source.made(word)] if is_word else words
        if letter.isspace():
            if is_word:
                words.append(source.made(word))
            word, is_word = "", False
            continue
        if not is_plain and (letter == "\\" or (letter == "#" and source.next == "{")):
            raise source.error("escapes and #{} are not read in this list of words: write it as [...]", source.pos - 1)
        level += (letter == opener) - (letter == closer)
        if letter == "\\" and source.next and (source.next.isspace() or source.next in ("\\", opener, closer)):
            letter = source.next
            source.pos += 1
        word, is_word = word + letter, True
    raise source.error(f"this list of words does not end: {closer} is missing", start)


def _regexp(source: RubySource, opener: str, closer: str, start: int) -> Regexp:
    parts, level = [], 0
    while source.pos < len(source.text):
        found = source.match(_plain(opener, closer))
        if found is not None:
            parts.append(found[0])
        elif source.takes("\\"):
            letter = source.next
            source.pos += 1
            parts.append("/" if letter == closer == "/" else f"\\{letter}")
        elif source.sees("#{"):
            raise source.error("#{} in a regular expression is not read: write it out")
        elif source.takes(closer):
            if level == 0:
                break
            level -= 1
            parts.append(closer)
        else:
            level += source.next == opener
            parts.append(source.next)
            source.pos += 1
    else:
        raise source.error(f"this regular expression does not end: {closer} is missing", start)
    source.check_lines(start)
    flags = source.match(_FLAGS)
    options = 0
    for flag in flags[0] if flags else "":
        if flag not in _FLAG_BITS:
            raise source.error(f"the flag {flag} of a regular expression is not used in a DDL", start)
        options |= _FLAG_BITS[flag]
    return Regexp(source.made("".join(parts)), options)


@lru_cache(maxsize=64)
def _plain(opener: str, closer: str) -> re.Pattern[str]:
    """As many characters as mean themselves between these quotes."""
    return re.compile(f"[^{re.escape(opener + closer)}\\\\#]+")
