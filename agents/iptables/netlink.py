"""Lists that the kernel gives over netlink(7): one request, any number of answers. The numbers are those of linux/netlink.h."""

import socket
import struct
from collections.abc import Iterator

_ERROR, _DONE = 2, 3
_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH
_HEAD = struct.Struct("=IHHII")
_RECEIVED = 1 << 18  # bytes of one answer; the kernel fills at most 32 KiB
_SECONDS = 5.0  # without a word from the kernel
_MOST = 1 << 29  # bytes: some five million routes


def dump_request(kind: int, body: bytes) -> bytes:
    """The message that asks for all of a kind."""
    return _HEAD.pack(_HEAD.size + len(body), kind, _DUMP, 1, 0) + body


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each message of an answer. Raises ValueError for one that is cut off."""
    at = 0
    while at < len(data):
        if len(data) - at < _HEAD.size:
            raise ValueError("an answer of the kernel is cut off")
        length, kind, *_ = _HEAD.unpack_from(data, at)
        if not _HEAD.size <= length <= len(data) - at:
            raise ValueError("an answer of the kernel is cut off")
        yield kind, data[at + _HEAD.size : at + length]
        at += (length + 3) & ~3


def dumped(protocol: int, request: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of all that the kernel answers to a request of dump_request. protocol: such as socket.NETLINK_ROUTE.

    Raises OSError where it does not tell, or not all, and ValueError for an answer that is cut off.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol) as kernel:
        kernel.settimeout(_SECONDS)
        kernel.bind((0, 0))
        kernel.send(request)
        received = 0
        while received < _MOST:
            data, _, flags, sender = kernel.recvmsg(_RECEIVED)
            received += len(data)
            if sender[0] != 0:
                continue  # of another process: the kernel alone is asked
            if flags & socket.MSG_TRUNC or not data:
                break
            for kind, body in messages(data):
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    raise OSError(-struct.unpack_from("=i", body)[0] if len(body) >= 4 else 5, "the kernel does not tell")
                yield kind, body
    raise OSError(71, "the answer of the kernel is cut off")
