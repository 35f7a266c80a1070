"""Sends registrations: when they are due, and the message that carries one."""

import logging
import random
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from ..errors import MCollectiveError
from ..message import REGISTRATION, Publication
from .broadcast import plain_broadcast
from .host import Host

logger = logging.getLogger(__name__)

_HERD = 60.0  # seconds: over so long the hosts spread that a broker has just got back
_LOOK = 5.0  # seconds between two looks at whether the connection is still the same
_LOOK_AWAY = 1.0  # and while there is none


def registration(host: Host, body: Any, now: float) -> Publication:
    """A registration ready to be sent. Raises UnsendableValue for a body that the wire cannot carry, or too large for one message."""
    return plain_broadcast(host, REGISTRATION, body, host.config.word("registration_collective"), now)


class Timetable:
    """When the next registration is due. Pure: moments are seconds of one clock, chance gives 0 to 1.

    The first is due with the first connection, with splay at a random moment within the interval; each next one an interval later.
    After a reconnect it is due at a random moment within a minute, at most the interval: all hosts of a fleet come back at once.
    """

    def __init__(self, interval: float, *, splay: bool, chance: Callable[[], float]) -> None:
        self._interval, self._splay, self._chance = interval, splay, chance
        self._connection: object = None
        self._is_away = True
        self._next = 0.0

    def is_due(self, now: float, connection: object) -> bool:
        """Whether to send now; asked again only for the next one. connection: another for each one made, None while there is none."""
        self._is_away = connection is None
        if self._is_away:
            return False
        if connection != self._connection:
            is_first, self._connection = self._connection is None, connection
            if is_first:
                self._next = now + (self._chance() * self._interval if self._splay else 0.0)
            else:
                self._next = now + self._chance() * min(self._interval, _HERD)
        if now < self._next:
            return False
        self._next = now + self._interval
        return True

    def wait(self, now: float) -> float:
        """Seconds until it is worth asking again."""
        look = _LOOK_AWAY if self._is_away else _LOOK
        return min(look, self._next - now) if self._next > now else look


class Sender(Protocol):
    """What a registration is sent by; server/runner.py has it."""

    @property
    def host(self) -> Host:
        """The present one, since a reload replaces it."""
        ...

    @property
    def connection(self) -> object:
        """Another value for each connection to a broker, None while there is none."""
        ...

    def publish(self, publication: Publication) -> None:
        """Hand a message over. Raises ConnectorError."""
        ...


class Registrar:
    """Sends registrations as the present configuration says, from a thread of its own; without registerinterval there is none.

    clock: seconds since the epoch. chance: gives 0 to 1.
    """

    def __init__(self, sender: Sender, clock: Callable[[], float], chance: Callable[[], float] = random.random) -> None:
        self._sender, self._clock, self._chance = sender, clock, chance
        self._settings: tuple[float, bool] | None = None
        self._end = threading.Event()

    def update(self) -> None:
        """Begin, or go by another interval after a reload; where nothing of it has changed the rhythm stays."""
        config = self._sender.host.config
        settings = config.seconds("registerinterval"), config.flag("registration_splay")
        if settings == self._settings:
            return
        self._end.set()
        self._settings, self._end = settings, threading.Event()
        interval, splay = settings
        if interval:
            timetable = Timetable(interval, splay=splay, chance=self._chance)
            threading.Thread(target=self._run, args=(timetable, self._end), name="registration", daemon=True).start()

    def stop(self) -> None:
        """Send no more."""
        self._end.set()

    def _run(self, timetable: Timetable, end: threading.Event) -> None:
        while not end.is_set():
            if timetable.is_due(monotonic(), self._sender.connection):
                self._send()
            end.wait(timetable.wait(monotonic()))

    def _send(self) -> None:
        host = self._sender.host
        try:
            body = None if host.registration is None else host.registration.body(host.node.view())
            if body is None:
                logger.debug("nothing to register")
                return
            self._sender.publish(registration(host, body, self._clock()))
        except MCollectiveError as error:
            logger.warning("this registration is not sent: %s", error)
