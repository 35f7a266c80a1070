"""service('exim4').status in filters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcollective_py.node.data import Data, RPCAborted, run

_READ = 2.5  # seconds


class Service(Data):
    """What one service is at; by systemd or its init script, whichever the host has: Puppet would take too long for a filter."""

    def query(self, query: str) -> Mapping[str, Any]:
        """See Data."""
        if Path("/run/systemd/system").is_dir():
            from ...systemctl import systemctl_show  # a host that is not asked does without
            from ...units import full_name

            return systemd_answer(run(systemctl_show(_program("systemctl"), [full_name(query)]), timeout=_READ).stdout)
        name = query.removesuffix(".service")
        if not Path("/etc/init.d", name).is_file():
            return {"status": "unknown"}
        from ...initscript import service_command, status_of

        told = run(service_command(_program("service"), name, "status"), timeout=_READ)
        return {"status": status_of(told.exitcode, told.stdout + told.stderr) or "unknown"}


def systemd_answer(text: str) -> dict[str, Any]:
    """The outputs by what systemctl printed. Raises RPCAborted where it printed nothing."""
    from ...systemctl import parse_show, state_of

    properties = parse_show(text)
    if not properties:
        raise RPCAborted("systemctl told nothing of it")
    state = state_of(properties)
    return {
        "status": state.status,
        "active": state.active,
        "substate": state.substate,
        "enabled": state.enabled,
        "failed": state.has_trouble,
    }


def _program(name: str) -> str:
    for folder in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
        if Path(folder, name).exists():
            return f"{folder}/{name}"
    raise RPCAborted(f"{name} is not installed")
