"""histogram: how the numbers are spread, as a bar for each part of their range."""

from ...sparkline import spread
from .base import Aggregated
from .formats import formatted
from .numeric import NumericFunction

_BAR = 40  # characters of the longest


class Histogram(NumericFunction):
    """`10 to 20 |######## 8`, a line each. options: `buckets`, 2 to 50. format: of lower end, upper end and count."""

    takes = ("buckets",)

    def startup(self) -> None:
        super().startup()
        self.buckets = self.option("buckets", 10, 2, 50)

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
