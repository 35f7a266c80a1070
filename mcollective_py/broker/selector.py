"""Selectors: the part of the message selector language (JMS 1.1, 3.8) that direct addressing needs.

    mc_identity = 'web1.example.com'
    (mc_identity = 'web1' OR mc_identity = 'web2') AND colour <> 'blue'

Texts in single quotes, a quote in one is doubled. A header that is not there makes a comparison false, as NULL does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from .frames import RefusedFrame

_MAX_LENGTH = 2048
_MAX_TOKENS = 128
_MAX_DEPTH = 16
_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z_$][A-Za-z0-9_$.]*)|(?P<text>'(?:[^']|'')*')|(?P<sign><>|=|\(|\)))", re.ASCII)


class Selector(Protocol):
    """Whether a message with these headers is wanted."""

    def matches(self, headers: Mapping[str, str]) -> bool: ...

    def required(self, name: str) -> str | None:
        """The one value that this header must have for a match, None where several or any would do."""
        ...


@dataclass(frozen=True, slots=True)
class Equal:
    name: str
    value: str

    def matches(self, headers: Mapping[str, str]) -> bool:
        return headers.get(self.name) == self.value

    def required(self, name: str) -> str | None:
        return self.value if name == self.name else None


@dataclass(frozen=True, slots=True)
class Differs:
    name: str
    value: str

    def matches(self, headers: Mapping[str, str]) -> bool:
        return self.name in headers and headers[self.name] != self.value

    def required(self, name: str) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Selector, ...]

    def matches(self, headers: Mapping[str, str]) -> bool:
        return all(part.matches(headers) for part in self.parts)

    def required(self, name: str) -> str | None:
        return next((value for part in self.parts if (value := part.required(name)) is not None), None)


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Selector, ...]

    def matches(self, headers: Mapping[str, str]) -> bool:
        return any(part.matches(headers) for part in self.parts)

    def required(self, name: str) -> str | None:
        values = {part.required(name) for part in self.parts}
        return values.pop() if len(values) == 1 else None


def parse_selector(text: str) -> Selector:
    """The selector that a text says. Raises RefusedFrame where it says something this broker does not do, and names it."""
    if len(text) > _MAX_LENGTH:
        raise RefusedFrame(f"a selector of more than {_MAX_LENGTH} characters")
    parser = _Parser(_tokens(text))
    selector = parser.alternatives(0)
    if parser.tokens:
        raise RefusedFrame(f"selector: {parser.tokens[0]} is not understood there; {_ALLOWED}")
    return selector


_ALLOWED = "this broker does NAME = 'text', NAME <> 'text', AND, OR and brackets"


def _tokens(text: str) -> list[str]:
    tokens, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise RefusedFrame(f"selector: {text[position : position + 20].strip()} is not understood; {_ALLOWED}")
        tokens.append(match[0].strip())
        position = match.end()
        if len(tokens) > _MAX_TOKENS:
            raise RefusedFrame(f"a selector of more than {_MAX_TOKENS} words")
    return tokens


class _Parser:
    """OR binds loosest, then AND, then brackets and comparisons."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def alternatives(self, depth: int) -> Selector:
        if depth > _MAX_DEPTH:
            raise RefusedFrame(f"a selector of more than {_MAX_DEPTH} brackets in each other")
        parts = [self._conjunction(depth)]
        while self._take_word("OR"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _conjunction(self, depth: int) -> Selector:
        parts = [self._comparison(depth)]
        while self._take_word("AND"):
            parts.append(self._comparison(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _comparison(self, depth: int) -> Selector:
        first = self._take()
        if first == "(":
            inner = self.alternatives(depth + 1)
            if self._take() != ")":
                raise RefusedFrame("selector: a bracket is not closed")
            return inner
        sign, text = self._take(), self._take()
        if not (first[0].isalpha() or first[0] in "_$") or sign not in ("=", "<>") or not text.startswith("'"):
            raise RefusedFrame(f"selector: {first} {sign} {text} is not understood; {_ALLOWED}")
        value = text[1:-1].replace("''", "'")
        return Equal(first, value) if sign == "=" else Differs(first, value)

    def _take(self) -> str:
        if not self.tokens:
            raise RefusedFrame(f"selector: something is missing at the end; {_ALLOWED}")
        return self.tokens.pop(0)

    def _take_word(self, word: str) -> bool:
        if self.tokens and self.tokens[0].upper() == word:
            self.tokens.pop(0)
            return True
        return False
