"""What else a broker's host offers to the network: other protocols and consoles, by which brokers were taken over, and old versions."""

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from .check import Check, fail, ok, warn

PORTS = {
    61616: "OpenWire",
    8161: "the web console with Jolokia",
    1099: "JMX",
    4369: "Erlang's port mapper",
    15672: "RabbitMQ's management",
    25672: "Erlang between nodes, where its cookie is enough to run anything",
}
"""Ports that nobody but the broker's own host need reach, and what speaks there."""

_SECONDS = 2.0  # for all ports at once: a firewall that drops says nothing
_ACTIVEMQ = re.compile(r"\AActiveMQ/(\d{1,4})\.(\d{1,4})\.(\d{1,4})", re.ASCII)
# The first good version of each line of ActiveMQ (CVE-2023-46604: whoever reaches OpenWire runs programs on the broker).
_GOOD = ((5, 15, 16), (5, 16, 7), (5, 17, 6), (5, 18, 3))


def other_ports(name: str, addresses: Sequence[str], timeout: float, ports: Mapping[int, str] = PORTS) -> Iterator[Check]:
    """Whether any of these ports takes connections. addresses: of the broker, none of them of this machine. timeout: seconds."""
    found = {port: what for port, what in ports.items() if port in answering(addresses, ports, min(timeout, _SECONDS))}
    if not found:
        yield ok(name, f"no console and no other protocol of the broker answers ({', '.join(map(str, ports))})")
        return
    seen = ", ".join(f"{port} ({what})" for port, what in found.items())
    fix = "have them listen on loopback alone or switch them off, as `mco broker setup` writes it; close them in the broker's firewall"
    yield fail(name, f"takes connections on {seen}", fix)


def answering(addresses: Sequence[str], ports: Mapping[int, str], timeout: float) -> frozenset[int]:
    """The ports that take a connection at any of the addresses; timeout: seconds for all of them, which are tried at once."""

    def takes(place: tuple[str, int]) -> bool:
        try:
            socket.create_connection(place, timeout=timeout).close()
        except OSError:
            return False
        return True

    places = [(address, port) for port in ports for address in addresses]
    with ThreadPoolExecutor(len(places) or 1) as pool:
        return frozenset(port for (_, port), is_open in zip(places, pool.map(takes, places), strict=True) if is_open)


def old_version(name: str, server: str) -> Iterator[Check]:
    """Something to look at where the broker calls itself a version that is known to be open. server: its header in CONNECTED."""
    said = _ACTIVEMQ.search(server)
    if said is None:
        return
    version = tuple(map(int, said.groups()))
    good = next((one for one in _GOOD if one[:2] == version[:2]), None)
    is_good = version >= good if good else version > _GOOD[-1]
    if not is_good:
        wanted = ".".join(map(str, good or _GOOD[-1]))
        fix = f"update it to {wanted} or later; a distribution may have mended it under this number: then keep OpenWire off the network"
        yield warn(name, f"ActiveMQ {'.'.join(map(str, version))} may be open to CVE-2023-46604", fix)
