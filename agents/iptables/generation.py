"""The generation of this host's nftables rules: a number that the kernel counts up with every change of them, whoever makes it.

iptables counts too where it works with nf_tables, and the legacy one does not. Pure but for `generation`. The numbers are those of
linux/netfilter/nfnetlink.h and nf_tables.h.
"""

import socket
import struct
from typing import NamedTuple

_GET, _NEW, _ERROR = 10 << 8 | 16, 10 << 8 | 15, 2  # NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN and NFT_MSG_NEWGEN
_REQUEST = 1  # NLM_F_REQUEST
_HEAD, _FAMILY, _ATTRIBUTE, _NUMBER = struct.Struct("=IHHII"), struct.Struct("=BBH"), struct.Struct("=HH"), struct.Struct(">I")
_NETFILTER = 12  # NETLINK_NETFILTER, which Python does not name
_ID, _TYPE_BITS = 1, 0x3FFF
_COOKIE, _COOKIE_BYTES = 71, 8  # SO_NETNS_COOKIE: since Linux 5.14
_SECONDS = 1.0


class Generation(NamedTuple):
    """The generation, and the network namespace that it is of: within one boot no number of a namespace is given twice."""

    namespace: int
    number: int


def generation() -> Generation | None:
    """The one of now, in 20 microseconds; None where the kernel does not tell."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETFILTER) as kernel:
            namespace = int.from_bytes(kernel.getsockopt(socket.SOL_SOCKET, _COOKIE, _COOKIE_BYTES), "little")
            kernel.settimeout(_SECONDS)
            kernel.bind((0, 0))
            kernel.send(question())
            data, _, _, sender = kernel.recvmsg(4096)
        number = answered(data) if sender[0] == 0 else None
    except (OSError, ValueError):
        return None
    return None if number is None else Generation(namespace, number)


def question() -> bytes:
    """The message that asks for it."""
    return _HEAD.pack(_HEAD.size + _FAMILY.size, _GET, _REQUEST, 1, 0) + _FAMILY.pack(0, 0, 0)


def answered(data: bytes) -> int | None:
    """The number of an answer, None for one that refuses. Raises ValueError for what is none."""
    begin = _HEAD.size + _FAMILY.size
    if len(data) < begin:
        raise ValueError("an answer of the kernel is cut off")
    length, kind, *_ = _HEAD.unpack_from(data)
    if kind == _ERROR:
        return None
    if kind != _NEW or not begin <= length <= len(data):
        raise ValueError("the kernel answered something else")
    at = begin
    while length - at >= _ATTRIBUTE.size:
        size, number = _ATTRIBUTE.unpack_from(data, at)
        if not _ATTRIBUTE.size <= size <= length - at:
            break
        if number & _TYPE_BITS == _ID and size == _ATTRIBUTE.size + _NUMBER.size:
            return int(_NUMBER.unpack_from(data, at + _ATTRIBUTE.size)[0])
        at += (size + 3) & ~3
    raise ValueError("the kernel told no generation")
