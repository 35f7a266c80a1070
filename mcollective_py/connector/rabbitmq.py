"""Destinations and headers of RabbitMQ: two exchanges for each collective, one for replies or temporary queues.

The exchanges `C_broadcast` (topic) and `C_directed` (direct) must be there, `mcollective_reply` (direct) where it is used: a STOMP
client cannot make them, and RabbitMQ ends the connection of whoever names one that is not there (STOMP plugin, "Destinations").
"""

import re
import time
from collections.abc import Callable

from ..errors import ConnectorError
from ..message import EVERY_AGENT, Destination, Kind, Publication
from .targets import check_destination, check_headers, check_own, check_reply_name, shared

REPLY_EXCHANGE = "mcollective_reply"

# The forms that RabbitMQ takes from a node without a look at anything but its rights. /queue/NAME would make a queue that stays.
_PLACE = re.compile(rf"/(?:reply-queue|amq/queue|exchange/{REPLY_EXCHANGE})/[A-Za-z0-9_.\-]{{1,200}}", re.ASCII)
_TEMPORARY = re.compile(r"/temp-queue/[A-Za-z0-9_.\-]{1,200}", re.ASCII)

# `NOT_FOUND - no exchange 'x' in vhost '/'`, `ACCESS_REFUSED - access to exchange 'x' in vhost '/' refused for user 'y'`
_BLAMED = re.compile(r"(?:no|access to) exchange '([^']{1,255})'")
_SHUNNED_FOR = 600.0  # s; each further try would cost a node its connection

# A queue of one connection: gone with it, under a name that RabbitMQ makes anew, so that nobody finds the place taken when he comes
# back. RabbitMQ 4.3 refuses queues that are neither durable nor exclusive, which a SUBSCRIBE without these headers makes before 4.2; a
# durable one would be shared by all hosts that subscribe with the same id.
_QUEUE = {"exclusive": "true", "auto-delete": "true"}


class RabbitMQTargets:
    """RabbitMQ's Targets, for one connector: it remembers which exchange the broker refused, so that nobody can make a node try again.

    has_reply_exchange: replies come by the exchange `mcollective_reply` in place of a temporary queue, whose name the broker makes and
    writes into the request's reply-to. is_multiplexed: one routing key for all agents of a collective. clock: monotonic seconds.
    """

    def __init__(
        self, *, has_reply_exchange: bool = False, is_multiplexed: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._has_reply_exchange, self._is_multiplexed, self._clock = has_reply_exchange, is_multiplexed, clock
        self._shunned: dict[str, float] = {}  # where replies go -> until when nothing is sent there

    def source(self, destination: Destination) -> Destination:
        """See the port."""
        return shared(destination) if self._is_multiplexed else destination

    def needs_subscribe(self, destination: Destination) -> bool:
        """False for a temporary queue: RabbitMQ makes and reads it when a SEND names it in reply-to, and refuses a SUBSCRIBE to it."""
        return not _TEMPORARY.fullmatch(destination.name)

    def subscribe_headers(self, destination: Destination, identity: str) -> dict[str, str]:
        """See the port."""
        name = self._name(destination)
        if destination.kind is Kind.NODE:
            check_own(destination, identity)
        return {"destination": name, "id": name, "ack": "auto", **_QUEUE}

    def send_headers(self, publication: Publication) -> dict[str, str]:
        """See the port. `expiration` is relative, in milliseconds."""
        destination, reply_to = publication.destination, publication.reply_to
        if destination.kind is Kind.REPLY:
            self._check_place(destination.name)
        headers = {
            "destination": self._name(destination),
            "expiration": str(int((publication.ttl + 10) * 1000)),
            "mc_sender": publication.sender,
        }
        if reply_to is not None:
            if not (_TEMPORARY.fullmatch(reply_to) or _PLACE.fullmatch(reply_to)):
                raise ConnectorError(_no_place(reply_to))
            headers["reply-to"] = reply_to
        check_headers(headers)
        return headers

    def is_survivable(self, text: str) -> bool:
        """Never: RabbitMQ ends the connection itself. What it refused to take replies for is remembered."""
        blamed = _BLAMED.search(text)
        if blamed is not None and blamed[1] in (REPLY_EXCHANGE, "amq.default"):
            self._shunned[blamed[1]] = self._clock() + _SHUNNED_FOR
        return False

    def reply_destination(self, collective: str, identity: str, token: str) -> Destination:
        """`/exchange/mcollective_reply/IDENTITY_TOKEN`, or a temporary queue, whose name is this connection's own affair."""
        check_reply_name(collective, identity, token)
        if self._has_reply_exchange:
            return Destination(Kind.REPLY, collective, f"/exchange/{REPLY_EXCHANGE}/{identity}_{token}")
        return Destination(Kind.REPLY, collective, f"/temp-queue/{REPLY_EXCHANGE}_{collective}")

    def _name(self, destination: Destination) -> str:
        destination = self.source(destination)
        check_destination(destination)
        if destination.kind is Kind.REPLY:
            return destination.name
        if destination.kind is Kind.NODE:
            return f"/exchange/{destination.collective}_directed/{destination.name}"
        if destination.name == EVERY_AGENT:
            return f"/exchange/{destination.collective}_broadcast"
        return f"/exchange/{destination.collective}_broadcast/{destination.name}"

    def _check_place(self, name: str) -> None:
        if not _PLACE.fullmatch(name):
            raise ConnectorError(_no_place(name))
        exchange = REPLY_EXCHANGE if name.startswith(f"/exchange/{REPLY_EXCHANGE}/") else "amq.default"
        if self._clock() < self._shunned.get(exchange, 0.0):
            raise ConnectorError(f"{_no_place(name)}: the broker refused the exchange {exchange} a while ago")


def _no_place(name: str) -> str:
    return f"no place for replies on RabbitMQ: {name}; those are /reply-queue/NAME, /amq/queue/NAME and /exchange/{REPLY_EXCHANGE}/KEY"
