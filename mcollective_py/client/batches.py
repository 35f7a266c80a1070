"""Hosts in batches: how many at a time, and one set of statistics for all of them; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..errors import UsageError
from .results import RPCStats


def check_batch(batch: str) -> None:
    """Raises UsageError for what is neither `10` nor `25%`."""
    batch_size(batch, 1)


def batch_size(batch: str, total: int) -> int:
    """How many of total hosts `10` or `25%` means, rounded up, at least one. Raises UsageError for anything else."""
    number, percent = (batch[:-1], True) if batch.endswith("%") else (batch, False)
    if not (number.isascii() and number.isdigit() and len(number) < 10) or int(number) == 0 or (percent and int(number) > 100):
        raise UsageError(f"a batch is a number of hosts above 0 or a percentage up to 100%, not {batch!r}")
    return max(-(-total * int(number) // 100), 1) if percent else int(number)


def slices(nodes: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """The nodes in their order, size at a time."""
    for start in range(0, len(nodes), size):
        yield tuple(nodes[start : start + size])


def merged(before: RPCStats, batches: Sequence[RPCStats], seconds: float) -> RPCStats:
    """The statistics of all batches as those of one call. before: what was known of the whole audience. seconds: since the first one.

    Whoever was not asked, since a batch before theirs was the last, stands under not_asked and not under no_response.
    """
    asked = {name for stats in batches for name in stats.discovered}
    return replace(
        before,
        responses=sum(stats.responses for stats in batches),
        ok=sum(stats.ok for stats in batches),
        failed=sum(stats.failed for stats in batches),
        denied=sum(stats.denied for stats in batches),
        no_response=tuple(sorted(name for stats in batches for name in stats.no_response)),
        not_asked=tuple(name for name in before.discovered if name not in asked),
        unexpected=tuple(sorted({name for stats in batches for name in stats.unexpected})),
        unverified=before.unverified + sum(stats.unverified for stats in batches),
        duplicates=sum(stats.duplicates for stats in batches),
        agent_time=seconds,
    )
