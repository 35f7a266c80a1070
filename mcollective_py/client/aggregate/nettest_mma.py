"""nettest_mma: least, most and mean of times."""

from typing import Any

from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import Numbers


class NettestMma(AggregateFunction):
    """`Min: 0.100  Max: 2.300  Average: 0.700`. format: of the three, in this order."""

    def startup(self) -> None:
        self.check_options()
        self.numbers = Numbers()

    def process_result(self, value: Any, result: RPCResult) -> None:
        self.numbers.add(_number(value), result.sender)

    def summarize(self) -> Aggregated:
        values = self.numbers.values
        if not values:
            return Aggregated(self.numbers.remark())
        data = {"min": min(values), "max": max(values), "average": self.numbers.total / len(values), "count": len(values)}
        line = formatted(self.format or "Min: %.3f  Max: %.3f  Average: %.3f", data["min"], data["max"], data["average"])
        return Aggregated((line, *self.numbers.remark()), data)


def _number(value: Any) -> Any:
    """The number itself, also where it came as text."""
    if isinstance(value, str) and len(value) <= 40:
        try:
            return float(value)
        except ValueError:
            return value
    return value
