"""Who computes most, between two looks at all processes, and who holds most memory."""

from collections.abc import Iterable, Sequence

from mcollective_py.agent.processes import Process


def by_memory(processes: Iterable[Process], count: int) -> list[Process]:
    """Those with the largest resident size, the largest first."""
    return sorted(processes, key=lambda process: (-process.rss, process.pid))[:count]


def by_cpu(
    before: Iterable[Process], after: Sequence[Process], ticks: float, count: int
) -> list[tuple[Process, float]]:  # fmt: skip
    """Those that computed most between two looks, with percent of one processor. ticks: between them.

    What was started meanwhile counts with all its time; a number that came to another process meanwhile is another process.
    """
    spent = {process.key: process.ticks for process in before}
    shares = [(process, 100 * max(0, process.ticks - spent.get(process.key, 0)) / max(ticks, 1.0)) for process in after]
    shares.sort(key=lambda share: (-share[1], -share[0].rss, share[0].pid))
    return [(process, round(percent, 1)) for process, percent in shares[:count]]
