"""The messages of some hosts as one list: parts that came, how far it is known, what is marked; pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..messageid import is_message_id
from ..sent import mappings, number, text_of

COLUMNS = "sender,recipients,size,age,frozen,bounce,subject,error"
PART = 200  # messages that a host is asked for at once; fewer of each where there are many hosts
MAX_PART = 5000
_FIRST = 2000  # messages of all hosts together in the first parts
_AT_ONCE = 20  # hosts that are asked for more at a time
REFRESHED = 2000  # so many loaded messages are still read anew by themselves

Key = tuple[str, str]  # host and message id: relays may well have the same id


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of a host. age: seconds when it was told, at the time `came` of our own clock."""

    host: str
    id: str
    sender: str
    recipients: tuple[str, ...]
    size: int
    age: int
    came: float
    is_frozen: bool
    is_bounce: bool
    subject: str
    error: str

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.host, self.id


SORTS: Mapping[str, Callable[[Mail], Any]] = {
    "oldest first": lambda mail: (mail.id, mail.host),
    "newest first": lambda mail: tuple(-ord(sign) for sign in mail.id),
    "size": lambda mail: -mail.size,
    "sender": lambda mail: (mail.sender.lower(), mail.id),
    "recipients": lambda mail: (-len(mail.recipients), mail.id),
}


@dataclass(slots=True)
class _Part:
    mails: dict[str, Mail] = field(default_factory=dict)
    matched: int = 0
    next: str = ""
    has_come: bool = False
    trouble: str = ""


class MailList:
    """What is loaded. Every host sends its oldest first, so the list is sure up to the host that is known least far."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._parts = {name: _Part() for name in hosts}
        self.marked: set[Key] = set()
        self.is_all_marked = False
        self._sorted: dict[str, list[Mail]] = {}

    @property
    def hosts(self) -> tuple[str, ...]:
        """Whose messages these are."""
        return tuple(self._parts)

    @property
    def part(self) -> int:
        """How many messages to ask each host for."""
        return max(min(PART, _FIRST // max(len(self._parts), 1)), 5)

    def limit_of(self, host: str) -> int:
        """How many to ask a host for, so that what is loaded of it is read anew."""
        return min(max(len(self._parts[host].mails), self.part), MAX_PART)

    def take(self, host: str, data: Mapping[str, Any], after: str, now: float) -> None:
        """A reply of `list`. after: what the host was asked for messages after; empty replaces all that is loaded of it."""
        part = self._parts.get(host)
        if part is None or (after and after != part.next):
            return
        came = {mail.id: mail for row in mappings(data.get("messages")) if (mail := _mail(host, row, now)) is not None}
        part.mails = {**part.mails, **came} if after else came
        self._sorted.clear()
        part.matched, part.has_come, part.trouble = max(number(data.get("matched")), 0), True, ""
        following = data.get("next")
        # A host that tells of more behind what it did not send would be asked for ever.
        part.next = following if isinstance(following, str) and following in came and following > after else ""
        self.marked = {key for key in self.marked if key[0] != host or key[1] in part.mails or key[1] > part.next > ""}

    def fail(self, host: str, words: str) -> None:
        """It gave no list."""
        if host in self._parts:
            self._parts[host].trouble = words

    @property
    def troubles(self) -> list[tuple[str, str]]:
        """Hosts whose messages are missing or may be old, each with the reason."""
        return [(name, part.trouble) for name, part in self._parts.items() if part.trouble]

    @property
    def is_waiting(self) -> bool:
        """Whether a host has said nothing yet."""
        return any(not part.has_come and not part.trouble for part in self._parts.values())

    @property
    def loaded(self) -> int:
        """How many messages are here."""
        return sum(len(part.mails) for part in self._parts.values())

    @property
    def matched(self) -> int:
        """How many messages the filter means, by what the hosts told."""
        return sum(part.matched for part in self._parts.values())

    @property
    def has_more(self) -> bool:
        """Whether a host has more than it sent."""
        return any(part.next for part in self._parts.values())

    @property
    def _horizon(self) -> str:
        """The id up to which nothing can be missing; empty where everything is here."""
        return min((part.next for part in self._parts.values() if part.next), default="")

    def further(self) -> dict[str, str]:
        """Whom to ask for more, and after which id: those that are known least far."""
        open_ends = sorted((part.next, name) for name, part in self._parts.items() if part.next and not part.trouble)
        return {name: after for after, name in open_ends[:_AT_ONCE]}

    def rows(self, by: str) -> list[Mail]:
        """The messages that are sure, sorted: all up to the horizon."""
        if by in self._sorted:
            return self._sorted[by]
        horizon = self._horizon
        found = [mail for part in self._parts.values() for mail in part.mails.values() if not horizon or mail.id <= horizon]
        found.sort(key=SORTS["oldest first"])
        self._sorted[by] = found if by == "oldest first" else sorted(found, key=SORTS[by])
        return self._sorted[by]

    # --- marks --------------------------------------------------------------------------------------------------------

    def toggle(self, mail: Mail) -> None:
        """Mark one, or take its mark away."""
        self.is_all_marked = False
        self.marked ^= {mail.key}

    def toggle_all(self) -> None:
        """Mean all that the filter means, loaded or not; or nothing any more."""
        self.is_all_marked = not self.is_all_marked
        self.marked.clear()

    def unmark(self) -> None:
        """Mean nothing."""
        self.is_all_marked = False
        self.marked.clear()

    def is_marked(self, mail: Mail) -> bool:
        """Whether it is meant."""
        return self.is_all_marked or mail.key in self.marked


def by_host(keys: Collection[Key]) -> dict[str, list[str]]:
    """Ids by host, sorted."""
    found: dict[str, list[str]] = {}
    for host, id in sorted(keys):
        found.setdefault(host, []).append(id)
    return found


def _mail(host: str, row: Mapping[str, Any], now: float) -> Mail | None:
    id, recipients = row.get("id"), row.get("recipients")
    if not (isinstance(id, str) and is_message_id(id)):
        return None
    told: Sequence[object] = recipients if isinstance(recipients, list) else ()
    return Mail(
        host, id, text_of(row, "sender"), tuple(str(one) for one in told), number(row.get("size")), number(row.get("age")), now,
        row.get("frozen") is True, row.get("bounce") is True, text_of(row, "subject"), text_of(row, "error"),
    )  # fmt: skip
