"""What the daemon and its front (frontprocess.py) say to each other over a socket pair: frames, and what they hold.

The daemon trusts the front no more than a network: all that comes from it is bounded, and read strictly.
"""

import json
import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Malformed
from ..message import Delivery, Destination, Kind, Publication
from ..names import is_identity
from ..wire.strictjson import JSONLimits, loads

# To the front. SETUP: brokers and settings, once. FILES: the brokers again, with renewed certificates. TAKEN: so many deliveries have
# been read. ASK: are you well?
SETUP, FILES, SUBSCRIBE, UNSUBSCRIBE, PUBLISH, TAKEN, ASK, CLOSE = b"S", b"f", b"+", b"-", b"p", b"k", b"?", b"q"
# From the front. STATE: how the connection fares, and the last publication that is sent. LINE: one for the log.
DELIVERY, STATE, LINE, WELL = b"d", b"s", b"l", b"!"

CREDIT = 64
"""Deliveries that the front may have handed over and the daemon not read: all others wait, and are dropped, in the front alone."""

_HEAD = struct.Struct("!cQII")  # kind, number, bytes of words, bytes of payload
_WORDS = JSONLimits(size=64 << 10, depth=6, string=32 << 10)
_LONGEST_LINE = 1000
_LONGEST_REPLY_TO = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the pair. words: plain values; payload: bytes as they are."""

    kind: bytes
    number: int = 0
    words: Any = None
    payload: bytes = b""

    def to_bytes(self) -> bytes:
        """Head, words and payload."""
        words = b"" if self.words is None else json.dumps(self.words, separators=(",", ":")).encode()
        return _HEAD.pack(self.kind, self.number, len(words), len(self.payload)) + words + self.payload


class Frames:
    """Puts received bytes together to frames. most_words, most_payload: bytes of each that a frame may have."""

    def __init__(self, most_payload: int, most_words: int = _WORDS.size) -> None:
        self._most_payload, self._most_words = most_payload, most_words
        self._limits = JSONLimits(most_words, _WORDS.depth, max(_WORDS.string, most_words))
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises Malformed for one that is too large, or whose words are no JSON."""
        self._buffer += data
        while len(self._buffer) >= _HEAD.size:
            kind, number, words, payload = _HEAD.unpack_from(self._buffer)
            if words > self._most_words or payload > self._most_payload:
                raise Malformed(f"a frame of {words} and {payload} bytes")
            end = _HEAD.size + words + payload
            if len(self._buffer) < end:
                return
            said = bytes(self._buffer[_HEAD.size : _HEAD.size + words])
            body = bytes(self._buffer[_HEAD.size + words : end])
            del self._buffer[:end]
            yield Frame(kind, number, loads(said, self._limits) if said else None, body)


def destination_words(destination: Destination) -> list[str]:
    """A destination as plain values."""
    return [destination.kind.value, destination.collective, destination.name]


def read_destination(words: Any) -> Destination:
    """What destination_words made. Raises Malformed."""
    match words:
        case [str(kind), str(collective), str(name)] if kind in (each.value for each in Kind):
            return Destination(Kind(kind), collective, name)
    raise Malformed("a place that is none")


def delivery_frame(delivery: Delivery) -> Frame:
    """A delivery, for the daemon."""
    words = {"source": destination_words(delivery.source), "reply_to": delivery.reply_to, "sender": delivery.sender}
    return Frame(DELIVERY, words=words, payload=delivery.payload)


def read_delivery(frame: Frame, subscribed: Collection[Destination]) -> Delivery:
    """What delivery_frame made, by one of the subscriptions. Raises Malformed."""
    match frame.words:
        case {"source": source, "reply_to": None | str() as reply_to, "sender": None | str() as sender, **more} if not more:
            pass
        case _:
            raise Malformed("a delivery with other words")
    if (found := read_destination(source)) not in subscribed:
        raise Malformed(f"a delivery for what is not subscribed: {found.name[:100]!r}")
    if reply_to is not None and len(reply_to) > _LONGEST_REPLY_TO:
        raise Malformed("a delivery with an overlong place for replies")
    if sender is not None and not is_identity(sender):
        raise Malformed("a delivery of a sender with no identity")
    return Delivery(frame.payload, found, reply_to, sender)


def publication_frame(number: int, publication: Publication) -> Frame:
    """A publication, for the front."""
    words = {
        "destination": destination_words(publication.destination),
        "sender": publication.sender,
        "time": publication.time,
        "ttl": publication.ttl,
        "reply_to": publication.reply_to,
    }
    return Frame(PUBLISH, number, words, publication.payload)


def read_publication(frame: Frame) -> Publication:
    """What publication_frame made."""
    words = dict(frame.words)
    return Publication(frame.payload, read_destination(words.pop("destination")), **words)


@dataclass(frozen=True, slots=True)
class State:
    """How the front fares. seen: changes of subscriptions that it has made; sent: the number of the last publication that is sent."""

    peer: str | None = None
    dropped: int = 0
    reconnects: int = 0
    is_subscribed: bool = False
    seen: int = 0
    sent: int = 0

    def to_frame(self) -> Frame:
        """For the daemon."""
        return Frame(STATE, words=[self.peer, self.dropped, self.reconnects, self.is_subscribed, self.seen, self.sent])

    @classmethod
    def from_frame(cls, frame: Frame) -> "State":
        """What to_frame made. Raises Malformed."""
        match frame.words:
            case [None | str() as peer, *counts] if len(counts) == 5 and (peer is None or len(peer) <= 300):
                dropped, reconnects, is_subscribed, seen, sent = counts
                if all(type(count) is int and 0 <= count < 1 << 63 for count in (dropped, reconnects, seen, sent)):
                    return cls(peer, dropped, reconnects, is_subscribed is True, seen, sent)
        raise Malformed("a state that is none")


def line_frame(level: int, text: str) -> Frame:
    """A line for the daemon's log."""
    return Frame(LINE, level, text[:_LONGEST_LINE])


def read_line(frame: Frame) -> tuple[int, str]:
    """Level, one of logging's, and text of what line_frame made. Raises Malformed."""
    if not isinstance(frame.words, str):
        raise Malformed("a line that is none")
    return (frame.number if frame.number in (10, 20, 30) else 40), frame.words[:_LONGEST_LINE]


def brokers_of(words: Any) -> list[Mapping[str, Any]]:
    """The brokers of SETUP or FILES, as the daemon has written them."""
    return list(words["brokers"])
