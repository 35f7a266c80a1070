"""The in-memory twin of the provider's port: services that do as they are told, or as a test says."""

from dataclasses import dataclass, field, replace

from agents.service.provider import RUNNING, STOPPED, Listed, Outcome, ServiceState


def unit(name="web.service", status=STOPPED, **fields):
    """A unit of systemd in one of the usual states."""
    words = {RUNNING: ("active", "running"), STOPPED: ("inactive", "dead")}.get(status, ("inactive", "dead"))
    given = {"active": words[0], "substate": words[1], "enabled": "disabled", "kind": "notify", "result": "success"}
    return ServiceState(name, status, **{**given, **fields})


@dataclass
class Clock:
    """Time that passes when somebody sleeps."""

    now: float = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@dataclass
class Memory:
    """states: what becomes of a service, one after the other; the last one stays. did: verb and service of each change."""

    states: list
    outcome: Outcome = field(default_factory=Outcome)
    lines: tuple = ()
    name: str = "systemd"
    tells: frozenset = frozenset(("reload", "try_restart", "enable", "disable", "mask", "unmask", "reset_failed"))
    did: list = field(default_factory=list)
    asked_since: float | None = None

    def state(self, service):
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def act(self, verb, service, timeout):
        self.did.append((verb, service))
        return self.outcome

    def is_own(self, state):
        return False

    def act_later(self, verb, service, mark):
        return replace(self.outcome)

    def listed(self, which, pattern):
        return [Listed("web.service")]

    def log(self, service, lines, since=None):
        self.asked_since = since
        return list(self.lines)
