"""The sockets of real processes, connected to this very machine by an address that is not the loopback's."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from agents.iptables.sockets import connected
from agents.iptables.surroundings import _connected, _listed

# Listens, has a datagram socket and a pair, is connected to the loopback and to us; until its standard input ends.
OTHER = """
import socket, sys
kept = [socket.create_connection((sys.argv[1], int(sys.argv[2]))), socket.create_server(("127.0.0.1", 0)), *socket.socketpair()]
kept += [socket.create_connection(kept[1].getsockname()), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
kept[-1].connect(("192.0.2.77", 9))
print("there", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.200", 9))
        except OSError:
            pytest.skip("no network but the loopback")
        own = probe.getsockname()[0]
    with socket.create_server((own, 0)) as listening:
        yield listening


def test_the_peers_of_another_process_are_those_of_its_connected_tcp_sockets(server):
    own, port = server.getsockname()
    other = subprocess.Popen([sys.executable, "-c", OTHER, own, str(port)], stdin=-1, stdout=-1, text=True)
    assert other.stdout.readline() == "there\n"
    try:
        assert [str(peer) for peer in connected(other.pid)] == [own]
    except PermissionError:
        pytest.skip("this kernel lets nobody but root look into another process")
    finally:
        other.communicate("")


def test_both_ways_find_the_same(server):
    with socket.create_connection(server.getsockname()):
        asked, listed = _connected(), _listed()
    assert set(map(str, asked)) == set(map(str, listed)) == {server.getsockname()[0]}


def test_no_descriptor_stays_open(server):
    with socket.create_connection(server.getsockname()):
        before = len(os.listdir("/proc/self/fd"))
        assert list(connected(os.getpid()))
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_process_that_is_gone_is_an_error():
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    with pytest.raises(OSError):
        list(connected(ended.pid))
