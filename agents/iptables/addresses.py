"""Addresses, networks and ports as operators write them -> values; nothing is guessed, and what is refused is told what would do."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from mcollective_py.agent import InvalidRPCData
from mcollective_py.agent.ownsettings import whole

Network = IPv4Network | IPv6Network
Ports = tuple[tuple[int, int], ...]
"""First and last of each range, in order and apart."""

PROTOCOLS = ("tcp", "udp", "icmp")
MOST_PORTS = 15
"""Ranges of one entry: what one rule with `-m multiport` takes, a range counting as two there, is the least of the back ends."""

_LONGEST = 64  # characters: an IPv6 address in full with its prefix has 43
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN = re.compile(
    # The first number leaves out 0, 127 and all from 224 on, where what is never blocked lies.
    rf"(?:22[0-3]|2[01][0-9]|1[013-9][0-9]|12[0-689]|[1-9]?[1-9]|[1-9]0)(?:\.{_OCTET}){{3}}",
    re.ASCII,
)
_PLAIN_LINES = re.compile(rf"(?:{_PLAIN.pattern}\n)*", re.ASCII)
_SHAPE = re.compile(r"[0-9A-Fa-f:.]+(?:/[0-9]+)?", re.ASCII)
_PORT = re.compile(r"([1-9][0-9]{0,4})(?:[-:]([1-9][0-9]{0,4}))?", re.ASCII)


SHORTEST = {4: 8, 6: 19}


@dataclass(frozen=True, slots=True)
class Shortest:
    """The shortest prefixes that may be named, by family: what is wider takes too much of the world along.

    /8 is the largest network of IPv4 that one holder has, /19 one of the largest of IPv6 that a registry gave to a provider.
    """

    v4: int = SHORTEST[4]
    v6: int = SHORTEST[6]

    def of(self, network: Network) -> int:
        """The one for this network's family."""
        return self.v4 if network.version == 4 else self.v6


def shortest_of(config: Mapping[str, str]) -> Shortest:
    """The settings `shortest_prefix` and `shortest_prefix6` of the agent. Raises RPCAborted for one that is no such number."""
    return Shortest(
        whole(config, "iptables", "shortest_prefix", SHORTEST[4], 1, 32),
        whole(config, "iptables", "shortest_prefix6", SHORTEST[6], 1, 128),
    )


def parse_network(text: str, shortest: Shortest | None = None) -> Network:
    """The network of `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`; of an address the one that holds it alone.

    Raises InvalidRPCData for what is no address of another host, or of too many.
    """
    network, limit = read_network(text), shortest or Shortest()
    if network.prefixlen == 0:
        raise InvalidRPCData(f"{network} is everybody")
    near = [(name, part) for name, part in _NEVER if part.version == network.version and network.overlaps(part)]
    for name, part in near:
        if network.prefixlen >= part.prefixlen:
            raise InvalidRPCData(f"{shown(network)} is {name}")
    if network.prefixlen < limit.of(network):
        setting = "plugin.iptables.shortest_prefix" + ("6" if network.version == 6 else "")
        raise InvalidRPCData(f"{network} is too wide: prefixes from /{limit.of(network)} on are taken ({setting})")
    for name, part in near:
        raise InvalidRPCData(f"{network} holds {shown(part)}, {name}")
    return network


def is_plain(text: str) -> bool:
    """Whether a text is one address of IPv4 that parse_network takes as it stands: the quick answer for most of a long list."""
    return _PLAIN.fullmatch(text) is not None


def are_plain(texts: Sequence[object]) -> bool:
    """Whether all of these are; quicker than one by one."""
    try:
        joined = "\n".join([*texts, ""])  # type: ignore[list-item]  # what is no text is told by its error
    except TypeError:
        return False
    return joined.count("\n") == len(texts) and _PLAIN_LINES.fullmatch(joined) is not None


def shown(network: Network) -> str:
    """`192.0.2.7` for one address, `192.0.2.0/24` for a network: what parse_network reads."""
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def read_network(text: str) -> Network:
    """The same without any judgement of where it lies or how wide it is: for what is to be protected."""
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
        raise InvalidRPCData("an address such as 192.0.2.7, or a network such as 192.0.2.0/24, is wanted")
    if "%" in text:
        raise InvalidRPCData(f"{text!r} has a zone: write the address without it")
    if _SHAPE.fullmatch(text) is None:
        raise InvalidRPCData(f"{text!r} is no address: names are not looked up, and a network is written as 192.0.2.0/24")
    address, slash, prefix = text.partition("/")
    if slash and (len(prefix) > 3 or str(int(prefix)) != prefix):
        raise InvalidRPCData(f"{text!r} has no prefix length such as /24")
    try:
        if not slash:
            return ip_network(text)
        network, host = ip_network(text, strict=False), ip_address(address)
    except ValueError as error:
        raise InvalidRPCData(f"{text!r} is no address: {_why(address, slash, prefix)}") from error
    if network.network_address != host:
        raise InvalidRPCData(f"{text!r} has bits beyond its prefix: {network} is the network, {host} the address")
    return network


def parse_ports(text: str) -> Ports:
    """Ports and ranges, `25,587` or `8000-8010`; in order and joined where they meet. Raises InvalidRPCData."""
    ranges: list[tuple[int, int]] = []
    for word in text.split(",") if isinstance(text, str) and len(text) <= 200 else [""]:
        found = _PORT.fullmatch(word.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last <= 65535:
            raise InvalidRPCData(f"{word[:20]!r} is no port: 1 to 65535, several as 25,587, a range as 8000-8010")
        ranges.append((first, last))
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    if sum(1 if first == last else 2 for first, last in joined) > MOST_PORTS:
        raise InvalidRPCData(f"too many ports: {MOST_PORTS} in one entry, a range counts as two")
    return tuple(joined)


def ports_text(ports: Sequence[tuple[int, int]]) -> str:
    """`25,8000-8010`: what parse_ports reads."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ports)


def check_scope(protocol: str | None, ports: Ports) -> None:
    """Raises InvalidRPCData for a protocol that is none, and for ports that no protocol goes with."""
    if protocol is not None and protocol not in PROTOCOLS:
        raise InvalidRPCData(f"{str(protocol)[:20]!r} is no protocol: {', '.join(PROTOCOLS)}")
    if ports and protocol not in ("tcp", "udp"):
        raise InvalidRPCData("ports go with a protocol that has them: tcp or udp")


def _why(address: str, slash: str, prefix: str) -> str:
    if any(len(part) > 1 and part[0] == "0" for part in address.split(".")) and ":" not in address:
        return "a number with a leading zero could be meant as octal"
    if slash and "." in address and int(prefix) > 32:
        return "a prefix of IPv4 has 32 bits at most"
    if slash and int(prefix) > 128:
        return "a prefix of IPv6 has 128 bits at most"
    if ":" not in address and address.count(".") != 3:
        return "IPv4 has four numbers from 0 to 255"
    return "IPv4 is written as 192.0.2.7, IPv6 as 2001:db8::7"


_NEVER: tuple[tuple[str, Network], ...] = (
    ("no address of any host", IPv4Network("0.0.0.0/8")),
    ("the unspecified address", IPv6Network("::/128")),
    ("the host itself", IPv4Network("127.0.0.0/8")),
    ("the host itself", IPv6Network("::1/128")),
    ("multicast", IPv4Network("224.0.0.0/4")),
    ("multicast", IPv6Network("ff00::/8")),
    ("the broadcast address", IPv4Network("255.255.255.255/32")),
    ("IPv4 in the dress of IPv6: write the IPv4 address", IPv6Network("::ffff:0:0/96")),
    ("IPv4 in the dress of IPv6: write the IPv4 address", IPv6Network("::/96")),
)
