"""Faults of brokers and networks, with real daemons on both brokers: everybody comes back in time and nothing runs twice.

The names R-.. are those of the reliability targets: how long healing may take stands in each test, in seconds.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mcollective_py.errors import ConnectorError
from tests.parts.faulty import BROKERS, HEARTBEAT, Broker, fleet_on, running_broker
from tests.parts.proxy import Proxy
from tests.parts.wire import Wire
from tests.waiting import wait_until

pytestmark = [pytest.mark.parts, pytest.mark.timed]

GAP = 20.0  # seconds that a killed broker stays away: the back-off has long reached its cap
NAMES = [f"web{number}" for number in range(1, 11)]


@pytest.fixture(params=BROKERS)
def own_broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A broker that may be killed."""
    with running_broker(request.param, tmp_path) as broker:
        yield broker


@pytest.fixture(scope="module", params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for one test after the other: what befalls the way to it befalls a proxy. What one leaves in it no other can read."""
    with running_broker(request.param, tmp_path_factory.mktemp("broker")) as broker:
        yield broker


def answer(wire: Wire, count: int, within: float) -> set[str]:
    """Who answers one broadcast request."""
    request = wire.request("nap", "doze", {"seconds": 0.0})
    wire.send(request)
    senders: set[str] = set()
    deadline = time.monotonic() + within
    while len(senders) < count and (left := deadline - time.monotonic()) > 0:
        reply = wire.reply(left)
        if reply is not None and reply.request_id == request.id:
            senders.add(reply.sender)
    return senders


def healed(config: Path, names: Sequence[str], within: float) -> float:
    """Seconds until one request is answered by all, asking again and again with new connections; fails well after within."""
    started = time.monotonic()
    senders: set[str] = set()
    while (took := time.monotonic() - started) < within + 5:
        try:
            with Wire(config) as wire:
                senders = answer(wire, len(names), 0.5)
        except ConnectorError:  # the broker may still be on its way up
            time.sleep(0.1)
        if senders == set(names):
            return took
    raise AssertionError(f"not healed within {within + 5:g} s: only {sorted(senders)} answered")


def test_r01_all_daemons_answer_within_5_s_of_a_killed_broker_coming_back(tmp_path: Path, own_broker: Broker) -> None:
    with fleet_on(tmp_path, own_broker, NAMES) as fleet:
        config = fleet.site.client_config
        with Wire(config) as wire:
            assert answer(wire, len(NAMES), 10) == set(NAMES)
        own_broker.kill()
        time.sleep(GAP)
        own_broker.start()
        took = healed(config, NAMES, 5.0)
        assert took <= 5.0, f"{took:.1f} s"
        assert len(fleet.ledger) == len(set(fleet.ledger)), "an action ran twice"


def test_r04_a_pool_fails_over_when_its_first_broker_refuses(tmp_path: Path, broker: Broker) -> None:
    with Proxy(broker.port) as first, fleet_on(tmp_path, broker, NAMES[:4], (first.port, broker.port)) as fleet:
        first.refuse()
        took = healed(fleet.site.client_config, NAMES[:4], 5.0)
        assert took <= 5.0, f"{took:.1f} s"


def test_r04_a_pool_fails_over_when_its_first_broker_falls_silent(tmp_path: Path, broker: Broker) -> None:
    with Proxy(broker.port) as first, fleet_on(tmp_path, broker, NAMES[:4], (first.port, broker.port)) as fleet:
        settings = fleet.site.client_config.read_text().replace(f"port = {first.port}", f"port = {broker.port}")
        direct = tmp_path / "direct.cfg"
        direct.write_text(settings)
        direct.chmod(0o600)
        first.silence()
        took = healed(direct, NAMES[:4], 2 * HEARTBEAT + 3)
        assert took <= 2 * HEARTBEAT + 3, f"{took:.1f} s"


def test_r05_a_half_open_connection_is_noticed_and_made_anew(tmp_path: Path, broker: Broker) -> None:
    with Proxy(broker.port) as route, fleet_on(tmp_path, broker, NAMES[:4], (route.port,)) as fleet:
        direct = tmp_path / "direct.cfg"
        direct.write_text(fleet.site.client_config.read_text().replace(f"port = {route.port}", f"port = {broker.port}"))
        direct.chmod(0o600)
        route.silence_present()  # what is open now is lost for good, new connections work
        took = healed(direct, NAMES[:4], 2 * HEARTBEAT + 3)
        assert took <= 2 * HEARTBEAT + 3, f"{took:.1f} s"


def test_r05_a_client_on_a_half_open_connection_ends_and_says_so(tmp_path: Path, broker: Broker) -> None:
    with Proxy(broker.port) as route, fleet_on(tmp_path, broker, ["web1"]) as fleet:
        config = tmp_path / "through.cfg"
        config.write_text(fleet.site.client_config.read_text().replace(f"port = {broker.port}", f"port = {route.port}"))
        config.chmod(0o600)
        client = fleet.start_mco("rpc", "nap", "nap", "seconds=15", "-I", "web1", config=config)
        try:
            wait_until("the action runs", lambda: len(fleet.ledger) == 1, 15)
            route.silence()
            started = time.monotonic()
            output, errors = client.communicate(timeout=60)
            took = time.monotonic() - started
        finally:
            client.kill()
        assert took <= 2 * HEARTBEAT + 3 + 10, f"{took:.1f} s"  # and the 10 s in which it tries to connect again
        assert client.returncode != 0
        assert "web1" in output + errors and "Traceback" not in errors
