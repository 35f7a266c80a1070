"""A limit: a few of the hosts that a call is for, the first or any."""

from collections.abc import Sequence

from ..errors import UsageError
from .audience import Audience
from .share import read_share


def limited(found: Audience, limit: str | int | None, *, is_random: bool = False, seed: int | None = None) -> Audience:
    """The first (or any) few of an audience. seed: makes the choice of any the same each time."""
    count = len(found.nodes) if limit is None else limit_count(limit, len(found.nodes))
    if count >= len(found.nodes):
        return found
    nodes: Sequence[str] = found.nodes[:count]
    if is_random:
        from random import Random

        nodes = sorted(Random(seed).sample(sorted(found.nodes), count))  # noqa: S311  no secret: a choice of hosts
    return Audience(tuple(nodes), found.discovered, is_part=True)


def limit_count(limit: str | int, total: int) -> int:
    """How many of total hosts `10` or `25%` means, at least one. Raises UsageError for anything else."""
    number, is_percent = read_share(str(limit)) or (0, False)
    if not number:
        raise UsageError(f"a limit is a number above 0 or a percentage up to 100%, not {limit!r}")
    return max(total * number // 100, 1) if is_percent else number
