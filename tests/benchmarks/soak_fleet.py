"""A small fleet under steady use while its broker is killed again and again: nothing runs twice, nobody stays away, nothing grows.

SOAK_MINUTES (10), SOAK_DAEMONS (20) and SOAK_SEED. Real daemons on the embedded broker over TLS with client certificates; `mco ping`,
`mco find` and `mco rpc` by turns at random. Ends with 1 where a promise does not hold; prints figures in any case.
"""

import json
import os
import random
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.benchmarks.report import figure
from tests.parts.fleet import Fleet

MINUTES = float(os.environ.get("SOAK_MINUTES") or 10)
DAEMONS = int(os.environ.get("SOAK_DAEMONS") or 20)
SEED = int(os.environ.get("SOAK_SEED") or secrets.randbelow(10**9))
LIFE, AWAY = (15.0, 60.0), (0.0, 5.0)  # seconds that a broker lives, and stays away, at least and at most
HEALED = 30.0  # seconds within which everybody must be back at the end
MOST_GROWTH = 6.0  # MB that a daemon may be larger at the end; what one grows in its first requests is measured before


class Size(NamedTuple):
    """Memory in MB and open file descriptors of one process, its children's not counted."""

    rss: float
    fds: int


def size(pid: int) -> Size:
    process = psutil.Process(pid)
    return Size(process.memory_info().rss / 2**20, process.num_fds())


def kill_again_and_again(fleet: Fleet, source: random.Random, deadline: float) -> list[Size]:
    """Kill the broker and start it again on its port, at random times until deadline; its size before each kill.

    In the main thread: what it starts is to end with the thread that started it.
    """
    port, ends = fleet.broker_port, []
    while (left := deadline - time.monotonic()) > 0:
        life = source.uniform(*LIFE)
        time.sleep(min(life, left))
        if life < left:
            ends.append(size(fleet.processes["broker"].pid))
            fleet.kill("broker", signal.SIGKILL)
            time.sleep(source.uniform(*AWAY))
            fleet.start_broker(port)
    return ends


class Use:
    """What was asked, and what came of it."""

    def __init__(self, fleet: Fleet, names: Sequence[str]) -> None:
        self.fleet, self.names = fleet, set(names)
        self.calls: Counter[str] = Counter()
        self.whole: Counter[str] = Counter()  # of those, how many had everybody's answer
        self.answered: dict[str, set[str]] = {}  # id of a request -> who said that it ran
        self.wrong: list[str] = []

    def go_on(self, source: random.Random, over: threading.Event) -> None:
        """Ask one thing after the other until over is set."""
        while not over.wait(source.uniform(0, 0.3)):
            try:
                self.ask(source.choices(("ping", "find", "rpc", "child"), (2, 2, 4, 2))[0])
            except subprocess.TimeoutExpired as error:
                self.wrong.append(f"a command that did not end: {error}")

    def ask(self, what: str) -> bool:
        """One command; whether everybody answered."""
        words = {
            "ping": ("ping",),
            "find": ("find", "-F", "country=uk"),
            "rpc": ("rpc", "nap", "doze", "seconds=0", "--json"),
            "child": ("rpc", "nap", "nap", "seconds=0", "--json"),
        }[what]
        ended = self.fleet.mco(*words, timeout=120)
        self.calls[what] += 1
        if "Traceback" in ended.stderr:
            self.wrong.append(f"{what}: {ended.stderr}")
        if what in ("ping", "find"):
            found = {line.split()[0] for line in ended.stdout.splitlines() if line.strip()} & self.names
        else:
            found = self._rpc(ended)
        self.whole[what] += found == self.names
        return found == self.names

    def _rpc(self, ended: "subprocess.CompletedProcess[str]") -> set[str]:
        try:
            document = json.loads(ended.stdout)
        except ValueError:
            if ended.returncode == 0:
                self.wrong.append(f"exit code 0 without a document: {ended.stdout[:200]}")
            return set()
        found = {reply["sender"] for reply in document["replies"] if reply["statuscode"] == 0}
        self.answered[document["request_id"]] = found
        return found

    def check_ledger(self) -> int:
        """How many executions there were; what does not fit the answers is added to wrong."""
        lines = self.fleet.ledger
        runs = Counter(lines)
        self.wrong += [f"ran {times} times: {line}" for line, times in runs.items() if times > 1]
        for request, senders in self.answered.items():
            self.wrong += [f"answered, but it never ran: {name} {request}" for name in senders if f"{name} {request}" not in runs]
        strange = {line.split()[1] for line in lines} - set(self.answered)
        self.wrong += [f"ran, but nobody has asked: {request}" for request in strange if len(self.answered) == self.asked]
        return len(lines)

    @property
    def asked(self) -> int:
        return self.calls["rpc"] + self.calls["child"]


def soak(folder: Path) -> list[str]:
    """What is wrong, one sentence each."""
    source = random.Random(SEED)
    names = [f"web{number}" for number in range(1, DAEMONS + 1)]
    with Fleet(folder, names) as fleet:
        use = Use(fleet, names)
        for what in ("ping", "find", "rpc", "child"):
            if not use.ask(what):
                return [f"before anything was killed not everybody answered {what}"]
        first = {name: size(process.pid) for name, process in fleet.processes.items()}
        over = threading.Event()
        asking = threading.Thread(target=use.go_on, args=(source, over), daemon=True)
        asking.start()
        try:
            ends = kill_again_and_again(fleet, random.Random(SEED + 1), time.monotonic() + MINUTES * 60)
        finally:
            over.set()
            asking.join()
        started = time.monotonic()
        while not use.ask("rpc") and time.monotonic() - started < HEALED:
            pass
        healed = time.monotonic() - started
        use.wrong += [f"after {healed:.0f} s not everybody is back"] if not use.ask("child") else []
        use.wrong += [f"{name} ended" for name, process in fleet.processes.items() if process.poll() is not None]
        last = {name: size(process.pid) for name, process in fleet.processes.items() if process.poll() is None}
        executions = use.check_ledger()
    answers = sum(len(senders) for senders in use.answered.values())
    report(use, ends, first, last, executions, answers)
    growths = {name: last[name].rss - first[name].rss for name in names if name in last}
    use.wrong += [f"{name} has grown by {growth:.1f} MB" for name, growth in growths.items() if growth > MOST_GROWTH]
    use.wrong += [f"{n} has {last[n].fds} open files, at first {first[n].fds}" for n in last if last[n].fds > first[n].fds + 5]
    return use.wrong


def report(use: Use, ends: Sequence[Size], first: dict[str, Size], last: dict[str, Size], executions: int, answers: int) -> None:
    for what, calls in use.calls.items():
        figure(f"mco {what}: calls", calls, "")
        figure(f"mco {what}: of these answered by everybody", use.whole[what], "")
    figure("broker killed", len(ends), "times")
    figure("requests for an action x daemons", use.asked * DAEMONS, "")
    figure("executions in the ledger", executions, "")
    figure("answers of these that arrived", answers, "")
    daemons = [name for name in last if name != "broker"]
    for what, sizes in (("first", first), ("last", last)):
        figure(f"daemon, {what}: memory, median", statistics.median(sizes[name].rss for name in daemons), "MB")
        figure(f"daemon, {what}: memory, most", max(sizes[name].rss for name in daemons), "MB")
        figure(f"daemon, {what}: open files, most", max(sizes[name].fds for name in daemons), "")
        figure(f"broker, {what}: memory", sizes["broker"].rss, "MB")
        figure(f"broker, {what}: open files", sizes["broker"].fds, "")
    if ends:
        figure("broker, before each kill: memory, most", max(end.rss for end in ends), "MB")


def main() -> None:
    print(f"{DAEMONS} daemons, {MINUTES:g} min, SOAK_SEED={SEED}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        wrong = soak(Path(name))
    for sentence in wrong[:50]:
        print(f"WRONG: {sentence}", flush=True)
    sys.exit(f"{len(wrong)} wrong" if wrong else 0)


if __name__ == "__main__":
    main()
