"""Attacker A: whoever has the network between a site and its broker, and no certificate. He reads nothing and changes nothing."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.cli.demosite import Site
from tests.parts.fleet import Fleet
from tests.trust.attackers import TouchedWire
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

NAMES = ["web01", "web02"]
# What passes, and what would be in it in clear.
WORDS = (b"CONNECT", b"MESSAGE", b"mcollective", b"rpcutil", b"mcpy", b"destination", b"web01")


class Wired(Fleet):
    """A site whose hosts and operator reach their broker, by TLS, over a wire that others touch."""

    wire: TouchedWire

    def start_broker(self, port: int = 0) -> int:
        self.wire.target = super().start_broker(port)
        return self.wire.port


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Wired]:
    with TouchedWire(0) as wire:
        fleet = Wired(tmp_path, NAMES)
        fleet.wire = wire
        with fleet:
            yield fleet


def test_a_who_listens_reads_nothing_and_whoever_alters_or_repeats_makes_nothing_run(fleet: Wired) -> None:
    assert fleet.answering() == NAMES
    passed = bytes(fleet.wire.seen)
    assert len(passed) > 10_000
    assert [word for word in WORDS if word in passed] == []
    for touch in ("flips", "again"):
        ran, before = len(fleet.ledger), fleet.wire.touched
        setattr(fleet.wire, touch, 1000)
        ended = fleet.mco("rpc", "nap", "nap", "seconds=0", "-t", "3", "--connection-timeout", "5")
        assert ended.returncode == 1, ended.stdout
        assert fleet.wire.touched > before
        setattr(fleet.wire, touch, 0)
        assert len(fleet.ledger) == ran
        wait_until("who was cut off is back", lambda: fleet.answering() == NAMES, 60)
    # Repeated without TLS in between it would have been two: what is asked now runs once on each.
    fleet.rpc("nap", "nap", "seconds=0")
    assert len(fleet.ledger) == ran + 2


def test_a_who_stands_in_for_the_broker_without_its_certificate_gets_no_connect(fleet: Wired, tmp_path: Path) -> None:
    """He is of another CA, has a host's certificate of ours, or speaks no TLS: in no case he hears who connects, or a password."""
    stranger = Site(tmp_path / "stranger")
    fleet.site.issue("host.example.com", "node")
    for certificate, key in (
        (stranger.certificate("broker"), stranger.key("broker")),
        (fleet.site.certificate("host.example.com"), fleet.site.key("host.example.com")),
    ):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            heard: list[bytes] = []
            threading.Thread(target=stand_in, args=(listener, context, heard), daemon=True).start()
            fleet.wire.target = listener.getsockname()[1]
            if "broker" in fleet.processes:
                fleet.kill("broker")  # so that the hosts call too
            ended = fleet.mco("ping", "--connection-timeout", "4", "--strict")
            assert ended.returncode == 69, ended
            assert "certificate" in ended.stderr
            wait_until("the operator and the hosts have called him", lambda heard=heard: len(heard) > len(NAMES), 30)
            assert set(heard) == {b""}


def stand_in(listener: socket.socket, context: ssl.SSLContext, heard: list[bytes]) -> None:
    """Take whoever comes, and note what each says by TLS."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.settimeout(5)
        try:
            with context.wrap_socket(connection, server_side=True) as wrapped:
                heard.append(wrapped.recv(1000))
        except OSError:
            heard.append(b"")
