"""sum: the numbers added up."""

from .base import Aggregated
from .formats import formatted
from .numeric import NumericFunction


class Sum(NumericFunction):
    """`Sum of size: 30.000000`; 0 where no host sent a number. Values that are no numbers are left out, and said."""

    def summarize(self) -> Aggregated:
        total = self.numbers.total
        line = formatted(self.format or f"Sum of {self.output}: %f", total)
        data = {
            "value": int(total) if total == int(total) else total,
            "count": len(self.numbers.values),
            "left_out": self.numbers.left_out + self.numbers.unkept,
        }
        return Aggregated((line, *self.numbers.remark()), data)
