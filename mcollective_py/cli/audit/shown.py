"""An audited request as a line for a terminal. Pure."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from .requests import Audited

_MAX_DATA = 300  # characters of inputs in a line


def shown(found: Audited) -> str:
    """One request in a line: when, where, who, what, and how it went."""
    record = found.start
    caller = str(record.get("caller") or f"somebody ({record.get('sender') or 'unnamed'})")
    if obo := record.get("obo"):
        caller = f"{caller} by {obo}"
    what = " ".join(str(word) for word in (record.get("agent"), record.get("action")) if word) or "(no request)"
    words = [_time(record), str(record.get("node")), caller, f"{what}{_data(record.get('data'))}", _how(found)]
    if identity := record.get("request_id"):
        words.append(str(identity))
    return "  ".join(words)


def _how(found: Audited) -> str:
    if found.decision != "allow":
        held_back = found.start.get("held_back")
        more = f" (and {held_back} more before)" if held_back else ""
        return f"{'denied' if found.decision == 'deny' else found.decision}: {found.reason}{more}"
    if found.end is None:
        return "began, and no end is written"
    if found.is_unknown:
        return "ended, and how is unknown"
    took = "" if found.duration_ms is None else f" in {found.duration_ms:g} ms"
    return f"{'ok' if found.outcome == 0 else f'failed with {found.outcome}'}{took}"


def _data(data: Any) -> str:
    if data is None or data == {}:
        return ""
    if not isinstance(data, Mapping):
        text = json.dumps(data)
    else:
        text = " ".join(f"{name}={_value(value)}" for name, value in data.items())
    return f" {text[:_MAX_DATA]}{'...' if len(text) > _MAX_DATA else ''}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping) and value.get("redacted") is True:
        return f"(redacted {value['sha256_8']})" if "sha256_8" in value else "(redacted)"
    return value if isinstance(value, str) else json.dumps(value)


def _time(record: Mapping[str, Any]) -> str:
    text = str(record.get("timestamp"))
    with suppress(ValueError):
        return f"{datetime.fromisoformat(text).replace(tzinfo=None).isoformat(' ', 'milliseconds')}Z"
    return text
