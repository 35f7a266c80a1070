"""systemctl and journalctl: the words of commands, and what their answers mean; pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .provider import RUNNING, STOPPED, UNKNOWN, Listed, ServiceState

PROPERTIES = (
    *("Id", "Names", "Description", "LoadState", "LoadError", "ActiveState", "SubState", "UnitFileState", "Type", "Result", "Restart"),
    *("MainPID", "ExecMainCode", "ExecMainStatus", "NRestarts", "MemoryCurrent", "TasksCurrent", "CPUUsageNSec", "StatusText"),
    *("ActiveEnterTimestampMonotonic", "InactiveEnterTimestampMonotonic"),
    *("FragmentPath", "DropInPaths", "SourcePath", "CanReload", "NeedDaemonReload", "ControlGroup"),
    *("Triggers", "TriggeredBy", "Requires", "Wants", "RequiredBy", "WantedBy"),
)
VERBS = {"try_restart": "try-restart", "reset_failed": "reset-failed"}  # where the action has another name
_UP = ("active", "reloading", "refreshing")  # what `systemctl is-active` calls active
_BOUND_TO_FAIL = ("failed", "auto-restart", "auto-restart-queued")
_UNSET = ("", "[not set]", "18446744073709551615")
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|(.))")
_HINTS = ("See ", "'journalctl -xe'", "Run 'systemctl daemon-reload'")  # for somebody who sits there
_MAX_ROWS = 2000


def systemctl_show(program: str, units: Sequence[str]) -> list[str]:
    """The command that tells all of some units."""
    return [program, "show", "--no-pager", f"--property={','.join(PROPERTIES)}", "--", *units]


def systemctl_act(program: str, verb: str, unit: str, *, waits: bool = True) -> list[str]:
    """The command of a verb. waits: until the job is done."""
    word = VERBS.get(verb, verb)
    return [program, word, "--no-pager", "--no-ask-password", *(() if waits else ("--no-block",)), "--", unit]


def systemctl_list(program: str, which: str, pattern: str) -> list[str]:
    """The command that lists units. which: failed, running or all; pattern: a glob, empty for any."""
    chosen = {"failed": ["--state=failed"], "running": ["--state=running"], "all": ["--all"]}[which]
    return [program, "list-units", "--no-pager", "--no-legend", "--plain", "--full", *chosen, *(["--", pattern] if pattern else [])]


def systemctl_later(systemd_run: str, systemctl: str, verb: str, unit: str, name: str, seconds: int) -> list[str]:
    """The command that has systemd itself do a verb in some seconds, whatever becomes of who asked. name: of the timer."""
    return [
        *(systemd_run, "--quiet", "--collect", f"--unit={name}", f"--description=mcollectived was asked to {verb} {unit}"),
        *(f"--on-active={seconds}s", "--timer-property=AccuracySec=100ms", "--", *systemctl_act(systemctl, verb, unit)),
    ]


def journalctl(program: str, unit: str, lines: int, since: float | None = None) -> list[str]:
    """The command that prints the last lines of a unit's log, the newest first. since: seconds since the epoch.

    The other way round, `--lines` beside `--since` gives the first lines since then (systemd 252).
    """
    return [
        *(program, "--no-pager", "--quiet", "--reverse", f"--lines={lines}", "--output=short-iso"),
        *([] if since is None else [f"--since=@{int(since)}"]),
        f"--unit={unit}",
    ]


def parse_show(text: str) -> dict[str, str]:
    """Properties of one unit by name, as they were printed; of several units, of the first."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line and found:
            break
        name, is_pair, value = line.partition("=")
        if is_pair:
            found[name] = value
    return found


def state_of(properties: Mapping[str, str], *, booted: float = 0.0) -> ServiceState:
    """The state that the properties of a unit tell. booted: when the monotonic clock was 0, in seconds since the epoch."""
    get = properties.get
    active, sub = get("ActiveState", ""), get("SubState", "")
    exists = get("LoadState") not in ("not-found", "", None) or active in _UP
    status = UNKNOWN if not exists else RUNNING if active in _UP else STOPPED
    return ServiceState(
        name=get("Id", ""),
        status=status,
        aliases=tuple(_words(get("Names", ""))),
        description=get("Description", ""),
        active=active,
        substate=sub,
        enabled=get("UnitFileState") or ("masked" if get("LoadState") == "masked" else ""),
        kind=get("Type", ""),
        pid=int(get("MainPID", "0") or 0) or None,
        result=get("Result", ""),
        has_trouble=active == "failed" or sub in _BOUND_TO_FAIL,
        can_reload=get("CanReload") == "yes",
        details=_details(properties, booted),
    )


def _details(properties: Mapping[str, str], booted: float) -> dict[str, Any]:
    """What `show` tells beside the state; nothing that is empty. Times are seconds since the epoch, sizes bytes."""
    get = properties.get

    def time_of(name: str) -> int | None:
        moment = _number(get(name))
        return int(booted + moment / 1e6) if moment else None

    cpu = _number(get("CPUUsageNSec"))
    found: dict[str, Any] = {
        "load": get("LoadState"),
        "load_error": get("LoadError", "").partition(" ")[2].strip('"') or None,
        "type": get("Type"),
        "restart": get("Restart"),
        "restarts": _number(get("NRestarts")),
        "memory": _number(get("MemoryCurrent")),
        "tasks": _number(get("TasksCurrent")),
        "cpu_seconds": None if cpu is None else round(cpu / 1e9, 3),
        "since": time_of("ActiveEnterTimestampMonotonic") if get("ActiveState") in _UP else time_of("InactiveEnterTimestampMonotonic"),
        "exit": _exit(properties),
        "status_text": get("StatusText"),
        "fragment": get("FragmentPath"),
        "source": get("SourcePath"),
        "drop_ins": _words(get("DropInPaths", "")),
        "control_group": get("ControlGroup"),
        "needs_daemon_reload": get("NeedDaemonReload") == "yes" or None,
        **{_SNAKE[name]: _words(get(name, "")) for name in _SNAKE},
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


_SNAKE = {
    "Triggers": "triggers",
    "TriggeredBy": "triggered_by",
    "Requires": "requires",
    "Wants": "wants",
    "RequiredBy": "required_by",
    "WantedBy": "wanted_by",
}


def _exit(properties: Mapping[str, str]) -> str | None:
    """How the main process ended: `exited 3`, `killed 9`."""
    word = {"1": "exited", "2": "killed", "3": "dumped"}.get(properties.get("ExecMainCode", ""))
    return f"{word} {properties.get('ExecMainStatus', '?')}" if word else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text not in _UNSET and text.isdecimal() and len(text) < 20 else None


def _words(text: str) -> list[str]:
    """Words with blanks between; one with a backslash stands in quotes, its backslashes doubled."""
    return [_ESCAPE.sub(r"\2", word[1:-1]) if len(word) > 1 and word[0] == word[-1] == '"' else word for word in text.split()]


def parse_list(text: str) -> list[Listed]:
    """The rows of `systemctl list-units --plain --no-legend`."""
    rows = []
    for line in text.splitlines()[:_MAX_ROWS]:
        words = line.split(None, 4)
        if len(words) >= 4:
            rows.append(Listed(words[0], words[1], words[2], words[3], words[4] if len(words) > 4 else ""))
    return rows


def own_words(stderr: str) -> str:
    """What systemctl said, without its hints for somebody who sits before the host."""
    kept = [line.rstrip() for line in stderr.splitlines() if line.strip() and not line.startswith(_HINTS)]
    return "\n".join(line.partition(" See 'journalctl")[0] for line in kept)


def is_not_installable(stderr: str) -> bool:
    """Whether enable changed nothing, for the unit has nothing to be enabled by; systemctl itself ends with 0."""
    return stderr.startswith("The unit files have no installation config")


def parse_log(text: str) -> list[str]:
    """Lines of a log; `-- Boot ...` and `-- No entries --` are none."""
    return [line.rstrip() for line in text.splitlines() if line.strip() and not re.fullmatch(r"-- .* --", line)]


def oldest_first(lines: Sequence[str]) -> list[str]:
    """Lines of a log, which came newest first. A line that begins with a blank goes on with the one before it."""
    entries: list[list[str]] = []
    for line in lines:
        if entries and line.startswith(" "):
            entries[-1].append(line)
        else:
            entries.append([line])
    return [line for entry in reversed(entries) for line in entry]


def skipped(lines: Sequence[str]) -> str:
    """Why systemd left a start out, by the log since then; empty where it did not: a condition that is not met is no failure to it."""
    found = next((line for line in reversed(lines) if _SKIPPED.search(line)), "")
    return found.partition("]: ")[2] or found


_SKIPPED = re.compile(r"was skipped because|Condition check resulted in .* being skipped")
