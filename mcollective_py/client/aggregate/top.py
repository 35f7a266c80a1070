"""top: the hosts with the highest numbers."""

import heapq
from typing import Any

from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import number_of, parts_of

_ORDERS = {"highest": 1, "lowest": -1}


class Top(AggregateFunction):
    """`web1 = 993`, a line each. options: `count` (10), `order` (`highest` or `lowest`). format: of host and number.

    Of a list the highest (or lowest) counts.
    """

    def startup(self) -> None:
        self.check_options("count", "order")
        self.count = self.option("count", 10, 1, 1000)
        if self.options.get("order", "highest") not in _ORDERS:
            self.refuse("order must be highest or lowest")
        self.sign = _ORDERS[self.options.get("order", "highest")]
        self.heap: list[tuple[float, _Later]] = []

    def process_result(self, value: Any, result: RPCResult) -> None:
        numbers = [number for part in parts_of(value) if (number := number_of(part)) is not None]
        if not numbers:
            return
        best = max(number * self.sign for number in numbers)
        entry = best, _Later(result.sender)
        if len(self.heap) < self.count:
            heapq.heappush(self.heap, entry)
        else:
            heapq.heappushpop(self.heap, entry)

    def summarize(self) -> Aggregated:
        rows = [(sender, value * self.sign) for value, sender in sorted(self.heap, reverse=True)]
        column = max((len(sender) for sender, _ in rows), default=0)
        pattern = self.format or f"%{column}s = %s"
        data = [{"sender": str(sender), "value": value} for sender, value in rows]
        return Aggregated(tuple(formatted(pattern, str(sender), value) for sender, value in rows), data)


class _Later(str):
    """A name that counts for less the later it comes in order: of two equal numbers the first name stays."""

    def __lt__(self, other: str) -> bool:
        return str(self) > str(other)
