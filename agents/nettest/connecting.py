"""TCP connections: whether and how fast, and one with an end for all that is said over it."""

import errno
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from time import monotonic

from .targets import Target

CONNECTED, REFUSED, TIMEOUT = "Connected", "Connection Refused", "Connection Timeout"  # the historic words
_LEAST = 0.2  # seconds for one of several addresses


@dataclass(frozen=True, slots=True)
class Attempt:
    """How connecting went. connection: None where there is none. seconds: to connect. error: the system's words where it did not."""

    status: str
    connection: socket.socket | None = None
    address: str = ""
    seconds: float | None = None
    error: str | None = None


def connect(targets: Sequence[Target], seconds: float) -> Attempt:
    """Connect to the first address that answers; all together may take so long, each its share of what is left.

    A host or network that cannot be reached counts as refused, as it always has: error says what it was.
    """
    deadline, last = monotonic() + seconds, Attempt(TIMEOUT, error="no address was tried")
    for number, target in enumerate(targets):
        left = deadline - monotonic()
        if left <= 0:
            break
        last = _attempt(target, min(left, max(left / (len(targets) - number), _LEAST)))
        if last.connection is not None:
            break
    return last


def _attempt(target: Target, seconds: float) -> Attempt:
    started = monotonic()
    made = socket.socket(target.family, socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.connect(target.sockaddr)
    except TimeoutError:
        made.close()
        return Attempt(TIMEOUT, address=target.address, error=f"no answer within {seconds:.1f} s")
    except OSError as error:
        made.close()
        status = TIMEOUT if error.errno == errno.ETIMEDOUT else REFUSED
        return Attempt(status, address=target.address, error=error.strerror or str(error))
    return Attempt(CONNECTED, made, target.address, monotonic() - started)


@contextmanager
def ended_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Inside, the connection is closed after so long, whatever trickles in: a timeout of its own is one for every piece.

    It holds for what wraps the connection, too.
    """
    twin = connection.dup()
    timer = Timer(max(seconds, 0.01), _shut, (twin,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # it must not shut a descriptor that is another file by then
        twin.close()


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was faster
        pass
