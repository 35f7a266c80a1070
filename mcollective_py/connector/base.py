"""The connector port: all that the rest of the project knows of the middleware."""

from collections.abc import Iterable
from typing import Protocol

from ..message import Delivery, Destination, Publication


class Connector(Protocol):
    """A connection to one broker of a pool; threads may share it.

    The daemon's comes back by itself, for ever, with its subscriptions; the client's gives up when its deadline has passed.
    """

    def connect(self, timeout: float | None = None) -> None:
        """Connect to the first broker that answers; returns when connected.

        timeout: seconds for the whole pool, None to try for ever. Raises BrokerUnreachable naming every broker tried and why.
        """
        ...

    def subscribe(self, destinations: Iterable[Destination]) -> None:
        """Receive what is sent to these, now and after every reconnect. Subscribing twice is once."""
        ...

    def unsubscribe(self, destinations: Iterable[Destination]) -> None: ...

    def publish(self, publications: Iterable[Publication], *, confirm: float | None = None) -> None:
        """Hand messages over, in order, from any thread but the connector's own. Raises NotConnected when there is no broker.

        confirm: seconds to wait until the broker has taken the last of them, for a client that would hear of a refusal by nothing
        else: BrokerRefused in the broker's words, ConnectorClosed where it was lost. A broker that says nothing is a warning.
        """
        ...

    def receive(self, timeout: float | None = None) -> Delivery | None:
        """The next message; None when timeout (seconds) has passed. Raises ConnectorClosed once closed and empty."""
        ...

    def close(self) -> None:
        """Send what was handed over, say goodbye, free everything. Closing twice is once; wakes who waits in receive."""
        ...
