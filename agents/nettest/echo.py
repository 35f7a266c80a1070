"""ICMP echo by the kernel's own sockets, without the program ping: RFC 792 and 4443."""

import errno
import os
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, sleep

from mcollective_py.agent import RPCAborted

from .targets import Target

INTERVAL = 0.2  # seconds between probes
_HEAD = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
_REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
_ERRORS = {socket.AF_INET: {3: "unreachable", 11: "time exceeded"}, socket.AF_INET6: {1: "unreachable", 3: "time exceeded"}}
_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}  # linux/in.h, in6.h
_MAX_PACKET = 2048


@dataclass(frozen=True, slots=True)
class Echo:
    """An answer to a probe: which, and what the other side said of it where it is no reply."""

    sequence: int
    error: str = ""


def checksum(data: bytes) -> int:
    """The Internet checksum, RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def request(family: int, identifier: int, sequence: int, payload: bytes) -> bytes:
    """An echo request. Of version 6 the kernel makes the checksum."""
    kind = _REQUEST[socket.AddressFamily(family)]
    head = _HEAD.pack(kind, 0, 0, identifier, sequence)
    return _HEAD.pack(kind, 0, checksum(head + payload), identifier, sequence) + payload


def parse(packet: bytes, family: int, identifier: int | None, payload: bytes) -> Echo | None:
    """What a packet says of our probes, None for one that is about something else.

    identifier: None where the kernel chose it, and gives nothing but our own. payload: that of our probes.
    """
    family = socket.AddressFamily(family)
    if family == socket.AF_INET and packet[:1] and packet[0] >> 4 == 4 and len(packet) >= 20:  # a raw socket gives the IP header too
        packet = packet[(packet[0] & 0x0F) * 4 :]
    if len(packet) < _HEAD.size:
        return None
    kind, _, _, found, sequence = _HEAD.unpack_from(packet)
    if kind == _REPLY[family]:
        is_ours = packet[_HEAD.size :] == payload and identifier in (None, found)
        return Echo(sequence) if is_ours else None
    if (word := _ERRORS[family].get(kind)) is None:
        return None
    inner = packet[_HEAD.size :]  # the packet that is complained of, its header first
    inner = inner[(inner[0] & 0x0F) * 4 :] if family == socket.AF_INET and inner else inner[40:]
    if len(inner) < _HEAD.size:
        return None
    kind, _, _, found, sequence = _HEAD.unpack_from(inner)
    return Echo(sequence, word) if kind == _REQUEST[family] and identifier in (None, found) else None


def ping(
    target: Target, count: int, seconds: float, clock: Callable[[], float] = monotonic, pause: Callable[[float], None] = sleep
) -> tuple[list[float], str]:
    """Round trip times in seconds, one for each probe that was answered, and the last reason where one was not."""
    identifier, payload = int.from_bytes(os.urandom(2), "big"), os.urandom(48)
    found, reason = [], ""
    made, is_raw = _open(target.family)
    with made:
        known = identifier if is_raw else None
        for sequence in range(1, count + 1):
            if sequence > 1:
                pause(INTERVAL)
            started = clock()
            try:
                made.sendto(request(target.family, identifier, sequence, payload), target.sockaddr)
                answer = _answer(made, target.family, known, sequence, payload, started + seconds, clock)
            except OSError as error:
                reason = error.strerror or str(error)
                continue
            if answer is None:
                reason = f"no answer within {seconds:g} s"
            elif answer.error:
                reason = f"the host is {answer.error}" if answer.error == "unreachable" else answer.error
            else:
                found.append(clock() - started)
    return found, reason


def _answer(
    made: socket.socket, family: int, identifier: int | None, sequence: int, payload: bytes, deadline: float, clock: Callable[[], float]
) -> Echo | None:
    while (left := deadline - clock()) > 0:
        made.settimeout(left)
        try:
            packet = made.recv(_MAX_PACKET)
        except TimeoutError:
            return None
        answer = parse(packet, family, identifier, payload)
        if answer is not None and answer.sequence == sequence:  # a late one of an earlier probe is lost
            return answer
    return None


def _open(family: int) -> tuple[socket.socket, bool]:
    """A socket for echo, and whether it is a raw one. The kernel's own need no privilege where a sysctl allows them."""
    family = socket.AddressFamily(family)
    protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            made = socket.socket(family, kind, protocol)
        except PermissionError:
            continue
        except OSError as error:
            if error.errno in (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT):
                raise RPCAborted("Cannot reach host: this host has no network of this family") from error
            raise
        made.setsockopt(*_RECVERR[family], 1)
        return made, kind == socket.SOCK_RAW
    raise RPCAborted("Cannot reach host: the daemon may send no echo: it needs CAP_NET_RAW, or the sysctl net.ipv4.ping_group_range")


def in_ms(times: Sequence[float]) -> list[float]:
    """Seconds as milliseconds, to a microsecond."""
    return [round(time * 1000, 3) for time in times]
