"""The port between the service agent and what looks after services on a host, and the values that both speak of.

Whatever a provider cannot do it refuses by RPCAborted that says so; what the tool refuses comes back as `failure`, in its own words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

RUNNING, STOPPED, UNKNOWN = "running", "stopped", "unknown"  # the historic words


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service at one moment.

    name: its full name (`exim4.service`); aliases: its other ones. status: RUNNING, STOPPED or UNKNOWN, which a host does not have.
    active and substate: systemd's words (`active`, `failed`, `activating`; `running`, `auto-restart`), empty elsewhere. enabled: the
    word for whether it starts with the host (`enabled`, `disabled`, `static`, `masked`), empty where nobody knows. kind: what its start
    waits for (`simple`, `notify`, `oneshot`). pid: of its main process, None for none. result: how its last run ended (`exit-code`).
    has_trouble: it failed, or died and waits to be started again.
    """

    name: str
    status: str = UNKNOWN
    aliases: tuple[str, ...] = ()
    description: str = ""
    active: str = ""
    substate: str = ""
    enabled: str = ""
    kind: str = ""
    pid: int | None = None
    result: str = ""
    has_trouble: bool = False
    can_reload: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether the host has it."""
        return self.status != UNKNOWN

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self.status == RUNNING


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a tool ended. failure: its own words where it did not do it, else empty. timed_out: it was still at work.

    warning: what it said of what it did, empty for nothing: a socket can still start what was stopped.
    """

    failure: str = ""
    timed_out: bool = False
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a list: states in the words of the init system."""

    unit: str
    load: str = ""
    active: str = ""
    sub: str = ""
    description: str = ""


class Provider(Protocol):
    """What looks after services. name: as in `plugin.service.provider`. tells: verbs that it knows beside start, stop and restart."""

    name: str
    tells: frozenset[str]

    def state(self, service: str) -> ServiceState:
        """What there is to know of a service. Raises RPCAborted where it cannot be known."""
        ...

    def act(self, verb: str, service: str, timeout: float) -> Outcome:
        """Do it. verb: start, stop, restart or one of `tells`. timeout: seconds, then it may go on by itself; 0 to wait for nothing."""
        ...

    def is_own(self, state: ServiceState) -> bool:
        """Whether this is the service that the daemon itself runs as."""
        ...

    def act_later(self, verb: str, service: str, mark: str) -> Outcome:
        """Have it done by somebody else in a moment, so that the daemon can answer first. mark: tells requests apart."""
        ...

    def listed(self, which: str, pattern: str) -> Sequence[Listed]:
        """Units. which: failed, running or all. pattern: a glob of names, empty for any."""
        ...

    def log(self, service: str, lines: int, since: float | None = None) -> list[str]:
        """The last lines of its log, oldest first, empty where there is none. since: seconds since the epoch."""
        ...
