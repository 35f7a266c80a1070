"""What can be asked of a message: the words of selections, the historic matchers in the same words, and the columns of a listing."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from mcollective_py.agent import InvalidRPCData
from mcollective_py.agent.selection import BYTES, FLAG, NUMBER, SECONDS, TEXT, TEXTS, Field, Selection

from .layout import domain_of
from .msglog import LastTry
from .spoolfile import Message

# The historic matchers: input, and what it means.
_HISTORIC = {
    "limit_sender": "envelope_sender",
    "limit_recipient": "recipient",
    "limit_younger_than": "age<{}",
    "limit_older_than": "age>{}",
}
WORDS = {"active": "not frozen"}
FROM_LOG = frozenset({"error", "attempts", "tried"})
LastTryOf = Callable[[Message], LastTry]


def fields_at(now: float, last_try: LastTryOf) -> Mapping[str, Field[Message]]:
    """Every word of a selection. now: seconds since the epoch. last_try: what a message's own log says, read only where it is asked."""
    return {
        "id": Field(TEXT, lambda mail: mail.id),
        "sender": Field(TEXT, lambda mail: mail.sender),
        "sender_domain": Field(TEXT, lambda mail: domain_of(mail.sender)),
        "envelope_sender": Field(TEXT, lambda mail: f"<{mail.sender}>"),
        "recipient": Field(TEXTS, lambda mail: mail.recipients),
        "domain": Field(TEXTS, lambda mail: [domain_of(address) for address in mail.recipients]),
        "delivered": Field(TEXTS, lambda mail: mail.delivered),
        "recipients": Field(NUMBER, lambda mail: len(mail.recipients)),
        "age": Field(SECONDS, lambda mail: now - mail.arrived),
        "size": Field(BYTES, lambda mail: mail.size),
        "frozen": Field(FLAG, lambda mail: mail.is_frozen),
        "frozen_for": Field(SECONDS, lambda mail: now - mail.frozen_since if mail.frozen_since else 0),
        "bounce": Field(FLAG, lambda mail: mail.is_bounce),
        "subject": Field(TEXT, lambda mail: mail.subject),
        "host": Field(TEXTS, lambda mail: [text for text in (mail.host, mail.host_name, mail.helo) if text]),
        "auth": Field(TEXT, lambda mail: mail.auth),
        "user": Field(TEXT, lambda mail: mail.user),
        "queue": Field(TEXT, lambda mail: mail.queue),
        "error": Field(TEXT, lambda mail: last_try(mail).error),
        "attempts": Field(NUMBER, lambda mail: last_try(mail).attempts),
    }


def check_selection(text: str) -> None:
    """Raises InvalidRPCData with a mark under what is wrong with a selection."""
    Selection(text, fields_at(0.0, lambda mail: LastTry()), WORDS)


def selection_of(inputs: Mapping[str, Any], now: float, last_try: LastTryOf) -> Selection[Message]:
    """The selection that a request means: `select` and the historic matchers, all of which must hold. Raises InvalidRPCData.

    The historic matchers are exiqgrep's: regular expressions without regard to case, that of the sender over `<sender>`.
    """
    fields, told = fields_at(now, last_try), inputs.get("select", "")
    Selection(told, fields, WORDS)  # what is wrong with it is shown in it alone
    return Selection(" and ".join([*([f"({told})"] if told.strip() else []), *matchers(inputs)]), fields, WORDS)


def matchers(inputs: Mapping[str, Any]) -> list[str]:
    """The historic matchers among the inputs as selections, all of which must hold. Raises InvalidRPCData."""
    parts = []
    for name, meaning in _HISTORIC.items():
        value = inputs.get(name)
        if value in (None, ""):
            continue
        if "{}" in meaning:
            parts.append(meaning.format(int(value)))
        else:
            parts.append(f"{meaning}=/{_between_slashes(str(value))}/")
    if inputs.get("limit_frozen_only") and inputs.get("limit_unfrozen_only"):
        raise InvalidRPCData("a message is frozen or it is not: limit_frozen_only and limit_unfrozen_only leave none")
    if inputs.get("limit_frozen_only"):
        parts.append("frozen")
    if inputs.get("limit_unfrozen_only"):
        parts.append("not frozen")
    return parts


def _between_slashes(pattern: str) -> str:
    """A regular expression as it stands between slashes: one that is escaped stays so."""
    written, is_escaped = [], False
    for sign in pattern:
        written.append("\\/" if sign == "/" and not is_escaped else sign)
        is_escaped = sign == "\\" and not is_escaped
    return "".join(written)


COLUMNS = (
    *("id", "sender", "recipients", "delivered", "size", "age", "arrived", "frozen", "frozen_since", "bounce", "subject"),
    *("host", "host_name", "helo", "auth", "user", "queue", "delays", "error", "attempts", "tried"),
)
USUAL = ("id", "sender", "recipients", "size", "age", "frozen")


def columns_of(text: str) -> tuple[str, ...]:
    """The columns that a text names with commas between, `all` for every one; the usual ones for none. Raises InvalidRPCData."""
    if text.strip() == "all":
        return COLUMNS
    chosen = tuple(word.strip() for word in text.split(",") if word.strip()) or USUAL
    if unknown := [word for word in chosen if word not in COLUMNS]:
        raise InvalidRPCData(f"there is no column {unknown[0][:40]!r}: there are {', '.join(COLUMNS)}, or all")
    return ("id", *(word for word in dict.fromkeys(chosen) if word != "id"))


def row_of(mail: Message, columns: Collection[str], now: float, last_try: LastTryOf) -> dict[str, Any]:
    """These columns of a message."""
    row: dict[str, Any] = {}
    for name in columns:
        if name in FROM_LOG:
            row[name] = getattr(last_try(mail), name)
        elif name in ("recipients", "delivered"):
            row[name] = [*getattr(mail, name)]
        elif name == "age":
            row[name] = max(int(now) - mail.arrived, 0)
        elif name in ("frozen", "bounce"):
            row[name] = mail.is_frozen if name == "frozen" else mail.is_bounce
        else:
            row[name] = getattr(mail, name)
    return row
