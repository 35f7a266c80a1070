"""The broker: its listening socket, logins, and the life of the process around it."""

import asyncio
import contextlib
import gc
import logging
import signal
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping

from ..errors import ConfigError, ConnectorError
from ..regularfile import Stamp
from .arrivals import Arrival, Arrivals
from .frames import RefusedFrame
from .passwordchecks import PasswordChecks
from .peer import REVOKED, PeerConnection
from .refusals import Refusals
from .revoked import Revoked, read_revoked
from .rights import ADMIN, SHIPPED_ROLES, Member
from .router import Router
from .settings import BrokerSettings
from .sockets import allow_many_sockets, listen, sockets_allowed
from .tls import server_context, shrink_read_buffers
from .users import Passwords, User, read_users

logger = logging.getLogger(__name__)

_SWEEP_S = 5.0
_WATCH_S = 0.25
_CLOSED = 1000  # connections that end before their remains are looked for
_READ_BUFFER = 128 * 1024  # one for all: what is read is taken out before the next connection is looked at


class Broker:
    """A STOMP broker in this process's event loop.

    `start` returns when it listens and `port` is known; `stop` when every connection is closed. Raises ConfigError for settings that
    cannot be used, ConnectorError where it cannot listen.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        settings.check()
        self.settings = settings
        self.counters: Counter[str] = Counter()
        self.limits = {name: settings.limits.of(role) for name, role in SHIPPED_ROLES.items()}
        self.router = Router(settings.limits, time.time)
        self.port = 0
        self._passwords = Passwords(self._read_users())
        self.refusals = Refusals()
        self._arrivals: Arrivals | None = None
        self._named: Counter[str] = Counter()  # connections by name, of certificates that may have only a few
        self._peers: set[PeerConnection] = set()
        self._closed = 0
        self._dirty: list[PeerConnection] = []
        self._watched: set[PeerConnection] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._empty = asyncio.Event()
        self._checks: PasswordChecks | None = None
        self.revoked = Revoked({})  # TLS itself looks at the CRL in force at the handshake; this is what has come since
        self._crl: Stamp | None = None
        self._reloading = asyncio.Lock()
        self._reloads: set[asyncio.Task[None]] = set()
        self.read_buffer = memoryview(bytearray(_READ_BUFFER))

    async def start(self) -> None:
        """Listen. Logs address and port."""
        settings = self.settings
        self._loop = asyncio.get_running_loop()
        self._crl = self._crl_stamp()
        context = self._new_context()
        try:
            sockets = await self._loop.run_in_executor(None, listen, settings.host, settings.port)
        except OSError as error:
            raise ConnectorError(f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}") from error
        self.port = sockets[0].getsockname()[1]
        self._checks = PasswordChecks()
        most = min(settings.limits.connections, sockets_allowed())
        self._arrivals = Arrivals(settings.limits, most, lambda arrival: PeerConnection(self, arrival), self.counters, self.refusals)
        self._arrivals.context = context
        self._arrivals.open(sockets)
        self._timers["sweep"] = self._loop.call_later(_SWEEP_S, self._sweep)
        logger.info("listening on %s port %d, %s", settings.host, self.port, "TLS" if context else "no TLS")
        if not settings.has_authentication:
            logger.warning("no authentication: whoever can reach %s may do everything", settings.host)
        elif context is None and (self._passwords.users or settings.users_file):
            logger.warning("no TLS: passwords travel in the clear")

    async def stop(self, grace_s: float = 3.0) -> None:
        """Take no more connections, send what is waiting, close all; those that have not gone after the grace are cut off."""
        if self._arrivals is not None:
            self._arrivals.close()
        for timer in self._timers.values():
            timer.cancel()
        for task in self._reloads:
            task.cancel()
        for peer in list(self._peers):
            peer.finish()
        if self._peers:
            self._empty.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), grace_s)
        for peer in list(self._peers):
            peer.cut("the broker stops")
        if self._checks is not None:
            self._checks.stop()
        self.refusals.tell_rest()
        logger.info("stopped; %s", ", ".join(f"{name} {count}" for name, count in sorted(self.statistics().items())) or "nobody came")

    def statistics(self) -> dict[str, int]:
        """What happened since the start, and what there is now, as numbers by word."""
        now = {"connections": len(self._peers), "queues": self.router.queue_count, "kept_bytes": self.router.kept_bytes}
        return {**self.counters, **self.router.counters, **now}

    async def reload(self) -> None:
        """Read the users file and the TLS files again; where one cannot be used, the old ones stay, and the log says why.

        New connections meet the new files. Of those that are there, who came with a certificate that is revoked by now, or as a user
        who is gone or has another password or role, is told so with an ERROR and cut off; all others stay.
        """
        async with self._reloading:
            await self._reload()

    def reload_soon(self) -> None:
        """As `reload`, in a task of the loop's."""
        task = self._loop.create_task(self.reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload(self) -> None:
        tls = self.settings.tls
        self._crl = self._crl_stamp()
        try:
            users, context = self._read_users(), self._new_context()
            revoked = await self._loop.run_in_executor(None, read_revoked, tls) if tls is not None else self.revoked
        except ConfigError as error:
            logger.error("not reloaded: %s", error)
            return
        before, self._passwords, self.revoked = self._passwords.users, Passwords(users), revoked
        if self._arrivals is not None:
            self._arrivals.context = context  # a new one: a context cannot forget a CA or a CRL
        logger.info("users and certificates read again")
        for number, peer in enumerate(list(self._peers)):
            if number % 256 == 255:
                await asyncio.sleep(0)  # looking at a certificate takes some 20 us, and there may be thousands
            self._judge_again(peer, before)

    def _judge_again(self, peer: PeerConnection, before: Mapping[str, User]) -> None:
        """Refuse one who would not get in any more. before: the users at the time of its login."""
        if peer.session is None:
            return  # its login will be judged by what holds now
        user = peer.session.member.user
        if user is not None and self._passwords.users.get(user) != before.get(user):
            peer.refuse("this user was removed or changed: log in again")
        elif peer.is_revoked(self.revoked):
            peer.refuse(REVOKED)

    def _crl_stamp(self) -> Stamp | None:
        tls = self.settings.tls
        try:
            return Stamp.of(str(tls.crl)) if tls is not None and tls.crl is not None else None
        except OSError:
            return None

    def _new_context(self) -> ssl.SSLContext | None:
        if self.settings.tls is None:
            return None
        shrink_read_buffers()
        return server_context(self.settings.tls)

    def _read_users(self) -> dict[str, User]:
        from_file = read_users(self.settings.users_file) if self.settings.users_file is not None else {}
        return {**from_file, **self.settings.users}

    # --- for the connections

    def admit(self, peer: PeerConnection) -> None:
        """A new connection, which has not logged in yet."""
        self._peers.add(peer)

    def enter(self, arrival: Arrival, member: Member) -> None:
        """Who logs in now. Raises RefusedFrame where the name in its certificate has too many connections."""
        name = member.bounded_name
        if name is not None and self._named[name] >= self.settings.limits.node_connections:
            raise RefusedFrame(f"{name} has {self._named[name]} connections already")
        if self._arrivals is not None:
            self._arrivals.welcomed(arrival)
        if name is not None:
            self._named[name] += 1

    def forget(self, peer: PeerConnection, arrival: Arrival, reason: str) -> None:
        if self._arrivals is not None:
            self._arrivals.left(arrival)
        name = peer.session.member.bounded_name if peer.session is not None else None
        if name is not None:
            self._named[name] -= 1
            if not self._named[name]:
                del self._named[name]
        self._peers.discard(peer)
        self._closed += 1
        self._watched.discard(peer)
        logger.debug("%s closed: %s", peer.address, reason)
        if not self._peers:
            self._empty.set()

    def log_in(self, name: str, password: str, certificate: str | None, host: str) -> "Member | asyncio.Future[Member]":
        """Who this is. certificate: the name in a verified client certificate; host: the client's address.

        Raises RefusedFrame, at once or out of the future, which is to be cancelled when the client has gone.

        A login that names a user needs that user's password, certificate or not; without one the certificate's name decides.
        """
        if name in self._passwords.users:
            if not password:
                raise RefusedFrame("the passcode is empty")
            if self._passwords.remembers(name, password):
                return self._member(self._passwords.users[name], certificate)
            return self._checked_later(name, password, certificate, host)
        if certificate is not None:
            role = self.settings.certificate_roles.role_of(certificate)
            if role is None:
                raise RefusedFrame("no role fits the name in this certificate")
            return Member(certificate, role, certificate)
        if not self.settings.has_authentication:
            return Member(name or "anonymous", ADMIN)
        if not name:
            raise RefusedFrame("login needed" if self._passwords.users else "a client certificate is needed")
        return self._checked_later(name, password, certificate, host)

    def _checked_later(self, name: str, password: str, certificate: str | None, host: str) -> "asyncio.Future[Member]":
        def finish(user: User | None) -> Member:
            if user is None or self._passwords.users.get(user.name) != user:  # which a reload may have changed meanwhile
                raise RefusedFrame("wrong login or passcode")
            return self._member(user, certificate)

        if self._checks is None:
            raise RefusedFrame("the broker has not started")
        return self._checks.check(self._passwords, name, password, host, finish)

    def _member(self, user: User, certificate: str | None) -> Member:
        return Member(user.name, SHIPPED_ROLES[user.role], certificate, user.name)

    def flush_later(self, peer: PeerConnection) -> None:
        """Flush at the end of this turn of the loop: what many senders sent to one receiver meanwhile goes out as one write."""
        if not self._dirty:
            self._loop.call_soon(self._flush)
        self._dirty.append(peer)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        now = self._loop.time()
        for peer in dirty:
            peer.flush(now)

    def watch(self, peer: PeerConnection) -> None:
        """Look after a connection with much unread output."""
        if not self._watched:
            self._timers["watch"] = self._loop.call_later(_WATCH_S, self._check_watched)
        self._watched.add(peer)

    def _check_watched(self) -> None:
        now = self._loop.time()
        for peer in list(self._watched):
            if peer.is_watched:
                peer.check_progress(now)
            else:
                self._watched.discard(peer)
        if self._watched:
            self._timers["watch"] = self._loop.call_later(_WATCH_S, self._check_watched)

    def _sweep(self) -> None:
        self.router.sweep()
        self.refusals.sweep()
        if self._crl_stamp() != self._crl:
            self.reload_soon()
        if self._closed >= _CLOSED:
            self._closed = 0
            gc.collect()  # asyncio's transports are cycles, about 1 KiB each
        self._timers["sweep"] = self._loop.call_later(_SWEEP_S, self._sweep)


def serve(settings: BrokerSettings, ready: Callable[[int], None] | None = None) -> None:
    """Run a broker in this process until SIGTERM or SIGINT; SIGHUP reads users and certificates again.

    ready: called once with the port when it listens. Raises as Broker does. For the main thread.
    """
    allow_many_sockets(settings.limits.connections)
    # Messages are no cycles: looking for some after every 700 objects took a tenth of the time under load.
    gc.set_threshold(20_000, 10, 10)
    asyncio.run(_serve(settings, ready))


async def _serve(settings: BrokerSettings, ready: Callable[[int], None] | None) -> None:
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    broker = Broker(settings)
    await broker.start()
    loop.add_signal_handler(signal.SIGHUP, broker.reload_soon)
    if ready is not None:
        ready(broker.port)
    await end.wait()
    await broker.stop()
