"""Sockets that wait for others: the tables of /proc/net, and which process holds which."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

_LISTEN, _UNCONNECTED = "0A", "07"  # states of /proc/net/tcp and udp
TABLES = {"tcp": _LISTEN, "tcp6": _LISTEN, "udp": _UNCONNECTED, "udp6": _UNCONNECTED}
_MAX_TABLE = 8 * 1024 * 1024  # bytes; a line has some 150


@dataclass(frozen=True, slots=True)
class Listener:
    """One socket. protocol: tcp, tcp6, udp or udp6. inode: what tells it from other sockets of the host."""

    protocol: str
    address: str
    port: int
    inode: int


def parse_table(text: str, protocol: str) -> Iterator[Listener]:
    """The listening sockets of one table of /proc/net, see proc_pid_net(5); of udp those that are bound and not connected."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 10 or fields[3] != TABLES[protocol]:
            continue
        address, _, port = fields[1].partition(":")
        peer = fields[2].partition(":")
        if int(port, 16) and not int(peer[2], 16):
            yield Listener(protocol, parse_address(address), int(port, 16), int(fields[9]))


def parse_address(text: str) -> str:
    """An address of /proc/net: hexadecimal, each four bytes in the host's order, which is little endian on all that we know."""
    raw = bytes.fromhex(text)
    found = ip_address(b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4)))
    return str(found)


def read_listeners(proc: str = "/proc") -> Iterator[Listener]:
    """All listening sockets of the network that the daemon lives in; containers with one of their own have others."""
    for protocol in TABLES:
        try:
            with open(f"{proc}/self/net/{protocol}", encoding="ascii", errors="replace") as table:
                text = table.read(_MAX_TABLE)
        except OSError:  # a kernel without IPv6
            continue
        yield from parse_table(text, protocol)


def socket_owners(pids: Iterable[int], wanted: frozenset[int], proc: str = "/proc") -> Mapping[int, list[int]]:
    """Inode -> numbers of the processes that hold such a socket, ascending."""
    owners: dict[int, list[int]] = {}
    names = {f"socket:[{inode}]": inode for inode in wanted}
    for pid in pids if names else ():
        for inode in _sockets(f"{proc}/{pid}/fd", names):
            owners.setdefault(inode, []).append(pid)
    return owners


def _sockets(folder: str, names: Mapping[str, int]) -> set[int]:
    found = set()
    try:
        for descriptor in os.scandir(folder):
            try:
                inode = names.get(os.readlink(descriptor.path))  # noqa: PTH115 - as in processes.py, for thousands of files
            except OSError:  # closed meanwhile
                continue
            if inode is not None:
                found.add(inode)
    except OSError:  # the process has ended, or is not ours to look into
        pass
    return found
