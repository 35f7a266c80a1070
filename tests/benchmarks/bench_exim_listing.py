"""Listing a queue of 10,000 messages by the agent exim, beside exim -bp, exiqgrep and exipick, in one run on one lab host.

Compared is what a host does: a tool from its start to its end with its output in a pipe, the action from its call to its reply in a
daemon that runs and remembers no queue (`listing`, `filtered`) or has just read it (`again`). `first` is a daemon's very first listing:
code is imported and Exim asked where its spool is. What travels and is shown is in bench_exim_fleet.

python -m tests.benchmarks.bench_exim_listing      as root, where .ci/parts has fetched Exim
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mcollective_py.agent.rpc import RPCReply
from mcollective_py.server.call import Call
from mcollective_py.server.dispatch import perform_action
from mcollective_py.testing import AgentHarness
from tests.benchmarks.report import figure, ratio

MESSAGES, ROUNDS = 10_000, 7
_CHECKOUT = Path(__file__).parents[2]
_MODELS: list[dict[str, object]] = [
    {"sender": f"user{number}@example{number}.org", "recipients": [f"r{number}@example.com", f"defer{number}@example.net"]}
    for number in range(10)
]
_TOOLS = {
    "exim -bp": ("/usr/sbin/exim4", "-bp"),
    "exiqgrep -f user3": ("/usr/sbin/exiqgrep", "-i", "-f", "user3@"),
    "exiqgrep -f .": ("/usr/sbin/exiqgrep", "-i", "-f", "."),
    "exipick": ("/usr/bin/exipick" if Path("/usr/bin/exipick").exists() else "/usr/sbin/exipick", "-i", "$sender_address =~ user3@"),
}


def inside() -> None:
    """In the lab host: seconds of each, medians, taken in turn so that other load meets all of them alike."""
    agent = AgentHarness(_CHECKOUT / "agents" / "exim")
    begun = time.perf_counter()
    assert agent.call("size").data["total"] >= MESSAGES
    first = time.perf_counter() - begun
    reader = next(module for name, module in sys.modules.items() if name.endswith(".reader") and "exim" in name)

    def act(action: str, **inputs: object) -> None:
        """The action alone, as the daemon runs it; what the wire costs has benchmarks of its own."""
        call = Call(agent._request(action, inputs), agent.agent.folder, agent.node, 30.0, True, {})
        assert perform_action(agent.agent, call, RPCReply(), None).statuscode == 0

    def tool(words: tuple[str, ...]) -> Callable[[], object]:
        return lambda: subprocess.run(words, stdout=subprocess.PIPE, check=True)

    runs: dict[str, Callable[[], object]] = {
        "listing": lambda: act("mailq"),
        "filtered": lambda: act("mailq", limit_sender="user3@"),
        "fill": lambda: act("size"),
        "again": lambda: act("mailq", limit_sender="."),
        **{name: tool(words) for name, words in _TOOLS.items()},
    }
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            if name in ("listing", "filtered"):
                reader._KEPT.forget("/var/spool/exim4")  # as a daemon that was not asked for two minutes
            begun = time.perf_counter()
            run()
            found[name].append(time.perf_counter() - begun)
    print(json.dumps({"first": first} | {name: statistics.median(times) for name, times in found.items()}))


def main() -> None:
    from tests.parts.eximlab import exim_lab

    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-exim-") as name, exim_lab(Path(name), ["mx1"]) as lab:
        lab.send("mx1", *_MODELS)
        lab.multiply("mx1", MESSAGES)
        code = f"cd {_CHECKOUT} && {sys.executable} -m tests.benchmarks.bench_exim_listing inside"
        seconds = json.loads(lab.shell("mx1", code).strip().splitlines()[-1])
    for what in ("first", "listing", "filtered", "again", *_TOOLS):
        figure(what if what in _TOOLS else f"the agent, {what}", seconds[what] * 1000, "ms")
    ratio("exim -bp / listing", seconds["exim -bp"] / seconds["listing"], 1)
    ratio("exiqgrep / listing by sender", seconds["exiqgrep -f user3"] / seconds["filtered"], 1.5)
    ratio("exipick / listing by sender", seconds["exipick"] / seconds["filtered"], 3)
    ratio("exiqgrep / an unchanged spool again", seconds["exiqgrep -f ."] / seconds["again"], 5)


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["inside"] else main()
