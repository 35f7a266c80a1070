"""`mco package update` and `mco service restart` on one lab host and on ten at once: does the fleet take the time of one?

As root. Hosts share this machine's processors, so ten hosts' work takes at least its processor time over their number: that bound is
printed beside what was measured. A second update has a package script that waits, as for a download or a slow stop: that is what hosts
of their own would spend in parallel.
"""

import os
import statistics
import sys
import time
from collections.abc import Sequence

from tests.benchmarks.report import figure
from tests.parts.tenhosts import NEW, OLD, PACKAGE, Hosts, hosts

COUNT, RUNS, WAITS = 10, 3, 5  # WAITS: seconds


def measured(ten: Hosts, words: Sequence[str], names: Sequence[str]) -> tuple[float, float]:
    """Seconds that mco took on these hosts, and seconds of processor time of their daemons and what those ran."""
    chosen = [word for name in names for word in ("-I", name)]
    before = sum(ten.daemon_cpu(name) for name in names)
    begun = time.perf_counter()
    ended = ten.lab.mco(*words, "--yes", "--fold", *chosen)
    took = time.perf_counter() - begun
    if ended.returncode:
        sys.exit(ended.stdout + ended.stderr)
    return took, sum(ten.daemon_cpu(name) for name in names) - before


def compare(ten: Hosts, what: str, words: Sequence[str], *, waits: float = 0.0, undo: str = "true") -> None:
    """Print the medians of one host and of all, and their ratio."""
    told: dict[int, tuple[float, float]] = {}
    for names in (ten.names[:1], ten.names):
        runs = []
        for _ in range(RUNS):
            ten.everywhere(undo, names)
            runs.append(measured(ten, words, names))
        told[len(names)] = statistics.median(took for took, _ in runs), statistics.median(cpu for _, cpu in runs)
    (one, cpu_of_one), (all_of_them, cpu) = told[1], told[len(ten.names)]
    figure(f"{what}, 1 host", one, "s")
    figure(f"{what}, {len(ten.names)} hosts", all_of_them, "s")
    figure("  processor time of 1 host, of all", cpu_of_one, f"s, {cpu:.2f} s")
    figure(f"  {len(ten.names)} hosts / 1 host", all_of_them / one, "x")
    bound = waits + cpu / (os.cpu_count() or 1)
    figure(f"  at least, with {os.cpu_count()} processors for all hosts", bound, "s")


def main() -> None:
    older = f"apt-get install -qq -y --allow-downgrades {PACKAGE}={OLD} >/dev/null 2>&1; rm -f /etc/labweb.*"
    update = ("package", "update", PACKAGE)
    with hosts(COUNT) as ten:
        figure("machine's load before", os.getloadavg()[0], "")
        compare(ten, f"mco package update {OLD} > {NEW}", update, undo=older)
        slow = f"{older}; echo {WAITS} >/etc/labweb.seconds"
        compare(ten, f"the same, its script waits {WAITS} s", update, undo=slow, waits=WAITS)
        compare(ten, "mco service restart", ("service", "restart", "labweb"))


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the lab needs root")
    main()
