"""The connector of a daemon whose front (frontprocess.py) has the connection: to the rest of the daemon it is one like any other.

It starts the front, and another where that ends, hangs, or says what it may not; what was handed over and is not sent goes to the next.
"""

import logging
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, ConnectorClosed, ConnectorError, KeyFileError, Malformed, NoRoomToSend
from ..message import Delivery, Destination, Publication
from ..text import printable
from .framing import MAX_BODY
from .frontstart import broker_words, ended, stamps_of
from .frontwire import (
    ASK,
    CLOSE,
    CREDIT,
    DELIVERY,
    FILES,
    LINE,
    SETUP,
    STATE,
    SUBSCRIBE,
    TAKEN,
    UNSUBSCRIBE,
    WELL,
    Frame,
    Frames,
    State,
    destination_words,
    publication_frame,
    read_delivery,
    read_line,
)

if TYPE_CHECKING:
    from subprocess import Popen

    from .pool import Broker

logger = logging.getLogger(__name__)

_MOST_UNSENT, _MOST_UNSENT_BYTES = 5000, 32 << 20  # less than the front's own queue holds
_PATIENCE = 5.0  # s that publish waits for room
_SEND_TIMEOUT = struct.pack("ll", 5, 0)  # a front that takes nothing for 5 s is stuck
_ASK_EVERY = 10.0  # s between two questions whether it is well, and two looks at the TLS files
_SILENCE = 30.0  # s after which one that says nothing is ended
_FAREWELL = 4.0  # s for what is still to be sent, when closing
_FIRST_PAUSE, _LONGEST_PAUSE, _STEADY = 0.1, 30.0, 60.0  # s between fronts; one that lived so long was a good one
_MOST_LINES = 100  # of the front, in the log, between two questions


class FrontConnector:
    """A Connector by way of a process that `start` starts; see the port for its methods.

    start: given the front's end of a socket pair, starts it. setup: words of frontwire.SETUP but the brokers. pool: whose TLS files are
    read here, again where they change, and go to the front as bytes.
    """

    def __init__(self, start: "Callable[[socket.socket], Popen[bytes]]", setup: Mapping[str, Any], pool: "Sequence[Broker]") -> None:
        self._start, self._setup, self._pool = start, setup, pool
        self._changed = threading.Condition()  # guards all below
        self._state, self._base_dropped, self._base_reconnects = State(), 0, 0
        self._subscribed: dict[Destination, None] = {}
        self._changes = 0  # of subscriptions, that this front was told
        self._number = 0
        self._unsent: dict[int, Publication] = {}
        self._unsent_bytes = 0
        self._front = 0  # counts those that were started
        self._inbox: deque[tuple[int, Delivery]] = deque()  # with the front that it is from
        self._open = self._taken = 0  # deliveries of this front that are unread; read ones that it has not been told of
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self._sending = threading.Lock()  # guards the writing end, and the order of what is written; taken before _changed
        self._control: socket.socket | None = None
        self._lines = 0
        self._process: Popen[bytes] | None = None

    # --- the port ---------------------------------------------------------------------------------------------------------

    def connect(self, timeout: float | None = None) -> None:
        """See the port; for ever, whatever the timeout: a daemon's."""
        with self._changed:
            if self._thread is None and not self._is_closing:
                self._thread = threading.Thread(target=self._run, name="front", daemon=True)
                self._thread.start()
            self._changed.wait_for(lambda: self._state.peer or self._is_closing, timeout)
            if self._is_closing:
                raise ConnectorClosed("closed while connecting")

    def subscribe(self, destinations: Iterable[Destination]) -> None:
        """See the port."""
        with self._sending:
            come = list(dict.fromkeys(each for each in destinations if each not in self._subscribed))
            with self._changed:
                self._subscribed.update(dict.fromkeys(come))
            self._tell_changed(SUBSCRIBE, come)

    def unsubscribe(self, destinations: Iterable[Destination]) -> None:
        """See the port. What the front had handed over before it hears of it is still read."""
        with self._sending:
            gone = [each for each in destinations if each in self._subscribed]
            with self._changed:
                for each in gone:
                    del self._subscribed[each]
            self._tell_changed(UNSUBSCRIBE, gone)

    def publish(self, publications: Iterable[Publication], *, confirm: float | None = None) -> None:
        """See the port. What is handed over is kept until the front has sent it."""
        number = 0
        for publication in publications:
            if len(publication.payload) > MAX_BODY:
                raise ConnectorError(f"a message of {len(publication.payload)} bytes cannot be sent, the limit is {MAX_BODY}")
            with self._changed:
                self._changed.wait_for(lambda: self._has_room(publication) or self._is_closing, _PATIENCE)  # noqa: B023 - asked here
                if not self._has_room(publication):
                    raise NoRoomToSend(f"{len(self._unsent)} messages wait to be sent, there is no room for more")
            with self._sending:
                with self._changed:
                    if self._is_closing:
                        raise ConnectorClosed("the connector is closed")
                    number = self._number = self._number + 1
                    self._unsent[number] = publication
                    self._unsent_bytes += len(publication.payload)
                self._write(publication_frame(number, publication))
        if confirm is not None:
            with self._changed:
                if not self._changed.wait_for(lambda: number not in self._unsent, confirm):
                    logger.warning("the message was not sent within %g s", confirm)

    def receive(self, timeout: float | None = None) -> Delivery | None:
        """See the port."""
        with self._changed:
            self._changed.wait_for(lambda: self._inbox or self._is_closing, timeout)
            if not self._inbox:
                if self._is_closing:
                    raise ConnectorClosed("the connector is closed")
                return None
            front, delivery = self._inbox.popleft()
            self._taken += front == self._front
            is_time = self._taken and (not self._inbox or self._taken >= CREDIT // 4)
        if is_time:
            with self._sending:
                with self._changed:
                    credit, self._taken = self._taken, 0
                    self._open -= credit
                if credit:
                    self._write(Frame(TAKEN, credit))
        return delivery

    def close(self) -> None:
        """See the port; takes at most about four seconds."""
        with self._sending:
            with self._changed:
                if self._is_closing:
                    return
                self._is_closing = True
                self._changed.notify_all()
                thread = self._thread
            self._write(Frame(CLOSE))
        if thread is not None:
            thread.join(_FAREWELL)
            if (process := self._process) is not None:
                process.kill()  # it hangs; where it has just ended by itself this does nothing
            thread.join(_FAREWELL)

    # --- what statistics and start-up ask ---------------------------------------------------------------------------------

    @property
    def peer(self) -> str | None:
        """`host:port` of the broker in use, as the front says; None without one."""
        return self._state.peer

    @property
    def dropped(self) -> int:
        """Messages that this front and those before it have lost, as they say."""
        return self._base_dropped + self._state.dropped

    @property
    def reconnects(self) -> int:
        """How often a connection was lost that had stood, a front that ended among it."""
        return self._base_reconnects + self._state.reconnects

    def wait_subscribed(self, timeout: float) -> bool:
        """See ObservedConnector."""
        with self._changed:
            return self._changed.wait_for(lambda: self._state.is_subscribed and self._state.seen >= self._changes, timeout)

    # --- writing, with _sending held --------------------------------------------------------------------------------------

    def _tell_changed(self, kind: bytes, destinations: Sequence[Destination]) -> None:
        if destinations and self._control is not None:
            with self._changed:
                self._changes += 1
            self._write(Frame(kind, words=[destination_words(each) for each in destinations]))

    def _write(self, frame: Frame) -> None:
        if self._control is None:
            return
        try:
            self._control.sendall(frame.to_bytes())
        except OSError:  # gone, or stuck; the thread that reads learns it by this
            self._control.shutdown(socket.SHUT_RDWR)
            self._control = None

    def _has_room(self, publication: Publication) -> bool:
        is_few = len(self._unsent) < _MOST_UNSENT and self._unsent_bytes + len(publication.payload) <= _MOST_UNSENT_BYTES
        return is_few or not self._unsent

    # --- the thread that has the front ------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._is_closing:
            since = time.monotonic()
            try:
                self._have_one()
            except (OSError, ConnectorError, ConfigError) as error:
                logger.error("the front cannot be started: %s", error)
            if time.monotonic() - since > _STEADY:
                pause = _FIRST_PAUSE
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing, pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        with self._changed:
            if left := sum(publication.expires > time.time() for publication in self._unsent.values()):
                logger.warning("%d messages were not sent", left)
            self._thread = None
            self._changed.notify_all()

    def _have_one(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_TIMEOUT)
        with ours:
            with theirs:
                process = self._start(theirs)
            self._process = process
            try:
                self._greet(ours)
                why = self._listen(ours)
            except (OSError, Malformed) as error:
                why = str(error)
            finally:
                self._lose()
                said = ended(process, _FAREWELL if self._is_closing else 0.0)
                self._process = None
        if not self._is_closing:
            logger.error("lost the front, which has the connection to the broker: %s (%s)", why, said)

    def _greet(self, control: socket.socket) -> None:
        """Tell a new front all that it has to know, and hand it what the one before has not sent."""
        control.sendall(Frame(SETUP, words={**self._setup, "brokers": broker_words(self._pool)}).to_bytes())
        if not select.select([control], [], [], _SILENCE)[0]:
            raise TimeoutError(f"it has not begun within {_SILENCE:g} s")
        with self._sending:
            self._control = control
            with self._changed:
                subscribed, self._changes, now = list(self._subscribed), 0, time.time()
                for number in [number for number, publication in self._unsent.items() if publication.expires < now]:
                    self._forget(number)
                waiting = list(self._unsent.items())
            self._tell_changed(SUBSCRIBE, subscribed)
            for number, publication in waiting:
                self._write(publication_frame(number, publication))
            if self._is_closing:
                self._write(Frame(CLOSE))

    def _listen(self, control: socket.socket) -> str:
        """Take what the front says until it is lost; why it is. Raises OSError or Malformed."""
        frames, poll, files = Frames(MAX_BODY), select.poll(), stamps_of(self._pool)
        poll.register(control, select.POLLIN)
        heard = asked = time.monotonic()
        while True:
            if poll.poll(_ASK_EVERY * 1000):
                if not (data := control.recv(1 << 18)):
                    return "it ended"
                heard = time.monotonic()
                for frame in frames.feed(data):
                    self._take(frame)
            now = time.monotonic()
            if now - heard > _SILENCE:
                return f"it has said nothing for {_SILENCE:g} s"
            if now - asked >= _ASK_EVERY:
                asked, self._lines = now, 0
                with self._sending:
                    self._write(Frame(ASK))
                files = self._renew(files)

    def _renew(self, known: list[object]) -> list[object]:
        """Send the TLS files again where they have changed, for the next connect."""
        stamps = stamps_of(self._pool)
        if stamps != known:
            try:
                frame = Frame(FILES, words={"brokers": broker_words(self._pool)})
            except KeyFileError as error:
                logger.warning("the front keeps the TLS files that it has: %s", error)
                return known
            with self._sending:
                self._write(frame)
        return stamps

    def _take(self, frame: Frame) -> None:
        if frame.kind == DELIVERY:
            with self._changed:
                if self._open >= CREDIT:
                    raise Malformed("it hands over more than it may")
                delivery = read_delivery(frame, self._subscribed)
                self._open += 1
                self._inbox.append((self._front, delivery))
                self._changed.notify_all()
        elif frame.kind == STATE:
            state = State.from_frame(frame)
            with self._changed:
                for number in [number for number in self._unsent if number <= state.sent]:
                    self._forget(number)
                self._state = state
                self._changed.notify_all()
        elif frame.kind == LINE:
            level, text = read_line(frame)
            self._lines += 1
            if self._lines <= _MOST_LINES:
                logger.log(level, "%s", printable(text))
        elif frame.kind != WELL:
            raise Malformed("a frame of no kind")

    def _forget(self, number: int) -> None:
        self._unsent_bytes -= len(self._unsent.pop(number).payload)

    def _lose(self) -> None:
        with self._sending:
            self._control = None
            with self._changed:
                lost, self._state = self._state, State()
                self._base_dropped += lost.dropped
                self._base_reconnects += lost.reconnects + (lost.peer is not None)
                self._front += 1
                self._open = self._taken = 0
                self._changed.notify_all()
