"""A broker in memory, with real topics and queues, for tests and examples: several connectors in one process."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from ..errors import BrokerUnreachable, ConnectorClosed, NotConnected
from ..message import Delivery, Destination, Kind, Publication
from .inbox import Inbox
from .subscriptions import Subscriptions
from .targets import PLAIN, Targets, broker_destination

_MOST_WAITING = 10_000  # messages in one queue that nobody reads yet


class LoopbackBroker:
    """Topics reach every subscriber, a queue's message exactly one; directed requests wait in a queue of their identity.

    clock: gives seconds since the epoch, to tell which waiting messages have outlived their time.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._changed = threading.RLock()
        self._subscribers: dict[str, list[tuple[LoopbackConnector, Destination]]] = {}
        self._waiting: dict[str, deque[Publication]] = {}
        self.is_up = True

    def connector(self, identity: str, *, is_daemon: bool = True, targets: Targets = PLAIN) -> "LoopbackConnector":
        """A connector to this broker, not yet connected. targets: of the kind that has topics and queues."""
        return LoopbackConnector(self, identity, is_daemon=is_daemon, targets=targets)

    def stop(self) -> None:
        """As if the broker were killed: what waits in it is gone, and nothing can be published."""
        with self._changed:
            self.is_up = False
            self._waiting.clear()

    def start(self) -> None:
        """Bring it back; connectors go on as if they had reconnected."""
        with self._changed:
            self.is_up = True

    def add(self, connector: "LoopbackConnector", destination: Destination) -> None:
        """Begin to deliver; what waits in the queue comes at once."""
        name = _queue_name(destination)
        with self._changed:
            self._subscribers.setdefault(name, []).append((connector, destination))
            for publication in self._waiting.pop(name, ()):
                self.send(publication)

    def remove(self, connector: "LoopbackConnector", destination: Destination) -> None:
        """Stop delivering."""
        name = _queue_name(destination)
        with self._changed:
            left = [entry for entry in self._subscribers.get(name, ()) if entry[0] is not connector]
            if left:
                self._subscribers[name] = left
            else:
                self._subscribers.pop(name, None)

    def send(self, publication: Publication) -> None:
        """Deliver to everyone, to one, or keep it until one comes."""
        name = _queue_name(publication.destination)
        with self._changed:
            if not self.is_up:
                raise NotConnected("the loopback broker is stopped")
            if publication.expires < self._clock():
                return
            readers = self._subscribers.get(name, [])
            if publication.destination.kind is not Kind.AGENT:
                if not readers:
                    self._waiting.setdefault(name, deque(maxlen=_MOST_WAITING)).append(publication)
                    return
                readers.append(readers.pop(0))  # the next message goes to the next reader
                readers = readers[-1:]
            for connector, source in readers:
                connector.take(Delivery(publication.payload, source, publication.reply_to, publication.sender))


class LoopbackConnector:
    """A Connector to a LoopbackBroker in the same process."""

    def __init__(self, broker: LoopbackBroker, identity: str, *, is_daemon: bool = True, targets: Targets = PLAIN) -> None:
        self._broker, self._identity, self._is_daemon, self._targets = broker, identity, is_daemon, targets
        self._inbox = Inbox()
        self._subscriptions = Subscriptions(targets, identity)
        self._is_connected = self._is_closed = False

    @property
    def peer(self) -> str | None:
        """`loopback:0` while connected."""
        return "loopback:0" if self._is_connected and self._broker.is_up else None

    @property
    def dropped(self) -> int:
        """Messages that came faster than they were read."""
        return self._inbox.dropped

    @property
    def reconnects(self) -> int:
        """None: it is never lost."""
        return 0

    def wait_subscribed(self, timeout: float) -> bool:
        """At once."""
        return self.peer is not None

    def connect(self, timeout: float | None = None) -> None:
        """See the port."""
        if self._is_closed:
            raise ConnectorClosed("the connector is closed")
        if not self._broker.is_up:
            raise BrokerUnreachable([("loopback:0", "the loopback broker is stopped")])
        if not self._is_connected:
            self._is_connected = True
            for destination in self._subscriptions.sources():
                self._broker.add(self, destination)

    def subscribe(self, destinations: Iterable[Destination]) -> None:
        """See the port."""
        for destination in destinations:
            if self._subscriptions.add(destination) is not None and self._is_connected:
                self._broker.add(self, self._targets.source(destination))

    def unsubscribe(self, destinations: Iterable[Destination]) -> None:
        """See the port."""
        for destination in destinations:
            if self._subscriptions.remove(destination) is not None:
                self._broker.remove(self, self._targets.source(destination))

    def publish(self, publications: Iterable[Publication], *, confirm: float | None = None) -> None:
        """See the port. It is with the broker at once."""
        publications = [replace(each, destination=self._targets.source(each.destination)) for each in publications]
        for publication in publications:
            self._targets.send_headers(publication)  # refuses what a real broker could not carry
        if self._is_closed:
            raise ConnectorClosed("the connector is closed")
        if not self._is_connected:
            raise NotConnected("connect was not called")
        for publication in publications:
            self._broker.send(publication)

    def receive(self, timeout: float | None = None) -> Delivery | None:
        """See the port."""
        return self._inbox.get(timeout)

    def close(self) -> None:
        """See the port."""
        self._is_closed, self._is_connected = True, False
        for destination in self._subscriptions.sources():
            self._broker.remove(self, destination)
        self._subscriptions = Subscriptions(self._targets, self._identity)
        self._inbox.close("the connector is closed")

    def take(self, delivery: Delivery) -> None:
        """Called by the broker."""
        self._inbox.put(delivery)


def _queue_name(destination: Destination) -> str:
    """The broker's name for it; a node's share of the nodes queue, which real brokers cut out by the selector, has its own."""
    name = broker_destination(destination)
    return f"{name}?{destination.name}" if destination.kind is Kind.NODE else name
