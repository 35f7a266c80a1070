"""Facts as filters see them: found by dotted name, every scalar as the text Ruby would make of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

MISSING: Final = object()  # no such fact: not the same as a fact that is null

MAX_BITS = 4096  # of a whole number that is written in decimal, 1,233 digits
_MAX_PARTS = 32  # words of a dotted name; a longer name is only ever looked up whole


def find_fact(facts: Mapping[str, Any], name: str) -> Any:
    """The value of `os.release.major` or `disks.0.size`, MISSING where there is none.

    A fact whose own name has dots in it wins over the walk, on every level: `networking.interfaces.eth0.100.ip`. Whole numbers
    index lists.
    """
    if name in facts:
        return facts[name]
    parts = name.split(".")
    return _walk(facts, parts) if 1 < len(parts) <= _MAX_PARTS else MISSING


def _walk(value: Any, parts: Sequence[str]) -> Any:
    if not parts:
        return value
    if isinstance(value, Mapping):
        for count in range(len(parts), 0, -1):
            key = ".".join(parts[:count])
            if key in value:
                found = _walk(value[key], parts[count:])
                if found is not MISSING:
                    return found
    elif isinstance(value, list | tuple):
        word = parts[0]
        if word.isascii() and word.isdigit() and len(word) < 10 and int(word) < len(value):
            return _walk(value[int(word)], parts[1:])
    return MISSING


def as_text(value: object) -> str:
    """A scalar as Ruby's `to_s` writes it: true, nothing for null, 0.1 for 0.10, 1.0e+20; no scalar makes it fail.

    A whole number beyond MAX_BITS is written in hexadecimal: of some thousand digits on Python writes none in decimal.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, int):
        return int.__repr__(value) if value.bit_length() <= MAX_BITS else hex(value)
    return str(value)


def _float_text(value: float) -> str:
    text = repr(value)
    if text in ("inf", "-inf"):
        return text.replace("inf", "Infinity")
    if text == "nan":
        return "NaN"
    if 1e15 <= abs(value) < 1e16 and text.endswith(".0"):  # for whole ones Ruby writes exponents a digit sooner than Python
        digits = text.strip("-").removesuffix(".0").rstrip("0")
        return f"{'-' if value < 0 else ''}{digits[0]}.{digits[1:] or '0'}e+15"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}.0e{exponent}" if e and "." not in mantissa else text
