"""The provider of hosts with init scripts: `service`, and update-rc.d or chkconfig for what starts with the host."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from mcollective_py.agent import CommandResult, RPCAborted, run

from .choice import SCRIPTS, is_booted
from .initscript import enable_commands, enabled_word, parse_all, service_command, status_of
from .provider import UNKNOWN, Listed, Outcome, ServiceState

_READ = 10.0  # seconds


class SysV:
    """Init scripts of /etc/init.d."""

    name = "service"
    tells = frozenset(("reload", "try_restart", "enable", "disable"))

    def state(self, service: str) -> ServiceState:
        """See Provider."""
        name = service.removesuffix(".service")
        has_script = (SCRIPTS / name).is_file()
        if not has_script and not is_booted():
            return ServiceState(name, UNKNOWN, details={"load_error": f"there is no {SCRIPTS / name}"})
        told = run(service_command(_program("service"), name, "status"), timeout=_READ)
        if not has_script and told.exitcode == 4:  # `service` has asked systemd, which knows no such unit
            return ServiceState(name, UNKNOWN)
        status = None if told.timed_out else status_of(told.exitcode, told.stdout + told.stderr)
        if status is None:
            raise RPCAborted(f"{SCRIPTS / name} does not tell whether it runs: {_last_words(told) or f'it ended with {told.exitcode}'}")
        return ServiceState(name, status, enabled=enabled_word(name, _links()))

    def act(self, verb: str, service: str, timeout: float) -> Outcome:
        """See Provider."""
        name = service.removesuffix(".service")
        if verb in ("enable", "disable"):
            return self._enable(name, enables=verb == "enable")
        # A script has no try-restart that one could count on; whoever asks has seen that it runs.
        word = "restart" if verb == "try_restart" else verb
        done = run(service_command(_program("service"), name, word), timeout=timeout or _READ)
        if done.timed_out:
            return Outcome(timed_out=True)
        return Outcome() if done.exitcode == 0 else Outcome(_last_words(done) or f"its script ended with {done.exitcode}")

    def _enable(self, name: str, *, enables: bool) -> Outcome:
        has_links = any(re.fullmatch(rf"[SK][0-9]+{re.escape(name)}", link) for link in _links())
        commands = enable_commands(_found("update-rc.d"), _found("chkconfig"), name, enables=enables, has_links=has_links)
        if not commands:
            raise RPCAborted("there is neither update-rc.d nor chkconfig on this host")
        for words in commands:
            done = run(words, timeout=_READ)
            if done.exitcode:
                return Outcome(_last_words(done) or f"{words[0]} ended with {done.exitcode}")
        return Outcome()

    def act_later(self, verb: str, service: str, mark: str) -> Outcome:
        """Begin it in a session of its own: for the daemon that is to answer before it goes."""
        setsid = _program("setsid")
        name = service.removesuffix(".service")
        done = run([setsid, "--fork", *service_command(_program("service"), name, verb)], timeout=_READ)
        return Outcome() if done.exitcode == 0 else Outcome(_last_words(done) or f"setsid ended with {done.exitcode}")

    def listed(self, which: str, pattern: str) -> Sequence[Listed]:
        """See Provider."""
        if which == "failed":
            raise RPCAborted("init scripts do not tell which services failed: ask for the state all or running")
        rows = parse_all(run([_program("service"), "--status-all"], timeout=30).stdout)
        wanted = [row for row in rows if not pattern or fnmatchcase(row.unit, pattern)]
        return [row for row in wanted if which == "all" or row.active == "running"]

    def log(self, service: str, lines: int, since: float | None = None) -> list[str]:
        """See Provider."""
        return []

    def is_own(self, state: ServiceState) -> bool:
        """Whether a script is that of this daemon."""
        return state.name in ("mcollectived", "mcollective-py")


def _links() -> list[str]:
    """Names of the links in the run levels 2 to 5."""
    folders = [Path(base, f"rc{level}.d") for base in ("/etc", "/etc/rc.d") for level in "2345"]
    return [link.name for folder in folders if folder.is_dir() for link in folder.iterdir()]


def _last_words(done: CommandResult) -> str:
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return "\n".join(lines[-5:])


def _found(name: str) -> str | None:
    return next((path for folder in ("/usr/sbin", "/sbin", "/usr/bin", "/bin") if Path(path := f"{folder}/{name}").exists()), None)


def _program(name: str) -> str:
    if (path := _found(name)) is None:
        raise RPCAborted(f"{name} is not installed")
    return path
