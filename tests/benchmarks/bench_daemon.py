"""One daemon under load: signed `rpcutil ping` requests answered per second with 50 outstanding, by key type; and its memory.

Broker, daemon and this generator share the machine's cores; requests are sealed before the clock starts, replies are verified after
it stops.
"""

import tempfile
import time
from pathlib import Path

import psutil

from mcollective_py.cli.demoprocesses import RunningSite
from mcollective_py.cli.demosite import Site, SiteHost
from mcollective_py.message import Destination, Kind, Publication
from tests.benchmarks.report import figure, ratio
from tests.parts.wire import Wire

OUTSTANDING = 50
REQUESTS = {"p256": 6000, "ed25519": 6000, "rsa4096": 1500}


def measure(key_type: str, requests: int) -> tuple[float, float, float]:
    """Requests a second, CPU seconds of the daemon for each thousand, and its resident MB while idle."""
    with tempfile.TemporaryDirectory() as name:
        site = Site(Path(name), key_type=key_type)
        with (
            RunningSite(site, [SiteHost("node1", classes=["role::web"], facts={"country": "uk"})]) as running,
            Wire(site.client_config) as wire,
        ):
            process = psutil.Process(running.processes["node1"].pid)
            for _ in range(20):
                assert wire.ask(wire.request()) is not None
            resident = process.memory_info().rss / 2**20
            to = Destination(Kind.AGENT, "mcollective", "rpcutil")
            sealed = [
                Publication(wire.security.seal_request(request).payload, to, "bench", time.time(), 60, request.reply_to)
                for request in (wire.request() for _ in range(requests))
            ]
            used = sum(process.cpu_times()[:2])
            started = time.perf_counter()
            payloads: list[bytes] = []
            sent = 0
            while len(payloads) < requests:
                if room := min(OUTSTANDING - (sent - len(payloads)), requests - sent):
                    wire.connector.publish(sealed[sent : sent + room])
                    sent += room
                delivery = wire.connector.receive(10.0)
                assert delivery is not None, f"{len(payloads)} of {requests} answered"
                payloads.append(delivery.payload)
            took = time.perf_counter() - started
            used = sum(process.cpu_times()[:2]) - used
            replies = [wire.security.open_reply(wire.security.read(payload)) for payload in payloads]
            assert {reply.statuscode for reply in replies} == {0}
            assert len({reply.request_id for reply in replies}) == requests
    return requests / took, used / requests * 1e3, resident


def main() -> None:
    for key_type, requests in REQUESTS.items():
        rate, cpu, resident = measure(key_type, requests)
        figure(f"{key_type}: requests answered a second, {OUTSTANDING} outstanding", rate, "/s")
        figure(f"{key_type}: CPU of the daemon for each request", cpu, "ms")
        figure(f"{key_type}: resident memory of the daemon before the load", resident, "MB")
        if key_type != "rsa4096":
            ratio(f"{key_type}: rate / 1,000", rate / 1000, wanted=1.0)


if __name__ == "__main__":
    main()
