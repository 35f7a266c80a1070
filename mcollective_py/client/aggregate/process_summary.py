"""process_summary: how many hosts and processes there are, and the memory they take."""

from collections.abc import Mapping
from typing import Any

from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import number_of, parts_of

_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_FORMAT = "        Matched hosts: %s\n    Matched processes: %s\n        Resident Size: %s\n         Virtual Size: %s"


class ProcessSummary(AggregateFunction):
    """Of lists of processes, each with `rss` (KiB, as a process table has it) and `vsize` (bytes). format: of the four, as text."""

    def startup(self) -> None:
        self.check_options()
        self.hosts = self.processes = 0
        self.resident = self.virtual = 0.0

    def process_result(self, value: Any, result: RPCResult) -> None:
        processes = [part for part in parts_of(value) if isinstance(part, Mapping)]
        self.hosts += bool(processes)
        self.processes += len(processes)
        for process in processes:
            self.resident += _size(process, "rss") * 1024
            self.virtual += _size(process, "vsize")

    def summarize(self) -> Aggregated:
        text = formatted(self.format or _FORMAT, self.hosts, self.processes, in_bytes(self.resident), in_bytes(self.virtual))
        data = {"hosts": self.hosts, "processes": self.processes, "rss": int(self.resident), "vsize": int(self.virtual)}
        return Aggregated(tuple(text.split("\n")), data)


def in_bytes(size: float) -> str:
    """A number of bytes for people: `1.047MB`."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.3f}{_UNITS[unit]}"


def _size(process: Mapping[Any, Any], name: str) -> float:
    """One of its sizes, whether its key came as text or as a symbol; 0 for what is none."""
    found = number_of(process.get(name))
    return float(found) if found is not None and 0 <= found < 1e18 else 0.0
