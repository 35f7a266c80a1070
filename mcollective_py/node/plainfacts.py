"""What a facts source gave, made plain and bounded: mappings with text keys, lists, and scalars."""

import math
from collections.abc import Mapping
from typing import Any

from ..text import is_utf8
from .facts import as_text

MAX_DEPTH = 24  # below the depth that a message may have, so that an inventory reply can always carry the facts
MAX_INTEGER_BITS = 384  # as many as a message may have; a larger one is kept as text
MAX_VALUES = 100_000  # facter with every mount point of a busy host gives a few thousand


class OddFacts(ValueError):
    """Facts that no filter could use: too many, too deep, or not a mapping; the message is the reason."""


def plain_facts(facts: object) -> dict[str, Any]:
    """A copy of nested mappings and lists: keys as text, bytes decoded, sets and tuples as lists, other values as text.

    So are numbers that no message carries: integers beyond MAX_INTEGER_BITS, infinities, NaN. Half surrogates become `?`.
    Raises OddFacts. Values that are shared are counted each time they are met, so an alias bomb ends here.
    """
    if not isinstance(facts, Mapping):
        raise OddFacts(f"facts are a mapping, not {type(facts).__name__}")
    if not facts:
        raise OddFacts("there are no facts")
    copied = _Copy().value(facts, 0)
    assert isinstance(copied, dict)
    return copied


class _Copy:
    def __init__(self) -> None:
        self._left = MAX_VALUES

    def value(self, value: object, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise OddFacts(f"there are more than {MAX_VALUES} values")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value) if value.bit_length() <= MAX_INTEGER_BITS else as_text(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else as_text(value)
        if isinstance(value, str):
            return _text(value)
        if depth >= MAX_DEPTH:
            raise OddFacts(f"they are nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, Mapping):
            return {_text(key): self.value(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, depth + 1) for item in value]
        return _text(value)


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    text = as_text(value) if type(value) is int else str(value)  # str of a subclass, such as one of a YAML library, is plain
    return text if text.isascii() or is_utf8(text) else text.encode("utf-8", "replace").decode()
