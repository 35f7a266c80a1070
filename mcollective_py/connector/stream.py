"""One connected socket, plain or TLS: whole frames in, bytes out, and an end that has a reason."""

import errno
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable

from .addresses import SocketAddress
from .framing import MAX_BODY, BrokenFrame, FrameSplitter
from .pool import Broker
from .tls import client_context, explain_tls

_CHUNK = 64 << 10
_TCP_LIMIT = 4.0  # s; Linux asks again after 1 and 3 s, then only after 7: a new connect finds a returning broker sooner

_WORDS = {
    errno.ECONNREFUSED: "connection refused: is the broker running, and is the port right?",
    errno.EHOSTUNREACH: "no route to the host: is it up?",
    errno.ENETUNREACH: "no route to its network",
    errno.ECONNRESET: "it closed the connection",
    errno.EPIPE: "it closed the connection",
    errno.ETIMEDOUT: "no answer: is the host up, and does a firewall drop the packets?",
    errno.EMFILE: "this process has too many files open (ulimit -n)",
    errno.EACCES: "this host forbids the connection (firewall)",
    errno.EPERM: "this host forbids the connection (firewall)",
}


class AttemptFailed(Exception):
    """One broker did not take us; reason in plain words. lasting: nothing that waiting a moment would mend."""

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.lasting = reason, lasting


class Stream:
    """A connection that one thread reads and any thread writes.

    Reads and writes wait in poll with no lock held and touch the TLS state one at a time, which OpenSSL asks for. silence: seconds
    without a byte after which the peer counts as gone, None to wait for ever. reason: why it ended, None while it lives.
    """

    def __init__(self, sock: socket.socket, *, write_timeout: float = 10.0, max_body: int = MAX_BODY) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._state = threading.Lock()  # guards the socket's TLS state
        self._writing = threading.Lock()  # one frame after the other
        self._write_timeout = write_timeout
        self._splitter = FrameSplitter(max_body=max_body)
        self._frames: deque[bytes] = deque()
        self._stopped = threading.Event()
        self.silence: float | None = None
        self.reason: str | None = None

    @property
    def skipped(self) -> int:
        """How many frames were too large and read past."""
        return self._splitter.skipped

    def read_frame(self) -> bytes:
        """The next whole frame with its NUL; b"" at the end, for whatever reason."""
        while not self._frames:
            data = self._read()
            if not data:
                return b""
            try:
                self._frames.extend(self._splitter.feed(data))
            except BrokenFrame as error:
                self.stop(f"broken frame: {error}")
                return b""
        return self._frames.popleft()

    def write(self, data: bytes) -> None:
        """Send all of it. OSError, and the stream stopped, where the peer is gone or takes nothing for write_timeout seconds."""
        with self._writing:
            view = memoryview(data)
            while view:
                if self.reason is not None:
                    raise ConnectionAbortedError(self.reason)
                wanted, sent = select.POLLOUT, 0
                try:
                    with self._state:
                        sent = self._socket.send(view[:_CHUNK])
                except ssl.SSLWantReadError:
                    wanted = select.POLLIN
                except (BlockingIOError, ssl.SSLWantWriteError):
                    pass
                except OSError as error:
                    self._stopped.wait(0.5)  # the reader may yet find what the peer said before it hung up
                    self.stop(explain(error))
                    raise
                if sent:
                    view = view[sent:]
                elif not self._wait(wanted, self._write_timeout):
                    self.stop(f"it took no data for {self._write_timeout:g} s")

    def write_beat(self) -> None:
        """A heartbeat, unless a frame is just being written, which says the same."""
        if self._writing.acquire(blocking=False):
            self._writing.release()
            self.write(b"\n")

    def keep_alive(self, interval: float) -> None:
        """Let the kernel look after a peer that sends no heartbeats: a dead one is noticed after about two intervals (seconds)."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (("TCP_KEEPIDLE", interval), ("TCP_KEEPINTVL", interval / 3), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, option):
                self._socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), max(1, int(value)))

    def stop(self, reason: str) -> None:
        """End it: wakes the reader, fails the writers. The first reason given is the one that stays."""
        if self.reason is None:
            self.reason = reason
        self._stopped.set()
        try:
            # Not SSLSocket.shutdown: that drops the TLS state, and the reader would take ciphertext for text.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            pass  # it is gone already

    def close(self) -> None:
        """Free the descriptor; called when the reader has ended, so that no other thread polls a number that is used anew."""
        self.stop("closed")
        with self._state:
            self._socket.close()

    def _read(self) -> bytes:
        while self.reason is None:
            try:
                with self._state:
                    data = self._socket.recv(_CHUNK)
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT, self._write_timeout)
            except (BlockingIOError, ssl.SSLWantReadError):
                if not self._wait(select.POLLIN, self.silence):
                    self.stop(f"silent for {self.silence:g} s, no heartbeat")
            except OSError as error:
                self.stop(explain(error))
            else:
                # No bytes is the end, TLS or not; taking it for "nothing yet" would spin on a dead connection for ever.
                if not data:
                    self.stop("it closed the connection")
                return data
        return b""

    def _wait(self, events: int, seconds: float | None) -> bool:
        number = self._socket.fileno()
        if number < 0:
            return True  # closed meanwhile; the caller will see it
        poll = select.poll()
        poll.register(number, events)
        return bool(poll.poll(None if seconds is None else max(seconds, 0) * 1000))


def open_stream(
    broker: Broker, addresses: list[SocketAddress], timeout: float, on_socket: Callable[[socket.socket], None] = lambda _sock: None
) -> Stream:
    """A connection to the first of a broker's addresses that takes it, with TLS where the broker has it: all within timeout seconds.

    Nothing of ours is sent before the broker's certificate has been verified. on_socket: is given each socket before it is waited on,
    so that another thread can shut it down; it may raise AttemptFailed to give up. Raises AttemptFailed with the reason.
    """
    # Before anything is sent: a missing key must not leave half-open connections on the broker.
    context = client_context(broker.tls) if broker.tls else None
    end = time.monotonic() + timeout
    problem: OSError = TimeoutError(errno.ETIMEDOUT, "no address")
    for place, (family, address) in enumerate(addresses):
        remaining = end - time.monotonic()
        is_shaking = False
        sock: socket.socket | None = None
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            on_socket(sock)
            sock.settimeout(max(0.05, min(_TCP_LIMIT, remaining / (len(addresses) - place))))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                is_shaking = True
                sock.settimeout(max(0.05, end - time.monotonic()))
                sock = context.wrap_socket(sock, server_hostname=broker.host)
            return Stream(sock)
        except OSError as error:
            if sock is not None:
                sock.close()
            if isinstance(error, ssl.SSLError):
                raise AttemptFailed(explain_tls(error), lasting=True) from error
            if is_shaking:
                raise AttemptFailed(f"TLS failed in the handshake: {explain(error)} Does this port speak TLS?") from error
            problem = error
        except AttemptFailed:
            if sock is not None:
                sock.close()
            raise
    raise AttemptFailed(explain(problem)) from problem


def explain(error: OSError) -> str:
    """An error of the socket in words an operator can act on."""
    if isinstance(error, ssl.SSLEOFError):
        return _WORDS[errno.ECONNRESET]  # killed, it could not say goodbye
    if isinstance(error, ssl.SSLError):
        return explain_tls(error)
    if isinstance(error, TimeoutError):
        return _WORDS[errno.ETIMEDOUT]
    return _WORDS.get(error.errno or 0) or error.strerror or str(error)
