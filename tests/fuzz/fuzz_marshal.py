"""Ruby Marshal: it is refused or read, in its time and memory; what is read can be written, and comes back the same.

Kept inputs, of which each runs some line or branch that no other does, are in corpus/marshal.hex, one a line.
"""

import gc
import math
import time
import tracemalloc
from functools import cache
from pathlib import Path

from mcollective_py.errors import Malformed, UnsendableValue
from mcollective_py.wire.marshal import dumps, loads
from mcollective_py.wire.rubylimits import REQUEST
from tests.fuzz.mutation import fuzz
from tests.parts.rubyvalues import RubyValues, canonical
from tests.wire.marshalshapes import hostile, process_list

TIMES = 10  # as long as a list of processes of the same size
BYTES = 20_000_000
KEPT = [bytes.fromhex(line) for line in (Path(__file__).parent / "corpus" / "marshal.hex").read_text().split()]
RECORDED = Path(__file__).parents[1] / "wire" / "vectors" / "activemq-psk"
WORDS = (
    *(b"\x04\x08", b":\x06ET", b";\x00T", b':\rencoding"', b"\x0eShift_JIS", b"\rUTF-16LE", b'I"', b"I:", b"I/", b"@\x06", b"@\x00"),
    *(b";\x06", b"[\x07", b"{\x06", b"}\x06", b"l+\x09", b"l-\x06", b"f\x08inf", b"f\x081.5", b"\x00\x99\x9a", b"\x02\xff\xff"),
    *(b"\x04\xff\xff\xff\x7f", b"\x01\xff", b"\xfa", b"\xfc\x00\x00\x00\x80", b"o:\x08Foo", b"c\x08Foo", b"C:\x08Foo"),
    *(b"0", b"T", b"F", b"/\x06a\x00", b'"\x06a', b"I:\x07\xc3\xa9\x06:\x06ET"),
)


class Worst:
    """The worst of a run: time as so many times that of a list of processes, and memory in bytes."""

    times = 0.0
    memory = 0
    count = 0


def seconds(data: bytes) -> float:
    """How long reading takes, refused or not."""
    started = time.perf_counter()
    try:
        loads(data)
    except Malformed:
        pass
    return time.perf_counter() - started


@cache
def of_size(quarter_kibibytes: int) -> bytes:
    """A list of processes of about that size."""
    return process_list(quarter_kibibytes * 256)


def times_an_ordinary_one(data: bytes) -> float:
    """The time for these bytes over that for a list of processes of their size, each the best of several."""
    ordinary = of_size(len(data) // 256)
    best = ordinary_best = math.inf
    for _ in range(15):
        best = min(best, seconds(data))
        ordinary_best = min(ordinary_best, seconds(ordinary) * max(1.0, len(data) / len(ordinary)))
    return best / ordinary_best


def memory(data: bytes) -> int:
    """The most bytes at one time that reading takes."""
    tracemalloc.start()
    try:
        loads(data)
    except Malformed:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def check(data: bytes) -> bool:
    Worst.count += 1
    # A rough look at all, a careful one at what looks slow, and at some of the others.
    if seconds(data) > 3e-5 + 2e-7 * len(data) or Worst.count % 200 == 0:
        Worst.times = max(Worst.times, found := times_an_ordinary_one(data))
        assert found <= TIMES, f"takes {found:.1f} times as long as a list of processes of its size"
    if Worst.count % 50 == 0:
        Worst.memory = max(Worst.memory, used := memory(data))
        assert used <= BYTES, f"takes {used:,} bytes"
    try:
        value = loads(data)
    except Malformed:
        return False
    meaning = canonical(value)  # fails for any type that is none of Ruby's plain ones
    try:
        text = dumps(value)
    except UnsendableValue as error:
        assert len(data) > REQUEST.size // 16, f"taken, but it cannot be sent: {error}"
        return True
    assert canonical(loads(text)) == meaning, "written and read again it is something else"
    return True


def main() -> None:
    source = RubyValues(1)
    gc.collect()
    for data in KEPT:
        check(data)
    for data in hostile(REQUEST.size).values():  # a mebibyte of each
        Worst.memory = max(Worst.memory, memory(data))
    assert Worst.memory <= BYTES
    seeds = [file.read_bytes() for file in sorted(RECORDED.glob("*.bin"))]
    seeds += [dumps(source.value()) for _ in range(200)]
    seeds += [data for size in (300, 10_000) for data in hostile(size).values() if check(data)]
    seeds += [data for data in KEPT if check(data)]
    fuzz("marshal", check, seeds, WORDS, longest=5.0)
    print(f"marshal: at worst {Worst.times:.1f} times an ordinary message of its size, and {Worst.memory / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
