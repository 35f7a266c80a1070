"""Init scripts: the words of commands, and what their answers mean; pure."""

import re
from collections.abc import Iterable

from .provider import RUNNING, STOPPED, Listed

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
