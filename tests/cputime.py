"""CPU time in tests: what a call costs, and not what the test run around it does."""

import gc
import time
from collections.abc import Callable


def cpu_seconds(call: Callable[[], object], enough: float = 0.0, tries: int = 4) -> float:
    """The CPU seconds of the quickest of several calls, the last being the first that took less than enough.

    A machine that is busy makes one run slow, a costly call all of them. The garbage of other tests is not collected on its time.
    """
    quickest = float("inf")
    was_on = gc.isenabled()
    gc.disable()
    try:
        for _ in range(tries):
            begun = time.process_time()
            call()
            quickest = min(quickest, time.process_time() - begun)
            if quickest < enough:
                break
    finally:
        if was_on:
            gc.enable()
    return quickest
