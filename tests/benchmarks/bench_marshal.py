"""Marshal read and written, ours in Python beside Ruby's in C: the same bytes, in turns; the best round counts, for the machine does
other things as well."""

import hashlib
import time
from collections.abc import Callable

from mcollective_py.wire.marshal import dumps, loads
from mcollective_py.wire.symbol import Symbol
from tests.benchmarks.report import figure, ratio
from tests.parts.rubyprocess import RubyProcess
from tests.wire.marshalshapes import process_list
from tests.wire.recorded import VECTORS, psk_of

ROUNDS = 25
SET = "activemq-psk"


def inventory() -> bytes:
    """The body of a reply to `rpcutil inventory`: 120 facts."""
    facts = {f"fact_number_{number}": f"a value of some length, {number}" for number in range(120)}
    classes = [f"profile::part{number}" for number in range(30)]
    data = {Symbol("agents"): ["discovery", "rpcutil", "service"], Symbol("facts"): facts, Symbol("classes"): classes}
    return dumps({Symbol("statuscode"): 0, Symbol("statusmsg"): "OK", Symbol("data"): data})


def microseconds(call: Callable[[], object], count: int) -> float:
    """What one call takes, the mean of count."""
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count * 1e6


def main() -> None:
    ping = (VECTORS / SET / "ping-direct.reply.bin").read_bytes()
    request = (VECTORS / SET / "ping-direct.request.bin").read_bytes()
    psk = psk_of(SET)
    key = psk.encode()

    def verify() -> object:
        envelope = loads(ping)
        assert hashlib.md5(envelope["body"] + key, usedforsecurity=False).hexdigest() == envelope["hash"]
        return loads(envelope["body"])

    texts = {
        "ping reply, envelope": ping,
        "ping reply, body": loads(ping)["body"],
        "ping request, envelope": request,
        "inventory of 120 facts": inventory(),
        "500 processes": process_list(37_500),
    }
    counts = {name: max(10, 400_000 // len(text)) for name, text in texts.items()}
    with RubyProcess() as ruby:
        for name, text in texts.items():
            read, written, rubys = [], [], []
            value = loads(text)
            for _ in range(ROUNDS):
                read.append(microseconds(lambda text=text: loads(text), counts[name]))
                rubys.append(ruby.load_times("marshal", counts[name], text)[0] * 1e6)
                written.append(microseconds(lambda value=value: dumps(value), counts[name]))
            figure(f"{name}, {len(text):,} bytes, read", min(read), "us")
            figure(f"{name}, read by Ruby", min(rubys), "us")
            figure(f"{name}, written", min(written), "us")
        own, rubys = [], []
        for _ in range(ROUNDS):
            own.append(microseconds(verify, 2000))
            rubys.append(ruby.psk_time(2000, psk, ping) * 1e6)
    figure("ping reply, two reads and one digest", min(own), "us")
    figure("ping reply, the same in Ruby", min(rubys), "us")
    ratio("Ruby / ours", min(rubys) / min(own), wanted=0.5)


if __name__ == "__main__":
    main()
