"""The processes that descend from this one, by /proc; signalled as themselves, never as a number that is another's by now."""

# A supervisor is started for every command, and pathlib would be a tenth of its time.
# ruff: noqa: PTH208

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """One process. started: clock ticks since the boot, which tell it from a later one of the same number."""

    pid: int
    parent: int
    state: str
    started: int


def parse_stat(text: str) -> Process:
    """A process from its /proc/PID/stat (proc_pid_stat(5)); its name may hold blanks and parentheses. Raises ValueError, IndexError."""
    number, _, rest = text.partition(" (")
    fields = rest.rpartition(") ")[2].split()
    return Process(int(number), int(fields[1]), fields[0], int(fields[19]))


def descendants(processes: Mapping[int, Process], ancestor: int) -> list[Process]:
    """Those that descend from a process, and are no zombies."""
    by_parent: dict[int, list[Process]] = {}
    for process in processes.values():
        by_parent.setdefault(process.parent, []).append(process)
    found, waiting, seen = [], [ancestor], {ancestor}
    while waiting:
        for process in by_parent.get(waiting.pop(), ()):
            if process.pid not in seen:
                seen.add(process.pid)
                waiting.append(process.pid)
                found.append(process)
    return [process for process in found if process.state not in "ZX"]


def all_processes() -> dict[int, Process]:
    """Every process of this host by its number."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := read_process(int(name))) is not None:
            found[process.pid] = process
    return found


def read_process(pid: int) -> Process | None:
    """A process, None where there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return parse_stat(stat.read())
    except (OSError, ValueError, IndexError):
        return None


def send_signal(process: Process, number: int) -> None:
    """Signal a process, and none that has its number since: the descriptor is taken first, and who it is of is looked at then."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    except OSError:  # a kernel before 5.3
        if _is_same(process):
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)
        return
    try:
        if _is_same(process):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
    finally:
        os.close(descriptor)


def _is_same(process: Process) -> bool:
    now = read_process(process.pid)
    return now is not None and now.started == process.started
