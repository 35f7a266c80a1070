"""Messages over several hosts: what each host tells of its own part, put together to one way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .messageid import is_message_id
from .sent import mappings, text_of, texts_of, time_of

MAX_MESSAGES = 500  # in all
_ASKED_AT_ONCE = 500
_APART = 600.0  # seconds that two hosts' clocks, or the two lines about one hand-over, may be apart
Key = tuple[str, str]  # host, id


@dataclass(slots=True)
class Stop:
    """A message on one host. handed: the events by which it went on, with the messages that they became there."""

    host: str
    id: str
    row: Mapping[str, Any]
    events: list[Mapping[str, Any]]
    is_asked: bool = False
    handed: dict[int, Key] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What it is known by: an id is one of its host alone."""
        return self.host, self.id

    @property
    def at(self) -> float:
        """When it came, seconds since the epoch; 0 where nobody says."""
        return time_of(self.row)

    def text(self, name: str) -> str:
        """A text of it; empty where the host says none."""
        return text_of(self.row, name)


class Journey:
    """All that is known of some messages, host by host. addresses: in small letters, where messages were asked for by those."""

    def __init__(self, ids: Iterable[str] = (), references: Iterable[str] = (), addresses: Iterable[str] = ()) -> None:
        self.stops: dict[Key, Stop] = {}
        self.addresses = frozenset(addresses)
        self.is_cut = False
        self._asked: set[str] = {*ids}
        self._named: set[str] = {*references}
        self._is_first = True

    def take(self, host: str, messages: object) -> None:
        """What a host answers. What is wrong in it is left out."""
        for row in mappings(messages):
            id = text_of(row, "id")
            if not is_message_id(id) or (host, id) in self.stops:
                continue
            if len(self.stops) >= MAX_MESSAGES:
                self.is_cut = True
                return
            self.stops[host, id] = Stop(host, id, row, mappings(row.get("events")), self._is_first)

    def questions(self) -> tuple[list[str], list[str]]:
        """The ids and the Message-IDs that all hosts are to be asked for next; nothing where there is nothing new."""
        self._is_first = False
        ids: dict[str, None] = {}
        names: dict[str, None] = {}
        reached = self._reached()
        later = {key for stop in reached for key in stop.handed.values()}
        for stop in reached:
            # Who handed it on has its id in the answer that he got: the log has no Message-ID of many a message.
            own = [stop.id] if stop.text("ip") and stop.key not in later else []
            for id in (*own, stop.text("bounce_of"), *(text_of(event, "remote") for event in stop.events)):
                if is_message_id(id) and id not in self._asked:
                    ids[id] = None
            if (name := stop.text("message_id")) and name not in self._named and len(name) < 999 and name.isprintable():
                names[name] = None
        chosen = [*ids][:_ASKED_AT_ONCE], [*names][:_ASKED_AT_ONCE]
        self._asked |= {*chosen[0]}
        self._named |= {*chosen[1]}
        return chosen

    @property
    def earliest(self) -> float:
        """When the first of the messages came, seconds since the epoch; 0 where there is none."""
        return min((stop.at for stop in self._reached() if stop.at), default=0.0)

    def roots(self) -> list[Stop]:
        """The messages that have come from none of the others, in the order of their times."""
        reached = self._reached()
        later = {key for stop in reached for key in stop.handed.values()} | {key for stop in reached for key in self.bounces(stop)}
        return sorted((stop for stop in reached if stop.key not in later), key=lambda stop: (stop.at, stop.key))

    def bounces(self, stop: Stop) -> list[Key]:
        """The answers to a message that its own host made."""
        return sorted(key for key, other in self.stops.items() if other.host == stop.host and other.text("bounce_of") == stop.id)

    def walk(self) -> Iterator[tuple[int, Stop]]:
        """Every message below the one that it came from: how deep, and which. No message comes twice."""
        seen: set[Key] = set()
        for root in (*self.roots(), *self._reached()):  # in a circle none is the first
            waiting = [(0, root)]
            while waiting:
                depth, stop = waiting.pop()
                if stop.key in seen:
                    continue
                seen.add(stop.key)
                yield depth, stop
                following = dict.fromkeys([*stop.handed.values(), *self.bounces(stop)])
                waiting += [(depth + 1, self.stops[key]) for key in reversed(following) if key in self.stops]

    def _reached(self) -> list[Stop]:
        """The messages that were asked for, and all that are one with them: an id alone may be that of another on another host."""
        self._link()
        near: dict[Key, set[Key]] = {}
        for stop in self.stops.values():
            for key in (*stop.handed.values(), *self.bounces(stop)):
                near.setdefault(stop.key, set()).add(key)
                near.setdefault(key, set()).add(stop.key)
        names = {stop.text("message_id") for stop in self.stops.values() if stop.is_asked} - {""}
        waiting = [stop.key for stop in self.stops.values() if stop.is_asked or stop.text("message_id") in names]
        reached = set(waiting)
        while waiting:
            for key in near.get(waiting.pop(), ()):
                if key not in reached:
                    reached.add(key)
                    waiting.append(key)
        return [stop for key, stop in self.stops.items() if key in reached]

    def _link(self) -> None:
        by_id: dict[str, list[Stop]] = {}
        by_name: dict[str, list[Stop]] = {}
        for stop in self.stops.values():
            stop.handed = {}
            by_id.setdefault(stop.id, []).append(stop)
            if name := stop.text("message_id"):
                by_name.setdefault(name, []).append(stop)
        for stop in self.stops.values():
            for at, event in enumerate(stop.events):
                if text_of(event, "kind") != "delivered" or not text_of(event, "ip"):
                    continue
                remote = text_of(event, "remote")
                others = (
                    by_id.get(remote, ()) if remote else by_name.get(stop.text("message_id"), ()) if not event.get("answer") else ()
                )
                if (other := _taken_by(stop, event, others)) is not None:
                    stop.handed[at] = other.key


def _taken_by(stop: Stop, event: Mapping[str, Any], others: Iterable[Stop]) -> Stop | None:
    """The message that a delivery became: of the same sender or Message-ID, at the same time."""
    fitting = [
        other
        for other in others
        if other.key != stop.key
        and abs(other.at - time_of(event)) <= _APART
        and (
            stop.text("message_id") == other.text("message_id")
            if stop.text("message_id") and other.text("message_id")
            else stop.text("sender").lower() == other.text("sender").lower()
        )
    ]
    wanted = text_of(event, "address")
    return min(
        fitting, key=lambda other: (wanted not in texts_of(other.row, "recipients"), abs(other.at - time_of(event))), default=None
    )
