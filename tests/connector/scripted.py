"""A broker of a few lines that does what a test tells it, odd things above all."""

import queue
import socket
import ssl
import threading
from collections.abc import Mapping

LIMIT = 10.0  # s; the longest any wait of these tests may take


class Frame:
    """One frame as it came: command, headers as written, body."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\n\n")
        lines = head.decode().split("\n")
        self.command = lines[0]
        self.headers = dict(line.split(":", 1) for line in lines[1:])


class ScriptedBroker:
    """Listens on loopback, answers CONNECT and receipts, and keeps every frame.

    answers: False to accept and say nothing. connected: headers of CONNECTED. greeting: sent in place of CONNECTED. received: all
    bytes of all connections, before any reading; a connection that failed its TLS handshake adds none. events: of a test to wait on.
    """

    def __init__(
        self,
        *,
        answers: bool = True,
        connected: Mapping[str, str] | None = None,
        greeting: bytes | None = None,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.answers, self.greeting, self._tls = answers, greeting, tls
        self.connected = {"version": "1.1", "heart-beat": "0,0"} if connected is None else dict(connected)
        self.frames: queue.Queue[Frame] = queue.Queue()
        self.connections: queue.Queue[socket.socket] = queue.Queue()
        self.handshakes: queue.Queue[str] = queue.Queue()
        self.received = b""
        self._open: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "ScriptedBroker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and cut every connection."""
        try:
            self._server.shutdown(socket.SHUT_RDWR)  # wakes accept, which close alone does not
        except OSError:
            pass
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Close every connection, as a broker that dies."""
        opened, self._open = self._open, []
        for sock in opened:
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def send(self, data: bytes) -> None:
        """Bytes to the newest connection."""
        self._open[-1].sendall(data)

    def message(self, subscription: str, body: bytes, **headers: str) -> None:
        """A MESSAGE to the newest connection."""
        lines = {"subscription": subscription, "message-id": "1", "destination": subscription, "content-length": str(len(body))}
        text = "".join(f"{name.replace('reply_to', 'reply-to')}:{value}\n" for name, value in (lines | headers).items())
        self.send(f"MESSAGE\n{text}\n".encode() + body + b"\0")

    def wait(self, command: str) -> Frame:
        """The next frame with this command; others before it are dropped."""
        while True:
            frame = self.frames.get(timeout=LIMIT)
            if frame.command == command:
                return frame

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self._tls is not None:
                try:
                    sock = self._tls.wrap_socket(sock, server_side=True)
                    self.handshakes.put("done")
                except OSError as error:
                    self.handshakes.put(f"failed: {error}")
                    raise
            self._open.append(sock)
            self.connections.put(sock)
            buffer = b""
            while data := sock.recv(65536):
                self.received += data
                buffer += data
                buffer = self._take_frames(sock, buffer)
        except OSError:
            sock.close()

    def _take_frames(self, sock: socket.socket, buffer: bytes) -> bytes:
        while True:
            buffer = buffer.lstrip(b"\n")
            head, blank, rest = buffer.partition(b"\n\n")
            if not blank:
                return buffer
            length = next((int(line[15:]) for line in head.split(b"\n") if line.startswith(b"content-length:")), None)
            size = rest.find(b"\0") if length is None else length
            if size < 0 or len(rest) <= size:
                return buffer
            frame = Frame(head + b"\n\n" + rest[:size])
            buffer = rest[size + 1 :]
            if self.answers:
                self._answer(sock, frame)
            self.frames.put(frame)

    def _answer(self, sock: socket.socket, frame: Frame) -> None:
        if frame.command == "CONNECT":
            text = "".join(f"{name}:{value}\n" for name, value in self.connected.items())
            sock.sendall(self.greeting if self.greeting is not None else f"CONNECTED\n{text}\n\0".encode())
        elif "receipt" in frame.headers:
            sock.sendall(f"RECEIPT\nreceipt-id:{frame.headers['receipt']}\n\n\0".encode())


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
