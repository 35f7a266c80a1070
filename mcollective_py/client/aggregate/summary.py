"""summary: how often each value came; the elements of a list are counted one by one."""

from typing import Any

from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import Counted, parts_of

_MAX_COLUMN = 60


class Summary(AggregateFunction):
    """`running = 22`, the most frequent first, values to the right of one column. format: of a value and its count."""

    def startup(self) -> None:
        self.check_options()
        self.counted = Counted()

    def process_result(self, value: Any, result: RPCResult) -> None:
        for part in parts_of(value):
            self.counted.add(part)

    def summarize(self) -> Aggregated:
        return counted_lines(self.counted, self.format)


def counted_lines(counted: Counted, format: str | None) -> Aggregated:
    """Labels and counts as lines; format: None for columns."""
    rows = counted.ordered()
    column = min(max((len(label) for label, _ in rows), default=0), _MAX_COLUMN)
    pattern = f"%{column}s = %d" if format is None else format
    lines = [formatted(pattern, label, count) for label, count in rows]
    if counted.left_out:
        lines.append(f"and {counted.left_out} of other values")
    data = [{"value": label, "count": count} for label, count in rows]
    return Aggregated(tuple(line for text in lines for line in text.split("\n")), data)
