"""Audience: whom a call is for, and what its statistics say before anybody is asked; pure."""

from dataclasses import dataclass

from .discovery.base import Discovered
from .results import RPCStats


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a call is for. nodes: names. discovered: how they were found, None where they were named.

    is_part: of what was discovered; such a request is always directed. keeps_filter: each of them is to apply the call's filter.
    """

    nodes: tuple[str, ...]
    discovered: Discovered | None = None
    is_part: bool = False
    keeps_filter: bool = False

    @property
    def before(self) -> RPCStats:
        """What the statistics of a call say before it is sent."""
        found = self.discovered
        if found is None:
            return RPCStats(discovered=self.nodes, discovery_ended="named")
        return RPCStats(
            discovered=self.nodes,
            did_discovery=True,
            unverified=found.unverified,
            silent_known=found.silent_known,
            refusals=found.refusals,
            discovery_time=found.seconds,
            discovery_method=found.method,
            discovery_ended=found.ended,
            discovery_age=found.age,
        )
