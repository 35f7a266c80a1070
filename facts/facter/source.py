"""Facts from the real Facter, run as a program with a time-out."""

import json
import os
import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcollective_py.errors import PluginError, RPCAborted
from mcollective_py.node.command import CommandResult, run
from mcollective_py.node.ownership import check_ownership

# Never PATH: the daemon is root, and what stands first in a PATH may be anybody's.
CANDIDATES = ("/opt/puppetlabs/bin/facter", "/opt/puppetlabs/puppet/bin/facter", "/usr/bin/facter", "/usr/local/bin/facter")
TIMEOUT_S = 30.0
MAX_BYTES = 4 * 1024 * 1024  # Facter writes some 20 KB; hosts with thousands of mounts and addresses a megabyte
_SEARCH = "/opt/puppetlabs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Facter:
    """All facts that `facter --json` prints, legacy names such as `osfamily` among them.

    plugin.facter.command: absolute path of the program, default the first of CANDIDATES. plugin.facter.timeout: seconds, 30.
    plugin.facter.facterlib: folders of custom facts, `:` between them.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._command = settings.get("command") or None
        self._facterlib = settings.get("facterlib") or None
        self._timeout = _seconds(settings.get("timeout"))
        self._has_legacy = True

    def fingerprint(self) -> object:
        """None: only age tells, a program is run."""
        return None

    def load(self) -> Mapping[str, Any]:
        """The facts; PluginError where Facter is not there, takes too long, or prints no facts."""
        command = find_facter(self._command)
        ended = self._run(command)
        if self._has_legacy and ended.exitcode and "unrecogni" in ended.stderr:  # Facter 2 knows no --show-legacy
            self._has_legacy = False
            ended = self._run(command)
        return parse_facter(command, ended, self._timeout)

    def _run(self, command: str) -> CommandResult:
        words, environment = facter_arguments(command, self._has_legacy), facter_environment(self._facterlib)
        try:
            return run(words, timeout=self._timeout, env=environment, max_output=MAX_BYTES, only_prints=True)
        except RPCAborted as error:
            raise PluginError("facter", str(error)) from error


def facter_arguments(command: str, with_legacy: bool) -> list[str]:
    """The command line."""
    return [command, "--json", *(["--show-legacy"] if with_legacy else [])]


def facter_environment(facterlib: str | None) -> dict[str, str]:
    """The whole environment that Facter gets: nothing of the daemon's own."""
    try:
        home = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        home = "/"
    environment = {"PATH": _SEARCH, "LC_ALL": "C", "LANG": "C", "HOME": home}
    return {**environment, "FACTERLIB": facterlib} if facterlib else environment


def find_facter(command: str | None, candidates: Sequence[str] = CANDIDATES) -> str:
    """The program to run: command if it is set, else the first candidate that is there and safe; PluginError with the reason else."""
    if command is not None:
        if reason := unsafe(command):
            raise PluginError("facter", f"plugin.facter.command: {reason}")
        return command
    reasons = []
    for candidate in candidates:
        if not os.path.lexists(candidate):
            continue
        reason = unsafe(candidate)
        if reason is None:
            return candidate
        reasons.append(reason)
    tried = "; ".join(reasons) or f"none of {', '.join(candidates)} is there"
    raise PluginError("facter", f"no facter to run ({tried}): install it, set plugin.facter.command, or use factsource = native")


def unsafe(command: str) -> str | None:
    """Why a program is not run, None where it may be: it and every folder above belong to root or this user, and to nobody else."""
    if not command.startswith("/"):
        return f"{command} is not an absolute path"
    try:
        if not Path(command).is_file() or not os.access(command, os.X_OK):
            return f"{command} is not a program"
        check_ownership(Path(command))
    except OSError as error:
        return f"{command}: {error.strerror or error}"
    return None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= 1000 else digits  # of some thousand digits on Python reads none


def parse_facter(command: str, ended: CommandResult, timeout: float = TIMEOUT_S) -> Mapping[str, Any]:
    """The facts in what Facter printed; PluginError where there are none."""
    if ended.timed_out:
        raise PluginError("facter", f"{command} was ended after {timeout:g} s (plugin.facter.timeout)")
    if ended.truncated:
        raise PluginError("facter", f"{command} printed more than {MAX_BYTES} bytes")
    # The exit code is not asked: Facter ends with 1 when a single fact could not be told, and prints all others.
    try:
        facts = json.loads(ended.stdout, parse_constant=str, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        said = ended.stderr.strip().splitlines()
        reason = f"ended with {ended.exitcode} and no facts" + (f": {said[-1][:200]}" if said else "")
        raise PluginError("facter", f"{command} {reason}") from error
    if not isinstance(facts, dict) or not facts:
        raise PluginError("facter", f"{command} printed no facts")
    return facts


def _seconds(text: str | None) -> float:
    try:
        seconds = float(text) if text else TIMEOUT_S
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 3600:
        raise PluginError("facter", f"plugin.facter.timeout = {text}: seconds between 1 and 3600")
    return seconds
