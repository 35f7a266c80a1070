"""What the functions over numbers have in common: they keep all of them, and say which values were none."""

from typing import Any

from ..results import RPCResult
from .base import AggregateFunction
from .values import Numbers


class NumericFunction(AggregateFunction):
    """Base class of aggregates that need every number. takes: names of its options. numbers: those of all hosts."""

    takes: tuple[str, ...] = ()

    def startup(self) -> None:
        self.check_options(*self.takes)
        self.numbers = Numbers()

    def process_result(self, value: Any, result: RPCResult) -> None:
        self.numbers.add(value, result.sender)
