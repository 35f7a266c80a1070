"""What an idle daemon costs: memory, processor time, and the modules it may not carry."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.cli.demosite import SiteHost
from tests.parts.fleet import Fleet
from tests.parts.historic import HistoricSite, Listening, with_state
from tests.parts.wire import Wire
from tests.waiting import wait_until

pytestmark = [pytest.mark.parts, pytest.mark.timed]

MOST_RESIDENT_MB = 35.0

# Each of these costs memory that a daemon does not need; see docs/dependencies.md.
UNWANTED = {"asyncio", "psutil", "rich", "setuptools", "pkg_resources", "websocket", "http.client", "concurrent.futures",
            "multiprocessing", "xml.etree", "sqlite3", "importlib.metadata", "mcollective_py.client", "mcollective_py.cli",
            "mcollective_py.broker"}  # fmt: skip


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("idle"), ["web1"]) as running:
        yield running


def status(pid: int) -> dict[str, int]:
    """The numbers of /proc/PID/status; memory in kB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return {key: int(value) for key, value in re.findall(r"^(\w+):\s+(\d+)", text, re.MULTILINE)}


def test_an_idle_daemon_stays_within_its_memory(fleet: Fleet) -> None:
    pid = fleet.processes["web1"].pid
    assert status(pid)["VmRSS"] / 1024 <= MOST_RESIDENT_MB


@pytest.mark.parametrize("security", ["psk", "ssl"])
def test_so_does_one_on_the_wire_of_ruby_over_tls(fleet: Fleet, security: str, tmp_path: Path) -> None:
    tls = {
        "plugin.stomp.pool.1.ssl": "1",
        "plugin.stomp.pool.1.ssl.ca": str(fleet.site.folder / "ca" / "ca.pem"),
        "plugin.stomp.pool.1.ssl.cert": str(fleet.site.certificate("web1")),
        "plugin.stomp.pool.1.ssl.key": str(fleet.site.key("web1")),
    }
    nobody = Listening(fleet.broker_port, "", "")
    site = HistoricSite(tmp_path / "site", connector="stomp", security=security, brokers=[nobody], settings=tls)
    config = with_state(site.write_server(SiteHost("web1")))
    # The broker knows its nodes by their certificates.
    config.write_text("".join(line for line in config.open() if ".user =" not in line and ".password =" not in line))
    daemon = subprocess.Popen([sys.executable, "-m", "mcollective_py.server.daemon", "--config", str(config)], cwd="/")
    try:
        wait_until("it has subscribed", lambda: site.log("web1").exists() and "subscribed as web1" in site.log("web1").read_text(), 20)
        # It gives back what starting took, just after it has said that it is there.
        wait_until("it is small", lambda: status(daemon.pid)["VmRSS"] / 1024 <= MOST_RESIDENT_MB, 5)
    finally:
        daemon.terminate()
        daemon.wait(10)
    assert "by TLS" in site.log("web1").read_text()


def test_an_idle_daemon_does_next_to_nothing(fleet: Fleet) -> None:
    pid = fleet.processes["web1"].pid
    with Wire(fleet.site.client_config) as wire:
        assert wire.ask(wire.request()) is not None
    before, switches = cpu(pid), status(pid)["voluntary_ctxt_switches"]
    time.sleep(4.0)
    assert cpu(pid) - before <= 0.02  # seconds; 0.5 % and the clock's own grain
    assert status(pid)["voluntary_ctxt_switches"] - switches <= 4  # the main thread waits, it does not poll


def test_so_does_one_with_all_agents_that_come_with_the_package(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["all1"], settings={"plugin.shell.enabled": "1"}) as fleet:  # the only one that is there and off
        pid = fleet.processes["all1"].pid
        wait_until("it is small", lambda: status(pid)["VmRSS"] / 1024 <= MOST_RESIDENT_MB, 5)
        with Wire(fleet.site.client_config) as wire:
            reply = wire.ask(wire.request(action="agent_inventory"))
    assert reply is not None
    loaded = {agent["agent"] for agent in reply.data["agents"]}
    shipped = {path.parent.name for path in (Path(__file__).parents[2] / "agents").glob("*/agent.py")}
    # These are there where what they look after is.
    assert shipped - loaded <= {"exim", "iptables", "puppet", "service"}


def test_a_busy_daemon_gets_back_to_its_memory(fleet: Fleet) -> None:
    pid = fleet.processes["web1"].pid
    with Wire(fleet.site.client_config) as wire:
        for _ in range(300):
            assert wire.ask(wire.request(action="inventory")) is not None
    deadline = time.monotonic() + 45.0  # threads that read end after 30 idle seconds
    while (resident := status(pid)["VmRSS"] / 1024) > MOST_RESIDENT_MB and time.monotonic() < deadline:
        time.sleep(1.0)
    assert resident <= MOST_RESIDENT_MB


def test_a_daemon_imports_nothing_that_it_does_not_need(fleet: Fleet) -> None:
    config = fleet.site.folder / "hosts" / "web1" / "server.cfg"
    program = f"""
import sys, time
import mcollective_py.server.daemon as daemon
from mcollective_py.config import Config
host = daemon.build_host(Config.from_file({str(config)!r}, "server"), time.time)
daemon._connector(host).connect(10)
print("\\n".join(sys.modules))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    loaded = set(ended.stdout.split())
    assert "mcollective_py.server.runner" in loaded
    assert not {name for name in loaded if any(name == no or name.startswith(f"{no}.") for no in UNWANTED)}


def cpu(pid: int) -> float:
    """Seconds of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
