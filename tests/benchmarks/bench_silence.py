"""3 of 30 known hosts are dead: wall time of the whole `mco ping`, `mco find` and `mco rpc rpcutil ping`."""

import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks.report import figure
from tests.parts.fleet import Fleet

HOSTS = [f"web{number:02}" for number in range(1, 31)]
DEAD, RUNS = ["web07", "web19", "web30"], 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder) / "site", HOSTS) as fleet:
        fleet.site.write_client(fleet.broker, {"discovery_timeout": "2"})
        for words in (("find",), ("rpc", "rpcutil", "ping")):
            fleet.mco(*words)
        for name in DEAD:
            fleet.kill(name, number=9)
        for words in (("ping",), ("find",), ("rpc", "rpcutil", "ping")):
            taken = []
            for _ in range(RUNS):
                started = time.perf_counter()
                ended = fleet.mco(*words, "--strict")
                taken.append(time.perf_counter() - started)
                said = ended.stdout + ended.stderr
                assert ended.returncode == 5 and all(name in said for name in DEAD), said
            figure(f"mco {' '.join(words)}, 3 of 30 known hosts dead", statistics.median(taken), "s")


if __name__ == "__main__":
    main()
