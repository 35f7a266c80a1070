"""Whom this host has connections with."""

import socket
import struct
from ipaddress import ip_address

import pytest

from agents.iptables.peers import connected, parsed


def message(kind, body):
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


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


def test_ipv4_over_ipv6_is_ipv4():
    data = message(20, diag(socket.AF_INET6, bytes(10) + b"\xff\xff" + bytes((198, 51, 100, 7)))) + message(3, bytes(4))
    assert parsed(data) == ([ip_address("198.51.100.7")], True)


def test_one_answer_after_the_other_is_read_until_the_last():
    four, six = diag(socket.AF_INET, bytes((203, 0, 113, 5))), diag(socket.AF_INET6, ip_address("2001:db8::5").packed)
    assert parsed(message(20, four) + message(20, six)) == ([ip_address("203.0.113.5"), ip_address("2001:db8::5")], False)


@pytest.mark.parametrize(
    "data", [message(2, struct.pack("=i", -2)), message(20, bytes(20)), b"\x10", struct.pack("=IHHII", 4, 20, 0, 1, 0)]
)
def test_what_is_no_answer_is_refused(data):
    with pytest.raises(ValueError, match=r"message|does not tell"):
        parsed(data)
