"""Whom this host must never cut off, and why: gathered from the kernel, the resolver, settings and connections."""

import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from time import monotonic
from typing import Any

from mcollective_py.agent import InvalidRPCData, RPCAborted
from mcollective_py.agent.kept import read_kept, write_kept

from . import procnet
from .addresses import read_network
from .guard import Guard, Protected
from .settings import settings_of

SETTINGS = {
    "operators": "a network that operators come from (plugin.iptables.operators)",
    "protected": "a network of plugin.iptables.protected",
}
KEPT = Path("brokers.json")
"""In the agent's folder: the brokers' addresses as they were last resolved, for when the resolver is silent or nobody names them."""

_LIMIT = 32 * 1024 * 1024  # bytes of one table of the kernel: a router with more is told, not half read
_RESOLVE_WITHIN = 1.0  # seconds for all names together; a resolver that is down must not hold up a block
_MOST_ADDRESSES = 64  # of one broker's name
_MOST_ASKED = _MOST_BROKERS = 64
_NEAR = 3  # processes from an action to its daemon: the child, its fork server, the daemon


def gather(config: Mapping[str, str], brokers: Sequence[str] = (), asked: Sequence[Any] = (), kept: Path | None = KEPT) -> Guard:
    """The guard of this host as it is now.

    config: the agent's settings. brokers: their names or addresses, as the daemon has them; without any those that were kept.
    asked: networks that the request itself wants to be safe. kept: where that is, None for nowhere. Raises RPCAborted where a setting
    is none, or where this host cannot learn its own addresses: without a guard nothing is blocked. Raises InvalidRPCData for what is
    asked and is no network.
    """
    if kept is not None:
        kept = Path(settings_of(config).state_directory, kept)
    return Guard([*_own(), *_gateways(), *_resolvers(), *_brokers(brokers, kept), *_configured(config), *_asked(asked)])


def _own() -> Iterator[Protected]:
    found = [*procnet.own_addresses(_table("fib_trie") or ""), *procnet.own_addresses6(_table("if_inet6") or "")]
    if not found:
        raise RPCAborted("the addresses of this host are not to be had from /proc/net: without them nothing is blocked")
    return _protected(found, "an address of this host")


def _gateways() -> Iterator[Protected]:
    from . import routes

    try:
        found = {*routes.all_gateways()}
    except (OSError, ValueError):  # the first hop of each route of the main table is better than none
        found = {*procnet.gateways(_table("route") or ""), *procnet.gateways6(_table("ipv6_route") or "")}
    for gateway, is_default in sorted(found, key=lambda one: not one[1]):  # of several routes by one gateway the default one is told
        yield from _protected([gateway], "the default gateway" if is_default else "a gateway of this host")


def _resolvers() -> Iterator[Protected]:
    for file in ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"):  # the second has those behind 127.0.0.53
        yield from _protected(procnet.name_servers(_text(file) or ""), "a name server of this host")


def _brokers(names: Sequence[str], kept: Path | None) -> Iterator[Protected]:
    for name, addresses in resolved(names, kept).items():
        yield from _protected(addresses, "the broker" if name in addresses else f"the broker {name}")
    yield from _protected(_connected(), "what the daemon is connected to")


def _connected() -> list[Any]:
    """The peers of this process and of those it comes from, up to the daemon."""
    from .sockets import connected

    try:
        return [*dict.fromkeys(peer for pid in _near() for peer in connected(pid))]
    except OSError:  # an old kernel
        return _listed()


def _listed() -> list[Any]:
    """The same, of the kernel's tables."""
    inodes, found = _daemon_sockets(), []
    for table in ("tcp", "tcp6"):
        with suppress(OSError), open(f"/proc/net/{table}", encoding="ascii", errors="replace") as lines:
            found += procnet.peers(lines, inodes)
    return found


def _configured(config: Mapping[str, str]) -> Iterator[Protected]:
    for name, reason in SETTINGS.items():
        for word in config.get(name, "").replace(",", " ").split():
            try:
                yield Protected(read_network(word), reason)
            except InvalidRPCData as error:
                raise RPCAborted(f"plugin.iptables.{name}: {error}; nothing is blocked until it is mended") from error


def _asked(networks: Sequence[Any]) -> Iterator[Protected]:
    if len(networks) > _MOST_ASKED:
        raise InvalidRPCData(f"protect: {_MOST_ASKED} networks at most")
    for network in networks:
        yield Protected(read_network(network), "an address of the operator who asks")


def resolved(
    names: Sequence[str], kept: Path | None = None, lookup: Callable[[str], Iterable[str]] | None = None
) -> dict[str, list[str]]:
    """Addresses by name, as resolved now, or else as they were last: what does not answer in time is no reason to forget them."""
    before = read_kept(kept) if kept is not None else None
    if not isinstance(before, dict):
        before = {}
    found: dict[str, list[str]] = {}
    threads = []
    for name in names or [one for one in list(before)[:_MOST_BROKERS] if isinstance(one, str)]:
        if _is_address(name):
            found[name] = [name]
            continue
        if isinstance(of_name := before.get(name), list):
            found[name] = [one for one in of_name[:_MOST_ADDRESSES] if isinstance(one, str) and _is_address(one)]
        threads.append(_Lookup(name, lookup or _system_lookup))
    end = monotonic() + _RESOLVE_WITHIN
    for thread in threads:
        thread.join(max(0.0, end - monotonic()))
        if thread.found:
            found[thread.asked] = thread.found
    if kept is not None and found and found != before:
        write_kept(kept, found)  # where that cannot be, the next look resolves anew
    return found


class _Lookup(threading.Thread):
    """One name that is being resolved. A thread, since no resolver can be told to hurry."""

    def __init__(self, name: str, lookup: Callable[[str], Iterable[str]]) -> None:
        super().__init__(name="broker-name", daemon=True)
        self.asked, self._lookup = name, lookup
        self.found: list[str] = []
        self.start()

    def run(self) -> None:
        with suppress(OSError, UnicodeError):  # what is not known now is as it was last
            self.found = sorted({one for one in self._lookup(self.asked) if _is_address(one)})[:_MOST_ADDRESSES]


def _system_lookup(name: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]


def _near() -> Iterator[int]:
    """This process and those it comes from, up to the daemon."""
    pid = os.getpid()
    for _ in range(_NEAR):
        yield pid
        pid = _parent(pid)
        if pid <= 1:
            return


def _daemon_sockets() -> set[int]:
    """Inodes of the sockets of this process and of those it comes from, up to the daemon."""
    inodes: set[int] = set()
    for pid in _near():
        for link in _links(Path(f"/proc/{pid}/fd")):
            if link.startswith("socket:[") and (number := link[8:-1]).isdecimal():
                inodes.add(int(number))
    return inodes


def _links(folder: Path) -> Iterator[str]:
    """Where the links of a folder lead; those that went away meanwhile are left out."""
    try:
        links = list(folder.iterdir())
    except OSError:
        return
    for link in links:
        with suppress(OSError):
            yield str(link.readlink())


def _parent(pid: int) -> int:
    fields = (_text(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 and fields[1].isdecimal() else 0


def _protected(addresses: Iterable[Any], reason: str) -> Iterator[Protected]:
    return (Protected(ip_network(address), reason) for address in addresses)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _table(name: str) -> str | None:
    return _text(f"/proc/net/{name}")


def _text(path: str) -> str | None:
    """A file's text, None where there is none. Raises RPCAborted for one that is too long to be read whole."""
    try:
        with open(path, "rb") as file:
            data = file.read(_LIMIT + 1)
    except OSError:
        return None
    if len(data) > _LIMIT:
        raise RPCAborted(f"{path} is longer than {_LIMIT >> 20} MiB: who must not be blocked cannot be learned from it")
    return data.decode(errors="replace")
