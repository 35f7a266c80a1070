"""The provider of hosts with init scripts: `service`, and update-rc.d or chkconfig for what starts with the host."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from mcollective_py.agent import CommandResult, RPCAborted, run

from .choice import SCRIPTS
from .provider import RUNNING, STOPPED, UNKNOWN, Listed, Outcome, ServiceState

_READ = 10.0  # seconds
_ROW = re.compile(r" *\[ ([+?-]) \]  (.+)")
_WORDS = {"+": "running", "-": "stopped", "?": "unknown"}
_NO_STATUS = re.compile(r"usage:|unknown option|unrecognized|not implemented", re.IGNORECASE)


def service_command(program: str, name: str, verb: str) -> list[str]:
    """The command that has an init script do something."""
    return [program, name, verb]


def enable_commands(update_rc: str | None, chkconfig: str | None, name: str, *, enables: bool, has_links: bool) -> list[list[str]]:
    """The commands by which a script is started with the host, or no longer; empty where there is no program for it."""
    if update_rc:
        first = [] if has_links or not enables else [[update_rc, name, "defaults"]]
        return [*first, [update_rc, name, "enable" if enables else "disable"]]
    return [[chkconfig, name, "on" if enables else "off"]] if chkconfig else []


def status_of(exitcode: int, output: str) -> str | None:
    """RUNNING or STOPPED by the exit code of `status`, as LSB has it; None where the script cannot tell."""
    if exitcode == 0:
        return RUNNING
    return None if exitcode not in (1, 2, 3) or _NO_STATUS.search(output) else STOPPED


def parse_all(text: str) -> list[Listed]:
    """The rows of `service --status-all`: ` [ + ]  ssh`."""
    found = (_ROW.fullmatch(line.rstrip()) for line in text.splitlines())
    return [Listed(row[2], active=_WORDS[row[1]]) for row in found if row]


def enabled_word(name: str, links: Iterable[str]) -> str:
    """`enabled` where one of the links in the run levels starts the script, `disabled` where there are others or none."""
    return "enabled" if any(re.fullmatch(rf"S[0-9]+{re.escape(name)}", link) for link in links) else "disabled"


class SysV:
    """Init scripts of /etc/init.d."""

    name = "service"
    tells = frozenset(("reload", "try_restart", "enable", "disable"))

    def state(self, service: str) -> ServiceState:
        """See Provider."""
        name = service.removesuffix(".service")
        if not (SCRIPTS / name).is_file():
            return ServiceState(name, UNKNOWN, details={"load_error": f"there is no {SCRIPTS / name}"})
        told = run(service_command(_program("service"), name, "status"), timeout=_READ)
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
