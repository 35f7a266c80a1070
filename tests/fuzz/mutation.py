"""Fuzzing without a compiler's help: known inputs are changed at random until a check fails or the time is over.

FUZZ_SECONDS (60) is how long one program runs, FUZZ_SEED makes a run happen again. What breaks a check is written to a file in
fuzz-found/, with its seed and how to repeat it beside; `python -m tests.fuzz.fuzz_NAME FILE` runs the check on just that file. What
was found once is kept in corpus/NAME/: each file there is checked first, and changed as the seeds are.
"""

import hashlib
import os
import random
import resource
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

FOUND = Path("fuzz-found")
CORPUS = Path(__file__).parent / "corpus"
LONGEST = 1.0  # seconds of processor time that one input may take: a loaded machine is no finding
STUCK = 20.0  # seconds on the clock: who sleeps uses no processor
MOST_GROWTH = 64 << 20  # bytes that the process may grow by, over what it has after the seeds
MOST_BYTES = 200_000
_EDGES = (b"\0", b"\n", b"\r\n", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"-1", b"0", b"9" * 20, b"1e999", b"\\", b'"')


class TookTooLong(AssertionError):
    """One input that took more than LONGEST seconds."""


class GrewTooMuch(AssertionError):
    """The process has grown by more than MOST_GROWTH."""


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


def fuzz(
    name: str, check: Callable[[bytes], bool], seeds: Sequence[bytes], words: Sequence[bytes] = (), longest: float = LONGEST
) -> None:
    """Run check on changed seeds and end the process with 1 at the first that it fails on.

    check: raises what is a finding, else says whether the input was taken (True) or refused (False).
    longest: seconds of the processor for one input, of a check that reads it many times over.
    """
    for seed in seeds:
        assert check(seed), f"a seed of {name} is refused: {seed[:200]!r}"
    if len(sys.argv) > 1:
        print(f"{name}: {'taken' if _timed(check, Path(sys.argv[1]).read_bytes(), longest) else 'refused'}")
        return
    kept = [file.read_bytes() for file in sorted((CORPUS / name).glob("*.bin"))]
    for data in kept:
        _timed(check, data, longest)
    number = int(os.environ.get("FUZZ_SEED") or secrets.randbelow(10**9))
    seconds = float(os.environ.get("FUZZ_SECONDS") or 60)
    print(f"{name}: {seconds:g} s, FUZZ_SEED={number}, {len(seeds)} seeds, {len(kept)} kept", flush=True)
    source, deadline, base = random.Random(number), time.monotonic() + seconds, _peak()
    runs = taken = 0
    while time.monotonic() < deadline:
        data = mutate(source, [*seeds, *kept], words)
        runs += 1
        try:
            taken += _timed(check, data, longest)
            if _peak() - base > MOST_GROWTH:
                raise GrewTooMuch(f"{(_peak() - base) >> 20} MiB more than after the seeds")
        except Exception as error:
            file = _write(name, data, f"input {runs} of FUZZ_SEED={number}: {type(error).__name__}: {error}")
            traceback.print_exc()
            sys.exit(f"{name}: input {runs} of FUZZ_SEED={number} is in {file}: python -m tests.fuzz.fuzz_{name} {file}")
    grown = (_peak() - base) >> 20
    print(f"{name}: {runs:,} inputs, {taken:,} taken, {runs - taken:,} refused, {grown} MiB more, nothing found", flush=True)


def _write(name: str, data: bytes, what: str) -> Path:
    FOUND.mkdir(exist_ok=True)
    file = FOUND / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    file.write_bytes(data)
    file.with_name(f"{file.name}.txt").write_text(
        f"{what[:2000]}\npython -m tests.fuzz.fuzz_{name} {file}\n", errors="backslashreplace"
    )
    return file


def _peak() -> int:
    """The most bytes of memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def pieces(data: bytes) -> list[bytes]:
    """Data in pieces whose lengths depend on the data alone, so that a finding stays one."""
    source, at, cut = random.Random(data), 0, []
    while at < len(data):
        to = at + source.choice((1, 1, 2, 3, 7, 64, 1000, 5000))
        cut.append(data[at:to])
        at = to
    return cut


def _timed(check: Callable[[bytes], bool], data: bytes, longest: float) -> bool:
    def ring(number: int, frame: FrameType | None) -> None:
        allowed = f"{longest:g} s of the processor" if number == signal.SIGPROF else f"{STUCK:g} s"
        raise TookTooLong(f"more than {allowed} for {len(data)} bytes")

    before = [(number, signal.signal(number, ring)) for number in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, longest)
    signal.setitimer(signal.ITIMER_REAL, STUCK)
    try:
        return check(data)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before:
            signal.signal(number, handler)
