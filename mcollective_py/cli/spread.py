"""Numbers of many hosts as one line: bars, and the least, the mean and the most of them; pure."""

from collections.abc import Iterable
from typing import Any

from ..sparkline import sparkline, spread

_BUCKETS = 20
_HUGE = 1e18  # what is beyond is no number of a host's, and breaks sums


def spread_line(values: Iterable[Any]) -> str:
    """`▁▁█▂  min: 1.0    avg: 3.4k   max: 1.2m` for the numbers among the values; empty where there is none."""
    numbers = [float(one) for one in values if isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < _HUGE]
    if not numbers:
        return ""
    _, _, counts = spread(numbers, _BUCKETS)
    mean = sum(numbers) / len(numbers)
    return f"{sparkline(counts)}  min: {short(min(numbers)):<6} avg: {short(mean):<6} max: {short(max(numbers))}"


def short(number: float) -> str:
    """`12.0`, `3.4k`, `1.2m`."""
    if number >= 1_000_000:
        return f"{number / 1_000_000:.1f}m"
    return f"{number / 1000:.1f}k" if number >= 1000 else f"{number:.1f}"
