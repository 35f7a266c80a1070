"""S-13 over restarts, R-21 and R-23, with real daemons and brokers: whatever dies in the middle, an order runs once or not at all."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.cli.demosite import SiteHost
from mcollective_py.message import Destination, Kind, Publication, Request
from mcollective_py.wire import marshal
from tests.parts.embedded import EmbeddedBroker
from tests.parts.faulty import fleet_on
from tests.parts.fleet import Fleet
from tests.parts.historic import HistoricSite, Listening
from tests.parts.mixed import MixedFleet
from tests.parts.wire import Wire
from tests.waiting import wait_until

pytestmark = pytest.mark.parts


class Attacker:
    """Whoever may publish to the broker, and has kept what it carried. sent: how many copies up to now."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet, self.sent = fleet, 0

    def resend(self, captured: list[bytes], rounds: int) -> None:
        """Every message by each way that leads to the host, so many times; returns when the host has read them all."""
        ways = [
            Destination(Kind.AGENT, "mcollective", "nap"),
            Destination(Kind.AGENT, "uk", "nap"),
            Destination(Kind.AGENT, "mcollective", "rpcutil"),
            Destination(Kind.NODE, "mcollective", "web1"),
            Destination(Kind.NODE, "uk", "web1"),
        ]
        with Wire(self._fleet.site.client_config) as wire:
            for payload in captured:
                copies = [Publication(payload, way, "tester", 0.0, 60) for way in ways for _ in range(rounds)]
                wire.connector.publish(copies)
                self.sent += len(copies)
            assert wire.ask(wire.request()) is not None


def status(fleet: Fleet, request: Request) -> dict[str, Any]:
    with Wire(fleet.site.client_config) as wire:
        reply = wire.ask(wire.request(action="request_status", body={"request": request.id}))
        assert reply is not None and reply.statuscode == 0, reply
        return dict(reply.data)


def restart(fleet: Fleet, number: int) -> None:
    fleet.kill("web1", number, timeout=40)
    fleet.start_daemon("web1")
    fleet.wait_for(["web1"], 60)


@contextmanager
def one_host(folder: Path) -> Iterator[tuple[Fleet, EmbeddedBroker]]:
    with EmbeddedBroker(user="mcollective", password="for-this-test") as broker:
        fleet = fleet_on(folder, broker, ["web1"])
        fleet.hosts["web1"] = SiteHost("web1", settings={"collectives": "mcollective,uk"})
        with fleet:
            yield fleet, broker


def test_s13_a_captured_request_runs_once_whatever_is_killed_or_restarted(tmp_path: Path) -> None:
    with one_host(tmp_path) as (fleet, broker):
        attacker = Attacker(fleet)
        with Wire(fleet.site.client_config) as wire:
            ended = wire.request("nap", "nap", {"seconds": 0.0})
            read = wire.request("nap", "doze", {"seconds": 0.0})
            named = wire.request("nap", "nap", {"seconds": 0.0}, targets=("web1",))
            denied = wire.request("rpcutil", "find_request", {"request": "0" * 32})
            running = wire.request("nap", "nap", {"seconds": 19.0})
            captured = [wire.send(each) for each in (ended, read)]
            captured.append(wire.send(named, node="web1"))
            captured.append(wire.send(denied))
            wait_until("three have ended", lambda: len(fleet.ledger) == 3, 20)
            captured.append(wire.send(running))
            wait_until("the last one runs", lambda: len(fleet.ledger) == 4, 20)
            asks = wire.ask(wire.request(action="request_status", body={"request": denied.id}))
            assert asks is not None and (asks.data["state"], asks.data["stage"]) == ("refused", "policy")
        attacker.resend(captured, 8)
        restart(fleet, signal.SIGKILL)
        attacker.resend(captured, 8)

        asked = {"ended": ended, "read": read, "running": running, "denied": denied}
        found = {name: status(fleet, each) for name, each in asked.items()}
        assert (found["ended"]["state"], found["ended"]["code"]) == ("ok", 0)
        assert found["read"]["state"] == "ok"
        assert (found["denied"]["state"], found["denied"]["stage"]) == ("refused", "policy")
        assert found["running"]["state"] == "running" and found["running"]["pid"]  # its process has outlived its daemon
        assert "still runs since before this start" in fleet.log("web1").read_text()

        broker.kill()
        broker.start()
        wait_until("it is back", lambda: fleet.answering() == ["web1"], 30)
        attacker.resend(captured, 8)

        site = fleet.hosts["web1"].settings
        fleet.hosts["web1"] = SiteHost("web1", settings={**site, "plugin.executor.leftovers": "end"})
        restart(fleet, signal.SIGKILL)
        wait_until("what was left is ended", lambda: status(fleet, running)["state"] == "unknown outcome", 20)
        attacker.resend(captured, 8)
        restart(fleet, signal.SIGTERM)
        attacker.resend(captured, 8)

        assert status(fleet, running)["state"] == "unknown outcome"
        assert status(fleet, wire.request())["state"] == "not seen"
        assert attacker.sent == 1000
        assert sorted(fleet.ledger) == sorted(f"web1 {each.id}" for each in (ended, read, named, running))


def test_on_rubys_wire_an_order_under_another_id_is_a_copy_after_a_restart_too(tmp_path: Path) -> None:
    with EmbeddedBroker(user="mcollective", password="for-this-test") as broker:
        listening = Listening(broker.port, str(broker.user), str(broker.password))
        ledger = tmp_path / "ledger"
        settings = {"plugin.nap.ledger": str(ledger)}
        site = HistoricSite(tmp_path / "site", connector="stomp", security="ssl", brokers=[listening], server_settings=settings)
        with MixedFleet(site, python=[SiteHost("web1")]) as fleet, Wire(fleet.client_config) as wire:
            order = wire.request("nap", "nap", {"seconds": 0.0})
            payload = wire.send(order)
            wait_until("it has run", lambda: ledger.exists() and len(ledger.read_text().splitlines()) == 1, 20)
            fleet.python.kill("web1", signal.SIGKILL)
            fleet.python.start_daemon("web1")
            fleet.python.wait_for(["web1"], 60)
            found = marshal.loads(payload)
            (key,) = [key for key in found if str(key) == "requestid"]
            for id in (order.id, "b" * 32, "c" * 32):
                wire.publish(bytes(marshal.dumps(found | {key: id})), agent="nap")
            assert wire.ask(wire.request()) is not None
            assert len(ledger.read_text().splitlines()) == 1
            log = site.log("web1").read_text()
            assert log.count("refused a message (replayed)") == 3
