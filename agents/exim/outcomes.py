"""What became of messages, in words: a line a host, its exceptions each with the reason, and where messages are before the question."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .orders import Acting
from .shown import mappings, number, table_lines

_MOST_LINES = 20  # of a host, for messages that were not done
_MOST_HOSTS = 8  # that a question names
NOT_DONE = ("locked", "broken", "refused", "unknown")
_WORDS = {
    "locked": "it is being delivered just now",
    "broken": "its files are broken",
    "refused": "Exim refused",
    "unknown": "there is no such message",
    "gone": "it has left the queue",
}


def many(count: int) -> str:
    """`1 message`, `400 messages`."""
    return "1 message" if count == 1 else f"{count} messages"


def whereabouts(counts: Mapping[str, int]) -> str:
    """`mx1`, or `4 hosts (mx1 400, mx2 212, mx3 100, mx4 100)`, those with the most first."""
    if len(counts) == 1:
        return next(iter(counts))
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    named = [f"{name} {counts[name]}" for name in ordered[:_MOST_HOSTS]]
    more = f", and {len(ordered) - _MOST_HOSTS} more" if len(ordered) > _MOST_HOSTS else ""
    return f"{len(ordered)} hosts ({', '.join(named)}{more})"


def outcome_lines(data: Mapping[str, Any], acting: Acting, *, is_trial: bool = False) -> list[str]:
    """What a host did: `398 messages removed, 2 had left the queue`, then what was not done, message by message."""
    rows = mappings(data.get("outcomes"))
    if not rows and not number(data.get("matched")):
        return [_text(data.get("status")) or "no message is meant"]
    said = Counter(_text(row.get("outcome")) for row in rows)
    done, would = said["done"] or number(data.get("done")), said["would"]
    parts = []
    if is_trial:
        parts.append(f"{many(would)} would be {acting.done}")
    elif done or not (said["unchanged"] or said["gone"]):
        parts.append(f"{many(done)} {acting.done}")
    if said["unchanged"]:
        parts.append(f"{said['unchanged']} {acting.unchanged}")
    if said["gone"]:
        parts.append(f"{said['gone']} had left the queue")
    return [", ".join(parts), *not_done_lines(data)]


def not_done_lines(data: Mapping[str, Any]) -> list[str]:
    """The messages that were not done, each with the reason."""
    rows = [row for row in mappings(data.get("outcomes")) if row.get("outcome") in NOT_DONE]
    lines = [f"{_text(row.get('msgid'))}: {_text(row.get('text')) or _WORDS[_text(row.get('outcome'))]}" for row in rows[:_MOST_LINES]]
    return [*lines, f"... and {len(rows) - _MOST_LINES} more: -v has them all"] if len(rows) > _MOST_LINES else lines


def sample_lines(samples: Sequence[tuple[str, Mapping[str, Any]]], total: int) -> list[str]:
    """The first messages that are meant, host and message each."""
    rows = [{"host": host, **{name: value for name, value in row.items() if name != "host"}} for host, row in samples]
    more = total - len(rows)
    return [*table_lines(rows), *([f"... and {more} more"] if rows and more > 0 else [])]


def present_ids(data: Mapping[str, Any]) -> list[str]:
    """The messages of a trial that a host has."""
    return [_text(row.get("msgid")) for row in mappings(data.get("outcomes")) if row.get("outcome") not in ("unknown", "gone")]


def _text(value: object) -> str:
    return "" if value is None else str(value)
