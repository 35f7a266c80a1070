"""Values of hosts, as aggregates take them: numbers, labels, lists of both; every one bounded, whatever was sent. Pure."""

import json
import math
from array import array
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

from ...wire.plainjson import plain_json

MAX_PARTS = 10_000  # elements that one host's list is counted for
MAX_LABELS = 20_000  # distinct ones that are told apart: more than hosts that anybody asks at once
MAX_NUMBERS = 1_000_000  # 8 bytes each
_MAX_LABEL = 200  # characters
_LARGEST = 1e150  # so that a million squares can be added up


def number_of(value: object) -> int | float | None:
    """The number that a value is, None for all else: text, booleans, NaN and infinities are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -_LARGEST < value < _LARGEST else None  # False for NaN too


def parts_of(value: object) -> Iterator[Any]:
    """The elements of a list, of any other value itself; nothing that is None."""
    parts = islice(value, MAX_PARTS) if isinstance(value, list | tuple) else iter((value,))
    return (part for part in parts if part is not None)


def label_of(value: object) -> str:
    """A value as the text that it is counted under: equal values have equal labels, a long one is cut and keeps its digest.

    Nested values are JSON with sorted keys.
    """
    if isinstance(value, bytes | bytearray):
        value = bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return _short(str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= 1 << 1024:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, int | float):
        return str(value)
    try:
        return _short(json.dumps(plain_json(value), sort_keys=True, ensure_ascii=False, separators=(",", ":")))
    except (ValueError, RecursionError):  # a number of thousands of digits somewhere in it
        return f"a {type(value).__name__} that cannot be shown"


def _short(text: str) -> str:
    if len(text) <= _MAX_LABEL:
        return text
    digest = sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    return f"{text[: _MAX_LABEL - 50]}... ({len(text)} characters, sha256 {digest})"


class Counted:
    """How often each label came; beyond so many labels the rest is counted together.

    left_out: values that came too late to be told apart.
    """

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}
        self.left_out = 0

    def add(self, value: object, label: str | None = None) -> None:
        """One more. 1 and "1" are counted apart, as Ruby does it."""
        kind = "text" if isinstance(value, str | bytes | bytearray) else type(value).__name__
        key = kind, label_of(value) if label is None else label
        if key in self.counts:
            self.counts[key] += 1
        elif len(self.counts) < MAX_LABELS:
            self.counts[key] = 1
        else:
            self.left_out += 1

    def ordered(self) -> list[tuple[str, int]]:
        """Label and count, the most frequent first, equal ones by name."""
        return [(label, count) for (_, label), count in sorted(self.counts.items(), key=lambda item: (-item[1], item[0][1]))]


class Numbers:
    """The numbers of all hosts, and how many values were none.

    others: who sent such a one, the first few. unkept: numbers and parts of lists beyond the bounds.
    """

    def __init__(self) -> None:
        self.values = array("d")
        self.left_out, self.others, self.unkept = 0, [], 0  # type: tuple[int, list[str], int]

    def add(self, value: object, sender: str) -> None:
        """One value, or the elements of a list."""
        if isinstance(value, list | tuple) and len(value) > MAX_PARTS:
            self.unkept += len(value) - MAX_PARTS
        for part in parts_of(value):
            number = number_of(part)
            if number is not None:
                if len(self.values) < MAX_NUMBERS:
                    self.values.append(number)
                else:
                    self.unkept += 1
                continue
            self.left_out += 1
            if len(self.others) < 3 and sender not in self.others:
                self.others.append(sender)

    def remark(self) -> tuple[str, ...]:
        """Lines on what was left out, none where nothing was."""
        beyond = (f"({self.unkept} more values than are taken left out)",) if self.unkept else ()
        if not self.left_out:
            return beyond
        values = "1 value that is" if self.left_out == 1 else f"{self.left_out} values that are"
        return (f"({values} no number left out, of {', '.join(self.others)}{' and others' if self.left_out > 3 else ''})", *beyond)

    @property
    def total(self) -> float:
        """The sum, exact to the last bit."""
        return math.fsum(self.values)
