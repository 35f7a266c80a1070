"""ICMP packets."""

import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module
from tests.parts.require import require_lab

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


# Run in a network of its own: both kinds of sockets, by the sysctl that decides which one is ours.
PINGS = """
import subprocess, sys
from pathlib import Path
from mcollective_py.testing import AgentHarness
subprocess.run("ip link set lo up && ip route add unreachable 198.51.100.0/24", shell=True, check=True)
nettest = AgentHarness(Path(sys.argv[1]))
for allowed in ("1 0", "0 2147483647"):
    Path("/proc/sys/net/ipv4/ping_group_range").write_text(allowed)
    for target in ("127.0.0.1", "::1", "198.51.100.1", "192.0.2.1"):
        reply = nettest.call("ping", fqdn=target, count=2)
        print(reply.statuscode, reply.data["received"], reply.statusmsg)
"""


@pytest.mark.parts
def test_both_kinds_of_sockets_ping_and_say_why_not():
    require_lab()
    command = ["unshare", "--net", "--mount", sys.executable, "-c", PINGS, str(Path(__file__).parents[1])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[3])
    lines = ["0 2 OK", "0 2 OK", "1 0 Cannot reach host: 198.51.100.1: No route to host",
             "1 0 Cannot reach host: 192.0.2.1: Network is unreachable"]  # fmt: skip
    assert done.stdout.splitlines() == lines * 2, done.stderr
