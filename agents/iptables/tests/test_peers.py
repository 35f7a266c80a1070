"""Whom this host has connections with."""

import socket
from ipaddress import ip_address

import pytest

from agents.iptables.peers import connected, peer_of


def diag(family, peer):
    """An inet_diag_msg: family, state, timer, retransmissions; ports, source, destination, interface and cookie; the rest."""
    return bytes((family, 1, 0, 0)) + b"\0\x16\xd4\x31" + bytes(16) + peer.ljust(16, b"\0") + bytes(12) + bytes(20)


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_connection_has_its_other_end_here_as_long_as_it_stands(family, address):
    with socket.socket(family) as listening, socket.socket(family) as connecting:
        try:
            listening.bind((address, 0))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        listening.listen()
        connecting.connect(listening.getsockname())
        found = connected()
        assert found is not None
        assert ip_address(address) in found
        assert ip_address("198.51.100.77") not in found


@pytest.mark.parametrize(
    ("family", "peer", "address"),
    [
        (socket.AF_INET, bytes((203, 0, 113, 5)), "203.0.113.5"),
        (socket.AF_INET6, ip_address("2001:db8::5").packed, "2001:db8::5"),
        (socket.AF_INET6, bytes(10) + b"\xff\xff" + bytes((198, 51, 100, 7)), "198.51.100.7"),
    ],
)
def test_the_other_end_is_read_as_the_kernel_writes_it_and_ipv4_over_ipv6_is_ipv4(family, peer, address):
    assert peer_of(diag(family, peer)) == ip_address(address)


def test_a_socket_that_is_cut_off_is_refused():
    with pytest.raises(ValueError, match="cut off"):
        peer_of(diag(socket.AF_INET, bytes(4))[:39])
