"""The provider of hosts that systemd runs."""

from collections.abc import Sequence
from pathlib import Path
from time import monotonic, time

from mcollective_py.agent import RPCAborted, run

from .provider import Listed, Outcome, ServiceState
from .systemctl import (
    is_not_installable,
    journalctl,
    oldest_first,
    own_words,
    parse_list,
    parse_log,
    parse_show,
    skipped,
    state_of,
    systemctl_act,
    systemctl_later,
    systemctl_list,
    systemctl_show,
)
from .units import full_name

_LATER = 2  # seconds in which an answer is away before the daemon that gave it is restarted
_READ = 10.0  # seconds
_STARTS = ("start", "restart", "try_restart")
_JOBS = ("start", "stop", "restart", "try_restart", "reload")


class Systemd:
    """Units of all types by systemctl; a name without a type is a service."""

    name = "systemd"
    tells = frozenset(("reload", "try_restart", "enable", "disable", "mask", "unmask", "reset_failed", "daemon_reload"))

    def state(self, service: str) -> ServiceState:
        """See Provider."""
        unit = full_name(service)
        shown = run(systemctl_show(_program("systemctl"), [unit]), timeout=_READ)
        properties = parse_show(shown.stdout)
        if shown.exitcode or not properties:
            raise RPCAborted(own_words(shown.stderr) or f"systemctl told nothing of {unit} within {_READ:g} s")
        return state_of(properties, booted=_booted_at())

    def act(self, verb: str, service: str, timeout: float) -> Outcome:
        """See Provider."""
        words = systemctl_act(_program("systemctl"), verb, full_name(service), waits=timeout > 0)
        if verb == "daemon_reload":
            words = [_program("systemctl"), "daemon-reload"]
        began = time()
        done = run(words, timeout=timeout or _READ)
        if done.timed_out:
            return Outcome(timed_out=True)
        if done.exitcode == 0 and verb in _STARTS and timeout > 0 and not self.state(service).is_running:
            return Outcome(skipped(self.log(service, 20, began)))
        if done.exitcode == 0 and not is_not_installable(done.stderr):
            return Outcome(warning=own_words(done.stderr) if verb in _JOBS else "")  # enable tells of its links there
        if done.exitcode == 0:
            return Outcome("it has no [Install] section, so nothing says by what it would be started")
        return Outcome(own_words(done.stderr) or f"systemctl ended with {done.exitcode}")

    def act_later(self, verb: str, service: str, mark: str) -> Outcome:
        """Have systemd do it in two seconds, by itself: for the daemon that is to answer first. mark: tells requests apart."""
        try:
            systemd_run = _program("systemd-run")
        except RPCAborted:  # stripped systems: the job begins at once, and a daemon that is told to stop still answers
            return self.act(verb, service, 0)
        name = f"mcollectived-{verb}-{mark}"
        done = run(systemctl_later(systemd_run, _program("systemctl"), verb, full_name(service), name, _LATER), timeout=_READ)
        return Outcome() if done.exitcode == 0 else Outcome(own_words(done.stderr) or "systemd-run did not take it")

    def listed(self, which: str, pattern: str) -> Sequence[Listed]:
        """See Provider."""
        done = run(systemctl_list(_program("systemctl"), which, pattern), timeout=_READ)
        if done.exitcode:
            raise RPCAborted(own_words(done.stderr) or "systemctl listed nothing")
        return parse_list(done.stdout)

    def log(self, service: str, lines: int, since: float | None = None) -> list[str]:
        """See Provider."""
        try:
            program = _program("journalctl")
        except RPCAborted:
            return []
        done = run(journalctl(program, full_name(service), lines, since), timeout=_READ, only_prints=True)
        return oldest_first(parse_log(done.stdout))[-lines:]

    def is_own(self, state: ServiceState) -> bool:
        """Whether a unit is the one that this daemon runs in."""
        group = state.details.get("control_group")
        try:
            groups = [line.rpartition(":")[2] for line in Path("/proc/self/cgroup").read_text().splitlines()]
        except OSError:
            return False
        return bool(group) and any(own == group or own.startswith(f"{group}/") for own in groups)


def _program(name: str) -> str:
    """Where a program is. Raises RPCAborted where it is not."""
    for folder in ("/usr/bin", "/bin"):
        if Path(folder, name).exists():
            return f"{folder}/{name}"
    raise RPCAborted(f"{name} is not installed")


def _booted_at() -> float:
    """When the monotonic clock was 0, in seconds since the epoch; systemd's own dates would have to be read in the host's language."""
    return time() - monotonic()
