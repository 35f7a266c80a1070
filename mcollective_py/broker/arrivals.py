"""Connections from the moment they are accepted until they have logged in: counted, bounded, and the idle ones given up first."""

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from .refusals import Refusals
from .settings import BrokerLimits, is_loopback
from .tls import handshake_words

logger = logging.getLogger(__name__)

_A_TURN = 64  # connections accepted before the others get their turn
_PAUSE_S = 0.05
_SILENT_S = 1.0  # a client says CONNECT or its TLS hello at once; beyond this it may be given up when others want in
_SHUTDOWN_S = 2.0


class Arrival:
    """A connection that has been accepted. address: `HOST:PORT`. at: the loop's time when it came, or first said something.

    end: cuts it off, for the reason given.
    """

    __slots__ = ("address", "at", "end", "host", "is_inside", "sock", "task", "timer")

    def __init__(self, sock: socket.socket, host: str, port: int, at: float) -> None:
        self.sock, self.host, self.address, self.at = sock, host, f"{host}:{port}", at
        self.is_inside = False
        self.end: Callable[[str], None] | None = None
        self.task: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None

    @property
    def has_left(self) -> bool:
        """Whether it has closed its side already, without TLS to say so first, and left nothing to read."""
        try:
            return self.sock.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True


class NewPeer(Protocol):
    """Makes the protocol of an arrival, which sets its `end` once it is connected."""

    def __call__(self, arrival: Arrival) -> asyncio.BaseProtocol: ...


class Arrivals:
    """Accepts connections, does the TLS handshake, and knows how many are there.

    context: for the handshakes from now on, None without TLS. most: connections in all.
    """

    def __init__(self, limits: BrokerLimits, most: int, new_peer: NewPeer, counters: Counter[str], refusals: Refusals) -> None:
        self.context: ssl.SSLContext | None = None
        self._limits, self._most, self._new_peer, self._counters, self._refusals = limits, most, new_peer, counters, refusals
        self._loop = asyncio.get_running_loop()
        self._sockets: Sequence[socket.socket] = ()
        # Both oldest first. A client that has said nothing yet has no transport and no TLS: it costs little.
        self._silent: dict[Arrival, None] = {}
        self._talking: dict[Arrival, None] = {}
        self._inside = 0
        self._hosts: Counter[str] = Counter()
        self._most_waiting = max(1, min(limits.arrivals, most // 2))
        self._pause: asyncio.TimerHandle | None = None

    def open(self, sockets: Sequence[socket.socket]) -> None:
        """Accept from these listening sockets."""
        self._sockets = sockets
        self._listen()

    def close(self) -> None:
        """Take no more, and give up those who have no peer yet."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        for listening in self._sockets:
            self._loop.remove_reader(listening)
            listening.close()
        for arrival in (*self._silent, *self._talking):
            if arrival.end is None:
                self._drop(arrival)

    def welcomed(self, arrival: Arrival) -> None:
        """It has logged in."""
        if self._forget(arrival):
            arrival.is_inside = True
            self._inside += 1

    def left(self, arrival: Arrival) -> None:
        """Its connection has ended."""
        self._forget(arrival)
        self._inside -= arrival.is_inside
        arrival.is_inside = False

    @property
    def waiting(self) -> int:
        """How many have not logged in yet."""
        return len(self._silent) + len(self._talking)

    def _listen(self) -> None:
        self._pause = None
        for listening in self._sockets:
            self._loop.add_reader(listening, self._accept, listening)

    def _wait(self) -> None:
        """Leave who comes in the kernel's backlog for a moment."""
        for listening in self._sockets:
            self._loop.remove_reader(listening)
        self._pause = self._loop.call_later(_PAUSE_S, self._listen)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_A_TURN):
            idle = self._idle() if self.waiting >= self._most_waiting else None
            if idle is None and self.waiting >= self._most_waiting:
                self._wait()
                return
            try:
                sock, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._refusals.warn("accept", f"cannot take more connections: {error.strerror or error}")
                self._wait()  # no file descriptor left, most likely
                return
            if idle is not None:
                self._counters["given up"] += 1
                self._cut(idle, "no login yet, and others want in")
            self._take(sock, *address[:2])

    def _take(self, sock: socket.socket, host: str, port: int) -> None:
        self._counters["accepted"] += 1
        arrival = Arrival(sock, host, port, self._loop.time())
        is_too_many = self.waiting + self._inside >= self._most
        if is_too_many or (self._hosts[host] * 2 >= self._most_waiting > 1 and not is_loopback(host)):
            self._counters["turned away"] += 1
            self._refusals.warn("turned away", f"{arrival.address} turned away: too many connections")
            sock.close()
            return
        sock.setblocking(False)
        self._hosts[host] += 1
        self._silent[arrival] = None
        arrival.timer = self._loop.call_later(self._limits.login_s, self._cut, arrival, "no login in time")
        self._loop.add_reader(sock, self._spoke, arrival)

    def _spoke(self, arrival: Arrival) -> None:
        self._loop.remove_reader(arrival.sock)
        del self._silent[arrival]
        self._talking[arrival] = None
        arrival.at = self._loop.time()
        arrival.task = self._loop.create_task(self._meet(arrival))

    async def _meet(self, arrival: Arrival) -> None:
        context = self.context
        handshake_s, shutdown_s = (self._limits.login_s, _SHUTDOWN_S) if context else (None, None)
        try:
            await self._loop.connect_accepted_socket(
                lambda: self._new_peer(arrival),
                arrival.sock,
                ssl=context,
                ssl_handshake_timeout=handshake_s,
                ssl_shutdown_timeout=shutdown_s,
            )
        except OSError as error:  # ssl.SSLError is one
            if isinstance(error, ssl.SSLError):
                self._counters["TLS refused"] += 1
                self._refusals.warn("TLS", f"{arrival.address} refused by TLS: {handshake_words(error)}")
            else:
                logger.debug("%s left during the TLS handshake: %s", arrival.address, error)
        finally:
            arrival.task = None
            if arrival.end is None:
                self._forget(arrival)

    def _idle(self) -> Arrival | None:
        """Who may be given up for another: one that has said nothing, or takes long to say who it is."""
        now = self._loop.time()
        silent = next(iter(self._silent), None)
        if silent is not None and now - silent.at >= _SILENT_S and not _has_input(silent.sock):
            return silent
        slow = next(iter(self._talking), None)
        if slow is None or now - slow.at < self._limits.login_s / 2 or _has_input(slow.sock):
            return None
        return slow

    def _cut(self, arrival: Arrival, reason: str) -> None:
        if arrival.end is not None:
            arrival.end(reason)
            return
        self._counters["cut"] += 1
        self._refusals.warn("cut off", f"{arrival.address} cut off: {reason}")
        self._drop(arrival)

    def _drop(self, arrival: Arrival) -> None:
        if arrival.task is not None:
            arrival.task.cancel()  # which closes its transport
        elif arrival in self._silent:
            self._loop.remove_reader(arrival.sock)
            arrival.sock.close()
        self._forget(arrival)

    def _forget(self, arrival: Arrival) -> bool:
        """Whether it was one of those that wait."""
        if arrival not in self._silent and arrival not in self._talking:
            return False
        self._silent.pop(arrival, None)
        self._talking.pop(arrival, None)
        if arrival.timer is not None:
            arrival.timer.cancel()
        self._hosts[arrival.host] -= 1
        if not self._hosts[arrival.host]:
            del self._hosts[arrival.host]
        if self._pause is not None and self.waiting * 4 < self._most_waiting * 3:
            self._pause.cancel()
            self._listen()
        return True


def _has_input(sock: socket.socket) -> bool:
    """Whether something has come, or the end, that the loop has not seen yet."""
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
