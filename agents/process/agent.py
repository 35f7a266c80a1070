"""Processes of a host: list, count, the busiest, who listens where, and signals."""

from collections.abc import Mapping
from typing import Any

from mcollective_py.agent import Agent, InvalidRPCData, RPCReply, RPCRequest, action

AT_MOST = 100  # processes that one request signals on a host, unless plugin.process.at_most says another number
_MAX_WAIT = 60.0


class Process(Agent):
    """Lists, counts and signals processes. Everything is imported where it is used: a daemon that is never asked pays nothing."""

    @action
    def list(self, request: RPCRequest, reply: RPCReply) -> None:
        """Processes by their command line, user and state."""
        from mcollective_py.agent.processes import read_machine, read_processes

        from .entries import Entries
        from .selection import selection_of

        selection = selection_of(request.data)
        chosen = (process for process in read_processes() if selection.means(process))
        reply["pslist"], reply["truncated"] = Entries(read_machine()).list(chosen)

    @action
    def count(self, request: RPCRequest, reply: RPCReply) -> None:
        """How many there are of a kind."""
        from mcollective_py.agent.processes import read_processes

        from .selection import selection_of

        selection = selection_of(request.data)
        reply["count"] = sum(1 for process in read_processes() if selection.means(process))

    @action
    def top(self, request: RPCRequest, reply: RPCReply) -> None:
        """Who computes most, or holds most memory."""
        from time import monotonic, sleep

        from mcollective_py.agent.processes import read_machine, read_processes

        from .busiest import by_cpu, by_memory
        from .entries import Entries
        from .selection import selection_of

        count, seconds = request.between("count", 1, 100, 10), request.between("seconds", 0.2, 10, 1)
        selection = selection_of(request.data)
        machine = read_machine()
        entries = Entries(machine)
        before = [process for process in read_processes() if selection.means(process)]
        if request.get("sort", "cpu") == "memory":
            reply["pslist"] = [entries.full(process) for process in by_memory(before, int(count))]
        else:
            started = monotonic()
            sleep(seconds)
            after = [process for process in read_processes() if selection.means(process)]
            busiest = by_cpu(before, after, (monotonic() - started) * machine.hz, int(count))
            reply["pslist"] = [entries.full(process) | {"cpu": percent} for process, percent in busiest]
        reply["load"], reply["cpus"] = [*machine.load], machine.cpus
        reply["memory"], reply["available"] = machine.memory, machine.available

    @action
    def ports(self, request: RPCRequest, reply: RPCReply) -> None:
        """Who listens on which port."""
        from mcollective_py.agent.processes import read_machine, read_processes

        from .entries import MAX_LISTED, Entries
        from .listeners import read_listeners, socket_owners
        from .selection import selection_of

        if "port" in request:
            request.between("port", 1, 65535, 1)
        selection, port = selection_of(request.data), request.get("port")
        listeners = [one for one in read_listeners() if port in (None, one.port)]
        processes = {process.pid: process for process in read_processes()}
        owners = socket_owners(processes, frozenset(one.inode for one in listeners))
        entries = Entries(read_machine())
        found = []
        for one in sorted(listeners, key=lambda one: (one.port, one.protocol, one.address)):
            holding = [processes[pid] for pid in owners.get(one.inode, [])]
            if not (selection.is_everything or any(selection.means(process) for process in holding)):
                continue
            entry: dict[str, Any] = {"protocol": one.protocol, "address": one.address, "port": one.port}
            if holding:  # the first is the parent of those that share it; none: it is the kernel's own, or of another container
                entry |= entries.brief(holding[0]) | {"name": holding[0].name, "pids": [process.pid for process in holding[:64]]}
            found.append(entry)
        reply["count"], reply["truncated"] = len(found), len(found) > MAX_LISTED
        reply["listeners"] = found[:MAX_LISTED]

    @action
    def signal(self, request: RPCRequest, reply: RPCReply) -> None:
        """A signal to the processes that are meant: with noop, who they are."""
        from contextlib import ExitStack
        from os import getpid
        from signal import Signals

        from mcollective_py.agent.processes import read_machine, read_processes

        from .entries import Entries
        from .selection import selection_of
        from .signalling import divide, kill, send, untouchable, wait_for_end

        selection, wait = selection_of(request.data), request.between("wait", 0, _MAX_WAIT, 0)
        at_most = int(request.between("at_most", 1, 100_000, self._at_most()))
        if selection.is_everything:
            raise InvalidRPCData("say which processes: a pattern, a user, a state or a pid")
        if request.get("kill") and not wait:
            raise InvalidRPCData("kill is for those that are still there after a wait: say how long")
        machine = read_machine()
        entries, started = Entries(machine), request.get("started")
        processes = {process.pid: process for process in read_processes()}
        meant = [process for process in processes.values() if selection.means(process)]
        if started is not None:
            meant = [process for process in meant if abs(machine.started(process) - started) <= 0.1]
        chosen, spared = divide(meant, untouchable(processes, getpid()))
        reply["spared"] = [entries.brief(one.process) | {"reason": one.reason} for one in spared[:at_most]]
        reply["processes"] = [entries.brief(process) for process in chosen[:at_most]]
        reply["count"] = len(chosen)
        if len(chosen) > at_most:
            reply.abort(f"{len(chosen)} processes are meant and at most {at_most} may be: nothing was sent")
        if selection.pid is not None and not chosen:
            reply.abort(
                f"process {selection.pid} gets no signal: {spared[0].reason}" if spared else _no_such(selection.pid, meant, processes)
            )
        if request.noop:
            return
        number = Signals[f"SIG{request['signal']}"]
        with ExitStack() as open_files:
            sent, failed = send(chosen, number, selection.means, open_files)
            self.logger.info("%s %s to %d processes", request.id, number.name, len(sent))
            reply["processes"] = [entries.brief(one.process) for one in sent]
            reply["count"], reply["changed"] = len(sent), bool(sent)
            reply["failed"] = [entries.brief(one.process) | {"reason": one.reason} for one in failed]
            if failed:
                reply.fail(f"{len(failed)} of {len(chosen)} processes could not be sent {number.name}: {failed[0].reason}")
            if not wait:
                return
            alive = wait_for_end(sent, wait)
            if request.get("kill"):
                reply["killed"] = kill(alive)
                alive = wait_for_end(alive, 5.0)
            reply["ended"], reply["alive"] = len(sent) - len(alive), [entries.brief(one.process) for one in alive]
            if alive:
                reply.fail(f"{len(alive)} of {len(sent)} processes are still there")

    def _at_most(self) -> float:
        from mcollective_py.agent.ownsettings import whole

        return whole(self.config, "process", "at_most", AT_MOST, 1, 100_000)


def _no_such(pid: int, meant: object, processes: Mapping[int, object]) -> str:
    return f"process {pid} is not the one that is meant" if pid in processes else f"there is no process {pid}"
