"""stddev: how far the numbers lie apart."""

import math

from .base import Aggregated
from .formats import formatted
from .numeric import NumericFunction


class Stddev(NumericFunction):
    """`Standard deviation of size: 4.082483`: of all hosts, not of a sample of them."""

    def summarize(self) -> Aggregated:
        values = self.numbers.values
        if not values:
            return Aggregated(self.numbers.remark())
        mean = self.numbers.total / len(values)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
        line = formatted(self.format or f"Standard deviation of {self.output}: %f", deviation)
        return Aggregated((line, *self.numbers.remark()), {"value": deviation, "average": mean, "count": len(values)})
