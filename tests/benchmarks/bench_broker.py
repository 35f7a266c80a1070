"""The embedded broker beside ActiveMQ, both without TLS: 2,000 subscribers answer one request, measured by brokerload in one run."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from mcollective_py.cli.demoprocesses import MCO
from tests.benchmarks.report import figure, ratio
from tests.parts.activemq import ActiveMQ
from tests.waiting import wait_until

SUBSCRIBERS, ROUNDS = 2000, 10
LOAD = Path(__file__).with_name("brokerload.py")


def fanout(port: int, user: str, password: str, n: int, rounds: int) -> dict[str, float]:
    """One brokerload row: wall_ms is request to last answer, median over the rounds."""
    command = [sys.executable, str(LOAD), "fanout", "--port", str(port), "--n", str(n), "--rounds", str(rounds)]
    ended = subprocess.run([*command, "--login", user, "--passcode", password], capture_output=True, text=True, timeout=300, check=True)
    return json.loads(ended.stdout.splitlines()[-1])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ActiveMQ(folder / "activemq", is_short_lived=False) as activemq:
            port_file = folder / "plain.port"
            plain = subprocess.Popen([*MCO, "broker", "--port", "0", "--port-file", str(port_file)], stdin=subprocess.DEVNULL)
            try:
                wait_until("the embedded broker listens", lambda: port_file.exists() or plain.poll() is not None, 20)
                port = int(port_file.read_text())
                fanout(activemq.port, activemq.user, activemq.password, 200, 30)  # a warm JVM
                rows = {"ActiveMQ": [], "embedded": []}  # type: dict[str, list[dict[str, float]]]
                for _ in range(2):
                    rows["embedded"].append(fanout(port, "guest", "guest", SUBSCRIBERS, ROUNDS))
                    rows["ActiveMQ"].append(fanout(activemq.port, activemq.user, activemq.password, SUBSCRIBERS, ROUNDS))
            finally:
                plain.terminate()
                plain.wait(10)
        best = {}
        for broker, runs in rows.items():
            best[broker] = min(run["wall_ms"] for run in runs)
            figure(f"{broker}: {SUBSCRIBERS} subscribers answer, wall", best[broker], "ms")
            figure(f"{broker}: lost", sum(run["lost"] for run in runs), "answers")
        ratio("ActiveMQ / embedded", best["ActiveMQ"] / best["embedded"], wanted=2.0)


if __name__ == "__main__":
    main()
