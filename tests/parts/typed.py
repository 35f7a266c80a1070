"""Values with their Ruby types kept, as JSON: the notation in which tests/parts/rubycalls.rb reads and writes them.

null, true and false are themselves; {"i": "7"} an integer, {"f": hex} a float by its eight bytes, {"s": "text"} text,
{"b": base64} bytes, {"y": "running"} a symbol, {"a": [...]} an array, {"h": [[key, value], ...]} a hash.
"""

import base64
import struct
from collections.abc import Callable
from typing import Any

from mcollective_py.wire.symbol import Symbol


def typed(value: Any) -> Any:
    """A plain value in the notation. Symbol is a str that stays a symbol."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": struct.pack(">d", value).hex()}
    if isinstance(value, Symbol):
        return {"y": str(value)}
    if isinstance(value, str):
        return {"s": value}
    if isinstance(value, bytes):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {"h": [[typed(key), typed(one)] for key, one in value.items()]}
    return {"a": [typed(one) for one in value]}


def untyped(document: Any) -> Any:
    """The value that a document in the notation means."""
    if document is None or isinstance(document, bool):
        return document
    ((kind, content),) = document.items()
    if kind == "a":
        return [untyped(one) for one in content]
    if kind == "h":
        return {untyped(key): untyped(one) for key, one in content}
    readers: dict[str, Callable[[Any], Any]] = {"i": int, "f": _float, "s": str, "b": base64.b64decode, "y": Symbol}
    return readers[kind](content)


def _float(text: str) -> float:
    (value,) = struct.unpack(">d", bytes.fromhex(text))
    return float(value)
