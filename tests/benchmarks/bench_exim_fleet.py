"""`mco exim list` and `mco exim mailq` over four relays with 10,000 messages each: how long, where it goes, and the client's memory.

python -m tests.benchmarks.bench_exim_fleet      as root, where .ci/parts has fetched Exim

The memory is the growth of the client's largest resident set over that of a client that lists an empty selection, beside the bytes that
it received: all that came from the broker, before anything is opened.
"""

import json
import re
import sys
from pathlib import Path

from tests.benchmarks.report import figure, ratio
from tests.parts.eximfleet import EximFleet, exim_fleet

MESSAGES, RELAYS, ROUNDS, MOST = 10_000, ("mx1", "mx2", "mx3", "mx4"), 3, 3.0
_CHECKOUT = Path(__file__).parents[2]
_ID = re.compile(r"\b\w{6}-\w{6}-\w\w\b")
_MODELS: list[dict[str, object]] = [
    {"sender": f"user{number}@example{number}.org", "recipients": [f"r{number}@example.com", f"defer{number}@example.net"]}
    for number in range(10)
]
_WORDS = {
    "list": ("list",),
    "list --json": ("list", "--json"),
    "list --jsonl": ("list", "--jsonl"),
    "list --format csv": ("list", "--format", "csv"),
    "mailq": ("mailq",),
}


def client(words: list[str]) -> None:
    """A process of its own: `mco` with these words; what it took is a line of JSON on stderr."""
    import resource
    import ssl
    import time

    from mcollective_py.cli.main import main as mco

    received, recv = [0], ssl.SSLSocket.recv

    def counting(self: ssl.SSLSocket, *sizes: int) -> bytes:
        data = recv(self, *sizes)
        received[0] += len(data)
        return data

    ssl.SSLSocket.recv = counting  # type: ignore[method-assign, assignment]  # all that is counted is what goes by
    begun = time.perf_counter()
    code = mco(words)
    sys.stdout.flush()
    wall, used = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    took = {"bytes": received[0], "peak": used.ru_maxrss * 1024, "cpu": used.ru_utime + used.ru_stime, "wall": wall}
    print("\n" + json.dumps({"code": code, **took}), file=sys.stderr)


def measured(fleet: EximFleet, *words: str) -> dict[str, float]:
    """One run of the client, and how many messages it told of."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_exim_fleet", "client", "exim", *words]
    config = ["--config", str(fleet.site.client_config)]
    environ = [f"XDG_CACHE_HOME={fleet.site.folder}", f"PYTHONPATH={_CHECKOUT}"]
    done = fleet.exim.lab.run_outside("env", *environ, *command, *config, timeout=180)
    told: dict[str, float] = json.loads(done.stderr.strip().splitlines()[-1])
    assert told["code"] == 0, done.stderr[-2000:]
    return told | {"messages": len(_ID.findall(done.stdout))}


def main() -> None:
    with exim_fleet(RELAYS) as fleet:

        def fill(host: str) -> None:
            fleet.exim.send(host, *_MODELS)
            fleet.exim.multiply(host, MESSAGES)

        fleet.on_all(fill)
        for host in RELAYS:
            first = fleet.exim.ids(host)[0]
            figure(f"{host}: exim -bpc, oldest {first}", int(fleet.exim.exim(host, "-bpc")), "messages")
        nothing = measured(fleet, "list", "size<1")
        figure("a client that lists nothing, resident", nothing["peak"] / 2**20, "MiB")
        for what, words in _WORDS.items():
            runs = [measured(fleet, *words) for _ in range(ROUNDS)]
            best = min(runs, key=lambda run: run["wall"])
            figure(what, best["wall"], "s")
            figure("  processor time of the client", best["cpu"], "s")
            figure("  messages", int(best["messages"]), f"of {sum(int(fleet.exim.exim(host, '-bpc')) for host in RELAYS)}")
            figure("  received", best["bytes"] / 2**20, "MiB")
            growth = max(run["peak"] for run in runs) - nothing["peak"]
            figure("  growth of the resident set", growth / 2**20, "MiB")
            ratio("  most allowed / growth", MOST * best["bytes"] / growth, 1)


if __name__ == "__main__":
    client(sys.argv[2:]) if sys.argv[1:2] == ["client"] else main()
