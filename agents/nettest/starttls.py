"""What must be said before TLS begins on ports where it does not begin at once."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcollective_py.agent import RPCAborted

_MAX_LINE, _MAX_LINES = 4096, 200


@dataclass(frozen=True, slots=True)
class Talk:
    """What is sent, None for the greeting, and how the last line of the answer that lets us go on begins."""

    sends: bytes | None
    wants: bytes
    goes_on: bytes = b"\0"  # how a line begins that is not the last one


TALKS: Mapping[str, Sequence[Talk]] = {
    "smtp": (  # RFC 3207
        Talk(None, b"220 ", b"220-"),
        Talk(b"EHLO nettest.invalid\r\n", b"250 ", b"250-"),
        Talk(b"STARTTLS\r\n", b"220"),
    ),
    "imap": (Talk(None, b"* "), Talk(b"a1 STARTTLS\r\n", b"a1 OK", b"* ")),  # RFC 9051
    "pop3": (Talk(None, b"+OK"), Talk(b"STLS\r\n", b"+OK")),  # RFC 2595
    "ftp": (Talk(None, b"220 ", b"220-"), Talk(b"AUTH TLS\r\n", b"234")),  # RFC 4217
}


def start_tls(connection: socket.socket, protocol: str) -> None:
    """Talk up to where TLS begins. Raises RPCAborted with the server's words where it does not want to."""
    for talk in TALKS[protocol]:
        if talk.sends is not None:
            connection.sendall(talk.sends)
        for _ in range(_MAX_LINES):
            line = read_line(connection)
            if not line.startswith(talk.goes_on):
                break
        if not line.startswith(talk.wants):
            words = line[:200].decode("utf-8", "replace").strip() or "nothing"
            raise RPCAborted(f"the server does not begin TLS with {protocol}: it says {words!r}")


def read_line(connection: socket.socket) -> bytes:
    """A line, byte by byte: what follows belongs to TLS."""
    line = b""
    while not line.endswith(b"\n") and len(line) < _MAX_LINE:
        piece = connection.recv(1)
        if not piece:
            break
        line += piece
    return line
