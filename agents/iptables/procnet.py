"""What the kernel and the resolver's file tell of a host's place in the network: pure readers of /proc/net and resolv.conf."""

import re
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address

_GATEWAY = 0x0002  # RTF_GATEWAY in both tables
_ESTABLISHED = "01"
_HEX32 = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
_HEX8 = re.compile(r"[0-9a-fA-F]{8}", re.ASCII)


def own_addresses(fib_trie: str) -> list[IPv4Address]:
    """IPv4 addresses of this host, of /proc/net/fib_trie: those that it says are `host LOCAL`; without 127.0.0.0/8."""
    found: dict[IPv4Address, None] = {}
    address = ""
    for line in fib_trie.splitlines():
        words = line.split()
        if words[:1] == ["|--"] and len(words) == 2:
            address = words[1]
        elif words == ["/32", "host", "LOCAL"] and isinstance(own := _address(address), IPv4Address) and not own.is_loopback:
            found[own] = None
    return list(found)


def own_addresses6(if_inet6: str) -> list[IPv6Address]:
    """IPv6 addresses of this host, of /proc/net/if_inet6; without ::1."""
    found = [_of_hex(words[0]) for line in if_inet6.splitlines() if len(words := line.split()) == 6 and _HEX32.fullmatch(words[0])]
    return [one for one in dict.fromkeys(found) if not one.is_loopback]


def gateways(route: str) -> Iterator[tuple[IPv4Address, bool]]:
    """Gateways of /proc/net/route, and whether each is a default one."""
    for line in route.splitlines():
        words = line.split()
        if len(words) >= 8 and all(_HEX8.fullmatch(words[at]) for at in (1, 2, 7)) and int(words[3], 16) & _GATEWAY:
            gateway = IPv4Address(bytes.fromhex(words[2])[::-1])  # the kernel prints its own byte order, little-endian
            if int(gateway):
                yield gateway, int(words[1], 16) == 0 == int(words[7], 16)


def gateways6(ipv6_route: str) -> Iterator[tuple[IPv6Address, bool]]:
    """Gateways of /proc/net/ipv6_route, and whether each is a default one."""
    for line in ipv6_route.splitlines():
        words = line.split()
        if len(words) == 10 and _HEX32.fullmatch(words[4]) and int(words[8], 16) & _GATEWAY and int(words[4], 16):
            yield _of_hex(words[4]), words[1] == "00" and not int(words[0], 16)


def name_servers(resolv_conf: str) -> list[Address]:
    """The `nameserver` lines of a resolv.conf, without zones and without those on this host itself."""
    found = []
    for line in resolv_conf.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            server = _address(words[1].partition("%")[0])
            if server is not None and not server.is_loopback and server not in found:
                found.append(server)
    return found


def peers(tcp: Iterable[str], inodes: Collection[int]) -> list[Address]:
    """Whom the sockets of these inodes are connected to, of the lines of /proc/net/tcp or tcp6; without this host itself.

    They may be a million, and never more than under an attack: most are left after a glance.
    """
    found: list[Address] = []
    wanted = {str(inode) for inode in inodes}
    for line in tcp:
        if wanted.isdisjoint(line.split(None, 10)[9:10]):
            continue
        words = line.split()
        if len(words) < 10 or words[3] != _ESTABLISHED or not words[9].isdecimal() or int(words[9]) not in inodes:
            continue
        peer = _of_socket(words[2].partition(":")[0])
        if peer is not None and not peer.is_loopback and peer not in found:
            found.append(peer)
    return found


def _of_socket(text: str) -> Address | None:
    """An address as the tables of sockets have it: words of 32 bits in the kernel's own byte order."""
    if _HEX8.fullmatch(text):
        return IPv4Address(bytes.fromhex(text)[::-1])
    if not _HEX32.fullmatch(text):
        return None
    packed = bytes.fromhex(text)
    address = IPv6Address(b"".join(packed[at : at + 4][::-1] for at in range(0, 16, 4)))
    return address.ipv4_mapped or address


def _of_hex(text: str) -> IPv6Address:
    return IPv6Address(bytes.fromhex(text))


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
