"""nagios_states: exit codes of checks as OK, WARNING, CRITICAL and UNKNOWN."""

from typing import Any

from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .formats import formatted

_STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


class NagiosStates(AggregateFunction):
    """`OK : 22`, all four always there. Whatever is no exit code from 0 to 2 is UNKNOWN."""

    def startup(self) -> None:
        self.check_options()
        self.counts = dict.fromkeys(_STATES, 0)

    def process_result(self, value: Any, result: RPCResult) -> None:
        is_code = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(_STATES)
        self.counts[_STATES[value] if is_code else "UNKNOWN"] += 1

    def summarize(self) -> Aggregated:
        pattern = self.format or "%10s : %s"
        return Aggregated(tuple(formatted(pattern, state, count) for state, count in self.counts.items()), dict(self.counts))
