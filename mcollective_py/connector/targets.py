"""How brokers are addressed: the port that each family fills, and the historic names of brokers that have topics and queues.

No I/O; every name is checked before it becomes part of a destination.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ..errors import ConnectorError
from ..message import EVERY_AGENT, Destination, Kind, Publication
from ..names import is_agent, is_collective, is_identity, is_place_for_replies
from ..text import is_utf8

_TOKEN = re.compile(r"[A-Za-z0-9_.\-]{1,100}", re.ASCII)

TOPIC_PLACES = ("/queue/", "/topic/")
"""How the places begin that a node answers to on ActiveMQ."""

PLAIN_PLACES = (*TOPIC_PLACES, "/reply-queue/")
"""The same on the embedded broker, which shows the temporary queues of others so."""


class Targets(Protocol):
    """How one family of brokers is addressed: all that a connector needs to be the same for all of them."""

    def source(self, destination: Destination) -> Destination:
        """The subscription that messages to this destination come by: itself, or the topic that all agents share."""
        ...

    def needs_subscribe(self, destination: Destination) -> bool:
        """False where the broker delivers without having been asked, and while it is known to refuse."""
        ...

    def subscribe_headers(self, destination: Destination, identity: str) -> dict[str, str]:
        """Headers of a SUBSCRIBE by this host, with `id` and `destination`. ConnectorError for what it may not subscribe to."""
        ...

    def send_headers(self, publication: Publication) -> dict[str, str]:
        """Headers of a SEND. ConnectorError for what this family of brokers would not take, or would end the connection for."""
        ...

    def is_survivable(self, text: str) -> bool:
        """Whether the text of an ERROR concerns one frame alone, so that the connection may stay."""
        ...

    def reply_destination(self, collective: str, identity: str, token: str) -> Destination:
        """Where a client has its replies sent. token: `PID.RANDOM`, unguessable where nodes share a login."""
        ...


@dataclass(frozen=True, slots=True)
class TopicTargets:
    """Brokers with topics, queues and selectors. priority: sent with every message, 0 with none.

    is_multiplexed: one topic for all agents of a collective. places: how the places begin that replies are sent to.
    """

    priority: int = 0
    is_multiplexed: bool = False
    places: tuple[str, ...] = PLAIN_PLACES

    def source(self, destination: Destination) -> Destination:
        """See the port."""
        return shared(destination) if self.is_multiplexed else destination

    def needs_subscribe(self, destination: Destination) -> bool:
        """Always."""
        return True

    def subscribe_headers(self, destination: Destination, identity: str) -> dict[str, str]:
        """See the port."""
        return subscribe_headers(self.source(destination), identity)

    def send_headers(self, publication: Publication) -> dict[str, str]:
        """See the port."""
        destination = self.source(publication.destination)
        if destination.kind is Kind.REPLY and not destination.name.startswith(self.places):
            raise ConnectorError(f"no place for replies on this broker: {destination.name}; those begin with {', '.join(self.places)}")
        headers = send_headers(replace(publication, destination=destination))
        return headers | {"priority": str(self.priority)} if self.priority else headers

    def is_survivable(self, text: str) -> bool:
        """Whether it is about one message or subscription that the broker does not allow, and the connection stays.

        ActiveMQ and the embedded broker answer so. One forbidden reply queue, which any caller can ask for, must not throw a node
        off its broker.
        """
        return "is not authorized to" in text

    def reply_destination(self, collective: str, identity: str, token: str) -> Destination:
        """See the port."""
        return reply_destination(collective, identity, token)


def shared(destination: Destination) -> Destination:
    """The topic that all agents share, in the place of an agent's own."""
    if destination.kind is not Kind.AGENT:
        return destination
    check_destination(destination)
    return replace(destination, name=EVERY_AGENT)


def broker_destination(destination: Destination) -> str:
    """`/topic/C.AGENT.agent`, `/topic/C.agents`, `/queue/C.nodes` or the reply queue itself. ConnectorError for a name that is none."""
    check_destination(destination)
    if destination.kind is Kind.REPLY:
        return destination.name
    if destination.kind is Kind.NODE:
        return f"/queue/{destination.collective}.nodes"
    if destination.name == EVERY_AGENT:
        return f"/topic/{destination.collective}.agents"
    return f"/topic/{destination.collective}.{destination.name}.agent"


def reply_destination(collective: str, identity: str, token: str) -> Destination:
    """A client's reply queue, `/queue/C.reply.IDENTITY_TOKEN`."""
    check_reply_name(collective, identity, token)
    return Destination(Kind.REPLY, collective, f"/queue/{collective}.reply.{identity}_{token}")


def subscribe_headers(destination: Destination, identity: str) -> dict[str, str]:
    """Headers of a SUBSCRIBE. All nodes share one queue, so each selects what is its own; its id is the one Ruby uses."""
    name = broker_destination(destination)
    headers = {"destination": name, "id": name, "ack": "auto"}
    if destination.kind is Kind.NODE:
        check_own(destination, identity)
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


def check_destination(destination: Destination) -> None:
    """Refuse a name that could mean more than itself. ConnectorError."""
    shape = {Kind.AGENT: _is_agent, Kind.NODE: is_identity, Kind.REPLY: is_place_for_replies}[destination.kind]
    if not shape(destination.name):
        raise ConnectorError(f"{destination.name!r} is no {destination.kind.value} that anything can be sent to")
    if destination.kind is not Kind.REPLY and not is_collective(destination.collective):
        raise ConnectorError(f"{destination.collective!r} is no collective")


def check_own(destination: Destination, identity: str) -> None:
    """Refuse to listen for another node. ConnectorError."""
    if destination.name != identity:
        raise ConnectorError(f"{identity} may not subscribe to what is sent to {destination.name}")


def check_reply_name(collective: str, identity: str, token: str) -> None:
    """Refuse words that a reply destination cannot be made of. ConnectorError."""
    if not (is_collective(collective) and is_identity(identity) and _TOKEN.fullmatch(token)):
        raise ConnectorError(f"no name for a reply queue: {collective!r}, {identity!r}, {token!r}")


PLAIN = TopicTargets()
"""A broker that speaks STOMP and has topics, queues and selectors: the embedded one, Artemis."""


def _is_agent(name: object) -> bool:
    return name == EVERY_AGENT or is_agent(name)
