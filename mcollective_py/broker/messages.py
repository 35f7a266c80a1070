"""A message on its way through the broker, and a subscription that may receive it. Pure."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from .frames import encode_headers

if TYPE_CHECKING:
    from .destinations import Address
    from .selector import Selector

# What concerns one frame or the sender's own connection and is not passed on; the broker writes its own instead.
_OWN_HEADERS = frozenset(
    {"destination", "content-length", "receipt", "transaction", "subscription", "message-id", "ack", "login", "passcode"}
)

_OVERHEAD = 512  # bytes: the message itself, and its entry in a queue


class Holder(Protocol):
    """What publishers wait for: a slow reader, or a queue that fills up."""

    waiters: set["Publisher"]


class Receiver(Protocol):
    """The connection behind a subscription, as routing sees it."""

    waiters: set["Publisher"]

    @property
    def is_ready(self) -> bool:
        """Whether it should be given messages from queues: it is there, and reads what it was given."""
        ...

    @property
    def is_reading(self) -> bool:
        """Whether it reads what it is given, at a pace that is worth waiting for."""
        ...

    @property
    def is_backlogged(self) -> bool:
        """Whether its publishers ought to wait: it has very much to read, and is reading."""
        ...

    def deliver(self, subscription: "Subscription", message: "Message") -> None: ...


class Publisher(Protocol):
    """A connection that sends and can be told to wait."""

    def hold(self, holder: Holder) -> None: ...

    def release(self, holder: Holder) -> None: ...


class Message:
    """What was sent: headers to pass on, body, and when it is no longer worth delivering (seconds since the epoch, None: never).

    sender: whose share of the memory it counts for while it waits, None for nobody's.
    The frame is encoded once for each protocol version and shared by all who receive it: a fan-out to thousands copies nothing.
    """

    __slots__ = ("_heads", "_size", "arrived", "body_size", "destination", "expires", "headers", "id", "sender", "tail")

    def __init__(
        self,
        id: str,
        destination: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        arrived: float,
        expires: float | None,
        sender: str | None = None,
    ) -> None:
        self.id, self.destination = id, destination
        self.headers = headers
        self.arrived, self.expires, self.sender = arrived, expires, sender
        self.body_size = len(body)
        self.tail = b"\n%s\0" % body
        self._heads: dict[tuple[str, bool], bytes] = {}
        self._size = 0

    @property
    def size(self) -> int:
        """About how many bytes it keeps in memory, headers as Python holds them: one emoji makes four bytes of every letter."""
        if not self._size:  # worked out for those that have to wait, which are few
            texts = sum(sys.getsizeof(name) + sys.getsizeof(value) for name, value in self.headers.items())
            self._size = self.body_size + texts + sys.getsizeof(self.headers) + _OVERHEAD
        return self._size

    def head(self, version: str, *, with_ack: bool) -> bytes:
        """The frame up to where the subscription's own lines come; with_ack adds the `ack` header of STOMP 1.2."""
        key = version, with_ack
        head = self._heads.get(key)
        if head is None:
            head = b"MESSAGE\n" + encode_headers(self._pairs(with_ack), version)
            self._heads[key] = head
        return head

    def _pairs(self, with_ack: bool) -> list[tuple[str, str]]:
        pairs = [("destination", self.destination), ("message-id", self.id)]
        if with_ack:
            pairs.append(("ack", self.id))
        pairs += [pair for pair in self.headers.items() if pair[0] not in _OWN_HEADERS]
        pairs.append(("content-length", str(self.body_size)))
        return pairs


class Subscription:
    """One SUBSCRIBE of one connection. Compared by identity."""

    __slots__ = ("address", "id", "line", "receiver", "selector", "with_ack")

    def __init__(
        self,
        receiver: Receiver,
        address: "Address",
        *,
        id: str | None = None,
        selector: "Selector | None" = None,
        version: str = "1.2",
        with_ack: bool = False,
    ) -> None:
        self.receiver, self.address, self.id, self.selector, self.with_ack = receiver, address, id, selector, with_ack
        self.line = b"" if id is None else encode_headers([("subscription", id)], version)

    def wants(self, message: Message) -> bool:
        return self.selector is None or self.selector.matches(message.headers)
