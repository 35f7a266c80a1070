"""Who attacks, as small scripts: a hostile broker, a wire that others touch, a local user.

They have what such an attacker has and no more: a broker all that passes it, a host its own key, a local user no rights at all.
"""

import json
import re
import secrets
import socket
import threading
from binascii import a2b_base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

_LENGTH = re.compile(rb"\ncontent-length:(\d+)")


@dataclass(frozen=True)
class Frame:
    """A STOMP frame as it passed. head: without the empty line after it."""

    head: bytes
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        """What the signed body says, {} for what is none of ours."""
        try:
            return dict(json.loads(a2b_base64(json.loads(self.body)["b"])))
        except (ValueError, KeyError, TypeError):
            return {}

    @property
    def is_request(self) -> bool:
        return self.head.startswith(b"MESSAGE") and b"request+" in self.body[:100]

    @property
    def is_reply(self) -> bool:
        return self.head.startswith(b"MESSAGE") and b"reply+" in self.body[:100]

    def carrying(self, body: bytes) -> "Frame":
        """Another body in this frame: it comes by the same subscription."""
        head = _LENGTH.sub(b"", self.head)
        return Frame(head + b"\ncontent-length:%d" % len(body), body)


Script = Callable[[Frame], Iterable[Frame]]


def honest(frame: Frame) -> Iterable[Frame]:
    """What comes goes on as it is."""
    return (frame,)


class HostileBroker:
    """A broker in hostile hands: `with HostileBroker(port) as broker:` connect to broker.port, and broker.script does as it likes.

    In front of a real one: whatever that sends to a host or an operator becomes the frames that the script gives for it. seen: all
    messages that passed, in both directions.
    """

    def __init__(self, target: int) -> None:
        self._target, self.script, self.seen = target, honest, list[Frame]()
        self.script: Script
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []

    def __enter__(self) -> "HostileBroker":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for one in (self._listener, *self._open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._open += (near, far)
            threading.Thread(target=self._forward, args=(near, far, self._note), daemon=True).start()
            threading.Thread(target=self._forward, args=(far, near, self._play), daemon=True).start()

    def _note(self, frame: Frame) -> Iterable[Frame]:
        if frame.head.startswith(b"SEND"):
            self.seen.append(frame)
        return (frame,)

    def _play(self, frame: Frame) -> Iterable[Frame]:
        if not frame.head.startswith(b"MESSAGE"):
            return (frame,)
        self.seen.append(frame)
        return self.script(frame)

    def _forward(self, source: socket.socket, to: socket.socket, script: Script) -> None:
        buffer = b""
        try:
            while data := source.recv(1 << 18):
                buffer += data
                while buffer:
                    if buffer[:1] in b"\r\n":  # a heart-beat, or the end of a line after a frame
                        to.sendall(buffer[:1])
                        buffer = buffer[1:]
                        continue
                    end = buffer.find(b"\n\n")
                    if end < 0:
                        break
                    length = _LENGTH.search(buffer[:end])
                    stop = end + 2 + int(length[1]) if length else buffer.find(b"\0", end)
                    if stop < 0 or len(buffer) <= stop:
                        break
                    frame, buffer = Frame(buffer[:end], buffer[end + 2 : stop]), buffer[stop + 1 :]
                    to.sendall(b"".join(b"%s\n\n%s\0" % (each.head, each.body) for each in script(frame)))
        except OSError:
            pass  # one side has gone
        for one in (source, to):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # both have


class TouchedWire:
    """The network between a site and its broker, in other hands: `with TouchedWire(port) as wire:` connect to wire.port.

    seen: all bytes that passed. flips: of how many pieces of the next ones from each side a bit is to be changed. again: whether each
    piece is sent twice. target may change: connections made later lead there. touched: how many pieces were changed or repeated.
    """

    def __init__(self, target: int) -> None:
        self.target, self.flips, self.again = target, 0, False
        self.seen, self.touched = bytearray(), 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> "TouchedWire":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            for source, to in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(source, to), daemon=True).start()

    def _forward(self, source: socket.socket, to: socket.socket) -> None:
        try:
            while data := source.recv(1 << 18):
                self.seen += data
                if self.flips > 0:
                    self.flips, self.touched = self.flips - 1, self.touched + 1
                    middle = len(data) // 2
                    data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
                if self.again:
                    self.touched += 1
                    data += data
                to.sendall(data)
        except OSError:
            pass  # one side has gone
        for one in (source, to):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # both have


def rubbish(count: int) -> list[bytes]:
    """What costs most for least: long, deep, nearly right, random."""
    shapes = (
        b'{"p":"mcpy/1","t":"mcpy-1.request+json","b":"' + b"A" * 4000 + b'"',
        b"[" * 5000,
        secrets.token_hex(2000).encode(),
        b"\x04\x08{\x07:\x09body",
    )
    return [shapes[number % len(shapes)] for number in range(count)]
