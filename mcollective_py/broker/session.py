"""What a client's frames mean once they are read: login, subscriptions, sends, transactions. Knows no socket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from .. import __version__
from .destinations import TEMP, TOPIC, Address, parse_destination
from .frames import Frame, RefusedFrame, RefusedSend, encode_frame
from .messages import Holder, Message, Receiver, Subscription
from .rights import Member, check_read, check_reply_to, check_write
from .router import Permit, Router
from .selector import parse_selector
from .settings import BrokerLimits

VERSIONS = ("1.2", "1.1", "1.0")  # best first
_MAX_HEARTBEAT_MS = 24 * 3600 * 1000


class Peer(Receiver, Protocol):
    """The connection of a session, as the session sees it."""

    def send(self, frame: bytes) -> None: ...

    def finish(self) -> None:
        """Send what is waiting, then close."""
        ...

    def hold(self, holder: Holder) -> None: ...


@dataclass(frozen=True, slots=True)
class Hello:
    """A CONNECT frame's wishes: version agreed on, and the two heart-beat periods in seconds, 0 for none."""

    version: str
    send_every_s: float
    expect_every_s: float


def read_hello(frame: Frame, heartbeat_s: float) -> Hello:
    """What a CONNECT asks for. Raises RefusedFrame for versions or heart-beats that cannot be agreed on."""
    asked = frame.headers.get("accept-version", "1.0").split(",")
    version = next((version for version in VERSIONS if version in asked), None)
    if version is None:
        raise RefusedFrame(f"supported protocol versions are {' '.join(reversed(VERSIONS))}")
    numbers = frame.headers.get("heart-beat", "0,0").split(",") if version != "1.0" else ["0", "0"]
    if len(numbers) != 2 or not all(text.isascii() and text.isdigit() and len(text) <= 10 for text in numbers):
        raise RefusedFrame("heart-beat is two numbers of milliseconds")
    theirs_ms, wanted_ms = (min(int(text), _MAX_HEARTBEAT_MS) for text in numbers)
    # We offer and ask for heartbeat_s at the least; a 0 on their side means none (STOMP 1.2, "Heart-beating").
    return Hello(
        version,
        send_every_s=max(wanted_ms / 1000, heartbeat_s) if wanted_ms else 0.0,
        expect_every_s=max(theirs_ms / 1000, heartbeat_s) if theirs_ms else 0.0,
    )


def connected_frame(hello: Hello, session: str, heartbeat_s: float) -> bytes:
    """The answer to a good login; session: a name for the connection. heartbeat_s: the shortest period that we offer and want."""
    beat = f"{heartbeat_s * 1000:.0f}"
    headers = {"version": hello.version, "session": session, "server": f"mcollective_py/{__version__}", "heart-beat": f"{beat},{beat}"}
    return encode_frame("CONNECTED", headers)


class Session:
    """One logged-in client. `handle` takes its frames in order; a RefusedFrame out of it becomes ERROR and ends the connection.

    After a RefusedSend the session goes on.
    """

    __slots__ = (
        "_limits",
        "_peer",
        "_router",
        "_subscriptions",
        "_temp_queues",
        "_transaction_bytes",
        "_transactions",
        "member",
        "version",
    )

    def __init__(self, peer: Peer, router: Router, limits: BrokerLimits, member: Member, version: str) -> None:
        self.member, self.version = member, version
        self._peer, self._router, self._limits = peer, router, limits
        self._subscriptions: dict[str, Subscription] = {}
        self._temp_queues: dict[str, Address] = {}
        self._transactions: dict[str, list[tuple[Permit, Message]]] = {}
        self._transaction_bytes = 0

    def handle(self, frame: Frame) -> None:
        """Do what a frame says, and confirm it where it asks for a receipt."""
        command = _COMMANDS.get(frame.command)
        if command is None:
            raise RefusedFrame("already connected")
        command(self, frame.headers, frame.body)
        if "receipt" in frame.headers:
            self._peer.send(encode_frame("RECEIPT", {"receipt-id": frame.headers["receipt"]}, version=self.version))
        if frame.command == "DISCONNECT":
            self._peer.finish()

    def close(self) -> None:
        """Forget the client: its subscriptions, temporary queues and open transactions."""
        for subscription in self._subscriptions.values():
            self._router.unsubscribe(subscription)
        for address in self._temp_queues.values():
            self._router.end_queue(address)
        self._subscriptions.clear()
        self._temp_queues.clear()
        self._transactions.clear()

    def refill(self) -> None:
        """Fetch waiting messages from this client's queues; for when it has read what it was given."""
        for subscription in self._queue_subscriptions():
            self._router.refill(subscription)

    def release_publishers(self) -> None:
        """Let those go on who wait because of this client."""
        for subscription in self._queue_subscriptions():
            self._router.release_publishers(subscription)

    def _queue_subscriptions(self) -> list[Subscription]:
        return [subscription for subscription in self._subscriptions.values() if subscription.address.kind != TOPIC]

    def _send(self, headers: dict[str, str], body: bytes) -> None:
        if "transaction" in headers:
            self._send_or_refuse(headers, body)  # the rest of a transaction is not sent without a part of it
            return
        try:
            self._send_or_refuse(headers, body)
        except RefusedFrame as error:
            raise RefusedSend(self.member.name, str(error)) from None

    def _send_or_refuse(self, headers: dict[str, str], body: bytes) -> None:
        text = headers.get("destination", "")
        # What a role may send to was worked out before, nearly always: the answers of a whole fleet go to one queue.
        permit = self._router.permitted.get((self.member.role.name, text)) or self._permit(text)
        reply_to = headers.get("reply-to")
        if reply_to is not None:
            headers = {**headers, "reply-to": self._reply_address(reply_to)}
        message = self._router.new_message(permit.address, headers, body, self.member.bounded_name)
        transaction = headers.get("transaction")
        if transaction is None:
            self._publish(permit, message)
            return
        waiting = self._transactions.get(transaction)
        if waiting is None:
            raise RefusedFrame("no such transaction")
        self._transaction_bytes += message.size
        too_many = sum(len(messages) for messages in self._transactions.values()) >= self._limits.transaction_messages
        if too_many or self._transaction_bytes > self._limits.transaction_bytes:
            raise RefusedFrame("too much in open transactions")
        waiting.append((permit, message))

    def _publish(self, permit: Permit, message: Message) -> None:
        for holder in self._router.publish(permit.address, message, makes_queue=permit.makes_queue):
            self._peer.hold(holder)

    def _permit(self, text: str) -> Permit:
        address = parse_destination(text)
        check_write(self.member, address)
        permitted = self._router.permitted
        if len(permitted) >= 4096:
            permitted.clear()
        permit = permitted[self.member.role.name, text] = Permit(address, not self.member.role.may("existing", address))
        return permit

    def _reply_address(self, text: str) -> str:
        address = parse_destination(text)
        if address.kind == TEMP:
            return str(self._temp_queue(address))
        check_reply_to(self.member, address)
        return text

    def _temp_queue(self, address: Address) -> Address:
        """The real address of this client's own temporary queue, made when it is first named."""
        own = self._temp_queues.get(address.name)
        if own is None:
            check_read(self.member, address, None)
            if len(self._temp_queues) >= self._limits.temp_queues:
                raise RefusedFrame(f"more than {self._limits.temp_queues} temporary queues")
            own = self._temp_queues[address.name] = self._router.new_temp_queue(address)
        return own

    def _subscribe(self, headers: dict[str, str], body: bytes) -> None:
        text = _header(headers, "destination")
        id = headers.get("id")
        if id is None and self.version != "1.0":
            raise RefusedFrame("SUBSCRIBE needs the header id")
        key = text if id is None else id
        if key in self._subscriptions:
            raise RefusedFrame("there is a subscription of that id already")
        if len(self._subscriptions) >= self._limits.subscriptions:
            raise RefusedFrame(f"more than {self._limits.subscriptions} subscriptions")
        ack = headers.get("ack", "auto")
        if ack not in ("auto", "client", "client-individual"):
            raise RefusedFrame("ack is auto, client or client-individual")
        selector = parse_selector(headers["selector"]) if headers.get("selector") else None
        address = parse_destination(text)
        check_read(self.member, address, selector)
        if self.member.role.is_bounded:
            self._check_bounded(address)
        if address.kind == TEMP:
            address = self._temp_queue(address)
        elif self.member.role.may("alone", address):
            self._router.claim(address, self.member.who)
        with_ack = ack != "auto" and self.version == "1.2"
        subscription = Subscription(self._peer, address, id=id, selector=selector, version=self.version, with_ack=with_ack)
        self._router.subscribe(subscription)
        self._subscriptions[key] = subscription

    def _check_bounded(self, address: Address) -> None:
        """Refuse what would multiply each message, or the work for it: a hundred subscriptions to one topic, or to patterns."""
        addresses = [one.address for one in self._subscriptions.values()]
        if address in addresses:
            raise RefusedFrame(f"there is a subscription to {address} already: one is enough for a {self.member.role.name}")
        if address.kind != TOPIC and sum(one.kind != TOPIC for one in addresses) >= self._limits.node_queues:
            raise RefusedFrame(f"more than {self._limits.node_queues} subscriptions to queues")
        if address.has_wildcard and sum(one.has_wildcard for one in addresses) >= self._limits.node_patterns:
            raise RefusedFrame(f"more than {self._limits.node_patterns} subscriptions with a wildcard")

    def _unsubscribe(self, headers: dict[str, str], body: bytes) -> None:
        key = headers.get("id") or headers.get("destination")
        if key is None:
            raise RefusedFrame("UNSUBSCRIBE needs the header id")
        subscription = self._subscriptions.pop(key, None)
        if subscription is None:
            raise RefusedFrame("there is no subscription of that id")
        self._router.unsubscribe(subscription)

    def _begin(self, headers: dict[str, str], body: bytes) -> None:
        name = _header(headers, "transaction")
        if name in self._transactions or len(self._transactions) >= 16:
            raise RefusedFrame("that transaction is open already, or too many are")
        self._transactions[name] = []

    def _commit(self, headers: dict[str, str], body: bytes) -> None:
        for permit, message in self._end_transaction(headers):
            self._publish(permit, message)

    def _abort(self, headers: dict[str, str], body: bytes) -> None:
        self._end_transaction(headers)

    def _end_transaction(self, headers: dict[str, str]) -> list[tuple[Permit, Message]]:
        messages = self._transactions.pop(_header(headers, "transaction"), None)
        if messages is None:
            raise RefusedFrame("no such transaction")
        self._transaction_bytes -= sum(message.size for _, message in messages)
        return messages

    def _nothing(self, headers: dict[str, str], body: bytes) -> None:
        return


_COMMANDS: Mapping[str, Callable[[Session, dict[str, str], bytes], None]] = {
    "SEND": Session._send,
    "SUBSCRIBE": Session._subscribe,
    "UNSUBSCRIBE": Session._unsubscribe,
    "ACK": Session._nothing,  # delivered once is delivered: see docs/broker.md
    "NACK": Session._nothing,
    "BEGIN": Session._begin,
    "COMMIT": Session._commit,
    "ABORT": Session._abort,
    "DISCONNECT": Session._nothing,
}


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise RefusedFrame(f"the header {name} is missing")
    return value
