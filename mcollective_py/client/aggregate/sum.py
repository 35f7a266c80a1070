"""sum: the numbers added up."""

from typing import Any

from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import Numbers


class Sum(AggregateFunction):
    """`Sum of size: 30.000000`; 0 where no host sent a number. Values that are no numbers are left out, and said."""

    def startup(self) -> None:
        self.check_options()
        self.numbers = Numbers()

    def process_result(self, value: Any, result: RPCResult) -> None:
        self.numbers.add(value, result.sender)

    def summarize(self) -> Aggregated:
        total = self.numbers.total
        line = formatted(self.format or f"Sum of {self.output}: %f", total)
        data = {
            "value": int(total) if total == int(total) else total,
            "count": len(self.numbers.values),
            "left_out": self.numbers.left_out + self.numbers.unkept,
        }
        return Aggregated((line, *self.numbers.remark()), data)
