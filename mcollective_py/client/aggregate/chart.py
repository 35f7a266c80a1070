"""chart: how the numbers are spread, as one line of bars."""

from ...sparkline import sparkline, spread
from .base import Aggregated
from .formats import formatted
from .numeric import NumericFunction


class Chart(NumericFunction):
    """`▇▁▁▃▁▁▂  min: 1.00 max: 97.00`. options: `buckets`, 2 to 100. format: of the line, the least and the most."""

    takes = ("buckets",)

    def startup(self) -> None:
        super().startup()
        self.buckets = self.option("buckets", 20, 2, 100)

    def summarize(self) -> Aggregated:
        values = self.numbers.values
        if not values:
            return Aggregated(self.numbers.remark())
        low, width, counts = spread(values, self.buckets)
        bars = sparkline(counts)
        line = formatted(self.format or "%s  min: %.2f  max: %.2f", bars, min(values), max(values))
        data = {"count": len(values), "min": min(values), "max": max(values), "from": low, "width": width, "buckets": counts}
        return Aggregated((line, *self.numbers.remark()), data)
