"""What became of messages on one host: the lines of its log about them, found and put together."""

import re
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from .logline import (
    ARRIVED,
    COMPLETED,
    DEFERRED,
    DELIVERED,
    FAILED,
    FROZEN,
    REMOVED,
    SUPPRESSED,
    THAWED,
    LogLine,
    parse_line,
    remote_ids,
)
from .logs import id_of_line
from .spoolfile import Message

MAX_EVENTS = 400  # of one message; a list has more recipients than anybody reads
_MAX_IDS = 20_000
_MAX_REFUSALS = 50
_MAX_RECIPIENTS = 100
_WAITED = range(-56, -50)  # Exim's codes of `retry time not reached` and the like: no try, and no reason
_REFERENCES = re.compile(r" (?:id|R)=(\S+)")
_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-@")


@dataclass(slots=True)
class Trail:
    """One message. events: what was done with it, in their order; of one address put off again and again only the last time.

    more: how many events are left out.
    """

    id: str
    arrival: LogLine | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0
    completed_at: float = 0.0
    is_removed: bool = False
    is_frozen: bool = False

    def add(self, line: LogLine) -> None:
        """The next line about it."""
        if line.kind == ARRIVED:
            self.arrival = line
        elif line.kind == COMPLETED:
            self.completed_at = line.at
        elif line.kind == DEFERRED and (known := self._last_deferral(line.address)) is not None:
            _put_off_again(known, line)
            self.events.remove(known)
            self.events.append(known)
        elif len(self.events) >= MAX_EVENTS:
            self.more += 1
        else:
            self.events.append(_event(line))
        self.is_removed |= line.kind == REMOVED
        if line.kind in (FROZEN, THAWED):
            self.is_frozen = line.kind == FROZEN

    def _last_deferral(self, address: str) -> dict[str, Any] | None:
        for event in reversed(self.events):
            if event.get("address") == address:
                return event if event["kind"] == DEFERRED else None
        return None

    def has_to_do_with(self, addresses: Collection[str]) -> bool:
        """Whether one of the addresses, in small letters, is its sender, a recipient, or somebody it was delivered to."""
        told = [event.get(name, "") for event in self.events for name in ("address", "original")]
        if self.arrival is not None:
            told += [self.arrival.address, *self.arrival.recipients]
        return any(address.lower() in addresses for address in told)


@dataclass(slots=True)
class Mentions:
    """What a log has about addresses. ids: of messages, the newest last; refusals: of mail that was not taken, as at and text."""

    ids: "OrderedDict[str, None]" = field(default_factory=OrderedDict)
    refusals: list[dict[str, Any]] = field(default_factory=list)


def mentions(lines: Iterable[str], addresses: Collection[str]) -> Mentions:
    """The messages of which a line has one of the addresses, and mail from or for them that was refused."""
    found, wanted = Mentions(), [address.lower() for address in addresses]
    for line in lines:
        small = line.lower()
        if not any(address in small and _stands_alone(small, address) for address in wanted):
            continue
        if id := id_of_line(line):
            found.ids[id] = None
            found.ids.move_to_end(id)
            if len(found.ids) > _MAX_IDS:
                found.ids.popitem(last=False)
        elif " rejected " in line or " refused" in line:
            found.refusals.append({"time": line[:19], "text": line[20:1020]})
            del found.refusals[:-_MAX_REFUSALS]
    return found


@dataclass(slots=True)
class Trails:
    """What a log has about messages, by id. dropped: how many older ones there are beyond the limit.

    senders: the ids of other messages, of which a line says that it was handed on as one of those.
    """

    found: dict[str, Trail] = field(default_factory=dict)
    dropped: int = 0
    senders: set[str] = field(default_factory=set)


def trails(lines: Iterable[str], ids: Collection[str], references: Collection[str] = (), limit: int = 500) -> Trails:
    """What a log has about messages; the newest where there are more than the limit.

    ids: of messages. references: Message-IDs without brackets. A bounce of one that is wanted, or any answer to it, is wanted as well.
    """
    wanted, asked, named = dict.fromkeys(ids), frozenset(ids), frozenset(references)
    told = Trails()
    found = told.found
    for text in lines:
        id = id_of_line(text)
        if not id:
            continue
        if id in wanted:
            line = parse_line(text)
        elif text.find(" <= ", 0, 120) > 0:
            if not any(one in named or one in wanted for one in _REFERENCES.findall(text)):
                continue
            line = parse_line(text)
            if line is None or not (line.fields.get("id") in named or line.fields.get("R") in wanted):
                continue
            wanted[id] = None
        else:
            if asked and not asked.isdisjoint(remote_ids(text)):
                told.senders.add(id)
            continue
        if line is not None:
            if id not in found and len(found) >= limit:
                oldest = next(iter(found))
                del found[oldest], wanted[oldest]
                told.dropped += 1
            found.setdefault(id, Trail(id)).add(line)
    return told


def trail_row(trail: Trail, mail: Message | None) -> dict[str, Any]:
    """A message as the reply has it. mail: what the queue has of it, None where it has left.

    state: queued, frozen, removed, done, or unknown where the log ends before the message does.
    """
    row: dict[str, Any] = {"id": trail.id, "events": trail.events, "state": _state(trail, mail)}
    arrival = trail.arrival
    if arrival is not None:
        named = {"message_id": "id", "bounce_of": "R", "protocol": "P", "user": "U", "subject": "T"}
        row |= {name: arrival.fields.get(key, "") for name, key in named.items()}
        row |= {"at": arrival.at, "sender": arrival.address, "host": arrival.name, "helo": arrival.helo, "ip": arrival.ip}
        row |= {"auth": arrival.fields.get("A", "").partition(":")[2], "size": _whole(arrival.fields.get("S", ""))}
        row["recipients"] = [*arrival.recipients[:_MAX_RECIPIENTS]]
    elif mail is not None:
        row |= {"at": float(mail.arrived), "sender": mail.sender, "host": mail.host_name, "helo": mail.helo, "ip": mail.host}
        row |= {"auth": mail.auth, "user": mail.user, "subject": mail.subject, "size": mail.size}
        row["recipients"] = [*mail.recipients[:_MAX_RECIPIENTS]]
    if mail is not None:
        row["waiting"] = [*mail.recipients[:_MAX_RECIPIENTS]]
    if trail.completed_at:
        row["completed_at"] = trail.completed_at
    if trail.more:
        row["more"] = trail.more
    return {name: value for name, value in row.items() if value not in ("", 0, None) or name in ("sender", "events")}


def _state(trail: Trail, mail: Message | None) -> str:
    if mail is not None:
        return "frozen" if mail.is_frozen else "queued"
    if trail.is_removed:
        return "removed"
    return "done" if trail.completed_at else "unknown"


def _event(line: LogLine) -> dict[str, Any]:
    event: dict[str, Any] = {"at": line.at, "kind": line.kind, "address": line.address, "original": line.original}
    if line.kind in (DELIVERED, SUPPRESSED, FAILED, DEFERRED):
        event |= {"host": line.name, "ip": line.ip, "port": line.port, "router": line.fields.get("R", "")}
        event |= {"transport": line.fields.get("T", ""), "remote": line.remote, "answer": line.fields.get("C", "")}
    event |= {"code": line.code, "text": line.text}
    if line.kind == DEFERRED:
        event |= {"since": line.at, "times": 0 if line.code in _WAITED else 1}
    return {name: value for name, value in event.items() if value not in ("", 0) or name == "times"}


def _put_off_again(known: dict[str, Any], line: LogLine) -> None:
    """A message that still waits for its next try has the reason that it had."""
    if line.code in _WAITED:
        return
    kept = {"since": known["since"], "times": known["times"] + 1}
    known.clear()
    known.update({**_event(line), **kept})


def _stands_alone(text: str, address: str) -> bool:
    """Whether an address is one, and not the end or the beginning of another."""
    at = text.find(address)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(address) : at + len(address) + 2]
        is_last = not after or after[0] not in _SIGNS or (after[0] == "." and after[1:] not in _SIGNS)
        if (not before or before not in _SIGNS or before == "=") and is_last:
            return True
        at = text.find(address, at + 1)
    return False


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
