"""The request that `mco why` asks about, and its two forms on the wire: the discovery that finds a host, and the call. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...client.discovery import mc
from ...ddl.model import DDL
from ...filter import Filter

DISCOVERY, CALL = "discovery", "call"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A request that somebody might send. agent: None for a discovery alone. action: None for a plain message.

    ddl: the agent's as this client has it, None where it has none. ttl: seconds. is_direct: whether calls go to hosts by name.
    request: the id of an earlier request to ask after.
    """

    agent: str | None
    action: str | None
    inputs: Mapping[str, Any]
    filter: Filter
    collective: str
    ttl: int
    ddl: DDL | None = None
    is_direct: bool = True
    request: str | None = None
    withheld: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "withheld", tuple(sorted(name for name in self.inputs if self._is_secret(name))))

    def _is_secret(self, name: str) -> bool:
        """Without a DDL nobody knows which inputs are sensitive, so that none is told."""
        declared = self.ddl.actions.get(self.action or "") if self.ddl else None
        return declared is None or (name in declared.inputs and declared.inputs[name].sensitive)

    @property
    def name(self) -> str:
        """`service restart`, `echo`, or `a discovery`."""
        return " ".join(filter(None, (self.agent, self.action))) or "a discovery"

    def questions(self) -> dict[str, dict[str, Any]]:
        """The inputs of `rpcutil explain`, by what they ask about: how a host would be found, and what would become of the call."""
        meant = self.filter if self.agent is None else self.filter.with_agent(self.agent)
        limits = {"collective": self.collective, "ttl": self.ttl}
        found: dict[str, dict[str, Any]] = {DISCOVERY: {"agent": mc.AGENT, "filter": meant.to_wire(), "direct": False, **limits}}
        if self.agent is not None:
            # As a client sends it: by name to hosts that were found, with no filter but the agent.
            sent = Filter(agents=(self.agent,)) if self.is_direct else meant
            found[CALL] = {"agent": self.agent, "filter": sent.to_wire(), "direct": self.is_direct, **limits}
            if self.action is not None:
                told = {name: value for name, value in self.inputs.items() if name not in self.withheld}
                found[CALL] |= {"action": self.action, "inputs": told}
            if self.withheld:
                found[CALL]["withheld"] = list(self.withheld)
        if self.request is not None:
            found[DISCOVERY]["request"] = self.request
        return found
