"""10,000 addresses into one host in one batch, and looked at there, by each back end; beside the bare tools in the same run.

python -m tests.benchmarks.bench_iptables      as root, for a lab host

Ours is agent time: the whole action with guard, store and comparison, in a process that is there already, without the wire. The bare
tool reads its words from a file. Each is the median of some runs in turns.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.report import figure, ratio
from tests.parts.lab import Lab

ENTRIES, ROUNDS = 10_000, 5
WITHIN, LISTED_WITHIN, ASKED_WITHIN = 3.0, 2.0, 0.050  # times the bare tool twice, and seconds
ONE_WITHIN = 0.5  # of the whole batch: one more must not cost what all of them did
_CHECKOUT = Path(__file__).parents[2]
_ADDRESSES = [f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}" for number in range(ENTRIES)]

# Set up, from standard input; the batch; what takes it away; what lists it (nft alone is compared in that).
_BARE = {
    "nft": (
        "table inet bare {\nset s { type ipv4_addr; flags timeout; counter; }\n"
        "chain c { type filter hook prerouting priority -310; ip saddr @s drop; }\n}\n",
        f"add element inet bare s {{ {', '.join(_ADDRESSES)} }}\n",
        "flush set inet bare s\n",
        ["nft", "-f"],
        ["nft", "-j", "list", "set", "inet", "bare", "s"],
    ),
    "ipset": (
        "create bare hash:ip maxelem 200000 timeout 0 counters\n",
        "".join(f"add bare {address}\n" for address in _ADDRESSES),
        "flush bare\n",
        ["ipset", "-exist", "restore", "-file"],
        ["ipset", "save", "bare"],
    ),
    "iptables": (
        "*filter\n:bare - [0:0]\nCOMMIT\n",
        "*filter\n" + "".join(f"-A bare -s {address} -j DROP\n" for address in _ADDRESSES) + "COMMIT\n",
        "*filter\n-F bare\nCOMMIT\n",
        ["iptables-restore", "-w", "--noflush"],
        ["iptables-save", "-t", "filter"],
    ),
}


def inside(backend: str) -> None:
    """In the lab host: the seconds of each thing, as JSON."""
    import subprocess

    from mcollective_py.agent import RPCReply
    from mcollective_py.server.call import Call
    from mcollective_py.server.dispatch import perform_action
    from mcollective_py.testing import AgentHarness

    folder = Path(tempfile.mkdtemp())
    begin, batch, clear, words, listing = _BARE[backend]
    agent = AgentHarness(_CHECKOUT / "agents" / "iptables", config={"backend": backend, "state_directory": str(folder / "kept")})

    def bare(text: str) -> float:
        (folder / "words").write_text(text)
        return timed(lambda: subprocess.run([*words, str(folder / "words")], check=True, capture_output=True))

    def call(action: str, **inputs: Any) -> float:
        request = agent._request(action, inputs)

        def called() -> None:
            made = Call(request, agent.agent.folder, agent.node, 60.0, agent.agent.only_reads(action), agent.config)
            outcome = perform_action(agent.agent, made, RPCReply(), None)
            assert outcome.statuscode == 0, (action, outcome.statusmsg)

        return timed(called)

    bare(begin)
    call("setup")
    found: dict[str, list[float]] = {}

    def note(what: str, seconds: float) -> None:
        found.setdefault(what, []).append(seconds)

    for _ in range(ROUNDS):
        note("bare batch", bare(batch))
        note("bare list", timed(lambda: subprocess.run(listing, check=True, capture_output=True)))
        bare(clear)
        note("apply", call("apply", list=_ADDRESSES, reason="burst"))
        note("listblocked", call("listblocked"))
        note("isblocked", call("isblocked", ipaddr=_ADDRESSES[-1]))
        note("isblocked, one that is not", call("isblocked", ipaddr="192.0.2.9"))
        note("block of one more", call("block", ipaddr="192.0.2.7"))
        subprocess.run(["nft", "-f", "-"], input="add table inet others\ndelete table inet others\n", text=True, check=True)
        note("isblocked, others changed rules", call("isblocked", ipaddr=_ADDRESSES[-1]))
        note("block of one more, others changed rules", call("block", ipaddr="192.0.2.8"))
        note("flush", call("flush", all=True))
    print(json.dumps({what: statistics.median(some) for what, some in found.items()}))


def timed(run: Callable[[], object]) -> float:
    """Seconds of a call."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-bench-") as name, Lab(Path(name)) as lab:
        for backend in _BARE:
            lab.up(backend)  # rules of one are not in the way of another
            words = (sys.executable, "-m", "tests.benchmarks.bench_iptables", backend)
            done = lab.run(backend, "env", f"PYTHONPATH={_CHECKOUT}", *words, timeout=300)
            assert done.returncode == 0, done.stderr[-2000:]
            took: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
            for what, seconds in took.items():
                figure(f"{backend}: {what}", 1000 * seconds, "ms")
            ratio(f"{backend}: {WITHIN:g} times the bare batch / apply", WITHIN * took["bare batch"] / took["apply"], wanted=1.0)
            for what in ("isblocked", "isblocked, one that is not"):
                ratio(f"{backend}: 50 ms / {what}", ASKED_WITHIN / took[what], wanted=1.0)
            ratio(
                f"{backend}: {ONE_WITHIN:g} of apply / block of one more",
                ONE_WITHIN * took["apply"] / took["block of one more"],
                wanted=1.0,
            )
            if backend != "nft":
                continue
            ratio(
                f"{backend}: {LISTED_WITHIN:g} times the bare list / listblocked",
                LISTED_WITHIN * took["bare list"] / took["listblocked"], wanted=1.0,
            )  # fmt: skip


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the lab needs root")
    inside(sys.argv[1]) if sys.argv[1:] else main()
