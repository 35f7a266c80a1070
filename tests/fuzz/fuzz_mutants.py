"""100,000 mutants of signed requests, then others until the time is over: a host takes in none. FUZZ_SEED is that of the first."""

import os
import secrets
import tempfile
import time
from pathlib import Path

from tests.trust.mutants import survey

COUNT = 100_000


def main() -> None:
    seed = int(os.environ.get("FUZZ_SEED") or secrets.randbelow(10**9))
    deadline = time.monotonic() + float(os.environ.get("FUZZ_SECONDS") or 60)
    asked = 0
    while not asked or time.monotonic() < deadline:
        print(f"mutants: {COUNT:,} signed requests, changed, FUZZ_SEED={seed}", flush=True)
        with tempfile.TemporaryDirectory() as name:
            refusals = survey(Path(name), seed, COUNT)
        asked, seed = asked + refusals.total(), seed + 1
        print("mutants: taken 0, refused " + ", ".join(f"{count:,} {kind}" for kind, count in refusals.most_common()), flush=True)
    print(f"mutants: {asked:,} asked about, taken 0")


if __name__ == "__main__":
    main()
