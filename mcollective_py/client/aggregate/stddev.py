"""stddev: how far the numbers lie apart."""

import math
from typing import Any

from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import Numbers


class Stddev(AggregateFunction):
    """`Standard deviation of size: 4.082483`: of all hosts, not of a sample of them."""

    def startup(self) -> None:
        self.check_options()
        self.numbers = Numbers()

    def process_result(self, value: Any, result: RPCResult) -> None:
        self.numbers.add(value, result.sender)

    def summarize(self) -> Aggregated:
        values = self.numbers.values
        if not values:
            return Aggregated(self.numbers.remark())
        mean = self.numbers.total / len(values)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
        line = formatted(self.format or f"Standard deviation of {self.output}: %f", deviation)
        return Aggregated((line, *self.numbers.remark()), {"value": deviation, "average": mean, "count": len(values)})
