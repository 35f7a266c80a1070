"""Listening sockets, and room for many more."""

import resource
import socket

BACKLOG = 1024  # a fleet that comes back after a restart does so at once
_OTHER_FILES = 64


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on every address of a host; an empty host is every address of this machine."""
    addresses = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(addresses):
            if sockets and port == 0:
                address = (address[0], sockets[0].getsockname()[1], *address[2:])
            one = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio leaves Nagle on: 40 ms an answer
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.setblocking(False)
            one.bind(address)
            one.listen(BACKLOG)
    except OSError:
        for one in sockets:
            one.close()
        raise
    return sockets


def sockets_allowed() -> int:
    """How many connections this process may have, beside the files that it needs."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 1 << 30 if soft == resource.RLIM_INFINITY else max(soft - _OTHER_FILES, 8)


def allow_many_sockets(connections: int) -> None:
    """Raise the soft limit of open files as far as it may be raised: systems start with 1,024, too few for a fleet."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES if hard == resource.RLIM_INFINITY else min(connections + _OTHER_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
