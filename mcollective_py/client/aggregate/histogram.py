"""histogram: how the numbers are spread, as a bar for each part of their range."""

from typing import Any

from ...sparkline import spread
from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import Numbers

_BAR = 40  # characters of the longest


class Histogram(AggregateFunction):
    """`10 to 20 |######## 8`, a line each. options: `buckets`, 2 to 50. format: of lower end, upper end and count."""

    def startup(self) -> None:
        self.check_options("buckets")
        self.buckets = self.option("buckets", 10, 2, 50)
        self.numbers = Numbers()

    def process_result(self, value: Any, result: RPCResult) -> None:
        self.numbers.add(value, result.sender)

    def summarize(self) -> Aggregated:
        if not self.numbers.values:
            return Aggregated(self.numbers.remark())
        low, width, counts = spread(self.numbers.values, self.buckets)
        rows = [(low + width * number, low + width * (number + 1), count) for number, count in enumerate(counts)]
        if self.format is not None:
            lines = [formatted(self.format, *row) for row in rows]
        else:
            ends = [(f"{start:.4g}", f"{end:.4g}") for start, end, _ in rows]
            left, right = (max(len(pair[side]) for pair in ends) for side in (0, 1))
            top = max(counts)
            lines = [
                f"{start:>{left}} to {end:>{right}} |{'█' * (count * _BAR // top or bool(count))} {count}"
                for (start, end), (_, _, count) in zip(ends, rows, strict=True)
            ]
        data = {
            "count": len(self.numbers.values),
            "buckets": [{"from": start, "to": end, "count": count} for start, end, count in rows],
        }
        return Aggregated((*lines, *self.numbers.remark()), data)
