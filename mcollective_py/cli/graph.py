"""The graph of `mco ping`: how many replies came in each 50 ms; pure."""

from collections.abc import Sequence


def buckets(times: Sequence[float], width: float = 0.05, most: int = 120) -> list[int]:
    """How many of the times (seconds) lie in each bucket of width seconds; at most `most` buckets, the last takes the rest."""
    if not times:
        return []
    counts = [0] * min(int(max(times) / width) + 1, most)
    for time in times:
        counts[min(int(time / width), len(counts) - 1)] += 1
    return counts
