"""30 daemons beside 30 Ruby ones on one ActiveMQ: `mco ping` and `mco rpc rpcutil ping`, wall time of the whole command."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from mcollective_py.cli.demoprocesses import RunningSite
from mcollective_py.cli.demosite import Site, SiteBroker, SiteHost
from tests.benchmarks.report import figure, ratio
from tests.parts.activemq import ActiveMQ
from tests.parts.historic import HistoricSite, Listening
from tests.parts.ruby import RubyFleet

DAEMONS, RUNS, RUBY_RUNS = 30, 10, 3
MCO = str(Path(sys.prefix) / "bin" / "mco")


def walls(run: Callable[[], "subprocess.CompletedProcess[str]"], runs: int, answers: int, of: str) -> float:
    """Median seconds of a command in which every daemon must have answered."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        ended = run()
        taken.append(time.perf_counter() - started)
        found = sum(line.startswith(of) for line in ended.stdout.splitlines())
        assert found == answers, f"{found} of {answers} answered:\n{ended.stdout}{ended.stderr}"
    return statistics.median(taken)


def main() -> None:
    with tempfile.TemporaryDirectory() as name, ActiveMQ(Path(name) / "activemq", is_short_lived=False) as broker:
        folder = Path(name)
        listening = Listening(broker.port, broker.user, broker.password)
        historic = HistoricSite(folder / "ruby", connector="activemq", security="psk", brokers=[listening])
        rubies = [SiteHost(f"ruby{n}", facts={"country": "uk"}) for n in range(1, DAEMONS + 1)]
        with RubyFleet(historic, rubies) as ruby:
            ruby_ping = walls(lambda: ruby.mco("ping"), RUBY_RUNS, DAEMONS, "ruby")
            ruby_rpc = walls(lambda: ruby.mco("rpc", "rpcutil", "ping"), RUBY_RUNS, DAEMONS, "ruby")
            ruby_mb = statistics.median(psutil.Process(pid).memory_info().rss for pid in ruby.pids()) / 2**20
        hosts = [SiteHost(f"py{n}", facts={"country": "uk"}) for n in range(1, DAEMONS + 1)]
        address = SiteBroker(broker.port, "127.0.0.1", "activemq", broker.user, broker.password)
        with RunningSite(Site(folder / "site"), hosts, address) as site:
            environ = {**os.environ, "XDG_CACHE_HOME": str(folder)}

            def mco(*words: str) -> "subprocess.CompletedProcess[str]":
                return subprocess.run(
                    [MCO, *words, "--config", str(site.site.client_config)], env=environ, stdin=subprocess.DEVNULL,
                    capture_output=True, text=True, timeout=60, check=False,
                )  # fmt: skip

            first = walls(lambda: mco("ping"), 1, DAEMONS, "py")
            ping = walls(lambda: mco("ping"), RUNS, DAEMONS, "py")
            rpc = walls(lambda: mco("rpc", "rpcutil", "ping"), RUNS, DAEMONS, "py")
            rss = [psutil.Process(site.processes[host.name].pid).memory_info().rss / 2**20 for host in hosts]
    figure(f"Ruby mco ping, {DAEMONS} daemons", ruby_ping, "s")
    figure("mco ping, first run (its whole window)", first, "s")
    figure("mco ping, later runs", ping, "s")
    ratio("Ruby / ours", ruby_ping / ping, wanted=6.0)
    figure(f"Ruby mco rpc rpcutil ping, {DAEMONS} daemons", ruby_rpc, "s")
    figure("mco rpc rpcutil ping", rpc, "s")
    ratio("Ruby / ours", ruby_rpc / rpc, wanted=5.0)
    figure("resident memory of a Ruby daemon (psk)", ruby_mb, "MB")
    figure("resident memory of our daemon (x509), after the runs", statistics.median(rss), "MB")


if __name__ == "__main__":
    main()
