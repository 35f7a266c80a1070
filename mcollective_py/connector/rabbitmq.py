"""Destinations and headers of RabbitMQ: two exchanges for each collective, one for replies or temporary queues.

The exchanges `C_broadcast` (topic) and `C_directed` (direct) must be there, `mcollective_reply` (direct) where it is used: a STOMP
client cannot make them, and RabbitMQ ends the connection of whoever names one that is not there (STOMP plugin, "Destinations").
"""

import logging
import re
import time
from collections.abc import Callable

from ..errors import ConnectorError
from ..message import EVERY_AGENT, Destination, Kind, Publication
from .attempts import missing_collective
from .targets import check_destination, check_headers, check_own, check_reply_name, shared

logger = logging.getLogger(__name__)

REPLY_EXCHANGE = "mcollective_reply"

# The forms that RabbitMQ takes from a node without a look at anything but its rights. /queue/NAME would make a queue that stays.
_PLACE = re.compile(rf"/(?:reply-queue|amq/queue|exchange/{REPLY_EXCHANGE})/[A-Za-z0-9_.\-]{{1,200}}", re.ASCII)
_TEMPORARY = re.compile(r"/temp-queue/[A-Za-z0-9_.\-]{1,200}", re.ASCII)

# `NOT_FOUND - no exchange 'x' in vhost '/'`, `ACCESS_REFUSED - access to exchange 'x' in vhost '/' refused for user 'y'`
_BLAMED = re.compile(r"(?:no|access to) exchange '([^']{1,255})'")
_SHUNNED_FOR = 300.0  # s; each further try costs a node its connection
_MOST_SHUNNED = 1000

# A queue of one connection: gone with it, under a name that RabbitMQ makes anew, so that nobody finds the place taken when he comes
# back. RabbitMQ 4.3 refuses queues that are neither durable nor exclusive, which a SUBSCRIBE without these headers makes before 4.2; a
# durable one would be shared by all hosts that subscribe with the same id.
_QUEUE = {"exclusive": "true", "auto-delete": "true"}


class RabbitMQTargets:
    """RabbitMQ's Targets, for one connector: it remembers for five minutes which exchange the broker refused.

    So nobody can throw a node off its broker again and again by the place he wants replies at, and a node one of whose collectives has
    no exchanges works in the others.

    has_reply_exchange: replies come by the exchange `mcollective_reply` in place of a temporary queue, whose name the broker makes and
    writes into the request's reply-to. is_multiplexed: one routing key for all agents of a collective. clock: monotonic seconds.
    """

    def __init__(
        self, *, has_reply_exchange: bool = False, is_multiplexed: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._has_reply_exchange, self._is_multiplexed, self._clock = has_reply_exchange, is_multiplexed, clock
        self._shunned: dict[str, float] = {}  # exchange -> until when it is left alone
        self._sent: set[str] = set()  # exchanges that something was broadcast to since they were last refused
        self._read_only: dict[str, float] = {}  # exchange -> until when nothing is broadcast to it

    def source(self, destination: Destination) -> Destination:
        """See the port."""
        return shared(destination) if self._is_multiplexed else destination

    def needs_subscribe(self, destination: Destination) -> bool:
        """See the port. RabbitMQ makes and reads a temporary queue when a SEND names it in reply-to, and refuses a SUBSCRIBE to it."""
        name = self._name(destination)
        return not (_TEMPORARY.fullmatch(name) or self._is_shunned(_exchange(name)))

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
        else:
            self._note_broadcast(_exchange(self._name(destination)))
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
        """Never: RabbitMQ ends the connection itself. The exchange that it refused is remembered."""
        blamed = _BLAMED.search(text)
        if blamed is not None:
            now = self._clock()
            if blamed[1] in self._sent:
                # What a host may not send it can still hear: its registrations must not cost it the requests.
                self._sent.discard(blamed[1])
                self._read_only[blamed[1]] = now + _SHUNNED_FOR
                hint = "a host may send registrations after `mco broker setup rabbitmq --registration` alone"
                logger.warning("nothing is sent to the exchange %s for the next %.0f s; %s", blamed[1], _SHUNNED_FOR, hint)
                return False
            known = [(exchange, until) for exchange, until in self._shunned.items() if until > now]
            self._shunned = dict([*known[-_MOST_SHUNNED:], (blamed[1], now + _SHUNNED_FOR)])
            question = missing_collective(text)
            hint = f"; {question}" if question else ""
            logger.warning("the exchange %s is left alone for the next %.0f s%s", blamed[1], _SHUNNED_FOR, hint)
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
        if self._is_shunned(_exchange(name)):
            raise ConnectorError(f"no place for replies on RabbitMQ: {name}: it refused the exchange {_exchange(name)} a while ago")

    def _note_broadcast(self, exchange: str) -> None:
        if self._clock() < self._read_only.get(exchange, 0.0):
            raise ConnectorError(f"RabbitMQ refused what was sent to the exchange {exchange} a while ago")
        self._sent.add(exchange)

    def _is_shunned(self, exchange: str) -> bool:
        return self._clock() < self._shunned.get(exchange, 0.0)


def _exchange(name: str) -> str:
    """The exchange that a destination names; queues are reached by the default one."""
    return name.split("/")[2] if name.startswith("/exchange/") else "amq.default"


def _no_place(name: str) -> str:
    return f"no place for replies on RabbitMQ: {name}; those are /reply-queue/NAME, /amq/queue/NAME and /exchange/{REPLY_EXCHANGE}/KEY"
