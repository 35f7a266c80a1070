"""average: the mean of the numbers."""

from .base import Aggregated
from .formats import formatted
from .numeric import NumericFunction


class Average(NumericFunction):
    """`Average of size: 15.000000`. Values that are no numbers are left out, and said."""

    def summarize(self) -> Aggregated:
        count = len(self.numbers.values)
        if not count:
            return Aggregated(self.numbers.remark())
        mean = self.numbers.total / count
        line = formatted(self.format or f"Average of {self.output}: %f", mean)
        left_out = self.numbers.left_out + self.numbers.unkept
        return Aggregated((line, *self.numbers.remark()), {"value": mean, "count": count, "left_out": left_out})
