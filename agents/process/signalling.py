"""Signals to processes: who is never meant, and none to a process that merely has the number of the one that was looked at."""

import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from mcollective_py.agent import RPCAborted
from mcollective_py.agent.processes import Process, read_process

_FORK_SERVER = "mcollective_py.server.forkserver"


@dataclass(frozen=True, slots=True)
class Spared:
    """A process that was meant and gets no signal, with the reason in words."""

    process: Process
    reason: str


def untouchable(processes: Mapping[int, Process], own: int) -> dict[int, str]:
    """Number -> why it gets no signal from us: the host's first process, and the daemon with what it forked. own: this process.

    Programs that actions have started are not among them: one that hangs is what signals are for.
    """
    found = {1: "the first process of the host"}
    ancestors: list[Process] = []
    process = processes.get(own)
    while process is not None and process.pid > 1 and len(ancestors) < 64:
        ancestors.append(process)
        process = processes.get(process.ppid)
    server = next((one for one in reversed(ancestors) if _FORK_SERVER in one.words), None)
    if server is None:  # run by hand, as a test does
        return found | {one.pid: "runs this request" for one in ancestors}
    # Of our own user: anybody may give a process of his these words, and would be spared.
    forked = {one.pid for one in processes.values() if one.words == server.words and one.uid == server.uid}
    return found | dict.fromkeys(forked | {server.ppid, own}, "our own daemon")


def divide(meant: Sequence[Process], untouchable: Mapping[int, str]) -> tuple[list[Process], list[Spared]]:
    """Who gets the signal, and who does not."""
    chosen, spared = [], []
    for process in meant:
        reason = untouchable.get(process.pid)
        if process.is_kernel_thread:
            reason = "a thread of the kernel"
        elif process.is_zombie:
            reason = "a zombie: it has ended, and its parent has not asked how"
        if reason is None:
            chosen.append(process)
        else:
            spared.append(Spared(process, reason))
    return chosen, spared


@dataclass(frozen=True, slots=True)
class Sent:
    """A process that got the signal, and the descriptor that stands for it until it has ended."""

    process: Process
    descriptor: int


def send(
    processes: Sequence[Process],
    number: signal.Signals,
    still_meant: Callable[[Process], bool],
    open_files: ExitStack,
    read: Callable[[int], Process | None] = read_process,
) -> tuple[list[Sent], list[Spared]]:
    """Signal processes that were looked at before; gives who got it, and who could not be sent one.

    Each is held by a pidfd first and looked at again after that: a number that came to another process meanwhile, or a process that is
    another program by now, gets nothing. Who has ended meanwhile is in neither list. The descriptors close with open_files.
    """
    if not hasattr(os, "pidfd_open"):
        raise RPCAborted("this Python cannot hold a process while it is signalled: it was built for a kernel before Linux 5.3")
    sent, failed = [], []
    for process in processes:
        try:
            descriptor = os.pidfd_open(process.pid)
        except ProcessLookupError:
            continue
        except OSError as error:
            raise RPCAborted(f"cannot hold the process {process.pid} while it is signalled: {error.strerror}") from error
        open_files.callback(os.close, descriptor)
        now = read(process.pid)
        if now is None or now.key != process.key or now.is_zombie or not still_meant(now):
            continue
        try:
            signal.pidfd_send_signal(descriptor, number)
        except ProcessLookupError:
            continue
        except OSError as error:
            failed.append(Spared(process, error.strerror or str(error)))
            continue
        sent.append(Sent(process, descriptor))
    return sent, failed


def wait_for_end(sent: Sequence[Sent], seconds: float, clock: Callable[[], float] = time.monotonic) -> list[Sent]:
    """Wait until all have ended, at most so long; gives those that are still there. A zombie has ended."""
    poll = select.poll()
    waiting = {one.descriptor: one for one in sent}
    for descriptor in waiting:
        poll.register(descriptor, select.POLLIN)
    deadline = clock() + seconds
    while waiting:
        left = deadline - clock()
        for descriptor, _ in poll.poll(max(0.0, left) * 1000):
            poll.unregister(descriptor)
            del waiting[descriptor]
        if left <= 0:
            break
    return list(waiting.values())


def kill(sent: Sequence[Sent]) -> int:
    """KILL to those that are still there; gives to how many."""
    killed = 0
    for one in sent:
        try:
            signal.pidfd_send_signal(one.descriptor, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
        killed += 1
    return killed
