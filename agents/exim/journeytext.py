"""A journey as lines for people."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .ends import answer_of, clock, host_text, is_about, span, state_of, untried_of
from .journey import Journey, Stop
from .sent import number, text_of, time_of

_NAMED = 5  # recipients of one line


def journey_lines(journey: Journey, silent: Collection[str] = ()) -> list[str]:
    """The way: time, seconds since the beginning, host, and what happened there; what came of what stands below it.

    silent: hosts that gave no answer.
    """
    lines: list[str] = []
    start = 0.0
    width = max((2 * depth + len(stop.host) for depth, stop in journey.walk()), default=0)
    for depth, stop in journey.walk():
        if depth == 0:
            start = stop.at
            title = [text for text in (f"<{stop.text('message_id')}>" if stop.text("message_id") else "", stop.text("subject")) if text]
            lines += ["", *([" ".join(title)] if title else [])]
        place = f"{'  ' * depth}{stop.host}".ljust(width)
        for at, text in _stop_texts(journey, stop, silent):
            later = f"+{span(max(at - start, 0))}" if at and start and at > start else ""
            lines.append(f"{clock(at)}  {later:>7}  {place}  {text}".rstrip())
    return lines[1:]


def _stop_texts(journey: Journey, stop: Stop, silent: Collection[str]) -> Iterator[tuple[float, str]]:
    row = stop.row
    whence = host_text(text_of(row, "host") or text_of(row, "helo"), text_of(row, "ip"))
    if stop.text("bounce_of"):
        by = f"answer to {stop.text('bounce_of')}"
    elif whence:
        by = f"from {whence}"
    elif stop.text("user"):
        by = f"by {stop.text('user')} on this host"
    else:
        by = "received before its log begins" if not stop.at else "received"
    login = f", login {stop.text('auth')}" if stop.text("auth") else ""
    size = f", {number(row.get('size'))} bytes" if number(row.get("size")) else ""
    sender = f"<{stop.text('sender')}> " if stop.at or stop.text("sender") else ""
    yield stop.at, f"{stop.id}  {sender}{by}{login}{size}"
    for events in _alike(journey, stop):
        first = events[0][1]
        names = [text_of(event, "address") for _, event in events]
        who = f"{', '.join(names[:_NAMED])}{f' and {len(names) - _NAMED} more' if len(names) > _NAMED else ''}"
        yield time_of(first), f"  {_event_text(stop, silent, who, *events[0])}"
    if more := number(row.get("more")):
        yield time_of(row, "completed_at"), f"  and {more} lines more"
    if untried := untried_of(stop):
        yield 0.0, f"  {', '.join(untried[:_NAMED])} {'is frozen' if state_of(stop) == 'frozen' else 'waits'}, not tried yet"


def _event_text(stop: Stop, silent: Collection[str], who: str, at: int, event: Mapping[str, Any]) -> str:
    kind, text = text_of(event, "kind"), text_of(event, "text")
    host = host_text(text_of(event, "host"), text_of(event, "ip"))
    if kind == "delivered" and at in stop.handed:
        other, id = stop.handed[at]
        return f"{who} handed to {other}{f' [{ip}]' if (ip := text_of(event, 'ip')) else ''} as {id}"
    if kind == "delivered":
        if host:
            where = "which does not answer" if _is_one_of(text_of(event, "host"), silent) else "outside of the hosts asked"
            return f"{who} delivered to {host}, {where}: {answer_of(event)}"
        return f"{who} delivered here ({text_of(event, 'transport') or 'unknown transport'})"
    if kind == "failed":
        return f"{who} failed: {text}"
    if kind == "deferred":
        times = number(event.get("times"))
        since = f" {times} times since {clock(time_of(event, 'since'))}" if times > 1 else ""
        return f"{who} put off{since}: {text}"
    if kind == "suppressed":
        return f"{who} not delivered, for Exim was called with -N"
    return text or kind


def _alike(journey: Journey, stop: Stop) -> list[list[tuple[int, Mapping[str, Any]]]]:
    """Events that follow one another and differ in the recipient alone, as one."""
    groups: list[list[tuple[int, Mapping[str, Any]]]] = []
    last: object = None
    for at, event in enumerate(stop.events):
        if journey.addresses and text_of(event, "address") and not is_about(journey, stop, event):
            continue
        same = (text_of(event, "kind"), text_of(event, "ip"), text_of(event, "remote"), event.get("text"), int(time_of(event)))
        if groups and same == last and text_of(event, "address"):
            groups[-1].append((at, event))
        else:
            groups.append([(at, event)])
        last = same
    return groups


def _is_one_of(name: str, hosts: Collection[str]) -> bool:
    """Whether a name in a log is one of these hosts: mx3.example.org is mx3."""
    return bool(name) and any(name.lower() == host.lower() or name.lower().startswith(f"{host.lower()}.") for host in hosts)
