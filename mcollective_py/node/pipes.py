"""The pipes of a running program, and the word that it ended: read and written without ever waiting for one of them alone."""

import os
import selectors
import time
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subprocess import Popen

_CHUNK = 65_536
_LOOK = 0.05  # seconds between two looks where the kernel has no pidfd (before 5.3) to wait on


class Ended(BaseException):
    """This process was told to end while its program ran."""


class Pipes:
    """stdin, stdout and stderr of a process that was started with pipes. ended: a descriptor that tells that we are to end."""

    def __init__(self, process: "Popen[bytes]", stdin: bytes, max_output: int, ended: int | None) -> None:
        self._process, self._waiting, self._max_output, self._ended = process, memoryview(stdin), max_output, ended
        self._output = {"stdout": bytearray(), "stderr": bytearray()}
        self._selector = selectors.DefaultSelector()
        self._pidfd = _pidfd(process.pid)
        self.truncated = False
        for pipe, event, name in (
            (process.stdout, selectors.EVENT_READ, "stdout"),
            (process.stderr, selectors.EVENT_READ, "stderr"),
            (process.stdin, selectors.EVENT_WRITE, "stdin"),
        ):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._selector.register(pipe, event, name)
        for descriptor, name in ((self._pidfd, "exit"), (ended, "ended")):
            if descriptor is not None:
                self._selector.register(descriptor, selectors.EVENT_READ, name)

    def until_exit(self, deadline: float, *, until_full: bool = False) -> bool:
        """Move data until the program ends; False where the deadline (monotonic seconds) comes first. Raises Ended.

        until_full: False as well as soon as a stream has more than is kept of it.
        """
        while (left := deadline - time.monotonic()) > 0:
            seen = set()
            for key, _ in self._selector.select(left if self._pidfd is not None else min(left, _LOOK)):
                seen.add(key.data)
                self._move(key.data, key.fileobj)
            if "ended" in seen:
                raise Ended
            if "exit" in seen or (self._pidfd is None and self._has_exited()):
                return True
            if until_full and self.truncated:
                return False
        return self._has_exited()

    def rest(self, deadline: float) -> None:
        """Read what is left in the pipes, until they end or the deadline comes."""
        self.stop_listening()
        if self._pidfd is not None:
            self._selector.unregister(self._pidfd)
        while self._selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                self._move(key.data, key.fileobj)

    def stop_listening(self) -> None:
        """Raise Ended no more."""
        if self._ended is not None:
            self._selector.unregister(self._ended)
            self._ended = None

    def close(self) -> None:
        """Give back every descriptor."""
        self._selector.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def text(self, name: str) -> str:
        """What a stream said."""
        return self._output[name].decode("utf-8", "replace")

    def _has_exited(self) -> bool:
        # The process stays a zombie, for whoever signals its group next.
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def _move(self, name: str, pipe: Any) -> None:
        if name == "stdin":
            self._write(pipe)
        elif name in self._output:
            self._read(name, pipe)

    def _read(self, name: str, pipe: IO[bytes]) -> None:
        try:
            data = os.read(pipe.fileno(), _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._selector.unregister(pipe)
            return
        room = self._max_output - len(self._output[name])
        self._output[name] += data[:room]
        self.truncated = self.truncated or len(data) > room

    def _write(self, pipe: IO[bytes]) -> None:
        try:
            self._waiting = self._waiting[os.write(pipe.fileno(), self._waiting[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._waiting = self._waiting[:0]  # it does not want to read: that is its own affair
        if not self._waiting:
            self._selector.unregister(pipe)
            pipe.close()


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
