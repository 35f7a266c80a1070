"""Fuzzing without a compiler's help: known inputs are changed at random until a check fails or the time is over.

FUZZ_SECONDS (60) is how long one program runs, FUZZ_SEED makes a run happen again. What breaks a check is written to a file in
fuzz-found/ and named; `python -m tests.fuzz.fuzz_NAME FILE` runs the check on just that file.
"""

import hashlib
import os
import random
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

FOUND = Path("fuzz-found")
LONGEST = 5  # seconds that one input may take; far above what any should
MOST_BYTES = 200_000
_EDGES = (b"\0", b"\n", b"\r\n", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"-1", b"0", b"9" * 20, b"1e999", b"\\", b'"')


class TookTooLong(AssertionError):
    """One input that took more than LONGEST seconds."""


def mutate(source: random.Random, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """A seed, changed in one to eight places: bytes flipped, cut, doubled, moved, replaced by words, or crossed with another seed."""
    data = bytearray(source.choice(seeds))
    for _ in range(source.choice((1, 1, 1, 2, 3, 5, 8))):
        at = source.randrange(len(data) + 1)
        to = min(len(data), at + source.choice((1, 1, 2, 4, 8, 16, 64, 256)))
        way = source.randrange(8)
        if way == 0 and at < len(data):
            data[at] ^= 1 << source.randrange(8)
        elif way == 1 and at < len(data):
            data[at] = source.randrange(256)
        elif way == 2:
            del data[at:to]
        elif way == 3:
            data[at:at] = data[at:to] * source.choice((1, 1, 2, 50, 1000))
        elif way == 4:
            data[at:at] = source.choice((*words, *_EDGES))
        elif way == 5:
            data[at:to] = source.choice((*words, *_EDGES))
        elif way == 6:
            other = source.choice(seeds)
            data[at:] = other[source.randrange(len(other) + 1) :]
        else:
            data[at:at] = source.randbytes(to - at)
        del data[MOST_BYTES:]
    return bytes(data)


def fuzz(name: str, check: Callable[[bytes], bool], seeds: Sequence[bytes], words: Sequence[bytes] = ()) -> None:
    """Run check on changed seeds and end the process with 1 at the first that it fails on.

    check: raises what is a finding, else says whether the input was taken (True) or refused (False).
    """
    for seed in seeds:
        assert check(seed), f"a seed of {name} is refused: {seed[:200]!r}"
    if len(sys.argv) > 1:
        print(f"{name}: {'taken' if _timed(check, Path(sys.argv[1]).read_bytes()) else 'refused'}")
        return
    number = int(os.environ.get("FUZZ_SEED") or secrets.randbelow(10**9))
    seconds = float(os.environ.get("FUZZ_SECONDS") or 60)
    print(f"{name}: {seconds:g} s, FUZZ_SEED={number}", flush=True)
    source, deadline = random.Random(number), time.monotonic() + seconds
    runs = taken = 0
    while time.monotonic() < deadline:
        data = mutate(source, seeds, words)
        runs += 1
        try:
            taken += _timed(check, data)
        except Exception:
            FOUND.mkdir(exist_ok=True)
            file = FOUND / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
            file.write_bytes(data)
            traceback.print_exc()
            sys.exit(f"{name}: input {runs} of FUZZ_SEED={number} is in {file}: python -m tests.fuzz.fuzz_{name} {file}")
    print(f"{name}: {runs:,} inputs, {taken:,} taken, {runs - taken:,} refused, nothing found", flush=True)


def pieces(data: bytes) -> list[bytes]:
    """Data in pieces whose lengths depend on the data alone, so that a finding stays one."""
    source, at, cut = random.Random(data), 0, []
    while at < len(data):
        to = at + source.choice((1, 1, 2, 3, 7, 64, 1000, 5000))
        cut.append(data[at:to])
        at = to
    return cut


def _timed(check: Callable[[bytes], bool], data: bytes) -> bool:
    def ring(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"more than {LONGEST} s for {len(data)} bytes")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(LONGEST)
    try:
        return check(data)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
