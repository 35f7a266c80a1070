"""What is tested: names to addresses with an end, and the networks that this host may be used against."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from threading import Event, Thread, enumerate
from typing import Any

from mcollective_py.agent import InvalidRPCData, RPCAborted

FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
# Where clouds tell a machine its passwords (AWS, its containers and pods, Google, Azure, Alibaba, Oracle); we are no way to them.
_METADATA = ("169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::/32", "fd20:ce::254/128")
_MAX_ADDRESSES = 8
_ASKING = "nettest-name "  # how threads begin that ask for a name, and how many there may be
_MOST_ASKING = 32

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Target:
    """One address of what is tested. family: of socket. sockaddr: as socket.connect takes it."""

    family: socket.AddressFamily
    address: str
    sockaddr: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """The networks that may be tested: all, or those of allow; never those of deny."""

    allow: Sequence[Network] = ()
    deny: Sequence[Network] = ()

    def check(self, address: str) -> None:
        """Raises RPCAborted for an address that must not be tested from here."""
        found = ip_address(address.partition("%")[0])
        found = getattr(found, "ipv4_mapped", None) or found
        if any(found in network for network in self.deny) or (self.allow and not any(found in network for network in self.allow)):
            raise RPCAborted(f"{address} must not be tested from this host: plugin.nettest.allow and .deny say so")


def reach_of(config: Mapping[str, str]) -> Reach:
    """The settings allow and deny: networks with commas between. Raises RPCAborted for what is none: no test is better than any."""
    return Reach(_networks(config, "allow", ()), _networks(config, "deny", _METADATA))


def _networks(config: Mapping[str, str], name: str, default: Sequence[str]) -> tuple[Network, ...]:
    words = [word for word in config[name].replace(",", " ").split() if word != "none"] if name in config else default
    try:
        return tuple(ip_network(word) for word in words)
    except ValueError as error:
        raise RPCAborted(f"plugin.nettest.{name} of this host is no list of networks: {error}") from error


def resolve(host: str, port: int, family: str, seconds: float, reach: Reach) -> list[Target]:
    """The addresses of a host, in the order in which they should be tried, at most 8.

    Raises RPCAborted, in the historic words, where there is none; where one must not be tested, for it could be the one that is used.
    """
    answer = _within(seconds, host, port, FAMILIES[family])
    if not answer:
        raise RPCAborted("Cannot resolve hostname: it has no address of this family")
    targets = [Target(kind, sockaddr[0], sockaddr) for kind, _, _, _, sockaddr in answer[:_MAX_ADDRESSES]]
    for target in targets:
        reach.check(target.address)
    return targets


def _within(seconds: float, host: str, port: int, family: int) -> list[Any]:
    """getaddrinfo with an end: it has none of its own, and a name server that is gone holds it for half a minute."""
    found: list[Any] = []
    errors: list[OSError | UnicodeError] = []
    done = Event()

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            errors.append(error)
        finally:
            done.set()

    # The thread ends when the system's resolver gives up: where name servers are gone, long after whoever asked has.
    if sum(thread.name.startswith(_ASKING) for thread in enumerate()) >= _MOST_ASKING:
        raise RPCAborted(f"Cannot resolve hostname: {_MOST_ASKING} names are being asked for here, and no name server answers")
    Thread(target=ask, name=f"{_ASKING}{host[:40]}", daemon=True).start()
    if not done.wait(seconds):
        raise RPCAborted(f"Cannot resolve hostname: no answer within {seconds:g} s")
    if errors:
        reason = getattr(errors[0], "strerror", None) or str(errors[0])
        raise RPCAborted(f"Cannot resolve hostname: {reason}") from errors[0]
    return found


def port_of(inputs: Mapping[str, Any], default: int) -> int:
    """The port of a request. Raises InvalidRPCData."""
    port = inputs.get("port", default)
    if not 1 <= port <= 65535:
        raise InvalidRPCData("port must be from 1 to 65535")
    return int(port)
