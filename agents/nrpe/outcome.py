"""One check run: its exit code, what it printed, and the state that this is."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from mcollective_py.agent import RPCAborted, run

from .checks import Check, Checks
from .commandline import check_arguments, fill

STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
UNKNOWN = 3
LONGEST = 25.0  # seconds for one check: the agent answers within 30
_MAX_PRINTED = 64 * 1024  # bytes that are kept
_ENVIRONMENT = {"NRPE_MULTILINESUPPORT": "1", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """exitcode: of the check, 3 where it could not be run. printed: on stdout, or the reason. was_run: False where it never began."""

    exitcode: int
    printed: str
    was_run: bool = True

    @property
    def state(self) -> str:
        """OK, WARNING, CRITICAL or UNKNOWN."""
        return STATES[self.exitcode] if 0 <= self.exitcode <= 2 else STATES[UNKNOWN]


@dataclass(frozen=True, slots=True)
class User:
    """Whom checks run as, where that is not the daemon's own user."""

    name: str
    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> "User":
        """The user of a name. Raises RPCAborted where there is none."""
        import pwd

        try:
            entry = pwd.getpwnam(name)
        except KeyError as error:
            raise RPCAborted(f"plugin.nrpe.runas_user: there is no user {name} on this host") from error
        return cls(name, entry.pw_uid, entry.pw_gid)


def as_user(words: Sequence[str], user: User | None) -> list[str]:
    """The command that runs words as a user."""
    if user is None:
        return list(words)
    return ["/usr/bin/setpriv", f"--reuid={user.uid}", f"--regid={user.gid}", "--init-groups", "--reset-env", "--", *words]


def run_check(checks: Checks, name: str, arguments: Sequence[str], *, most: float = LONGEST, user: User | None = None) -> Outcome:
    """Run one by its name. most: seconds that it may take, its own limit beside. Raises Refused for arguments that do not fit it."""
    check = checks.found.get(name)
    if check is None:
        reason = checks.refused.get(name)
        why = f"{name} is not run: {reason}" if reason else "; ".join([f"No such command: {name}", *checks.problems])
        return Outcome(UNKNOWN, why, was_run=False)
    check_arguments(arguments)
    words = fill(check.words, arguments)
    return _run(check, words, min(check.timeout or most, most), user)


def _run(check: Check, words: Sequence[str], timeout: float, user: User | None) -> Outcome:
    if user is not None and not os.access(words[0], os.X_OK):  # setpriv would say so with a code that is a state of checks
        return Outcome(UNKNOWN, f"{words[0]} is not installed or cannot be run ({check.place})", was_run=False)
    try:
        done = run(as_user(words, user), timeout=timeout, env=_ENVIRONMENT, max_output=_MAX_PRINTED)
    except RPCAborted as error:
        return Outcome(UNKNOWN, f"{error} ({check.place})", was_run=False)
    printed = done.stdout.rstrip("\n")
    if done.timed_out:
        said = f": {printed.splitlines()[0]}" if printed else ""
        return Outcome(UNKNOWN, f"{check.name} took longer than {timeout:g} s and was ended{said}")
    if done.exitcode < 0:
        return Outcome(UNKNOWN, f"{check.name} was ended by signal {-done.exitcode}" + (f": {printed}" if printed else ""))
    # A plugin that breaks says so on stderr and nothing on stdout.
    return Outcome(done.exitcode, printed or done.stderr.strip() or f"{check.name} printed nothing")
