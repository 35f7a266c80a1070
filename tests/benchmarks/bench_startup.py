"""`mco --help` beside the Ruby one: wall time of whole processes, medians of interleaved runs."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.report import figure, ratio
from tests.parts.ruby import RUBY_MCO

RUNS = 15
OURS = [str(Path(sys.prefix) / "bin" / "mco"), "--help"]


def wall(command: list[str]) -> float:
    """Seconds that one run of a command takes."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def main() -> None:
    ours, rubys, bare = [], [], []
    for _ in range(RUNS):
        ours.append(wall(OURS))
        rubys.append(wall([RUBY_MCO, "help"]))
        bare.append(wall([sys.executable, "-c", "pass"]))
    figure("bare python", statistics.median(bare) * 1e3, "ms")
    figure("mco --help", statistics.median(ours) * 1e3, "ms")
    figure("Ruby mco help", statistics.median(rubys) * 1e3, "ms")
    ratio("Ruby / ours", statistics.median(rubys) / statistics.median(ours), wanted=2.0)


if __name__ == "__main__":
    main()
