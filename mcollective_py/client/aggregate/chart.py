"""chart: how the numbers are spread, as one line of bars."""

from typing import Any

from ...sparkline import sparkline, spread
from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import Numbers


class Chart(AggregateFunction):
    """`▇▁▁▃▁▁▂  min: 1.00 max: 97.00`. options: `buckets`, 2 to 100. format: of the line, the least and the most."""

    def startup(self) -> None:
        self.check_options("buckets")
        self.buckets = self.option("buckets", 20, 2, 100)
        self.numbers = Numbers()

    def process_result(self, value: Any, result: RPCResult) -> None:
        self.numbers.add(value, result.sender)

    def summarize(self) -> Aggregated:
        values = self.numbers.values
        if not values:
            return Aggregated(self.numbers.remark())
        low, width, counts = spread(values, self.buckets)
        bars = sparkline(counts)
        line = formatted(self.format or "%s  min: %.2f  max: %.2f", bars, min(values), max(values))
        data = {"count": len(values), "min": min(values), "max": max(values), "from": low, "width": width, "buckets": counts}
        return Aggregated((line, *self.numbers.remark()), data)
