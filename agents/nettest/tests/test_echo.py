"""ICMP packets."""

import socket
import struct
from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

echo = load_module("nettest", Path(__file__).parents[1], "echo")
PAYLOAD = b"p" * 48
IP = bytes([0x45, 0, 0, 76]) + bytes(16)


def reply(kind=0, identifier=5, sequence=1, payload=PAYLOAD):
    return struct.pack("!BBHHH", kind, 0, 0, identifier, sequence) + payload


def test_a_request_adds_up():
    packet = echo.request(socket.AF_INET, 5, 1, PAYLOAD)
    assert packet[0] == 8 and echo.checksum(packet) == 0
    assert echo.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D  # the example of RFC 1071
    assert echo.request(socket.AF_INET6, 5, 1, PAYLOAD)[0] == 128


@pytest.mark.parametrize("head", [b"", IP])
def test_a_reply_to_us_is_known_by_number_and_payload(head):
    assert echo.parse(head + reply(), socket.AF_INET, 5, PAYLOAD) == echo.Echo(1)
    assert echo.parse(head + reply(identifier=6), socket.AF_INET, 5, PAYLOAD) is None
    assert echo.parse(head + reply(identifier=6), socket.AF_INET, None, PAYLOAD) == echo.Echo(1)
    assert echo.parse(head + reply(payload=b"x" * 48), socket.AF_INET, 5, PAYLOAD) is None
    assert echo.parse(head + reply(kind=8), socket.AF_INET, 5, PAYLOAD) is None  # our own request, on loopback


def test_a_complaint_about_a_probe_of_ours_is_told():
    lost = struct.pack("!BBHI", 3, 1, 0, 0) + IP + echo.request(socket.AF_INET, 5, 3, PAYLOAD)
    assert echo.parse(IP + lost, socket.AF_INET, 5, PAYLOAD) == echo.Echo(3, "unreachable")
    assert echo.parse(IP + lost, socket.AF_INET, 6, PAYLOAD) is None
    lost = struct.pack("!BBHI", 1, 3, 0, 0) + bytes(40) + echo.request(socket.AF_INET6, 5, 2, PAYLOAD)
    assert echo.parse(lost, socket.AF_INET6, 5, PAYLOAD) == echo.Echo(2, "unreachable")


@pytest.mark.parametrize("size", range(0, 60, 3))
def test_short_packets_are_nothing(size):
    lost = struct.pack("!BBHI", 3, 1, 0, 0) + IP + echo.request(socket.AF_INET, 5, 3, PAYLOAD)
    assert echo.parse((IP + lost)[:size], socket.AF_INET, 5, PAYLOAD) in (None, echo.Echo(3, "unreachable"))
