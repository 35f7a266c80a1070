"""Hosts in batches: how many at a time, the same number each time or growing; pure."""

from collections.abc import Iterator, Sequence

from ..errors import UsageError
from .share import read_share

MOST_STEPS = 100  # sizes in one --batch


def check_batch(batch: str) -> None:
    """Raises UsageError for what is neither `10` nor `25%` nor a row of such: `1,5,25%,100%`."""
    steps = batch.split(",")
    if len(steps) > MOST_STEPS:
        raise UsageError(f"a batch grows in {MOST_STEPS} steps at most, not {len(steps)}")
    for step in steps:
        batch_size(step, 1)


def batch_size(step: str, total: int) -> int:
    """How many of total hosts `10` or `25%` means, rounded up, at least one. Raises UsageError for anything else."""
    number, is_percent = read_share(step) or (0, False)
    if not number:
        raise UsageError(f"a batch is a number of hosts above 0 or a percentage up to 100%, not {step[:80]!r}; 1,10%,100% has it grow")
    return max(-(-total * number // 100), 1) if is_percent else number


def batch_sizes(batch: str, total: int) -> Iterator[int]:
    """The size of one batch after the other, without end: the last one repeats. Percentages are of total."""
    size = 0
    for step in batch.split(","):
        size = batch_size(step, total)
        yield size
    while True:
        yield size


def slices(nodes: Sequence[str], batch: str, *, first: int = 0) -> list[tuple[str, ...]]:
    """The nodes in their order, a batch at a time. first: how many of them are a batch of their own before."""
    found = [tuple(nodes[:first])] if first and nodes else []
    start = min(first, len(nodes))
    sizes = batch_sizes(batch, len(nodes))
    while start < len(nodes):
        size = next(sizes)
        found.append(tuple(nodes[start : start + size]))
        start += size
    return found
