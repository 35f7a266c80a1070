"""An operator or a host that is told to stop, with real daemons on both brokers: what there is is shown, what runs ends well.

The names R-.. are those of the reliability targets.
"""

import json
import os
import pty
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.filter import Filter
from tests.parts.faulty import BROKERS, Broker, fleet_on, running_broker
from tests.parts.fleet import Fleet
from tests.parts.wire import Wire
from tests.waiting import wait_until

pytestmark = [pytest.mark.parts, pytest.mark.timed]


@pytest.fixture(scope="module", params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for one test after the other: what befalls the way to it befalls a proxy. What one leaves in it no other can read."""
    with running_broker(request.param, tmp_path_factory.mktemp("broker")) as broker:
        yield broker


def has_replied(wire: Wire) -> bool:
    """Wait until the one host of a fleet has sent a reply to somebody else than this wire, which has asked for nothing yet."""
    for own in range(500):
        stats = wire.ask(wire.request(action="daemon_stats"))
        if stats is not None and stats.data["replies"] > own:
            # One more round through the same broker: whoever else waits has had its answer for as long.
            return wire.ask(wire.request()) is not None
    return False


# --- the operator goes away -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_r27_a_client_told_to_stop_ends_at_once_with_what_it_has(tmp_path: Path, number: signal.Signals, broker: Broker) -> None:
    # What else goes on can hold one of them up; a client that waits for anything is too slow each time.
    assert any(seconds_to_end(tmp_path / str(attempt), number, broker) <= 0.3 for attempt in range(3))


def seconds_to_end(folder: Path, number: signal.Signals, broker: Broker) -> float:
    """How long a client took to end by a signal, with all that it has to say then."""
    folder.mkdir()
    with fleet_on(folder, broker, ["web1", "web2"]) as fleet:
        client = fleet.start_mco("rpc", "nap", "doze", "seconds=0", "-I", "web1", "-I", "nosuch")
        try:
            wait_until("the action runs", lambda: len(fleet.ledger) == 1, 15)
            with Wire(fleet.site.client_config) as wire:
                assert has_replied(wire)  # and nosuch never will
            started = time.monotonic()
            client.send_signal(number)
            output, errors = client.communicate(timeout=10)
            took = time.monotonic() - started
        finally:
            client.kill()
        assert took <= 1.5, f"{took:.2f} s"  # whatever it could wait for takes 2 s and longer
        assert client.returncode == (130 if number == signal.SIGINT else 128 + number)
        assert "web1" in output and "Traceback" not in errors
        assert "nosuch" in output + errors  # who is missing is named
        assert fleet.answering() == ["web1", "web2"]
    return took


def test_r27_an_interrupted_json_document_is_whole_and_says_that_it_was(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet:
        client = fleet.start_mco("rpc", "nap", "doze", "seconds=0", "-I", "web1", "-I", "nosuch", "--json")
        wait_until("the action runs", lambda: len(fleet.ledger) == 1, 15)
        with Wire(fleet.site.client_config) as wire:
            assert has_replied(wire)
        client.send_signal(signal.SIGINT)
        output, _ = client.communicate(timeout=10)
        document = json.loads(output)
        assert document["interrupted"] is True
        assert [reply["sender"] for reply in document["replies"]] == ["web1"]
        assert document["stats"]["no_response"] == ["nosuch"]


def test_r27_a_reader_that_goes_away_ends_the_client_quietly(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet:
        client = fleet.start_mco("ping")
        assert client.stdout is not None and client.stderr is not None
        client.stdout.close()
        assert client.wait(15) != 0
        assert "Traceback" not in client.stderr.read()
        client.stderr.close()


def test_r27_a_closed_terminal_ends_the_client(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet:
        terminal, slave = pty.openpty()
        environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
        pid = os.fork()
        if pid == 0:
            os.setsid()
            for standard in (0, 1, 2):
                os.dup2(slave, standard)
            os.close(terminal)
            import fcntl
            import termios

            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            from mcollective_py.cli.demoprocesses import MCO

            words = [*MCO, "rpc", "nap", "nap", "seconds=15", "-I", "web1", "--config", str(fleet.site.client_config)]
            os.execve(words[0], words, environ)
        os.close(slave)
        wait_until("the action runs", lambda: len(fleet.ledger) == 1, 15)
        os.close(terminal)  # the window is closed: SIGHUP, and nowhere to write
        started = time.monotonic()
        ended = wait_for(pid, 10.0)
        assert time.monotonic() - started <= 3.0  # the action takes 15 s
        assert os.waitstatus_to_exitcode(ended) != 0


def wait_for(pid: int, seconds: float) -> int:
    """The wait status of a child that ends within seconds; killed and failed otherwise."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise AssertionError(f"it did not end within {seconds:g} s")


# --- what tests/parts/test_daemon.py shows in detail on the embedded broker holds on both -----------


def test_r20_a_reload_keeps_the_connection_and_a_broken_one_the_old_configuration(tmp_path: Path, broker: Broker) -> None:
    with fleet_on(tmp_path, broker, ["web1"]) as fleet, Wire(fleet.site.client_config) as wire:
        config = tmp_path / "hosts" / "web1" / "server.cfg"
        text, process = config.read_text(), fleet.processes["web1"]
        config.write_text(text + "plugin.echo.activate_agent = 0\n")
        process.send_signal(signal.SIGHUP)
        wait_until("echo is off", lambda: "echo" not in wire.active_agents(), 20)
        config.write_text(text + "nosuchkey = 1\n")
        process.send_signal(signal.SIGHUP)
        wait_until("the reload is refused", lambda: "reload refused" in fleet.log("web1").read_text(), 10)
        assert wire.ask(wire.request()) is not None
        assert fleet.log("web1").read_text().count("connected to") == 1


@pytest.mark.parametrize("action", ["doze", "nap"])
def test_r21_term_lets_a_running_action_finish_and_its_reply_arrive(tmp_path: Path, broker: Broker, action: str) -> None:
    with fleet_on(tmp_path, broker, ["web1"]) as fleet, Wire(fleet.site.client_config) as wire:
        wire.send(wire.request("nap", action, {"seconds": 1.5}))
        wait_until("the action runs", lambda: len(fleet.ledger) == 1, 10)
        fleet.processes["web1"].send_signal(signal.SIGTERM)
        reply = wire.reply(10.0)
        assert reply is not None and reply.data == {"slept": 1.5}
        assert fleet.processes.pop("web1").wait(10) == 0


def test_r22_corrupt_facts_keep_the_last_good_ones_and_match_nobody_else(tmp_path: Path, broker: Broker) -> None:
    with fleet_on(tmp_path, broker, ["web1"]) as fleet, Wire(fleet.site.client_config) as wire:

        def asked(country: str, timeout: float) -> bool:
            chosen = Filter.parse(facts=[f"country={country}"], agents=["rpcutil"])
            return wire.ask(wire.request(filter=chosen), timeout=timeout) is not None

        assert asked("uk", 5.0)
        broken = tmp_path / "broken.yaml"
        broken.write_bytes(b"country: [uk")
        broken.rename(tmp_path / "hosts" / "web1" / "facts.yaml")  # a rename counts at once
        wait_until("the trouble is told", lambda: asked("uk", 5.0) and "facts.yaml" in fleet.log("web1").read_text(), 10)
        assert asked("uk", 5.0) and not asked("de", 0.5)
        assert fleet.answering() == ["web1"]
