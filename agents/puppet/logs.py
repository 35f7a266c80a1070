"""The log of a run in the shape that Ruby's agent gave it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any


def ruby_logs(logs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """`time_utc`, `time` (seconds since the epoch, both), `level`, `source`, `msg` of each line."""
    return [
        {"time_utc": at, "time": at, "level": log["level"], "source": log["source"], "msg": log["message"]}
        for log in logs
        for at in (epoch(log["time"]),)
    ]


def epoch(text: str) -> int:
    """Seconds since the epoch of a time as reports have it, with nanoseconds; 0 for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
