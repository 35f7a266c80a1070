"""Numbers as a line of bars, and how they are spread over their range; pure."""

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[int]) -> str:
    """One bar for each value, the highest one full; an empty bucket is the lowest bar."""
    top = max(values, default=0)
    if top == 0:
        return ""
    return "".join(_BARS[round(value * (len(_BARS) - 1) / top)] for value in values)


def spread(values: Sequence[float], buckets: int) -> tuple[float, float, list[int]]:
    """At least one finite number over buckets of one width between the least and the most: the least, the width, and the counts."""
    low, high = min(values), max(values)
    width = high / buckets - low / buckets  # divided first: the range alone may be beyond every float
    counts = [0] * buckets
    for value in values:
        counts[min(int((value - low) / width), buckets - 1) if width else 0] += 1
    return low, width, counts
