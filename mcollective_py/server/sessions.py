"""The processes of one session: what an action started and did not send out of its session on purpose, see setsid(2) and proc(5).

A program that an action runs has a process group of its own, so that its own timeout ends it with all that it started. Its session is
the action's: that is how it is found when the action is gone.
"""

import os
from pathlib import Path


def session_of(stat: str) -> int:
    """The session in the text of /proc/PID/stat; 0 for a zombie, which nobody can end any more. Raises ValueError."""
    fields = stat.rpartition(")")[2].split()  # a name may hold brackets and blanks
    if len(fields) < 4:
        raise ValueError("no stat of a process")
    return 0 if fields[0] in ("Z", "X") else int(fields[3])


def members(session: int, proc: Path = Path("/proc")) -> list[int]:
    """The pids of the processes of a session that are there now."""
    found = []
    for name in os.listdir(proc):  # noqa: PTH208 - Path takes twice as long, for thousands of processes
        if not name.isdecimal():
            continue
        try:
            with open(f"{proc}/{name}/stat", encoding="ascii", errors="replace") as file:
                if session_of(file.read(4096)) == session:
                    found.append(int(name))
        except (OSError, ValueError):  # it has ended meanwhile
            continue
    return found
