"""What `mco iptables` says of a host's answer; pure. A host's words are made inert by who prints them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_MOST = 1000  # entries of one host that text shows; --json has all
_TIMES = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def line_of(action: str, data: Mapping[str, Any]) -> str | None:
    """The line, or lines, of a host that succeeded; None for nothing."""
    if action == "listblocked":
        return "\n".join(_listed(data)) or "nothing is blocked"
    if action == "status":
        return "\n".join(_stated(data))
    lines = [_text(data.get("output")) or _flag(data)]
    changes = data.get("changes") if action == "reconcile" else None
    lines += [_text(line) for line in changes] if isinstance(changes, list) else []
    return "\n".join(line for line in lines if line) or None


def time_left(seconds: object) -> str:
    """`1 h 5 min`, `42 s`; empty for what has no end."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds < 1 << 34:
        return ""
    rest = int(seconds)
    words: list[str] = []
    for factor, unit in _TIMES:
        if rest >= factor and len(words) < 2:
            words.append(f"{rest // factor} {unit}")
            rest %= factor
    return " ".join(words) or "0 s"


def _listed(data: Mapping[str, Any]) -> Iterable[str]:
    """A row for each entry, columns as wide as they must be; the historic list where a host has no more than that."""
    entries = data.get("entries")
    if not isinstance(entries, list):
        blocked = data.get("blocked")
        yield from map(_text, blocked) if isinstance(blocked, list) else ()
        return
    rows = [_row(entry) for entry in entries[:_MOST] if isinstance(entry, Mapping)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)] if rows else []
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True) if width).rstrip()
    if (more := len(entries) - _MOST) > 0:
        yield f"... and {more} more: --json has all"
    yield from _drift(data)


def _row(entry: Mapping[str, Any]) -> list[str]:
    scope = " ".join(_text(entry.get(name)) for name in ("protocol", "ports") if entry.get(name))
    left, hits = time_left(entry.get("remaining")), entry.get("packets")
    reason, ticket, by = (_text(entry.get(name)) for name in ("reason", "ticket", "by"))
    return [
        "allow" if entry.get("kind") == "allow" else "",
        _text(entry.get("network")),
        scope,
        f"{left} left" if left else "",
        f"{hits} hits" if isinstance(hits, int) and not isinstance(hits, bool) else "",
        f"by {by}" if by else "",
        f"[{ticket}]" if ticket else "",
        "unconfirmed" if entry.get("pending") else "",
        reason,
    ]


def _stated(data: Mapping[str, Any]) -> Iterable[str]:
    """All outputs that say something, one a line, the backend first."""
    first = ("backend", "output")
    for name in (*first, *(name for name in sorted(data) if name not in first)):
        value = data.get(name)
        if value in (None, "", 0, [], {}):
            continue
        label = name.replace("_", " ")
        if isinstance(value, list):
            yield f"{label}:"
            yield from (f"  {_text(one)}" for one in value[:_MOST])
        elif isinstance(value, bool):
            yield f"{label}: {'yes' if value else 'no'}"
        else:
            yield f"{label}: {_text(value)}"


def _drift(data: Mapping[str, Any]) -> Sequence[str]:
    """What was changed by hand, where a host says so."""
    drift = data.get("drift")
    return [f"by hand: {_text(line)}" for line in drift] if isinstance(drift, list) else []


def _flag(data: Mapping[str, Any]) -> str:
    blocked = data.get("blocked")
    return "" if not isinstance(blocked, bool) else "blocked" if blocked else "not blocked"


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(one)}" for name, one in value.items() if one not in (None, ""))
    return "" if value is None else str(value)
