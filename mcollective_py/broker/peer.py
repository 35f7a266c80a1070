"""One connection: bytes to frames to the session, heart-beats both ways, and the cutting off of those who do not read."""

import asyncio
import contextlib
import logging
import secrets
import ssl
from typing import TYPE_CHECKING, cast

from ..text import printable
from .frames import Frame, FrameReader, RefusedFrame, RefusedSend, encode_frame
from .messages import Holder, Message, Publisher, Subscription
from .outlet import Outlet
from .revoked import Revoked
from .rights import Member
from .session import VERSIONS, Hello, Session, connected_frame, read_hello
from .tls import certificate_name

if TYPE_CHECKING:
    from .arrivals import Arrival
    from .server import Broker

logger = logging.getLogger(__name__)

REVOKED = "this certificate has been revoked"
_FAREWELL_S = 2.0  # for a closing connection to take what is still to be sent
_MOST_STRIKES, _STRIKES_S = 100, 60.0  # refused SENDs of a client that may stay
_UNHEARD = 2 * 1024 * 1024  # bytes that a refused client may still send while it is told so


class PeerConnection(asyncio.BufferedProtocol):
    """A client's connection. Nothing here waits: every method is called by the loop and returns at once."""

    __slots__ = (
        "_answer",
        "_arrival",
        "_broker",
        "_heard",
        "_held_by",
        "_hello",
        "_is_closing",
        "_is_full",
        "_is_stalled",
        "_limits",
        "_loop",
        "_outlet",
        "_progress",
        "_progress_at",
        "_reader",
        "_spoke",
        "_strikes",
        "_strikes_since",
        "_timer",
        "_timer_due",
        "_transport",
        "_tried",
        "_unheard",
        "_version",
        "_watched_since",
        "_why_closed",
        "address",
        "is_dirty",
        "is_watched",
        "session",
        "waiters",
    )

    def __init__(self, broker: "Broker", arrival: "Arrival") -> None:
        self.waiters: set[Publisher] = set()
        self.session: Session | None = None
        self.address = arrival.address
        self.is_dirty = False  # has something to flush in this turn of the loop
        self.is_watched = False  # has unread output; its progress is looked at
        self._broker, self._limits, self._arrival = broker, broker.settings.limits, arrival
        self._loop = asyncio.get_running_loop()
        limits = self._limits
        self._reader = FrameReader(max_head=limits.login_head, max_headers=limits.headers, max_body=0)
        self._version = "1.0"
        self._held_by: set[Holder] = set()
        self._answer: asyncio.Future[Member] | None = None  # of a login that is being checked
        self._tried = ""
        self._strikes, self._strikes_since = 0, 0.0
        self._is_closing = False
        self._is_full = False  # has a window of unread output: queues keep their messages until half of it is read
        self._is_stalled = False
        self._unheard = 0
        self._watched_since = self._progress_at = 0.0
        self._progress = 0
        self._heard = self._spoke = self._loop.time()
        self._hello = Hello("1.0", 0.0, 0.0)
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        self._why_closed = "the client left"

    # --- the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=64 * 1024, low=16 * 1024)
        self._outlet = Outlet(self._transport)
        self._broker.admit(self)
        self._arrival.end = self.cut

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_closing = True
        self._arrival.end = None
        self._broker.forget(self, self._arrival, self._why_closed if exc is None else f"{self._why_closed}: {exc}")
        if self._answer is not None:
            self._answer.cancel()
        if self._timer is not None:
            self._timer.cancel()
        for holder in list(self._held_by):
            self.release(holder)
        self._outlet.clear()
        if self.session is not None:
            self.session.close()
            self.session = None  # the two hold each other: without a cycle the memory is free at once
        self._release_waiters()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._broker.read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._broker.read_buffer[:nbytes])
        self._heard = self._loop.time()
        if self._is_closing:
            self._unheard += len(data)
            if self._unheard > _UNHEARD:
                self._transport.abort()
            return
        try:
            self._reader.feed(data)
            if self._answer is None:
                self._read_frames()
                return
            # Who leaves while its login is checked must be noticed, so it is read on: as much as one login may be.
            self._unheard += len(data)
            if self._unheard > self._limits.login_head:
                self._transport.pause_reading()
        except RefusedFrame as error:
            self.refuse(str(error))

    def _read_frames(self) -> None:
        while self._answer is None and not self._is_closing:
            frame = self._reader.next()
            if frame is None:
                return
            self._broker.counters["frames"] += 1
            try:
                if self.session is not None:
                    self.session.handle(frame)
                else:
                    self._log_in(frame)
            except RefusedSend as error:
                self._strike(str(error), frame.headers.get("receipt"))
            except RefusedFrame as error:
                self.refuse(str(error), frame.headers.get("receipt"))

    def eof_received(self) -> None:
        """The default: close as well, once all is sent."""

    def pause_writing(self) -> None:
        self._outlet.is_blocked = True

    def resume_writing(self) -> None:
        self._outlet.is_blocked = False
        self.flush(self._loop.time())

    # --- login

    def _log_in(self, frame: Frame) -> None:
        if frame.command not in ("CONNECT", "STOMP"):
            raise RefusedFrame("not connected: the first frame is CONNECT")
        self._hello = read_hello(frame, self._limits.heartbeat_s)
        self._reader.version = self._version = self._hello.version
        tls = self._transport.get_extra_info("ssl_object")
        certificate = certificate_name(tls.getpeercert()) if isinstance(tls, ssl.SSLObject) else None
        if certificate is not None and self.is_revoked(self._broker.revoked):
            raise RefusedFrame(REVOKED)  # since the handshake, or the broker would not have come as far as this
        name, password = frame.headers.get("login", ""), frame.headers.get("passcode", "")
        self._tried = name or certificate or ""
        if self._arrival.has_left:
            self.finish()  # a password is dear to check
            return
        answer = self._broker.log_in(name, password, certificate, self._arrival.host)
        if isinstance(answer, Member):
            self._welcome(answer)
            return
        # A new password takes 40 ms to check: in another thread, while this connection alone waits.
        self._answer = answer
        answer.add_done_callback(self._login_checked)

    def is_revoked(self, revoked: Revoked) -> bool:
        """Whether this client came with one of these certificates."""
        tls = self._transport.get_extra_info("ssl_object")
        shown = tls.getpeercert(binary_form=True) if revoked.serials and isinstance(tls, ssl.SSLObject) else None
        return shown is not None and revoked.holds(shown)

    def _login_checked(self, answer: "asyncio.Future[Member]") -> None:
        self._answer = None
        refused = None if answer.cancelled() else answer.exception()  # asked for, or the loop complains that nobody did
        if answer.cancelled() or self._is_closing:
            return
        self._unheard = 0
        if not self._held_by:
            self._transport.resume_reading()
        try:
            if refused is not None:
                raise refused
            self._welcome(answer.result())
            self._read_frames()
        except RefusedFrame as error:
            self.refuse(str(error))

    def _welcome(self, member: Member) -> None:
        limits = self._broker.limits[member.role.name]
        self._broker.enter(self._arrival, member)
        self.session = Session(self, self._broker.router, limits, member, self._version)
        self._reader.max_head, self._reader.max_body = limits.head, limits.body
        self._broker.counters["logins"] += 1
        logger.debug("%s is %s, role %s, STOMP %s", self.address, printable(member.name), member.role.name, self._version)
        self.send(connected_frame(self._hello, secrets.token_hex(8), self._limits.heartbeat_s))
        self._heard = self._loop.time()
        self._set_timer()

    # --- heart-beats

    def _set_timer(self) -> None:
        hello = self._hello
        due = []
        if hello.send_every_s:
            due.append(self._spoke + hello.send_every_s * 0.9)  # a little early, for the way
        if hello.expect_every_s:
            due.append(self._heard + hello.expect_every_s * 2)
        self._timer = None
        if due and not self._is_closing:
            self._timer_due = max(min(due), self._loop.time() + 0.01)
            self._timer = self._loop.call_at(self._timer_due, self._beat)

    def _beat(self) -> None:
        now, hello = self._loop.time(), self._hello
        if self._held_by or now - self._timer_due > 1.0:
            self._heard = now  # it is we who did not listen: held back, or this process was stopped
        if hello.expect_every_s and now - self._heard >= hello.expect_every_s * 2:
            self.cut(f"silent for {now - self._heard:.1f} s, its heart-beat is {hello.expect_every_s:g} s")
            return
        if hello.send_every_s and now - self._spoke >= hello.send_every_s * 0.9:
            self._spoke = now
            if not self._outlet.waiting:
                self.send(b"\n")
        self._set_timer()

    # --- sending

    def send(self, frame: bytes) -> None:
        if not self._is_closing:
            self._outlet.put(frame)
            self._has_output()
            if self.is_backlogged:
                self.hold(self)  # it asks for receipts and does not read them

    def deliver(self, subscription: Subscription, message: Message) -> None:
        if not self._is_closing:
            self._outlet.put_message(message.head(self._version, with_ack=subscription.with_ack), subscription.line, message.tail)
            self._is_full = self._is_full or self._outlet.waiting >= self._limits.window
            self._has_output()

    def _has_output(self) -> None:
        if not self.is_dirty:
            self.is_dirty = True
            self._broker.flush_later(self)

    def flush(self, now: float) -> None:
        """Hand over what the network takes; now is the loop's time."""
        self.is_dirty = False
        outlet = self._outlet
        outlet.flush()
        self._spoke = now
        if outlet.waiting == 0 and not (self.is_watched or self._is_full or self._is_closing or self.waiters):
            return
        if outlet.waiting > self._limits.lag:
            if not self.is_watched:
                self._watch()
            if outlet.waiting > self._limits.unread and (not self.is_reading or outlet.waiting > 4 * self._limits.unread):
                self.cut(f"does not read: {outlet.waiting} bytes wait for it")
        elif self.is_watched:
            self.is_watched = self._is_stalled = False
        if self.waiters and outlet.waiting * 2 < self._limits.hold:
            self._release_waiters()
        if self._is_full and outlet.waiting * 2 < self._limits.window and self.session is not None:
            self._is_full = False
            self.session.refill()
        if not outlet.waiting and self._is_closing:
            self._close_written()

    @property
    def is_ready(self) -> bool:
        return not self._is_full and not self._is_closing

    @property
    def is_reading(self) -> bool:
        if not self.is_watched:
            return not self._is_closing
        return not self._is_stalled and self._loop.time() - self._watched_since < self._limits.hold_s

    @property
    def is_backlogged(self) -> bool:
        return self._outlet.waiting > self._limits.hold and self.is_reading

    # --- slow readers, and those who wait for them

    def _watch(self) -> None:
        self.is_watched, self._is_stalled = True, False
        self._watched_since = self._progress_at = self._loop.time()
        self._progress = self._outlet.sent
        self._broker.watch(self)

    def check_progress(self, now: float) -> None:
        """Called a few times a second while output waits. Bytes alone cut nobody: a healthy reader in a burst has many."""
        if not self.is_watched:
            return
        sent = self._outlet.sent
        if sent - self._progress >= self._limits.lag // 4:
            self._progress, self._progress_at, self._is_stalled = sent, now, False
        elif now - self._progress_at > self._limits.stall_s:
            self.cut(f"has not read for {now - self._progress_at:.1f} s, {self._outlet.waiting} bytes wait for it")
        elif now - self._progress_at > 0.5:
            self._is_stalled = True
        if not self.is_reading:
            self._release_waiters()
            if self.session is not None:
                self.session.release_publishers()

    def hold(self, holder: Holder) -> None:
        """Read nothing more from this client until the one it sends to has caught up."""
        if self._is_closing or holder in self._held_by:
            return
        if not self._held_by:
            self._transport.pause_reading()
            self._broker.counters["held"] += 1
        self._held_by.add(holder)
        holder.waiters.add(self)

    def release(self, holder: Holder) -> None:
        self._held_by.discard(holder)
        holder.waiters.discard(self)
        if not self._held_by and not self._is_closing:
            self._heard = self._loop.time()
            self._transport.resume_reading()

    def _release_waiters(self) -> None:
        for publisher in list(self.waiters):
            publisher.release(self)

    # --- endings

    def refuse(self, reason: str, receipt: str | None = None) -> None:
        """Say ERROR, stop listening, and close once it is sent."""
        if self._is_closing:
            return
        self._broker.counters["refused"] += 1
        self._say_refused("refused", reason)
        headers = {"message": reason, "version": ",".join(reversed(VERSIONS))} if self.session is None else {"message": reason}
        if receipt is not None:
            headers["receipt-id"] = receipt
        self._why_closed = "refused"
        self.send(encode_frame("ERROR", headers, reason.encode() + b"\n", self._version))
        self.finish()

    def _strike(self, reason: str, receipt: str | None) -> None:
        """Say ERROR for one SEND and go on; a client with a hundred of them in a minute is refused itself."""
        now = self._loop.time()
        if now - self._strikes_since > _STRIKES_S:
            self._strikes, self._strikes_since = 0, now
        self._strikes += 1
        if self._strikes > _MOST_STRIKES:
            self.refuse(f"more than {_MOST_STRIKES} refused messages in a minute", receipt)
            return
        self._broker.counters["messages refused"] += 1
        self._say_refused("message refused", reason)
        headers = {"message": reason} if receipt is None else {"message": reason, "receipt-id": receipt}
        self.send(encode_frame("ERROR", headers, reason.encode() + b"\n", self._version))

    def _say_refused(self, what: str, reason: str) -> None:
        if self.session is not None:
            who = self.session.member.name
        else:
            what, who = "login refused", f"login {self._tried}" if self._tried else "no login"
        self._broker.refusals.warn(what, f"{self.address} ({printable(who, most=100)}) {what}: {printable(reason)}")

    def finish(self) -> None:
        """Close when what waits is sent, or after two seconds."""
        if self._is_closing:
            return
        self._is_closing = True
        if self.session is not None:
            self.session.close()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_FAREWELL_S, self._transport.abort)
        if not self.is_dirty:
            self.flush(self._loop.time())

    def _close_written(self) -> None:
        if self._transport.can_write_eof():
            # Closing a socket with unread input sends a reset, which can overtake the ERROR: half close, and read on to nowhere.
            with contextlib.suppress(OSError):  # it has gone, and the loop has not noticed yet
                self._transport.write_eof()
            if not self._held_by and self._answer is None:
                return
        self._transport.close()

    def cut(self, reason: str) -> None:
        """End the connection at once, with nothing more to say."""
        if self._is_closing and self._why_closed != "refused":
            return
        self._why_closed = f"cut off: {reason}"
        self._broker.counters["cut"] += 1
        self._broker.refusals.warn("cut off", f"{self.address} cut off: {reason}")
        self._is_closing = True
        self._outlet.clear()
        self._transport.abort()
