"""The connector for brokers that speak STOMP: one thread connects, subscribes again and sends; stomp.py's reads."""

import base64
import binascii
import contextlib
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..errors import BrokerRefused, ConnectorClosed, ConnectorError, NoRoomToSend, NotConnected
from ..message import Delivery, Destination, Publication
from ..names import is_identity
from ..text import printable
from .addresses import AddressBook, NotResolved
from .attempts import is_denial, refusal
from .framing import MAX_BODY
from .inbox import Inbox
from .link import Link
from .outbox import Outbox, Parcel
from .pool import Broker, Options
from .search import Search
from .stream import AttemptFailed, open_stream
from .subscriptions import Subscriptions
from .targets import PLAIN, Targets

logger = logging.getLogger(__name__)

_CLIENTS_OUTBOX = 256  # messages
_PATIENCE = 5.0  # s that publish waits for room
_STRAY_EVERY = 60.0  # s between two lines about messages that are not for us
_FAREWELL = 2.0  # s for what is still to be sent, when closing


class Standing(NamedTuple):
    """How a connector fares. unsent: frames that wait for the broker, or are being written."""

    peer: str | None = None
    dropped: int = 0
    reconnects: int = 0
    is_subscribed: bool = False
    unsent: int = 0


class StompConnector:
    """A Connector over a pool of STOMP brokers.

    is_daemon: comes back for ever; else it gives up when the timeout given to connect has passed since the loss, or at once when the
    broker refuses what it asks for, and receive raises ConnectorClosed. What was handed over and not sent is sent after a reconnect,
    unless its time has passed. random and addresses are the sources of jitter and of addresses. login: completes each broker's user and
    password, once, when somebody connects and waits for it.
    """

    def __init__(
        self,
        pool: Sequence[Broker],
        identity: str,
        *,
        is_daemon: bool,
        targets: Targets = PLAIN,
        options: Options | None = None,
        random: Callable[[], float] = random.random,
        addresses: AddressBook | None = None,
        login: Callable[[Broker], Broker] | None = None,
    ) -> None:
        self._is_daemon, self._targets = is_daemon, targets
        self._options, self._login = options or Options(), login
        self._addresses = addresses or AddressBook()
        # The client has asked for what comes and reads as fast as it can; a node never holds more than it can soon answer.
        self._inbox = Inbox(10_000, 64 << 20) if is_daemon else Inbox(200_000, 256 << 20)
        self._changed = threading.Condition()  # guards all below
        # A client's are few, so that its publish_timeout is about what the broker takes and not about what waits here for it.
        self._outbox = Outbox(self._changed) if is_daemon else Outbox(self._changed, _CLIENTS_OUTBOX)
        self._subscriptions = Subscriptions(targets, identity)
        self._link: Link | None = None
        self._opening: socket.socket | Link | None = None
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self._close_by: float | None = None  # monotonic
        self._refused: BrokerRefused | None = None  # only ever a client
        self._confirmations = 0
        self._unconfirmed: set[str] = set()  # receipts of messages that somebody waits for
        self._search = Search(
            pool,
            self._options,
            is_daemon=is_daemon,
            random=random,
            changed=self._changed,
            is_closing=lambda: self._is_closing,
            open_link=self._open,
        )
        self._in_hand = 0  # frames taken from the outbox that are being written
        self._skipped = 0  # of links that are gone
        self._tells_again = 0.0  # monotonic
        self.reconnects = 0

    # --- the port ---------------------------------------------------------------------------------------------------------

    def connect(self, timeout: float | None = None) -> None:
        """See the port. Once connected, coming back is this connector's own business."""
        if self._login is not None:
            self._search.pool, self._login = tuple(self._login(broker) for broker in self._search.pool), None
        with self._changed:
            if self._is_closing:
                raise ConnectorClosed("the connector is closed")
            if self._link is not None:
                return
            if self._search.failure is not None:
                self._changed.wait_for(lambda: self._thread is None, 1)  # the one that gave up is still tidying up
            self._search.set_patience(timeout)
            if self._thread is None:
                self._refused = None
                self._search.begin()
                self._inbox.open()
                self._thread = threading.Thread(target=self._run, name="connector", daemon=True)
                self._thread.start()
            # The thread keeps the deadline; a second more, so that it is the one to say why.
            patience = None if timeout is None else timeout + 1
            self._changed.wait_for(lambda: self._link or self._search.failure or self._is_closing, patience)
            if self._link is not None:
                return
            if self._is_closing:
                raise ConnectorClosed("closed while connecting")
            raise self._search.failure or self._search.unreachable(timeout)

    def subscribe(self, destinations: Iterable[Destination]) -> None:
        """See the port. ConnectorError for a destination that cannot be."""
        for destination in destinations:
            with self._changed:
                headers = self._subscriptions.add(destination)
                if headers is not None and self._link is not None:
                    self._outbox.put_command(_subscribe(headers))

    def unsubscribe(self, destinations: Iterable[Destination]) -> None:
        """See the port."""
        for destination in destinations:
            with self._changed:
                headers = self._subscriptions.remove(destination)
                if headers is not None and self._link is not None:
                    self._outbox.put_command(Parcel("UNSUBSCRIBE", headers))

    def publish(self, publications: Iterable[Publication], *, confirm: float | None = None) -> None:
        """See the port. A daemon's messages wait for the broker's return; NotConnected only when there is no room for more."""
        parcels = [self._parcel(publication) for publication in publications]
        if confirm is None or not parcels:
            self._hand_over(parcels)
            return
        with self._changed:
            self._confirmations += 1
            receipt = f"sent-{self._confirmations}"
            self._unconfirmed.add(receipt)
        parcels[-1] = replace(parcels[-1], headers=parcels[-1].headers | {"receipt": receipt})
        try:
            self._hand_over(parcels)
            self._wait_confirmed(receipt, confirm)
        finally:
            with self._changed:
                self._unconfirmed.discard(receipt)

    def _hand_over(self, parcels: Iterable[Parcel]) -> None:
        for parcel in parcels:
            with self._changed:
                if self._is_closing:
                    raise ConnectorClosed("the connector is closed")
                if self._refused is not None:
                    raise self._refused
                if self._link is None and not (self._is_daemon and self._thread is not None):
                    raise NotConnected(f"no broker is connected ({self._search.trouble})")
                if not self._outbox.put(parcel, _PATIENCE, self._may_send):
                    raise NoRoomToSend(
                        f"{len(self._outbox)} messages wait to be sent, there is no room for more ({self._search.trouble})"
                    )

    def _wait_confirmed(self, receipt: str, timeout: float) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: receipt not in self._unconfirmed or self._refused or self._thread is None or self._is_closing, timeout
            )
            if self._refused is not None:
                raise self._refused
            if receipt not in self._unconfirmed:
                return
            if self._is_closing:
                raise ConnectorClosed("the connector is closed")
            if self._thread is None:
                raise ConnectorClosed(f"the broker was lost and did not come back: {self._search.trouble}")
        logger.warning("the broker has not confirmed within %g s that it took the message", timeout)

    def receive(self, timeout: float | None = None) -> Delivery | None:
        """See the port. BrokerRefused, a ConnectorClosed, where the broker will not have this client."""
        try:
            return self._inbox.get(timeout)
        except ConnectorClosed:
            if self._refused is not None:
                raise self._refused from None
            raise

    def close(self) -> None:
        """See the port; takes at most about two seconds."""
        with self._changed:
            self._is_closing = True
            self._close_by = self._close_by or time.monotonic() + _FAREWELL
            opening, thread = self._opening, self._thread
            self._changed.notify_all()
        self._inbox.close("the connector is closed")
        if isinstance(opening, Link):
            opening.stop("closed")
        elif opening is not None:
            with contextlib.suppress(OSError):
                opening.shutdown(socket.SHUT_RDWR)
        if thread is not None and thread is not threading.current_thread():
            thread.join(2 * _FAREWELL)

    # --- what statistics and start-up ask ---------------------------------------------------------------------------------

    @property
    def peer(self) -> str | None:
        """`host:port` of the broker in use, None without one."""
        link = self._link
        return str(link.broker) if link is not None else None

    @property
    def dropped(self) -> int:
        """Received messages lost because they came too fast, were too large, or for a subscription nobody knows."""
        with self._changed:
            return self._inbox.dropped + self._skipped + (self._link.skipped if self._link is not None else 0)

    def wait_subscribed(self, timeout: float) -> bool:
        """Whether the broker has confirmed every subscription, within timeout seconds. A daemon is ready only then."""
        with self._changed:
            return self._changed.wait_for(lambda: self._link is not None and self._subscriptions.is_confirmed, timeout)

    def standing(self, known: Standing | None = None, timeout: float = 0.0) -> Standing:
        """How it fares, as soon as that is not what is known already, at the latest after timeout (seconds)."""
        with self._changed:
            if timeout:
                self._changed.wait_for(lambda: self._standing() != known, timeout)
            return self._standing()

    def _standing(self) -> Standing:
        is_subscribed = self._link is not None and self._subscriptions.is_confirmed
        return Standing(self.peer, self.dropped, self.reconnects, is_subscribed, len(self._outbox) + self._in_hand)

    # --- what the link tells, in its reader's thread ----------------------------------------------------------------------

    def on_message(self, headers: Mapping[str, str], body: bytes) -> None:
        source = self._subscriptions.find(headers)
        if source is None:
            self._inbox.count_lost()
            self._tell_stray(headers.get("destination", ""))
            return
        if self._options.base64:
            try:
                body = base64.b64decode(b"".join(body.split()), validate=True)
            except binascii.Error:
                self._inbox.count_lost()
                return
        self._inbox.put(Delivery(body, source, headers.get("reply-to"), _identity(headers.get("mc_sender"))))

    def on_receipt(self, receipt: str) -> None:
        with self._changed:
            self._subscriptions.confirm(receipt)
            self._unconfirmed.discard(receipt)
            self._changed.notify_all()

    def on_error(self, text: str, receipt: str) -> bool:
        with self._changed:
            link, is_deaf = self._link, not self._subscriptions.is_confirmed
            self._subscriptions.refuse(receipt)
            self._changed.notify_all()
            # A client asks for its replies and sends its request, and without either of them it waits for nothing.
            is_fatal = is_deaf or receipt in self._unconfirmed or is_denial(text)
            if link is not None and not self._is_daemon and not self._is_closing and is_fatal:
                self._refused = BrokerRefused(refusal(link.broker, text))
                self._changed.notify_all()
        if self._refused is not None:
            logger.info("%s", self._refused)
            return False
        logger.warning("%s refused something: %s", self.peer, text)
        return self._targets.is_survivable(text)

    def on_lost(self, _link: Link) -> None:
        with self._changed:
            self._changed.notify_all()

    # --- the connector's own thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._refused is None and (link := self._search.find()) is not None:
                self._serve(link)
        finally:
            with self._changed:
                self._opening = None
                if lost := self._outbox.clear():
                    level = logging.WARNING if self._refused is None else logging.INFO  # which says so itself
                    logger.log(level, "%d messages were not sent", lost)
                # Whoever waits in receive must learn it, even if this thread died of a fault of ours.
                failure = self._search.failure
                self._inbox.close(f"the broker was lost and did not come back: {failure}" if failure else "the connector has ended")
                self._thread = None
                self._changed.notify_all()

    def _open(self, broker: Broker, timeout: float) -> Link:
        end = time.monotonic() + timeout
        try:
            addresses = self._addresses.find(broker.host, broker.port, timeout)
        except NotResolved as error:
            raise AttemptFailed(str(error)) from error
        stream = open_stream(broker, addresses, end - time.monotonic(), self._set_opening)
        link = Link(broker, stream, self, self._options)
        try:
            self._set_opening(link)
            link.login(end - time.monotonic())
        except AttemptFailed as failed:
            link.stop(failed.reason)
            raise
        except RuntimeError as error:
            stream.close()
            raise AttemptFailed(f"no thread could be started for it: {error}") from error
        return link

    def _set_opening(self, opening: socket.socket | Link) -> None:
        with self._changed:
            self._opening = opening
            if self._is_closing:
                raise AttemptFailed("closed")

    def _serve(self, link: Link) -> None:
        """Subscribe to everything, then send what is handed over, until the link ends or the connector closes."""
        since = time.monotonic()
        with self._changed:
            self._opening, self._link = None, link
            self._outbox.forget_commands()
            self._outbox.put_first(_subscribe(each) for each in self._subscriptions.renew())
            self._search.found()
            self._changed.notify_all()
        logger.info("connected to %s%s", link.broker, " by TLS" if link.broker.tls else "")
        try:
            while self._send_some(link):
                pass
        except OSError:
            pass  # the link says why
        farewell = link.reason is None
        if farewell:
            link.goodbye(_FAREWELL)
        with self._changed:
            self._link = None
            self._skipped += link.skipped
            self._changed.notify_all()
        if not farewell and self._refused is None:
            self.reconnects += 1
            self._search.lose(link.broker, link.reason or "closed", time.monotonic() - since)

    def _send_some(self, link: Link) -> bool:
        """Wait for something to do and do it; False when there is nothing more to do. OSError where the link is gone."""
        with self._changed:
            has_work = self._changed.wait_for(lambda: len(self._outbox) or self._is_closing or link.reason, link.beat_every)
            if link.reason is not None or (self._close_by is not None and time.monotonic() > self._close_by):
                return False
            parcels = self._outbox.take()
            self._in_hand = len(parcels)
            if not has_work:
                self._outbox.put_first(_subscribe(each) for each in self._subscriptions.overdue())
        if not has_work:
            link.beat()
        for place, parcel in enumerate(parcels):
            if parcel.dies is not None and parcel.dies < time.time():
                continue
            try:
                link.send(parcel.command, dict(parcel.headers), parcel.body)
            except OSError:
                with self._changed:
                    self._in_hand = 0
                    self._outbox.put_first(parcels[place:])
                raise
        if parcels:
            with self._changed:
                self._in_hand = 0
                self._changed.notify_all()
        return bool(parcels) or not self._is_closing

    # --- small things -----------------------------------------------------------------------------------------------------

    def _parcel(self, publication: Publication) -> Parcel:
        body = base64.encodebytes(publication.payload) if self._options.base64 else publication.payload  # in lines, as Ruby's
        if len(body) > MAX_BODY:
            raise ConnectorError(f"a message of {len(body)} bytes cannot be sent, the limit is {MAX_BODY}")
        return Parcel.message(self._targets.send_headers(publication), body, publication.expires)

    def _tell_stray(self, destination: str) -> None:
        """A line at most once a minute. To a client replies come late, to a place that it has just given up, and nothing is wrong."""
        now = time.monotonic()
        if now >= self._tells_again:
            self._tells_again = now + _STRAY_EVERY
            level = logging.WARNING if self._is_daemon else logging.DEBUG
            logger.log(level, "dropped a message to %s: it is for no subscription of ours, or a dead letter", printable(destination))

    def _may_send(self) -> bool:
        return not self._is_closing and (self._link is not None or self._is_daemon)


def _subscribe(headers: dict[str, str]) -> Parcel:
    """A SUBSCRIBE that the broker confirms: the receipt is its id."""
    return Parcel("SUBSCRIBE", headers | {"receipt": headers["id"]})


def _identity(name: str | None) -> str | None:
    """An `mc_sender` that is one; anything else is not worth a place in a log."""
    return name if is_identity(name) else None
