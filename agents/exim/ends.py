"""What became of each recipient of a journey in the end."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .journey import Journey, Stop
from .sent import text_of, texts_of, time_of

_WORDS = {"removed": "removed", "cancelled": "given up", "marked": "marked as delivered"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recipient. state: delivered, bounced, waiting, frozen, removed, unknown, ... host: of ours, the last one.

    to: the host that took it. at, since: when, and when that host got it, seconds since the epoch. after: seconds since the message was
    first seen, None where no log has that any more. hops: hosts of ours that it went over. is_bounce: of an answer.
    """

    recipient: str
    state: str
    host: str
    id: str
    to: str = ""
    text: str = ""
    at: float = 0.0
    since: float = 0.0
    after: float | None = 0.0
    hops: int = 1
    is_bounce: bool = False


def outcomes(journey: Journey) -> list[Outcome]:
    """What became of every recipient that was asked about, in the order of the way."""
    found: dict[tuple[str, str, str], Outcome] = {}
    way: list[Stop] = []
    for depth, stop in journey.walk():
        way[depth:] = [stop]
        for one in _ends(stop, way[0].at, len({stop.host for stop in way})):
            if not journey.addresses or _is_asked(journey, stop, one):
                found[stop.host, stop.id, one.recipient] = one
    return [*found.values()]


def outcome_line(one: Outcome) -> str:
    """`carol@chain.test: delivered by mx3 to sink.lab.test after 1s, over 3 hosts`."""
    name = f"{'the bounce to ' if one.is_bounce else ''}{one.recipient}"
    if one.state == "delivered":
        over = f", over {one.hops} hosts" if one.hops > 1 else ""
        return f"{name}: delivered by {one.host}{f' to {one.to}' if one.to else ''}{_after(one)}{over}"
    if one.state in ("waiting", "frozen"):
        head = "frozen on" if one.state == "frozen" else "waits on"
        return f"{name}: {head} {one.host} since {clock(one.since)}{f': {one.text}' if one.text else ', not tried yet'}"
    if one.state == "unknown":
        return f"{name}: the log of {one.host} says nothing more of {one.id}"
    return f"{name}: {one.state} by {one.host}{_after(one)}{f': {one.text}' if one.text else ''}"


def _after(one: Outcome) -> str:
    return "" if one.after is None else f" after {span(one.after)}"


def outcome_row(one: Outcome) -> dict[str, Any]:
    """The same for programs."""
    return asdict(one)


def _ends(stop: Stop, start: float, hops: int) -> Iterator[Outcome]:
    """What became of its recipients on this very host, of those that were not handed on to another of ours."""
    state = state_of(stop)
    waiting = {one.lower() for one in texts_of(stop.row, "waiting")}
    is_bounce = bool(stop.text("bounce_of")) or (bool(stop.at) and not stop.text("sender"))  # of no arrival no sender is known
    for at, event in enumerate(stop.events):
        kind, moment = text_of(event, "kind"), time_of(event)
        name = text_of(event, "address")
        told = text_of(event, "original")
        if told and told != name:
            name = f"{name} (for {told})"
        after = max(moment - start, 0.0) if start else None
        if kind == "delivered" and at not in stop.handed:
            to = host_text(text_of(event, "host"), text_of(event, "ip"))
            yield Outcome(name, "delivered", stop.host, stop.id, to, answer_of(event), moment, stop.at, after, hops, is_bounce)
        elif kind == "failed":
            yield Outcome(name, "bounced", stop.host, stop.id, "", text_of(event, "text"), moment, stop.at, after, hops, is_bounce)
        elif kind == "deferred":
            is_there = state in ("queued", "frozen") and (not waiting or text_of(event, "address").lower() in waiting or bool(told))
            word = ("frozen" if state == "frozen" else "waiting") if is_there else _gone(stop)
            yield Outcome(name, word, stop.host, stop.id, "", text_of(event, "text"), moment, stop.at, after, hops, is_bounce)
        elif kind == "marked":
            yield Outcome(name, _WORDS[kind], stop.host, stop.id, "", text_of(event, "text"), moment, stop.at, after, hops, is_bounce)
    for name in untried_of(stop):
        yield Outcome(name, _gone(stop), stop.host, stop.id, "", "", stop.at, stop.at, 0.0, hops, is_bounce)


def _gone(stop: Stop) -> str:
    """What became of recipients that no line of a delivery is about."""
    state = state_of(stop)
    if state in ("queued", "frozen"):
        return "waiting" if state == "queued" else "frozen"
    done = [_WORDS[kind] for event in stop.events if (kind := text_of(event, "kind")) in ("removed", "cancelled")]
    return done[-1] if done else "unknown"


def untried_of(stop: Stop) -> list[str]:
    """The recipients of which no event is: of a message in the queue those that wait."""
    tried = {text_of(event, name).lower() for event in stop.events for name in ("address", "original")}
    names = texts_of(stop.row, "waiting" if state_of(stop) in ("queued", "frozen") else "recipients")
    return [name for name in names if name.lower() not in tried and _unquoted(name) not in tried]


def state_of(stop: Stop) -> str:
    return stop.text("state")


def _unquoted(address: str) -> str:
    return address.replace('"', "").lower()


def is_about(journey: Journey, stop: Stop, event: Mapping[str, Any]) -> bool:
    """Whether an event is of interest where messages were asked for by address: all are of a sender's, else those of the recipient."""
    if stop.text("sender").lower() in journey.addresses or not any(name.lower() in journey.addresses for name in _recipients(stop)):
        return True
    return any(text_of(event, name).lower() in journey.addresses for name in ("address", "original"))


def _is_asked(journey: Journey, stop: Stop, one: Outcome) -> bool:
    if stop.text("sender").lower() in journey.addresses or not any(name.lower() in journey.addresses for name in _recipients(stop)):
        return True
    return any(address in one.recipient.lower() for address in journey.addresses)


def _recipients(stop: Stop) -> list[str]:
    return [*texts_of(stop.row, "recipients"), *(text_of(event, name) for event in stop.events for name in ("address", "original"))]


def host_text(name: str, ip: str) -> str:
    return f"{name} [{ip}]" if name and ip and name != ip else name or (f"[{ip}]" if ip else "")


def answer_of(event: Mapping[str, Any]) -> str:
    """The last line of what the other server answered."""
    return text_of(event, "answer").rpartition("\\n")[2] or "no answer in the log"


def clock(moment: float) -> str:
    """A time in the zone of who reads it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment)) if moment else " " * 19


def span(seconds: float) -> str:
    """`7s`, `3m20s`, `5h12m`, `2d04h`."""
    whole = max(int(seconds), 0)
    for size, letter, part, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            return f"{whole // size}{letter}{whole % size // part:02d}{small}"
    return f"{whole}s"
