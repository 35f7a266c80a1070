"""Destinations and headers of the ActiveMQ family: the historic names, the same on every broker that has topics and queues.

One function each for what a SUBSCRIBE and a SEND carry. No I/O; every name is checked before it becomes part of a destination.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import ConnectorError
from ..message import Destination, Kind, Publication
from ..names import is_agent, is_collective, is_identity, is_reply_destination
from ..text import is_utf8

_TOKEN = re.compile(r"[A-Za-z0-9_.\-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Targets:
    """How one family of brokers is addressed: the functions that a connector needs, so that it is the same for all of them.

    subscribe_headers: (destination, own identity) -> headers of SUBSCRIBE, with `id` and `destination`. send_headers: of SEND.
    is_survivable: whether the text of an ERROR concerns one frame alone, so that the connection may stay.
    """

    subscribe_headers: Callable[[Destination, str], dict[str, str]]
    send_headers: Callable[[Publication], dict[str, str]]
    is_survivable: Callable[[str], bool]


def concerns_one_frame(text: str) -> bool:
    """Whether an ERROR of this text is about one message or subscription that the broker does not allow, and the connection stays.

    ActiveMQ and the embedded broker answer so. One forbidden reply queue, which any caller can ask for, must not throw a node off
    its broker.
    """
    return "is not authorized to" in text


def broker_destination(destination: Destination) -> str:
    """`/topic/C.AGENT.agent`, `/queue/C.nodes` or the reply queue itself. ConnectorError for a name that is none."""
    _check(destination)
    if destination.kind is Kind.REPLY:
        return destination.name
    if destination.kind is Kind.NODE:
        return f"/queue/{destination.collective}.nodes"
    return f"/topic/{destination.collective}.{destination.name}.agent"


def reply_destination(collective: str, identity: str, token: str) -> Destination:
    """A client's reply queue, `/queue/C.reply.IDENTITY_TOKEN`; token: `PID.RANDOM`, unguessable where nodes share a login."""
    if not (is_collective(collective) and is_identity(identity) and _TOKEN.fullmatch(token)):
        raise ConnectorError(f"no name for a reply queue: {collective!r}, {identity!r}, {token!r}")
    return Destination(Kind.REPLY, collective, f"/queue/{collective}.reply.{identity}_{token}")


def subscribe_headers(destination: Destination, identity: str) -> dict[str, str]:
    """Headers of a SUBSCRIBE. All nodes share one queue, so each selects what is its own; its id is the one Ruby uses."""
    name = broker_destination(destination)
    headers = {"destination": name, "id": name, "ack": "auto"}
    if destination.kind is Kind.NODE:
        if destination.name != identity:
            raise ConnectorError(f"{identity} may not subscribe to what is sent to {destination.name}")
        headers |= {"id": f"{destination.collective}_directed_to_identity", "selector": f"mc_identity = '{identity}'"}
    return headers


def send_headers(publication: Publication) -> dict[str, str]:
    """Headers of a SEND. Times are whole seconds in milliseconds; the broker drops the message when it has expired."""
    destination = publication.destination
    headers = {
        "destination": broker_destination(destination),
        "timestamp": f"{int(publication.time)}000",
        "expires": f"{int(publication.expires)}000",
        "mc_sender": publication.sender,
    }
    if destination.kind is Kind.NODE:
        headers["mc_identity"] = destination.name
    if publication.reply_to is not None:
        headers["reply-to"] = publication.reply_to
    check_headers(headers)
    return headers


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse what no version of STOMP can carry in a header: NUL, line ends, and text that is no UTF-8. Colons are escaped later."""
    for name, value in headers.items():
        if any(sign in value for sign in "\0\r\n") or len(value) > 4096 or not is_utf8(value):
            raise ConnectorError(f"the header {name} cannot be sent: it has a line end, a NUL, or more than 4096 characters")


PLAIN = Targets(subscribe_headers, send_headers, concerns_one_frame)
"""A broker that speaks STOMP and has topics, queues and selectors: the embedded one, Artemis."""


def _check(destination: Destination) -> None:
    shape = {Kind.AGENT: is_agent, Kind.NODE: is_identity, Kind.REPLY: is_reply_destination}[destination.kind]
    if not shape(destination.name):
        raise ConnectorError(f"{destination.name!r} is no {destination.kind.value} that anything can be sent to")
    if destination.kind is not Kind.REPLY and not is_collective(destination.collective):
        raise ConnectorError(f"{destination.collective!r} is no collective")
