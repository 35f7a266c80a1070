"""How many replies of a Ruby fleet a client opens (reads and verifies) in each second, on one core, beside the Ruby client itself.

    python -m tests.benchmarks.bench_ruby_replies [ROUNDS]

Both open the same replies, of as many nodes, by their own security plugin: ours by read and open_reply, Ruby's by decodemsg in a
process of its own. They take turns; the median of the rounds counts, in processor time. Keys are RSA-2048, as in the recorded frames.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from mcollective_py.message import Reply
from mcollective_py.security.base import SecurityPlugin
from tests.benchmarks.report import figure, ratio
from tests.parts.rubyalone import write_ruby_alone
from tests.wire.recorded import VECTORS, opened, plugins, psk_of, recordings

NODES = 50
HERE = Path(__file__).parent
COMPAT = HERE.parent / "parts" / "rubycompat.rb"
# Wire, set of recorded keys, ratio to Ruby that is wanted for a ping.
WIRES = (("psk", "activemq-psk", 0.5), ("ssl marshal", "activemq-ssl-marshal", 2.0), ("ssl yaml", "activemq-ssl-yaml", 2.0))
COUNTS = {"ping": 4000, "inventory": 400}


def outputs(kind: str) -> dict[str, object]:
    if kind == "ping":
        return {"pong": 1_795_407_861}
    return {
        "agents": ["discovery", "echo", "package", "puppet", "rpcutil", "service"],
        "facts": {f"fact_number_{number}": f"a value of some length, {number}" for number in range(120)},
        "classes": [f"profile::part{number}" for number in range(30)],
        "version": "2.12.5",
        "main_collective": "mcollective",
        "collectives": ["mcollective", "europe"],
        "data_plugins": ["agent_data", "collective_data", "fact_data", "fstat_data"],
    }


def sealed(set_name: str, kind: str) -> list[bytes]:
    """The reply of each node to the same request."""
    node = plugins(set_name)[0]
    asked = opened(next(one for one in recordings(set_name) if one.name == "ping-direct.request"))
    payloads = []
    for number in range(NODES):
        body = outputs(kind) | ({"pong": 1_795_407_000 + number} if kind == "ping" else {})
        reply = Reply(asked.id, "", f"node{number}.example", "rpcutil", asked.action, body, asked.time)
        payloads += node.seal_reply(reply, asked)
    return payloads


def ours(client: SecurityPlugin, payloads: Sequence[bytes], count: int) -> float:
    """Microseconds of processor time for one reply."""
    for payload in payloads:
        client.open_reply(client.read(payload))
    rounds = count // len(payloads)
    started = time.process_time()
    for _ in range(rounds):
        for payload in payloads:
            client.open_reply(client.read(payload))
    return (time.process_time() - started) * 1e6 / (rounds * len(payloads))


def rubys(folder: Path, config: Path, count: int) -> float:
    """Microseconds of processor time for one reply."""
    command = ["ruby", "-r", str(COMPAT), str(HERE / "rubyreplies.rb"), str(config), str(count), str(folder)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout)


def write_config(folder: Path, set_name: str) -> Path:
    if set_name.endswith("psk"):
        more = f"securityprovider = psk\nplugin.psk = {psk_of(set_name)}\n"
    else:
        keys = VECTORS / set_name / "test-only-keys"
        serializer = "yaml" if set_name.endswith("yaml") else "marshal"
        more = f"securityprovider = ssl\nplugin.ssl_serializer = {serializer}\nplugin.ssl_server_public = {keys}/server-public.pem\n"
    return write_ruby_alone(folder, more)


def measure(wire: str, set_name: str, kind: str, wanted: float, rounds: int) -> None:
    payloads, client = sealed(set_name, kind), plugins(set_name)[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = write_config(folder, set_name)
        for number, payload in enumerate(payloads):
            (folder / f"{number:04}.bin").write_bytes(payload)
        turns = [(ours(client, payloads, COUNTS[kind]), rubys(folder, config, COUNTS[kind])) for _ in range(rounds)]
    own, ruby = median(turn[0] for turn in turns), median(turn[1] for turn in turns)
    figure(f"{wire}, {kind} of {len(payloads[0]):,} bytes, ours", 1e6 / own, "replies/s")
    figure(f"{wire}, {kind}, Ruby's", 1e6 / ruby, "replies/s")
    if kind == "ping":
        ratio(f"{wire}, {kind}, ours to Ruby's", ruby / own, wanted)
    else:
        figure(f"{wire}, {kind}, ours to Ruby's", ruby / own, "x")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    for kind in COUNTS:
        for wire, set_name, wanted in WIRES:
            measure(wire, set_name, kind, wanted, rounds)


if __name__ == "__main__":
    main()
