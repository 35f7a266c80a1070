"""Any value of the wire as JSON has it, for readers: `--json`, terminals and the audit. Pure, and never fails.

Ruby's wire carries what JSON does not. Bytes become their text where they are UTF-8, else `{"base64": "..."}`; NaN and infinities
become `"NaN"`, `"Infinity"`, `"-Infinity"`; a regular expression its source between slashes; keys the text that Ruby writes for them.
"""

import binascii
import math
from collections.abc import Mapping
from typing import Any

from .symbol import Regexp

MAX_DEPTH = 100  # of what is shown; no wire lets more than 36 levels in


def plain_json(value: object, depth: int = 0) -> Any:
    """Dicts with text keys, lists, text, finite numbers, booleans and None; the text of whatever else an agent made."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, bytes | bytearray):
        return _text_or_base64(bytes(value))
    if isinstance(value, Regexp):
        return f"/{value.source}/"
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        return {_key(key): plain_json(item, depth + 1) for key, item in value.items()}
    if depth < MAX_DEPTH and isinstance(value, list | tuple):
        return [plain_json(item, depth + 1) for item in value]
    return str(value)


def _key(key: object) -> str:
    if isinstance(key, str):
        return str(key)
    if key is None:
        return ""
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, bytes):
        return key.decode("utf-8", "backslashreplace")
    return _not_finite(key) if isinstance(key, float) and not math.isfinite(key) else str(plain_json(key))


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _text_or_base64(value: bytes) -> str | dict[str, str]:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": binascii.b2a_base64(value, newline=False).decode()}
