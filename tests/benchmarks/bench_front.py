"""What a front (`plugin.front.user`) costs: time of a warm `rpcutil ping`, pings a second, and memory, with one and without.

Runs as root: only root can have a front that is somebody else.
"""

import tempfile
import time
from pathlib import Path

import psutil

from mcollective_py.cli.demosite import SiteHost
from mcollective_py.message import Destination, Kind, Publication
from tests.benchmarks.report import figure, ratio
from tests.parts.embedded import EmbeddedBroker
from tests.parts.faulty import fleet_on
from tests.parts.wire import Wire

ONE_BY_ONE, IN_A_ROW, OUTSTANDING = 1000, 5000, 50


def measure(settings: dict[str, str]) -> tuple[float, float, float, float]:
    """Milliseconds of the middle ping and of the hundredth worst, pings a second, and PSS in MB of the daemon with its front."""
    with tempfile.TemporaryDirectory() as name, EmbeddedBroker(user="mcollective", password="for-this-bench") as broker:
        fleet = fleet_on(Path(name), broker, ["web1"])
        fleet.hosts["web1"] = SiteHost("web1", settings=settings)
        with fleet, Wire(fleet.site.client_config) as wire:
            daemon = psutil.Process(fleet.processes["web1"].pid)
            for _ in range(50):
                assert wire.ask(wire.request()) is not None
            memory = sum(process.memory_full_info().pss for process in (daemon, *daemon.children())) / 2**20
            times = []
            for _ in range(ONE_BY_ONE):
                request = wire.request()
                started = time.perf_counter()
                assert wire.ask(request) is not None
                times.append(1e3 * (time.perf_counter() - started))
            to = Destination(Kind.AGENT, "mcollective", "rpcutil")
            sealed = [
                Publication(wire.security.seal_request(request).payload, to, "bench", time.time(), 60, request.reply_to)
                for request in (wire.request() for _ in range(IN_A_ROW))
            ]
            started, sent, got = time.perf_counter(), 0, 0
            while got < IN_A_ROW:
                if room := min(OUTSTANDING - (sent - got), IN_A_ROW - sent):
                    wire.connector.publish(sealed[sent : sent + room])
                    sent += room
                assert wire.connector.receive(10.0) is not None, f"{got} of {IN_A_ROW} answered"
                got += 1
            took = time.perf_counter() - started
    times.sort()
    return times[len(times) // 2], times[len(times) * 99 // 100], IN_A_ROW / took, memory


def main() -> None:
    without, with_one = measure({}), measure({"plugin.front.user": "nobody"})
    figures = (("ping, middle", "ms", 0), ("ping, p99", "ms", 1), ("pings a second", "/s", 2), ("memory (PSS)", "MB", 3))
    for name, unit, place in figures:
        figure(f"{name}, without", without[place], unit)
        figure(f"{name}, with a front", with_one[place], unit)
    ratio("ping without / with a front", without[0] / with_one[0], 0.5)
    ratio("memory without / with a front", without[3] / with_one[3], 0.5)


if __name__ == "__main__":
    main()
