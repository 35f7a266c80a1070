"""average: the mean of the numbers."""

from typing import Any

from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import Numbers


class Average(AggregateFunction):
    """`Average of size: 15.000000`. Values that are no numbers are left out, and said."""

    def startup(self) -> None:
        self.check_options()
        self.numbers = Numbers()

    def process_result(self, value: Any, result: RPCResult) -> None:
        self.numbers.add(value, result.sender)

    def summarize(self) -> Aggregated:
        count = len(self.numbers.values)
        if not count:
            return Aggregated(self.numbers.remark())
        mean = self.numbers.total / count
        line = formatted(self.format or f"Average of {self.output}: %f", mean)
        left_out = self.numbers.left_out + self.numbers.unkept
        return Aggregated((line, *self.numbers.remark()), {"value": mean, "count": count, "left_out": left_out})
