"""Run a program: a list of words, never a shell; a timeout that ends its process group, an environment of its own, capped output."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ..errors import RPCAborted
from .ownership import check_ownership

if TYPE_CHECKING:
    from subprocess import Popen

    from .pipes import Pipes

MAX_OUTPUT = 1024 * 1024  # bytes of each stream
GRACE = 2.0  # seconds between TERM and KILL at the timeout
_LINGER = 0.2  # seconds that output is read after the program ended: a service it started may hold the pipe for ever
_END_GRACE = 1.0  # seconds for the program when we ourselves are being ended: the executor allows 2

# What a program gets and nothing else: the daemon's environment is no business of it, and its output is read by parsers.
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a program ended. exitcode: minus the signal's number where one ended it. Output is text, undecodable bytes as U+FFFD.

    timed_out: it was ended by us. truncated: it wrote more than was kept; the rest was read and dropped.
    """

    exitcode: int
    stdout: str
    stderr: str
    timed_out: bool = False
    truncated: bool = False


def run(
    argv: Sequence[str],
    *,
    timeout: float = 10.0,
    env: Mapping[str, str | None] | None = None,
    stdin: str | bytes = b"",
    cwd: str | os.PathLike[str] = "/",
    max_output: int = MAX_OUTPUT,
    only_prints: bool = False,
) -> CommandResult:
    """Run a program to its end or to its timeout (seconds): then TERM, 2 s later KILL, both to its whole process group.

    argv: the program's absolute path and its words. env: added to PATH and LC_ALL=C, None takes one of them away.
    max_output: bytes kept of each stream.
    only_prints: it is run for its output alone: ended with KILL, at once where it prints more than is kept, and with it all that it
    left running.
    Raises RPCAborted for a program that is not there, cannot be run, or could be changed by others than root and this user.
    """
    words = _checked(argv)
    from subprocess import DEVNULL, PIPE
    from subprocess import Popen as start

    from .pipes import Pipes

    with _end_of_us() as ended:
        try:
            process = start(
                words,
                stdin=PIPE if stdin else DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                env={name: value for name, value in {**_ENVIRONMENT, **(env or {})}.items() if value is not None},
                cwd=cwd,
                process_group=0,
            )
        except (OSError, ValueError) as error:
            raise RPCAborted(f"cannot run {words[0]}: {error}") from error
        pipes = Pipes(process, stdin.encode() if isinstance(stdin, str) else bytes(stdin), max_output, ended)
        try:
            has_exited = pipes.until_exit(time.monotonic() + timeout, until_full=only_prints)
            timed_out = not (has_exited or (only_prints and pipes.truncated))
            if not has_exited:
                _end(process, pipes, 0.0 if only_prints else GRACE)
            pipes.rest(time.monotonic() + _LINGER)
            if only_prints:
                _signal(process, signal.SIGKILL)
        except BaseException:
            _end(process, pipes, _END_GRACE)
            raise
        finally:
            pipes.close()
    return CommandResult(_reap(process), pipes.text("stdout"), pipes.text("stderr"), timed_out, pipes.truncated)


def _checked(argv: Sequence[str]) -> list[str]:
    if isinstance(argv, (str, bytes)) or not argv or not all(isinstance(word, str) for word in argv):
        raise TypeError("a command is a list of texts, the program first")
    program = Path(argv[0])
    if not program.is_absolute():
        raise RPCAborted(f"cannot run {argv[0]}: a program is named by its absolute path")
    try:
        check_ownership(program)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RPCAborted(f"{program} is not installed") from error
    except (OSError, ValueError) as error:
        raise RPCAborted(f"will not run {program}: {error}") from error
    return list(argv)


def _end(process: "Popen[bytes]", pipes: "Pipes", grace: float) -> None:
    """End the group for good. The leader is reaped later: while it is a zombie nobody else can get the group's number."""
    pipes.stop_listening()
    _signal(process, signal.SIGTERM)
    pipes.until_exit(time.monotonic() + grace)
    _signal(process, signal.SIGKILL)
    pipes.until_exit(time.monotonic() + GRACE)


def _signal(process: "Popen[bytes]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _reap(process: "Popen[bytes]") -> int:
    from subprocess import TimeoutExpired

    try:
        return process.wait(timeout=1)
    except TimeoutExpired:  # it waits in the kernel, for a disk or a file server, and not even KILL ends it before that
        return -signal.SIGKILL


@contextmanager
def leaving_cleanly() -> Iterator[None]:
    """Within, TERM to this process is SystemExit(143), so that files are taken away; only in a process of the action's own, where
    nobody else listens to it."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextmanager
def _end_of_us() -> Iterator[int | None]:
    """A descriptor that becomes readable when this process gets TERM, and TERM as it always was afterwards.

    An action's own process is ended by its executor with TERM to its process group; the program is in another one and must not
    outlive it, not even where TERM comes while it starts. In a thread there is nothing to do: a daemon waits
    for its own, and a reader's programs are ended by who ends it.
    """
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or before not in (signal.SIG_DFL, _leave):
        yield None
        return
    reader, writer = os.pipe()
    received = False

    def note(number: int, frame: object) -> None:
        nonlocal received
        received = True
        os.write(writer, b"\0")

    signal.signal(signal.SIGTERM, note)
    try:
        yield reader
    finally:
        signal.signal(signal.SIGTERM, before)
        os.close(reader)
        os.close(writer)
        if received:
            os.kill(os.getpid(), signal.SIGTERM)
