"""Call and Outcome: what goes into an executor and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..message import Request
from ..node.view import NodeView


@dataclass(frozen=True, slots=True)
class Call:
    """An authorized request on its way to an agent.

    folder: the agent's plugin folder. config: its settings, keys without `plugin.NAME.`. timeout: seconds. only_reads: True
    where it may share a process with others. defaults: of the action's outputs, where its code stands in agent.py; None where the
    DDL has to be asked.
    """

    request: Request
    folder: Path
    view: NodeView
    timeout: float
    only_reads: bool
    config: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] | None = None

    @property
    def action(self) -> str | None:
        """The action's name, None for a plain message."""
        return self.request.action


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: what the reply will say. duration: seconds that the action took, where it was measured.

    historic: status code and message that Ruby clients get in their place, where they differ. is_unknown: True where nobody can say how
    it ended.
    """

    statuscode: int = 0
    statusmsg: str = "OK"
    body: Any = None
    refusal: str | None = None
    duration: float = 0.0
    historic: tuple[int, str] | None = None
    is_unknown: bool = False
