"""process('regex').exists and .count: whether processes of a kind run."""

from collections.abc import Mapping
from typing import Any

from mcollective_py.node.data import Data

_EFFORT = 2_000_000  # some 150 ms: a filter waits for it


class Process(Data):
    """Counts the processes whose command line, without passwords, holds a regular expression."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """See Data. plugin.process.data turns it off: filters are judged before any policy is asked."""
        from mcollective_py.agent.ownsettings import flag

        return flag(config, "process", "data", True)

    def query(self, query: Any) -> Mapping[str, Any]:
        """See Data."""
        from mcollective_py.agent.pattern import Pattern
        from mcollective_py.agent.processes import read_processes

        pattern = Pattern(query, _EFFORT)
        count = sum(1 for process in read_processes() if pattern.is_in(process.cmdline))
        return {"exists": count > 0, "count": count}
