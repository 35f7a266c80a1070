"""Messages counted: all of them, by how old they are, and who or what stands behind most of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .fields import LastTryOf
from .layout import domain_of
from .msglog import kind_of_error
from .spoolfile import Message

# Ages of the histogram's parts: below so many seconds, and how that is called.
AGES = ((300, "< 5m"), (3600, "< 1h"), (6 * 3600, "< 6h"), (86_400, "< 1d"), (3 * 86_400, "< 3d"), (7 * 86_400, "< 7d"))
OLDER = ">= 7d"
KINDS = ("senders", "sender_domains", "recipients", "domains", "errors", "hosts", "auths", "subjects")
_NO_SENDER = "<>"


def counted(messages: Sequence[Message], now: float) -> dict[str, int]:
    """How many there are: messages, frozen, bounces, recipients that still wait, bytes; and the age of the oldest in seconds."""
    return {
        "messages": len(messages),
        "frozen": sum(mail.is_frozen for mail in messages),
        "bounces": sum(mail.is_bounce for mail in messages),
        "recipients": sum(len(mail.recipients) for mail in messages),
        "bytes": sum(mail.size for mail in messages),
        "oldest": max((int(now) - mail.arrived for mail in messages), default=0),
    }


def by_age(messages: Iterable[Message], now: float) -> list[dict[str, Any]]:
    """A row for each part: age, messages, frozen, bytes."""
    rows = {name: {"age": name, "messages": 0, "frozen": 0, "bytes": 0} for name in (*(name for _, name in AGES), OLDER)}
    for mail in messages:
        age = now - mail.arrived
        row: dict[str, Any] = rows[next((name for limit, name in AGES if age < limit), OLDER)]
        row["messages"] += 1
        row["frozen"] += mail.is_frozen
        row["bytes"] += mail.size
    return list(rows.values())


def top(messages: Iterable[Message], kind: str, count: int, last_try: LastTryOf) -> list[dict[str, Any]]:
    """Whose or what messages there are most of: name, messages, recipients, bytes, frozen; the most first."""
    names = _naming(kind, last_try)
    found: dict[str, dict[str, Any]] = {}
    for mail in messages:
        for name in names(mail):
            row = found.get(name)
            if row is None:
                row = found[name] = {"name": name, "messages": 0, "recipients": 0, "bytes": 0, "frozen": 0}
            row["messages"] += 1
            row["recipients"] += len(mail.recipients)
            row["bytes"] += mail.size
            row["frozen"] += mail.is_frozen
    return sorted(found.values(), key=lambda row: (-row["messages"], row["name"]))[:count]


def _naming(kind: str, last_try: LastTryOf) -> Callable[[Message], Iterable[str]]:
    """What a message is counted under; nothing where it has no such thing."""
    table: dict[str, Callable[[Message], Iterable[str]]] = {
        "senders": lambda mail: [mail.sender or _NO_SENDER],
        "sender_domains": lambda mail: [domain_of(mail.sender) if mail.sender else _NO_SENDER],
        "recipients": lambda mail: mail.recipients,
        "domains": lambda mail: {domain_of(address) for address in mail.recipients},
        "errors": lambda mail: [kind_of_error(error)] if (error := last_try(mail).error) else [],
        "hosts": lambda mail: [mail.host] if mail.host else [],
        "auths": lambda mail: [auth] if (auth := mail.auth) else [],
        "subjects": lambda mail: [mail.subject] if mail.subject else [],
    }
    return table[kind]
