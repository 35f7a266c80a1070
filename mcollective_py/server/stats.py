"""The counters that `rpcutil daemon_stats` reports."""

import os
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..errors import NotSigned, Rejected
from ..wire.symbol import Symbol

_COUNTERS = ("total", "validated", "unvalidated", "passed", "filtered", "ttlexpired", "replies", "replieslost", "faults")


class Stats:
    """What happened to messages since the daemon started; any thread may count.

    Historic names: total, validated, unvalidated, passed, filtered, ttlexpired, replies. replieslost: no broker took
    them. faults: messages that brought about a fault of ours. Every refusal is also counted by its reason, see errors.Rejected.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, name: str) -> None:
        """One more of these."""
        with self._lock:
            self._counts[name] += 1

    def refused(self, error: Rejected) -> None:
        """One more refusal, under its reason and the historic counter that it belongs to."""
        with self._lock:
            self._reasons[error.reason] += 1
            if isinstance(error, NotSigned):
                self._counts["unvalidated"] += 1
            else:
                self._counts["validated"] += 1
                self._counts["ttlexpired"] += error.reason == "ttlexpired"
                self._counts["filtered"] += error.reason == "filtered"

    def report(self) -> Mapping[str, Any]:
        """The counters, and times (seconds of CPU), names of threads, pid and start time (seconds since the epoch) of this process."""
        with self._lock:
            counts, reasons = dict(self._counts), dict(sorted(self._reasons.items()))
        times = os.times()
        return {
            **{name: counts.get(name, 0) for name in _COUNTERS},
            "refused": reasons,
            "starttime": int(self._started),
            "pid": os.getpid(),
            "threads": sorted(thread.name for thread in threading.enumerate()),
            "times": {  # Ruby's clients ask for these by symbols
                Symbol("utime"): times.user,
                Symbol("stime"): times.system,
                Symbol("cutime"): times.children_user,
                Symbol("cstime"): times.children_system,
            },
        }
