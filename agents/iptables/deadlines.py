"""Deadlines by a clock that nobody sets: a change is undone in time where the host's own clock is set back meanwhile; pure."""

from collections.abc import Mapping

from .state import Pending


class Deadlines:
    """When the changes that wait are due, by the time since the host's boot. Each is noted when it is first seen."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}

    def seen(self, pendings: Mapping[str, Pending], now: float, uptime: float) -> float | None:
        """Note what waits, forget what does not; seconds until the first is due, None where nothing waits.

        now: seconds since the epoch. uptime: seconds since the boot, sleep included.
        """
        self._ends = {id: self._ends.get(id, uptime + pending.deadline - now) for id, pending in pendings.items()}
        return min(self._ends.values()) - uptime if self._ends else None

    def late(self, uptime: float) -> set[str]:
        """The ids of those that are due."""
        return {id for id, end in self._ends.items() if end <= uptime}
