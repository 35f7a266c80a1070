"""Gateways, as the kernel tells them over rtnetlink: all tables, all next hops of a route. /proc/net/route has the first hop alone.

Pure but for `all_gateways`. The numbers are those of linux/rtnetlink.h and linux/nexthop.h.
"""

import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from .netlink import dump_request, dumped

Address = IPv4Address | IPv6Address

_NEWROUTE, _GETROUTE, _NEWNEXTHOP, _GETNEXTHOP = 24, 26, 104, 106
_ROUTE, _NEXTHOP, _ATTRIBUTE, _HOP = (struct.Struct(form) for form in ("=BBBBBBBBI", "=BBBBI", "=HH", "=HBBi"))
_GATEWAY, _MULTIPATH, _VIA, _HOP_GATEWAY = 5, 9, 18, 6
_UNICAST, _TYPE_BITS = 1, 0x3FFF
_DUMPS = ((_GETROUTE, socket.AF_INET), (_GETROUTE, socket.AF_INET6), (_GETNEXTHOP, socket.AF_UNSPEC))


def request(kind: int, family: int) -> bytes:
    """The message that asks for all routes, or all next hops that stand by themselves."""
    body = _ROUTE.pack(family, *[0] * 8) if kind == _GETROUTE else _NEXTHOP.pack(family, *[0] * 4)
    return dump_request(kind, body)


def gateways(kind: int, body: bytes) -> Iterator[tuple[Address, bool]]:
    """The gateways of one route or next hop, and whether the route is a default one. Raises ValueError for what is cut off."""
    if kind == _NEWNEXTHOP:
        yield from (
            (hop, False) for number, value in _attributes(body[_NEXTHOP.size :]) if number == _HOP_GATEWAY for hop in _address(value)
        )
    if kind != _NEWROUTE:
        return
    if len(body) < _ROUTE.size:
        raise ValueError("a route of the kernel is cut off")
    _, length, _, _, _, _, _, sort, _ = _ROUTE.unpack_from(body)
    if sort != _UNICAST:
        return
    for number, value in _attributes(body[_ROUTE.size :]):
        if number == _MULTIPATH:
            yield from ((hop, length == 0) for part in _hops(value) for hop in _ways(*part))
        else:
            yield from ((hop, length == 0) for hop in _ways(number, value))


def all_gateways() -> Iterator[tuple[Address, bool]]:
    """All gateways of this host. Raises OSError or ValueError where the kernel does not tell: then /proc has to do."""
    for kind, family in _DUMPS:
        try:
            for sort, body in dumped(socket.NETLINK_ROUTE, request(kind, family)):
                yield from gateways(sort, body)
        except OSError:
            if kind == _GETROUTE:  # next hops by themselves came with Linux 5.3
                raise


def _hops(value: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes of all next hops of a multipath route."""
    at = 0
    while at < len(value):
        length = _HOP.unpack_from(value, at)[0] if len(value) - at >= _HOP.size else 0
        if not _HOP.size <= length <= len(value) - at:
            raise ValueError("a next hop of the kernel is cut off")
        yield from _attributes(value[at + _HOP.size : at + length])
        at += _padded(length)


def _ways(number: int, value: bytes) -> Iterator[Address]:
    if number == _GATEWAY:
        yield from _address(value)
    elif number == _VIA:  # the family, then an address of it: IPv4 by way of IPv6
        yield from _address(value[2:])


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        length, number = _ATTRIBUTE.unpack_from(data, at) if len(data) - at >= _ATTRIBUTE.size else (0, 0)
        if not _ATTRIBUTE.size <= length <= len(data) - at:
            raise ValueError("an attribute of the kernel is cut off")
        yield number & _TYPE_BITS, data[at + _ATTRIBUTE.size : at + length]
        at += _padded(length)


def _address(value: bytes) -> Iterator[Address]:
    if len(value) in (4, 16) and any(value):
        yield IPv4Address(value) if len(value) == 4 else IPv6Address(value)


def _padded(length: int) -> int:
    return (length + 3) & ~3
