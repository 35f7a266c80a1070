"""Moments as operators type them, for --since and --until: a date, a time of today, or how long ago. Pure."""

from datetime import datetime

from ...ddl.quantities import seconds_of
from ...errors import UsageError


def moment_of(word: str, now: datetime) -> float:
    """Seconds since the epoch. now: with its time zone, which those words that name none mean. Raises UsageError."""
    try:
        return now.timestamp() - seconds_of(word.removesuffix(" ago"))
    except ValueError:
        pass
    try:
        if word == "today":
            return now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        if ":" in word and "-" not in word:
            word = f"{now.date().isoformat()}T{word}"
        found = datetime.fromisoformat(word)
        return (found if found.tzinfo else found.replace(tzinfo=now.tzinfo)).timestamp()
    except (ValueError, OverflowError):
        raise UsageError(f"{word[:60]!r} is no time: write 2h, 3d, today, 14:30, 2026-11-23 or '2026-11-23 14:30'") from None
