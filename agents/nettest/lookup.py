"""A question to a name server, over UDP and, for a long answer, TCP."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from mcollective_py.agent import RPCAborted

from .connecting import connect, ended_after
from .dnsmessage import Answer, BadAnswer, nameservers, parse_answer, question
from .targets import Target

_RESOLV = Path("/etc/resolv.conf")
_TRIES = 2  # a datagram may be lost


def configured_servers() -> list[str]:
    """The name servers that this host asks. Raises RPCAborted where it has none."""
    try:
        found = nameservers(_RESOLV.read_text(encoding="utf-8", errors="replace")[:65536])
    except OSError as error:
        raise RPCAborted(f"this host has no {_RESOLV}: name a server") from error
    if not found:
        raise RPCAborted(f"{_RESOLV} of this host has no nameserver: name a server")
    return found


def ask(servers: Sequence[Target], name: str, kind: str, seconds: float) -> tuple[Answer, str]:
    """The first server's answer, and its address; a server that says nothing gives way to the next. Raises RPCAborted."""
    deadline, reason = monotonic() + seconds, ""
    for number, server in enumerate(servers):
        share = (deadline - monotonic()) / (len(servers) - number)
        try:
            return _ask_one(server, name, kind, max(share, 0.05)), server.address
        except (OSError, BadAnswer) as error:
            words = "no answer in time" if isinstance(error, TimeoutError) else getattr(error, "strerror", None) or str(error)
            reason = f"{server.address}: {words}"
    raise RPCAborted(f"no name server answers: {reason}")


def _ask_one(server: Target, name: str, kind: str, seconds: float) -> Answer:
    deadline = monotonic() + seconds
    identifier = int.from_bytes(os.urandom(2), "big")
    packet = question(identifier, name, kind)
    answer = _over_udp(server, packet, identifier, name, kind, deadline)
    return _over_tcp(server, packet, identifier, name, kind, deadline) if answer.is_truncated else answer


def _over_udp(server: Target, packet: bytes, identifier: int, name: str, kind: str, deadline: float) -> Answer:
    with socket.socket(server.family, socket.SOCK_DGRAM) as made:
        made.connect(server.sockaddr)  # only this server's datagrams arrive, and its refusal is heard of
        for turn in range(_TRIES):
            made.send(packet)
            until = deadline if turn == _TRIES - 1 else monotonic() + (deadline - monotonic()) / 2
            while (left := until - monotonic()) > 0:
                made.settimeout(left)
                try:
                    return parse_answer(made.recv(65535), identifier, name, kind)
                except (TimeoutError, BadAnswer):  # what is not the answer may be a stranger's: the answer may still come
                    continue
    raise TimeoutError


def _over_tcp(server: Target, packet: bytes, identifier: int, name: str, kind: str, deadline: float) -> Answer:
    attempt = connect([server], deadline - monotonic())
    if attempt.connection is None:
        raise OSError(0, f"the answer is too long for UDP, and over TCP: {attempt.error}")
    with attempt.connection as made, ended_after(made, deadline - monotonic()):
        made.sendall(len(packet).to_bytes(2, "big") + packet)
        length = int.from_bytes(_exactly(made, 2), "big")
        return parse_answer(_exactly(made, length), identifier, name, kind)


def _exactly(made: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = made.recv(size - len(data))
        if not piece:
            raise TimeoutError  # the end of our time looks so, too
        data += piece
    return data
