"""Whether the process of a lock or pid file is there and is Puppet's; a number alone proves nothing, for numbers come back."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """A running process. words: its command line with blanks. started: seconds since the epoch."""

    pid: int
    words: str
    started: float


def parse_pid(text: bytes) -> int | None:
    """The pid that a file says; None for anything else, as a lock that is just being written."""
    word = text.strip()
    return int(word) if word.isdigit() and 0 < len(word) < 10 and int(word) > 1 else None


def parse_started(stat: str, ticks_per_second: int, uptime: float, now: float) -> float | None:
    """When a process started, by its /proc/PID/stat, the uptime and the clock. None for a zombie, which does nothing any more."""
    fields = stat.rpartition(")")[2].split()
    if len(fields) < 20 or fields[0] == "Z":
        return None
    return now - uptime + int(fields[19]) / ticks_per_second


def is_puppet(process: Process | None, written: float) -> bool:
    """Whether this is the process that wrote its pid into a file at that time (seconds since the epoch).

    It must be Puppet by its command line (`/usr/bin/ruby /usr/bin/puppet agent ...`, or `puppet agent: applying configuration`), and
    not have started after the file was written.
    """
    # 5 s: clocks of files and of processes are not the same, and a host's clock is set now and then
    is_so_called = process is not None and any(word.rpartition("/")[2] == "puppet" for word in process.words.split()[:3])
    return is_so_called and process is not None and process.started <= written + 5


def process_of(pid: int, now: float) -> Process | None:
    """The process of this number, None where there is none."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read(4096).replace(b"\0", b" ").decode(errors="replace")
        with open(f"/proc/{pid}/stat", errors="replace") as text:
            stat = text.read(4096)
        with open("/proc/uptime") as text:
            uptime = float(text.read().split()[0])
        started = parse_started(stat, os.sysconf("SC_CLK_TCK"), uptime, now)
    except (OSError, ValueError, IndexError):
        return None
    return None if started is None else Process(pid, words, started)
