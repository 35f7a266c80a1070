"""Whom the sockets of a process near us are connected to, asked of the sockets themselves: pidfd_getfd(2), Linux 5.6.

/proc/net/tcp tells the same, and the kernel goes through all that it has room for to write it: 4 ms for each family on a host with
ten connections. It remains for kernels that do not know this, and for who may not look into the daemon.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from errno import EBADF
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_PIDFD_GETFD = 438  # of all architectures: pidfd_getfd came after their numbers were made one


def connected(pid: int) -> Iterator[IPv4Address | IPv6Address]:
    """The peers of a process' TCP sockets, without those on this host itself. Raises OSError where the kernel does not let us ask."""
    sockets = _sockets(pid)
    if not sockets:
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    try:
        for number in sockets:
            if (copy := int(libc.syscall(_PIDFD_GETFD, process, number, 0))) >= 0:
                with socket.socket(fileno=copy) as found:
                    peer = _peer(found)
                if peer is not None and not peer.is_loopback:
                    yield peer
            elif ctypes.get_errno() != EBADF:  # closed meanwhile
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(process)


def _sockets(pid: int) -> list[int]:
    """The descriptors of a process that are sockets. Raises OSError for one that we may not look into."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if str(link.readlink()).startswith("socket:["):
                found.append(int(link.name))
    return found


def _peer(found: socket.socket) -> IPv4Address | IPv6Address | None:
    if found.family not in (socket.AF_INET, socket.AF_INET6) or found.type != socket.SOCK_STREAM:
        return None
    try:
        address = ip_address(str(found.getpeername()[0]).partition("%")[0])
    except (OSError, ValueError):  # it listens, or is not connected yet
        return None
    return getattr(address, "ipv4_mapped", None) or address
