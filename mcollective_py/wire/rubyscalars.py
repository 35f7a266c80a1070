"""What one YAML scalar is to Ruby 3.1 (Psych 4.0): nil, boolean, number, symbol, regular expression, bytes or text.

Psych has rules of its own: `1,000` is an integer, `1e3` is text, `12:30` is 45000, `:word` a symbol. Dates and times are refused,
as Ruby's own safe_load refuses them on this wire.
"""

import binascii
import math
import re
from typing import Any

from ..errors import Malformed
from .rubylimits import RubyLimits
from .symbol import Regexp, Symbol

STRING_TAG = "tag:yaml.org,2002:str"

# No group repeats in an integer, so that there is no way back to remember: a megabyte of "1,1,1" costs no more than its own length.
_NUMBER = re.compile(
    r"""
      (?P<integer>  [-+]? (?: 0 | [1-9] (?! [0-9,_]*? [,_][,_] ) [0-9,_]*+ (?<= [0-9] ) ) )
    | (?P<float>    [-+]? (?:[0-9][0-9_,]*)? \. [0-9]* (?:[eE][-+][0-9]+)? )
    | (?P<octal>    [-+]? 0[0-7_,]+ )
    | (?P<hex>      [-+]? 0x[0-9a-fA-F_,]+ )
    | (?P<binary>   [-+]? 0b[01_,]+ )
    | (?P<infinity> [-+]? \.[iI][nN][fF] )
    | (?P<nan>      \.[nN][aA][nN] )
    | (?P<sixties>  [-+]? [0-9][0-9_]* (?: :[0-5]?[0-9] ){1,2} )
    | (?P<sixtieths>[-+]? [0-9][0-9_]* (?: :[0-5]?[0-9] ){1,2} \. [0-9_]* )
    | (?P<date>     [0-9]{4} - (?:1[012]|0[0-9]|[0-9]) - (?:[12][0-9]|3[01]|0[0-9]|[0-9]) )
    | (?P<time>     -? [0-9]{4} - [0-9]{1,2} - [0-9]{1,2} (?: [Tt] | \s+ ) [0-9]{1,2} : [0-9]{2} : [0-9]{2} (?: \.[0-9]* )?
                    (?: \s* (?: Z | [-+][0-9]{1,2} :? (?:[0-9]{2})? ) )? )
    """,
    re.VERBOSE | re.ASCII,
)
_BASES = {"integer": 10, "octal": 8, "hex": 16, "binary": 2}
_SEPARATORS = str.maketrans("", "", ",_")
_LEADING_NUMBER = re.compile(r"\A[-+]?[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?", re.ASCII)
_DECIMAL = re.compile(r"[-+]?[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?(?:[eE][-+]?[0-9]+)?", re.ASCII)

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
    **dict.fromkeys(("null", "~"), None),
}
_REGEXP_OPTIONS = {"i": 1, "x": 2, "m": 4, "n": 0}  # n says something of the encoding, and text has none here
_REGEXP_END = re.compile(r"/([mixn]*)\Z")


class RubyScalars:
    """Reads the scalars of one message: a symbol that comes again is the same object, and there are so many at most."""

    def __init__(self, limits: RubyLimits) -> None:
        self._limits = limits
        self._symbols: dict[str, Symbol] = {}  # by the text they were written as

    def plain(self, text: str) -> Any:
        """The value of a scalar without quotes and without a tag. Raises Malformed for a date, a time, a number too long."""
        if not text:
            return None
        first = text[0]
        if first in "+-.:0123456789":
            if "\n" in text:
                return text
            if first != ":":
                return self._number(text)
            return self._symbols.get(text) or self._new_symbol(text)
        if len(text) > 5 or first not in "~nyotfNYOTF":
            return text
        return _word(text)

    def tagged(self, text: str, tag: str) -> Any:
        """The value of a scalar with a tag, quoted or not. Raises Malformed for every tag that names a class."""
        if tag in (STRING_TAG, "!str", "!ruby/string"):
            return text
        if tag in ("!binary", "tag:yaml.org,2002:binary"):
            return _binary(text)
        if tag in ("!ruby/symbol", "!ruby/sym"):
            return self._symbol(text, f"!{text}")
        if tag == "!ruby/regexp":
            return _regexp(text)
        if tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "!"):
            return self.plain(text)  # Psych looks at the text alone
        if tag in ("tag:yaml.org,2002:float", "!float"):
            return self._float(text)
        raise Malformed(f"the tag {tag!r:.80} is not taken")

    def _new_symbol(self, text: str) -> Any:
        if len(text) == 1:
            return text
        word = text[1:]
        if word[0] in "\"'" and (end := word.rfind(word[0])) > 0:
            word = word[1:end].removeprefix(":")
        return self._symbol(word, text)

    def _symbol(self, word: str, written: str) -> Symbol:
        known = self._symbols.get(written)
        if known is None:
            if len(self._symbols) >= self._limits.symbols:
                raise Malformed(f"more than {self._limits.symbols} symbols")
            known = self._symbols[written] = Symbol(word)
        return known

    def _number(self, text: str) -> Any:
        match = _NUMBER.fullmatch(text)
        if match is None:
            return text
        kind = match.lastgroup or ""
        if kind in ("date", "time"):
            raise Malformed(f"{text!r:.40} is a {kind}: neither is taken, nor does Ruby take it")
        if len(text) > self._limits.digits and len(text.translate(_SEPARATORS).lstrip("-+")) > self._limits.digits:
            raise Malformed(f"a number of {len(text)} characters, the limit is {self._limits.digits}")
        if kind in _BASES:
            return _integer(text.translate(_SEPARATORS), _BASES[kind])
        if kind == "float":
            return text if text in (".", "+.", "-.") else _point(text.translate(_SEPARATORS))
        if kind == "infinity":
            return -math.inf if text[0] == "-" else math.inf
        if kind == "nan":
            return math.nan
        return _base60(text, kind == "sixties")

    def _float(self, text: str) -> float:
        value = self.plain(text)
        if type(value) in (int, float):
            return float(value)
        if type(value) is str and len(value) <= self._limits.digits and _DECIMAL.fullmatch(value):
            return float(value)
        raise Malformed(f"{text!r:.40} is no number")


def _integer(digits: str, base: int) -> int:
    try:
        return int(digits, base)
    except ValueError:  # `0x_`: Ruby takes it for a number, and fails on it too
        raise Malformed(f"{digits!r:.40} is no number") from None


def _point(digits: str) -> float:
    try:
        return float(digits)
    except ValueError:  # `.e+1`: likewise
        raise Malformed(f"{digits!r:.40} is no number") from None


def _base60(text: str, is_whole: bool) -> int | float:
    """What Psych makes of 12:30:45; of two parts the first counts 3600 and the second 60, and a sign covers only its own part."""
    total: int | float = 0 if is_whole else 0.0
    for part, weight in zip(text.split(":"), (3600, 60, 1), strict=False):
        match = _LEADING_NUMBER.search(part)
        digits = match[0].replace("_", "") if match else "0"
        total += (int(digits) if is_whole else float(digits)) * weight
    return total


def _word(text: str) -> Any:
    """Null, true and false, in any mixture of cases, and text. Psych's patterns look at each line of what has several."""
    folded = text.casefold()
    if "\n" not in folded:
        return _WORDS.get(folded, text)
    lines = folded.removesuffix("\n").split("\n")
    if not all(line and line[0] in "ytonf~" for line in lines):
        return text
    meant = {_WORDS[line] for line in lines if line in _WORDS and line != "~"}
    return next((value for value in (None, True, False) if value in meant), text)


def _binary(text: str) -> bytes:
    try:
        return binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except ValueError:  # binascii.Error is one, and what text that is not ASCII gives
        raise Malformed("a binary value that is no base64") from None


def _regexp(text: str) -> Regexp:
    end = _REGEXP_END.search(text, max(1, text.rfind("/")))
    if end is None or text[0] != "/":
        raise Malformed("a regular expression without its slashes")
    options = 0
    for letter in end[1]:
        options |= _REGEXP_OPTIONS[letter]
    return Regexp(text[1 : end.start()], options)
