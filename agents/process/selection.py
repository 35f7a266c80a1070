"""Which processes a request means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcollective_py.agent import InvalidRPCData
from mcollective_py.agent.pattern import Pattern
from mcollective_py.agent.processes import Process


@dataclass(frozen=True)
class Selection:
    """All that is given must hold. uid: -1 for a user that this host does not know: nobody's process is meant."""

    pattern: Pattern | None = None
    uid: int | None = None
    states: frozenset[str] = frozenset()
    pid: int | None = None

    @property
    def is_everything(self) -> bool:
        """True where nothing narrows it."""
        return self.pattern is None and self.uid is None and not self.states and self.pid is None

    def means(self, process: Process) -> bool:
        """True for a process that is meant."""
        return (
            (self.pid is None or process.pid == self.pid)
            and (self.uid is None or process.uid == self.uid)
            and (not self.states or process.state in self.states)
            and (self.pattern is None or self.pattern.is_in(process.cmdline))
        )


def selection_of(inputs: Mapping[str, Any]) -> Selection:
    """What pattern, user, just_zombies, state and pid of a request mean. Raises InvalidRPCData."""
    states = frozenset(inputs.get("state") or ())
    if inputs.get("just_zombies"):
        if states and "Z" not in states:
            raise InvalidRPCData("just_zombies goes with no other state than Z")
        states = frozenset("Z")
    pid = inputs.get("pid")
    if pid is not None and not 1 <= pid < 2**22:
        raise InvalidRPCData("pid must be the number of a process, 1 to 4194303")
    pattern = inputs.get("pattern")
    return Selection(Pattern(pattern) if pattern else None, uid_of(inputs.get("user")), states, pid)


def uid_of(user: str | None) -> int | None:
    """The number of a user by name or number, -1 for a name that is not known here, None for None."""
    if user is None:
        return None
    from pwd import getpwnam

    try:
        return getpwnam(user).pw_uid
    except KeyError:
        return int(user) if re.fullmatch("[0-9]{1,9}", user, re.ASCII) else -1
