"""Whether standard input names the hosts of a command, where nothing else does: `mco find ... | mco rpc ...`.

It must neither hang nor turn into every host by accident. What stands at the other end of a pipe cannot be told for certain (a shell's
pipeline, cron, ssh, a program that never writes), so:

- A terminal, /dev/null, a socket (sshd gives one) and a closed input are not looked at.
- A file that is not empty and that nobody has begun to read, and a pipe with something in it, name the hosts.
- A pipe that a program of this session has as its standard output is a pipeline: it is read to its end, however long that takes, and
  when nothing came, there are no hosts.
- Any other pipe has PATIENCE seconds to show something. One without anything (cron's, or that of a program that captures output) is in
  doubt, and so are an empty file, and one that somebody is reading: a shell's script, a loop's list. Commands that only read then ask
  every host, as if there were no input; one that changes something refuses to.
"""

import fcntl
import os
import select
import stat
import struct
import termios
from collections.abc import Callable
from dataclasses import dataclass

PATIENCE = 1.0  # seconds: whoever wants to name hosts and has them writes at once; who is still looking is seen as a pipeline


@dataclass(frozen=True, slots=True)
class Piped:
    """has_hosts: there is something to be read. doubt: what an input is that might have had hosts and has none; empty for others."""

    has_hosts: bool = False
    doubt: str = ""


def look_at_input(
    descriptor: int = 0, patience: float = PATIENCE, is_pipeline: Callable[[os.stat_result], bool] | None = None
) -> Piped:
    """What standard input is; nothing is read from it.

    is_pipeline: tells by a pipe's status whether a program beside us writes to it; None for has_writer_beside_us.
    """
    try:
        status = os.fstat(descriptor)
    except OSError:
        return Piped()
    if stat.S_ISREG(status.st_mode):
        return _file(descriptor, status)
    if not stat.S_ISFIFO(status.st_mode):
        return Piped()
    return _pipe(descriptor, status, patience, is_pipeline or has_writer_beside_us)


def _file(descriptor: int, status: os.stat_result) -> Piped:
    if status.st_size == 0:
        return Piped(doubt="an empty file")
    try:
        at = os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError:
        return Piped()
    return Piped(doubt="a file that something else is reading") if at else Piped(has_hosts=True)


def _pipe(descriptor: int, status: os.stat_result, patience: float, is_pipeline: Callable[[os.stat_result], bool]) -> Piped:
    if _has_something(descriptor, 0.0):
        return Piped(has_hosts=True) if _waiting(descriptor) else Piped(doubt="an empty pipe")
    if is_pipeline(status):
        return Piped(has_hosts=True)  # reading waits for it, and says when nothing came
    if _has_something(descriptor, patience) and _waiting(descriptor):
        return Piped(has_hosts=True)
    return Piped(doubt="a pipe in which nothing came")


def _has_something(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read, or the end."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _waiting(descriptor: int) -> int:
    """Bytes that can be read at once."""
    try:
        return int(struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0"))[0])
    except OSError:
        return 0


def has_writer_beside_us(pipe: os.stat_result) -> bool:
    """Whether a process of this session, not this one, has the pipe as its standard output, as the programs of a pipeline have."""
    ours = os.getpid(), os.getsid(0)
    try:
        numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208  a Path for each would be slow
    except OSError:
        return False
    for number in numbers:
        try:
            found = os.stat(f"/proc/{number}/fd/1")  # noqa: PTH116
            if (found.st_dev, found.st_ino) == (pipe.st_dev, pipe.st_ino) and number != ours[0] and os.getsid(number) == ours[1]:
                return True
        except OSError:  # it has ended, or is another user's
            continue
    return False
