"""Waiting in tests: until something holds, with a deadline, and never longer than it takes."""

import time
from collections.abc import Callable


def wait_until(what: str, holds: Callable[[], object], seconds: float = 10.0) -> float:
    """Return how many seconds it took until holds() was true; fails, saying what was awaited, where it is not in time."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, f"{what}: not within {seconds:g} s"
        time.sleep(0.01)
    return time.monotonic() - started
