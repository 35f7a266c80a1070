"""Ages, sizes and listings as Exim prints them, and a queue by domain as exiqsumm prints it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from .sent import as_text
from .spoolfile import Message

_KILO, _MEGA = 1024, 1024 * 1024


def age_text(seconds: float) -> str:
    """`25m`, `3h`, `5d`: minutes to 90, then hours to 72, then days, each rounded."""
    return _age_of(max(int(seconds), 0) // 60)


@lru_cache(maxsize=4096)
def _age_of(minutes: int) -> str:
    if minutes <= 90:
        return f"{minutes}m"
    hours = (minutes + 30) // 60
    return f"{(hours + 12) // 24}d" if hours > 72 else f"{hours}h"


def size_text(size: int) -> str:
    """`263`, `2.4K`, `15K`, `3.0M`, `12M`."""
    if size < _KILO:
        return str(size)
    if size < 10 * _KILO:
        return f"{size / _KILO:.1f}K"
    if size < _MEGA:
        return f"{(size + 512) // _KILO}K"
    return f"{size / _MEGA:.1f}M" if size < 10 * _MEGA else f"{(size + 512 * _KILO) // _MEGA}M"


def mailq_row(message: Message, now: float) -> dict[str, Any]:
    """The historic entry of a message; recipients: those that still wait."""
    return {
        "recipients": [*message.recipients],
        "frozen": message.frozen_since > 0,
        "age": age_text(now - message.arrived),
        "size": size_text(message.size),
        "msgid": message.id,
        "sender": message.sender,
    }


def listing_lines(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Historic entries as `exim -bp` prints them."""
    lines: list[str] = []
    for row in rows:
        frozen = " *** frozen ***" if row.get("frozen") is True else ""
        age, size, id, sender = (as_text(row.get(name)) for name in ("age", "size", "msgid", "sender"))
        lines.append(f"{age:>3} {size:>5} {id} <{sender}>{frozen}")
        recipients = row.get("recipients")
        lines += [f"          {as_text(recipient)}" for recipient in (recipients if isinstance(recipients, list) else ())]
        lines.append("")
    return lines


def domain_of(address: str) -> str:
    """The domain, in small letters; empty where there is none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def domain_rows(messages: Iterable[Message], now: float) -> list[dict[str, Any]]:
    """For each domain of recipients that still wait: recipients, bytes, ages of the oldest and the newest in seconds; by domain.

    As exiqsumm has it, a message counts once for each recipient, with all of its bytes.
    """
    found: dict[str, list[int]] = {}
    for message in messages:
        age = max(int(now) - message.arrived, 0)
        for recipient in message.recipients:
            row = found.setdefault(domain_of(recipient), [0, 0, age, age])
            row[0] += 1
            row[1] += message.size
            row[2], row[3] = max(row[2], age), min(row[3], age)
    return [
        {"domain": domain, "count": row[0], "volume": row[1], "oldest": row[2], "newest": row[3]}
        for domain, row in sorted(found.items())
    ]


def summary_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of domain_rows as exiqsumm prints them, with their total."""
    lines = ["", "Count  Volume  Oldest  Newest  Domain", "-----  ------  ------  ------  ------", ""]
    lines += [_summary_line(row, row["domain"]) for row in rows]
    total = {
        "count": sum(row["count"] for row in rows),
        "volume": sum(row["volume"] for row in rows),
        "oldest": max((row["oldest"] for row in rows), default=0),
        "newest": min((row["newest"] for row in rows), default=0),
    }
    return "\n".join([*lines, "-" * 63, _summary_line(total, "TOTAL"), ""])


def _summary_line(row: Mapping[str, Any], name: str) -> str:
    return f"{row['count']:5d}  {_volume(row['volume']):.6}  {age_text(row['oldest']):>6}  {age_text(row['newest']):>6}  {name:.80}"


def _volume(size: int) -> str:
    if size < 10_000:
        return f"{size:6d}"
    if size < 10_000_000:
        return f"{(size + 512) // _KILO:4d}KB"
    return f"{(size + 512 * _KILO) // _MEGA:4d}MB"
