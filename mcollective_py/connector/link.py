"""One connection to one broker: STOMP over a stream, from CONNECT to DISCONNECT. It is used once and never reconnects."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..text import printable
from .library import BaseTransport, Protocol10, Protocol11
from .pool import Broker, Options
from .stream import AttemptFailed, Stream

_REFUSED = ("password", "authenticat", "credential", "not authorized", "access refused", "access denied", "login", "passcode")

_TRACES = ("java.", "javax.", "org.")


class LinkEvents(Protocol):
    """Who is told what a link receives. Called in its reader's thread: must be quick, must not send."""

    def on_message(self, headers: Mapping[str, str], body: bytes) -> None: ...
    def on_receipt(self, receipt: str) -> None: ...
    def on_error(self, text: str, receipt: str) -> bool:
        """The broker's ERROR, and the receipt that was asked for with what it refuses, if any; True to keep the connection."""
        ...

    def on_lost(self, link: "Link") -> None: ...


class _Transport(BaseTransport):  # type: ignore[misc]  # stomp.py has no annotations
    """Our stream in the place of stomp.py's sockets.

    Its own transport would look addresses up while holding the connection, check no TLS version, spin at the end of a TLS stream
    (9.0), use one TLS state from two threads (8.x), and read without bounds.
    """

    def __init__(self, stream: Stream, on_message: Callable[[Any], None]) -> None:
        super().__init__(auto_decode=False)  # bodies are bytes: decoding would replace what is not UTF-8
        self._stream, self._on_message = stream, on_message
        self.override_threading(self._start_reader)

    def is_connected(self) -> bool:
        return self._stream.reason is None

    def send(self, encoded_frame: bytes) -> None:
        self._stream.write(encoded_frame)

    def receive(self) -> bytes:
        return self._stream.read_frame()

    def process_frame(self, f: Any, frame_str: bytes) -> None:
        if f.cmd == "MESSAGE":
            self._on_message(f)  # two rounds of its listeners cost half the time that a small message takes: a flood is many
            return
        try:
            super().process_frame(f, frame_str)
        except (KeyError, ValueError) as error:  # a RECEIPT without an id, a heart-beat header of three numbers
            self._stream.stop(f"broken frame: {f.cmd} {error!r}")

    def cleanup(self) -> None:
        self._stream.close()

    def disconnect_socket(self) -> None:
        self._stream.stop("closed")

    @staticmethod
    def _start_reader(run: Callable[[], None]) -> threading.Thread:
        reader = threading.Thread(target=run, name="connector-reader", daemon=True)
        reader.start()
        return reader


class Link:
    """A logged-in connection; all its methods but `stop` belong to one thread.

    beat_every: seconds between our heartbeats, None where the broker wants none. version: that of STOMP, once logged in. server: what
    the broker calls itself then, at most 80 characters.
    """

    def __init__(self, broker: Broker, stream: Stream, events: LinkEvents, options: Options) -> None:
        self.broker = broker
        self.beat_every: float | None = None
        self.version = self.server = ""
        self._stream, self._events, self._options = stream, events, options
        self._answered = threading.Event()  # CONNECTED, ERROR or the end
        self._said_goodbye = threading.Event()
        self._connected: dict[str, str] | None = None
        self._error: str | None = None
        self._transport = _Transport(stream, self.on_message)
        self._protocol = Protocol11(self._transport)
        self._transport.set_listener("link", self)

    @property
    def reason(self) -> str | None:
        """Why it ended; None while it lives."""
        return self._stream.reason

    @property
    def skipped(self) -> int:
        """How many frames were too large and read past."""
        return self._stream.skipped

    def login(self, timeout: float) -> None:
        """CONNECT and wait for the answer, timeout seconds in all. AttemptFailed where it is no, or none."""
        headers = {
            # 1.2 is not offered: no peer of ours needs it, and 1.1 is what every broker of the field and every Ruby host has spoken.
            "accept-version": "1.1,1.0" if self._options.accepts_stomp_1_0 else "1.1",
            "host": self._options.vhost,
            "heart-beat": "{},{}".format(*self._beats()),
        }
        if self.broker.user is not None:
            headers["login"] = self.broker.user
        if self.broker.password is not None:
            headers["passcode"] = self.broker.password
        self._transport.start()
        try:
            self._protocol.send_frame("CONNECT", headers)
        except OSError as error:
            raise self._failure() from error
        # A wait of our own: stomp.py's wait=True never comes back from a broker that accepts and says nothing.
        if not self._answered.wait(timeout):
            self.stop(f"connected, but it did not answer CONNECT within {timeout:.1f} s: does this port speak STOMP?")
        if self._connected is None or self._error is not None or self.reason is not None:
            raise self._failure()
        self._take_version(self._connected.get("version", "1.0"))
        self.server = self._connected.get("server", "")[:80]

    def send(self, command: str, headers: dict[str, str], body: bytes = b"") -> None:
        """One frame; header values are escaped as the version asks for. OSError where the connection is gone."""
        self._protocol.send_frame(command, headers, body)

    def beat(self) -> None:
        """Tell the broker that we live. OSError where it is gone."""
        self._stream.write_beat()

    def stop(self, reason: str) -> None:
        """End it now, from any thread."""
        self._stream.stop(reason)
        self._answered.set()
        self._said_goodbye.set()

    def goodbye(self, timeout: float) -> None:
        """DISCONNECT; wait (seconds) until the broker has taken all that was sent before, then end."""
        try:
            self.send("DISCONNECT", {"receipt": "goodbye"})
            self._said_goodbye.wait(timeout)
        except OSError:
            pass  # it is gone already
        self.stop("closed")

    # --- called by stomp.py, in the reader's thread -----------------------------------------------------------------------

    def on_connected(self, frame: Any) -> None:
        self._connected = dict(frame.headers)
        self._agree_beats(frame.headers.get("heart-beat", "0,0"))
        self._answered.set()

    def on_message(self, frame: Any) -> None:
        self._events.on_message(frame.headers, frame.body)

    def on_receipt(self, frame: Any) -> None:
        receipt = frame.headers["receipt-id"]
        if receipt == "goodbye":
            self._said_goodbye.set()
        else:
            self._events.on_receipt(receipt)

    def on_error(self, frame: Any) -> None:
        text = _error_text(frame.headers.get("message", ""), frame.body)
        if self._connected is None:
            self._error = text
            self._answered.set()
        elif not self._events.on_error(text, frame.headers.get("receipt-id", "")):
            self.stop(f"it said ERROR: {text}")

    def on_send(self, frame: Any) -> None:
        """Asked for by stomp.py before each frame; nothing to add."""

    def on_disconnected(self) -> None:
        self.stop("it closed the connection")
        self._events.on_lost(self)

    # --- agreeing ---------------------------------------------------------------------------------------------------------

    def _beats(self) -> tuple[int, int]:
        """What we offer to send and want to see, in ms; 30 s gives Ruby's 30500,29500."""
        interval = int(self._options.heartbeat * 1000)
        return (interval + 500, interval - 500) if interval >= 30_000 else (interval, interval)

    def _take_version(self, version: str) -> None:
        """Speak what CONNECTED says; AttemptFailed where that was not offered."""
        self.version = version[:20]
        if version == "1.0" and self._options.accepts_stomp_1_0:
            self._protocol = Protocol10(self._transport)  # which escapes nothing
        elif version != "1.1":
            self.stop(f"it answered with STOMP {version[:20]!r}, which was not offered")
            raise self._failure(lasting=True)

    def _agree_beats(self, theirs: str) -> None:
        """Settle the heartbeats (STOMP 1.1, heart-beating); in the reader's thread, so that it knows before it waits again."""
        numbers = _two_numbers(theirs)
        if numbers is None:
            self.stop(f"broken frame: CONNECTED with heart-beat {theirs[:40]!r}")
            return
        (can, wants), ours = numbers, self._beats()
        if wants:
            self.beat_every = max(ours[0], wants) / 1000 * 0.8  # early, so that a late thread is not a missed beat
        if can:
            self._stream.silence = max(ours[1], can) / 1000 * self._options.missed + min(0.5, self._options.heartbeat / 4)
        else:
            self._stream.keep_alive(self._options.heartbeat)

    def _failure(self, *, lasting: bool = False) -> AttemptFailed:
        if self._error is not None:
            text = self._error
            self.stop(f"it said ERROR: {text}")
            if "virtual host" in text.lower():
                what = f"the virtual host {self._options.vhost}"
                return AttemptFailed(f"the broker refused {what}: {text}: check .vhost and the user's rights in it", lasting=True)
            if any(word in text.lower() for word in _REFUSED):
                who = f"as {self.broker.user}" if self.broker.user is not None else "without a user"
                return AttemptFailed(f"the broker refused the login {who}: {text}: check .user and .password", lasting=True)
            return AttemptFailed(f"the broker refused the connection: {text}")
        reason = self.reason or "closed"
        if self._connected is None and reason == "it closed the connection":
            tls = self.broker.tls
            if tls is None:
                reason += " on CONNECT: does this port want TLS (.ssl = 1)?"
            elif tls.cert is None:
                reason += " on CONNECT: does it want a client certificate (.ssl.cert, .ssl.key)?"
                lasting = True
        return AttemptFailed(reason, lasting=lasting or reason.startswith(("TLS", "broken frame")))


def _error_text(message: str, body: bytes) -> str:
    """What an ERROR says, in its message header, the first line of its body, or both; on one line without control characters.

    RabbitMQ puts a code like `access_refused` or a heading into the header; ActiveMQ's body is a Java stack trace.
    """
    detail = next(iter(body[:2000].decode("utf-8", "replace").splitlines()), "")
    if message and (not detail or message in detail or detail.startswith(_TRACES)):
        text = message
    elif " " in message:
        text = f"{message}: {detail}"
    else:
        text = detail
    return printable(text, " ").strip() or "no reason given"


def _two_numbers(text: str) -> tuple[int, int] | None:
    parts = text.replace(" ", "").split(",")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        return None
    return int(parts[0]), int(parts[1])
