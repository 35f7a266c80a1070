"""The graph of `mco ping`: how many replies came in each 50 ms; pure."""

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[int]) -> str:
    """One bar for each value, the highest one full; an empty bucket is the lowest bar."""
    top = max(values, default=0)
    if top == 0:
        return ""
    return "".join(_BARS[round(value * (len(_BARS) - 1) / top)] for value in values)


def buckets(times: Sequence[float], width: float = 0.05, most: int = 120) -> list[int]:
    """How many of the times (seconds) lie in each bucket of width seconds; at most `most` buckets, the last takes the rest."""
    if not times:
        return []
    counts = [0] * min(int(max(times) / width) + 1, most)
    for time in times:
        counts[min(int(time / width), len(counts) - 1)] += 1
    return counts
