"""Removal of 5,000 messages by a selection of the agent exim, beside exim -Mrm with the same ids in argument lists, on one lab host.

python -m tests.benchmarks.bench_exim_removal      as root, where .ci/parts has fetched Exim
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mcollective_py.agent.rpc import RPCReply
from mcollective_py.server.call import Call
from mcollective_py.server.dispatch import perform_action
from mcollective_py.testing import AgentHarness
from tests.benchmarks.report import figure, ratio

MESSAGES, KEPT, ROUNDS = 5000, 1000, 3
_CHECKOUT = Path(__file__).parents[2]
_SPAM = "spam@bad.example"
_MODELS: list[dict[str, object]] = [
    *({"sender": _SPAM, "recipients": [f"r{number}@example.com"]} for number in range(5)),
    {"sender": "alice@example.org", "recipients": ["bob@example.com"]},
]
_IN_A_CALL = 1000  # ids, as xargs would


def inside(who: str) -> None:
    """In the lab host: seconds that one of them takes to remove the spam, and nothing else."""
    found = subprocess.run(["exipick", "-i", f"$sender_address eq {_SPAM}"], stdout=subprocess.PIPE, text=True, check=True)
    ids = found.stdout.split()
    assert len(ids) == MESSAGES, len(ids)
    agent = AgentHarness(_CHECKOUT / "agents" / "exim")
    request = agent._request("rm", {"select": f"sender={_SPAM}", "max_messages": MESSAGES})
    begun = time.perf_counter()
    if who == "agent":  # the action alone, as the daemon's child runs it, with nothing of the queue in memory
        reply = RPCReply()
        outcome = perform_action(agent.agent, Call(request, agent.agent.folder, agent.node, 180.0, False, {}), reply, None)
        assert (outcome.statuscode, reply["done"]) == (0, MESSAGES), outcome.statusmsg
    else:
        for at in range(0, MESSAGES, _IN_A_CALL):
            subprocess.run(["/usr/sbin/exim4", "-Mrm", *ids[at : at + _IN_A_CALL]], stdout=subprocess.DEVNULL, check=True)
    took = time.perf_counter() - begun
    left = subprocess.run(["/usr/sbin/exim4", "-bpc"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert int(left) == KEPT, left
    print(took)


def main() -> None:
    from tests.parts.eximlab import SPOOL, exim_lab

    seconds: dict[str, list[float]] = {"agent": [], "exim": []}
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-exim-") as name, exim_lab(Path(name), ["mx1"]) as lab:
        for _ in range(ROUNDS):
            for who, times in seconds.items():
                lab.shell("mx1", f"find {SPOOL} -name '??????-*-[HD]' -delete; find {SPOOL} -path '*/msglog/*' -delete")
                lab.send("mx1", *_MODELS)
                lab.multiply("mx1", MESSAGES + KEPT - len(_MODELS))
                code = f"cd {_CHECKOUT} && {sys.executable} -m tests.benchmarks.bench_exim_removal {who}"
                times.append(float(lab.shell("mx1", code).strip().splitlines()[-1]))
    ours, theirs = (statistics.median(times) for times in seconds.values())
    figure(f"the agent, {MESSAGES} of a selection", ours * 1000, "ms")
    figure(f"exim -Mrm, {MESSAGES} ids", theirs * 1000, "ms")
    ratio("exim -Mrm / the agent", theirs / ours, 0.5)


if __name__ == "__main__":
    inside(sys.argv[1]) if sys.argv[1:] else main()
