"""percentiles: the values below which so many of the numbers lie."""

from collections.abc import Sequence

from .base import Aggregated
from .formats import formatted
from .numeric import NumericFunction
from .values import number_of

_USUAL = (50, 90, 95, 99)
_MOST = 20


class Percentiles(NumericFunction):
    """`p50 = 12`, a line each. options: `percentiles`, a list of numbers from 0 to 100. format: of a percentile and its value."""

    takes = ("percentiles",)

    def startup(self) -> None:
        super().startup()
        wanted = self.options.get("percentiles", list(_USUAL))
        if not isinstance(wanted, list | tuple) or not 1 <= len(wanted) <= _MOST:
            self.refuse(f"percentiles must be a list of 1 to {_MOST} numbers")
        self.wanted = [number_of(item) for item in wanted]
        if any(item is None or not 0 <= item <= 100 for item in self.wanted):
            self.refuse("percentiles must be numbers from 0 to 100")

    def summarize(self) -> Aggregated:
        values = sorted(self.numbers.values)
        if not values:
            return Aggregated(self.numbers.remark())
        found = {f"p{share:g}": percentile(values, share) for share in self.wanted if share is not None}
        column = max(len(name) for name in found)
        pattern = self.format or f"%{column}s = %g"
        lines = [formatted(pattern, name, value) for name, value in found.items()]
        return Aggregated((*lines, *self.numbers.remark()), {"count": len(values), **found})


def percentile(ordered: Sequence[float], share: float) -> float:
    """The number below which share percent of the ordered ones lie, between two neighbours in proportion."""
    place = (len(ordered) - 1) * share / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
