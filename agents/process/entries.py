"""Processes as they are sent: the historic names of sys-proctable and what is worth knowing beside."""

from collections.abc import Iterable
from typing import Any

from mcollective_py.agent.commandwords import shortened
from mcollective_py.agent.processes import Machine, Process, read_unit, terminal_name

MAX_LISTED = 2000  # with command lines of at most 1,000 characters: a reply has 4 MiB


class Entries:
    """Makes entries of processes; each user's name is looked up once."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._names = machine, dict[int, str]()

    def full(self, process: Process, *, with_unit: bool = True) -> dict[str, Any]:
        """All that is told of a process. rss in KiB, vsize in bytes, pctcpu since its start as ps has it."""
        machine, entry = self._machine, self.brief(process)
        entry |= {
            "ppid": process.ppid,
            "pgrp": process.pgrp,
            "session": process.session,
            "uid": process.uid,
            "gid": process.gid,
            "name": process.name[:64],
            "tty_nr": process.tty_nr,
            "tty": terminal_name(process.tty_nr),
            "vsize": process.vsize,
            "rss": process.rss * machine.page // 1024,
            "priority": process.priority,
            "nice": process.nice,
            "nlwp": process.nlwp,
            "starttime": process.starttime,
            "utime": process.utime,
            "stime": process.stime,
            "pctcpu": round(100 * process.ticks / machine.hz / max(machine.age(process), 1 / machine.hz), 1),
            "pctmem": round(100 * process.rss * machine.page / machine.memory, 1) if machine.memory else 0.0,
        }
        if process.is_kernel_thread:
            entry["kernel"] = True
        if with_unit and not process.is_kernel_thread:
            unit, container = read_unit(process.pid)
            entry |= {name: value for name, value in (("unit", unit), ("container", container)) if value}
        return entry

    def brief(self, process: Process) -> dict[str, Any]:
        """What tells one process from others. started: seconds since the epoch. masked: something in cmdline was a secret."""
        entry = {
            "pid": process.pid,
            "username": self._username(process.uid),
            "state": process.state,
            "started": round(self._machine.started(process), 2),
            "cmdline": shortened(process.cmdline),
        }
        return entry | {"masked": True} if process.is_masked else entry

    def list(self, processes: Iterable[Process]) -> tuple[list[dict[str, Any]], bool]:
        """Entries of the first MAX_LISTED, and whether there are more."""
        entries: list[dict[str, Any]] = []
        for process in processes:
            if len(entries) == MAX_LISTED:
                return entries, True
            entries.append(self.full(process))
        return entries, False

    def _username(self, uid: int) -> str:
        if uid not in self._names:
            from pwd import getpwuid

            try:
                self._names[uid] = getpwuid(uid).pw_name
            except KeyError:
                self._names[uid] = str(uid)
        return self._names[uid]
