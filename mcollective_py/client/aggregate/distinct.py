"""distinct: which hosts have which value, folded to node sets."""

from typing import Any

from ...matching.nodeset import fold
from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import MAX_LABELS, label_of

_MAX_COLUMN = 40


class Distinct(AggregateFunction):
    """`1.24 (40): web[01-40]`, the most frequent first. format: of value, count and node set. A list is one value, not several."""

    def startup(self) -> None:
        self.check_options()
        self.hosts: dict[str, list[str]] = {}
        self.left_out = 0

    def process_result(self, value: Any, result: RPCResult) -> None:
        label = label_of(value)
        if label in self.hosts or len(self.hosts) < MAX_LABELS:
            self.hosts.setdefault(label, []).append(result.sender)
        else:
            self.left_out += 1

    def summarize(self) -> Aggregated:
        rows = sorted(((label, len(names), fold(names)) for label, names in self.hosts.items()), key=lambda row: (-row[1], row[0]))
        column = min(max((len(label) for label, _, _ in rows), default=0), _MAX_COLUMN)
        pattern = self.format or f"%{column}s (%d): %s"
        lines = [formatted(pattern, *row) for row in rows]
        if self.left_out:
            lines.append(f"and {self.left_out} hosts with other values")
        data = [{"value": label, "count": count, "nodes": sorted(self.hosts[label])} for label, count, _ in rows]
        return Aggregated(tuple(lines), data)
