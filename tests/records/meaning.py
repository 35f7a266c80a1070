"""What a request or a reply says, as JSON, so that two versions can be compared: 3 and 3.0 differ, and so do text and a symbol."""

import base64
import json
from dataclasses import fields
from typing import Any

from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.wire.symbol import Symbol


def plain(value: Any) -> Any:
    """A value as JSON has it: a symbol as {"a symbol": NAME}, bytes as {"bytes": BASE64}."""
    if isinstance(value, Symbol):
        return {"a symbol": str(value)}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, Filter):
        return plain(value.to_wire())
    if isinstance(value, dict):
        return {f":{key}" if isinstance(key, Symbol) else str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def meaning(message: Request | Reply) -> dict[str, Any]:
    """All fields of a message."""
    return {field.name: plain(getattr(message, field.name)) for field in fields(message)}


def same(recorded: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The recorded fields that are now read as something else, in words; what later versions add beside them says nothing."""
    return [
        f"{name} was {json.dumps(value, sort_keys=True)} and is read as {json.dumps(now.get(name), sort_keys=True)}"
        for name, value in recorded.items()
        if json.dumps(value, sort_keys=True) != json.dumps(now.get(name), sort_keys=True)
    ]
