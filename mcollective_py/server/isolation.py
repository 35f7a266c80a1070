"""What a forked child does: its own session and limits, clean files and signals, then the one call, and never a return.

A reader (reader.py) begins likewise, and then serves many calls.
"""

import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from ..errors import UnsendableValue
from .call import Outcome
from .callwire import decode_call, decode_view, encode_outcome
from .historic import fault
from .warm import Perform, WarmCode

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/puppetlabs/bin",
    "LC_ALL": "C",
    "HOME": "/",
}
_RESULT = 3  # the file descriptor that the outcome is written to, a reader's socket
# Where nobody is left to end a child, its own alarm does, this many seconds after its timeout.
_ALARM_GRACE = 10.0


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one child may use, as soft limits: a command that starts a service can lift them for it again (`prlimit`).

    address_space: bytes. processes: of the user the child runs as; the kernel does not hold root to it. cpu: seconds of
    computing per process, None for no limit beside the timeout: a service started from here would die of it days later.
    """

    address_space: int = 4 << 30
    processes: int = 1024
    files: int = 1024
    cpu: int | None = None


def run_child(
    perform: Perform, warm: WarmCode, call: bytes, view: bytes, timeout: float, limits: ChildLimits, result: int, output: int
) -> NoReturn:
    """Turn a fresh fork into the child that makes one call, and end.

    call and view: as callwire encodes them. result and output: the writing ends of two pipes. Exit status 0 means that an outcome
    was written; after a NUL what there is of news, see warm.py.
    """

    def give() -> bytes:
        modules = frozenset(sys.modules)
        outcome = outcome_of(lambda: perform(decode_call(call, decode_view(view)), warm))
        news = warm.news(modules)
        return outcome if news is None else b"%b\0%b" % (outcome, news.to_bytes())

    run_alone(give, timeout, limits, result, output)


def run_alone(give: Callable[[], bytes], timeout: float, limits: ChildLimits, result: int, output: int) -> NoReturn:
    """Turn a fresh fork into a child of its own session and limits that writes what `give` gives to the pipe `result`, and end.

    Exit status 0 means that it was written.
    """
    status = 1
    own = os.getpid()
    try:
        _settle_in(result, output)
        _set_limits(limits, timeout)
        given = give()
        if os.getpid() == own:  # an agent may fork and come back twice
            _write(_RESULT, given)
            status = 0
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def run_reader(serve: Callable[[socket.socket], None], limits: ChildLimits, control: int, output: int) -> NoReturn:
    """Turn a fresh fork into a reader with a session and limits of its own, which ends when `serve` returns.

    control: the descriptor of its socket to the daemon. It has no time limit: the daemon holds its calls to theirs.
    """
    status = 1
    try:
        _settle_in(control, output)
        _set_limits(limits, None)
        serve(socket.socket(fileno=_RESULT))
        status = 0
    finally:
        os._exit(status)


def _settle_in(result: int, output: int) -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL if number is not signal.SIGPIPE else signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(result, _RESULT, inheritable=False)
    os.closerange(_RESULT + 1, 1 << 20)
    os.umask(0o022)


def _set_limits(limits: ChildLimits, timeout: float | None) -> None:
    for kind, value in (
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_AS, limits.address_space),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_CORE, 0),
    ):
        if value is None:
            continue
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
    if timeout is not None:
        signal.setitimer(signal.ITIMER_REAL, timeout + _ALARM_GRACE)


def outcome_of(perform: Callable[[], Outcome]) -> bytes:
    """The encoded outcome of what is performed, whatever it raises."""
    try:
        return encode_outcome(perform())
    except UnsendableValue as error:
        return encode_outcome(Outcome(5, f"the reply cannot be sent: {error}"))
    except BaseException as error:  # an agent may raise anything, SystemExit and MemoryError too, and this is its own process
        logging.getLogger(__name__).exception("the agent failed")
        code, words = fault(error)
        return encode_outcome(Outcome(5, _sendable(f"{type(error).__name__}: {error}"), historic=(code, _sendable(words))))


def _sendable(message: str) -> str:
    return message[:4096].encode(errors="backslashreplace").decode()


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
