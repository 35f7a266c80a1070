"""service('exim4').status in filters."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcollective_py.node.data import Data, RPCAborted, run

_TYPES = ("service", "socket", "timer", "target", "mount", "automount", "path", "slice", "scope", "device", "swap")
_PROPERTIES = "LoadState,ActiveState,SubState,UnitFileState,Result"
_READ = 2.5  # seconds
_NO_STATUS = re.compile(r"usage:|unknown option|unrecognized|not implemented", re.IGNORECASE)


class Service(Data):
    """What one service is at; by systemd or its init script, whichever the host has."""

    def query(self, query: str) -> Mapping[str, Any]:
        """See Data."""
        if Path("/run/systemd/system").is_dir():
            return systemd_answer(run(systemctl_words(_program("systemctl"), query), timeout=_READ).stdout)
        name = query.removesuffix(".service")
        if not Path("/etc/init.d", name).is_file():
            return {"status": "unknown"}
        told = run([_program("service"), name, "status"], timeout=_READ)
        return script_answer(told.exitcode, told.stdout + told.stderr)


def systemctl_words(program: str, name: str) -> list[str]:
    """The command that tells of one unit; a name without a type is a service."""
    unit = name if "." in name and name.rpartition(".")[2] in _TYPES else f"{name}.service"
    return [program, "show", "--no-pager", f"--property={_PROPERTIES}", "--", unit]


def systemd_answer(text: str) -> dict[str, Any]:
    """The outputs by what systemctl printed. Raises RPCAborted where it printed nothing."""
    found = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if not found:
        raise RPCAborted("systemctl told nothing of it")
    active = found.get("ActiveState", "")
    is_up = active in ("active", "reloading", "refreshing")
    exists = found.get("LoadState") != "not-found" or is_up
    return {
        "status": "running" if is_up else "stopped" if exists else "unknown",
        "active": active,
        "substate": found.get("SubState", ""),
        "enabled": found.get("UnitFileState", ""),
        "failed": active == "failed" or found.get("SubState", "").startswith("auto-restart"),
    }


def script_answer(exitcode: int, output: str) -> dict[str, Any]:
    """The outputs by how an init script's `status` ended; unknown where it cannot tell."""
    if exitcode == 0:
        return {"status": "running"}
    return {"status": "stopped" if exitcode in (1, 2, 3) and not _NO_STATUS.search(output) else "unknown"}


def _program(name: str) -> str:
    for folder in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
        if Path(folder, name).exists():
            return f"{folder}/{name}"
    raise RPCAborted(f"{name} is not installed")
