"""The state of a Puppet agent, by its files alone."""

import os
import stat
from dataclasses import dataclass
from typing import Any

from .lastrun import MAX_SUMMARY, LastRun, never, parse_summary
from .lock import MAX_LOCK, DisabledLock, parse_lock
from .processes import is_puppet, parse_pid, process_of
from .settings import Places


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """What an agent is doing at one moment (now, seconds since the epoch). lock: None where it is enabled.

    applying, daemon: pids of its processes, 0 for none.
    """

    lastrun: LastRun
    lock: DisabledLock | None
    applying: int
    daemon: int
    now: float

    @property
    def is_idling(self) -> bool:
        return bool(self.daemon) and not self.applying

    @property
    def word(self) -> str:
        """`disabled`, `applying a catalog`, `idling` or `stopped`."""
        if self.lock is not None:
            return "disabled"
        return "applying a catalog" if self.applying else "idling" if self.is_idling else "stopped"

    @property
    def since_lastrun(self) -> int:
        return int(self.now) - self.lastrun.lastrun

    @property
    def message(self) -> str:
        """One line: what it does, and how long ago it last ran."""
        if not self.lastrun.lastrun:
            return f"Currently {self.word}; no run has been completed yet"
        return f"Currently {self.word}; last completed run {in_words(self.since_lastrun)} ago"

    def to_data(self) -> dict[str, Any]:
        """The outputs of `puppet status` by name."""
        return {
            "applying": bool(self.applying),
            "idling": self.is_idling,
            "enabled": self.lock is None,
            "daemon_present": bool(self.daemon),
            "lastrun": self.lastrun.lastrun,
            "since_lastrun": self.since_lastrun,
            "status": self.word,
            "disable_message": "" if self.lock is None else self.lock.message,
            "message": self.message,
            "outcome": self.lastrun.outcome,
            "disabled_until": 0 if self.lock is None else int(self.lock.until),
            "disabled_by": "" if self.lock is None else self.lock.by,
        }


def in_words(seconds: int) -> str:
    """`1 day 2 hours 3 minutes 04 seconds`, as the historic agent says it."""
    seconds = max(0, seconds)
    days, rest = divmod(seconds, 86400)
    hours, minutes, left = rest // 3600, rest % 3600 // 60, rest % 60
    if days:
        return f"{days} day{'s' if days > 1 else ''} {hours} hours {minutes} minutes {left:02d} seconds"
    if hours:
        return f"{hours} hours {minutes} minutes {left:02d} seconds"
    return f"{minutes} minutes {left:02d} seconds" if minutes else f"{left:02d} seconds"


def read_status(places: Places, now: float) -> AgentStatus:
    """The state of the agent whose files these are. A file that is missing or half written says nothing."""
    locked = read_file(places.disabled_lock, MAX_LOCK)
    return AgentStatus(
        lastrun=read_lastrun(places),
        lock=None if locked is None else parse_lock(locked[0]),
        applying=running_pid(places.run_lock, now),
        daemon=running_pid(places.pidfile, now),
        now=now,
    )


def read_lastrun(places: Places) -> LastRun:
    """The summary of the last run, `never` where there is none to read."""
    found = read_file(places.summary, MAX_SUMMARY)
    try:
        return never() if found is None else parse_summary(found[0])
    except ValueError:
        return never()


def running_pid(file: str, now: float) -> int:
    """The pid in a lock or pid file where that process is Puppet's, else 0: a host that was reset leaves such files behind."""
    found = read_file(file, 64)
    pid = None if found is None else parse_pid(found[0])
    return pid if found is not None and pid is not None and is_puppet(process_of(pid, now), found[1]) else 0


def read_file(file: str, limit: int) -> tuple[bytes, float] | None:
    """Content and time of change of a regular file; None where it cannot be read, or has more than limit bytes."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, "rb") as opened:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return None
        content = opened.read(limit + 1)
    return (content, status.st_mtime) if len(content) <= limit else None
