"""Runs one command to its end, in a process of its own: keeps its output, its time and its children, and tells how it ended.

Of the standard library alone: it is started anew, without the daemon's code, and goes on when the daemon has gone.
"""

# A supervisor is started for every command, and pathlib would be a tenth of its time.
# ruff: noqa: PTH102, PTH106, PTH118, PTH119, PTH120

import json
import os
import selectors
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from .launch import launch
from .processes import all_processes, descendants, send_signal
from .spec import Spec

_CHUNK = 65536
_LINGER = 0.2  # seconds that output is read after the command ended: what it left behind may hold the pipe for ever
_LOOK = 0.1  # seconds between two looks at what does not end
_GIVE_UP = 5.0  # seconds after KILL: what is still there hangs in the kernel
_ROUNDS = 3  # of KILL: what forks while it is looked for is found the next time
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_ENDING = {"TERM", "INT", "QUIT", "KILL"}


class Sink(Protocol):
    """Where a stream goes."""

    def write(self, data: bytes) -> None:
        """Keep it, or count what is too much."""

    dropped: int


class Kept:
    """The first bytes of a stream, in memory."""

    def __init__(self, most: int) -> None:
        self.data, self.dropped, self._most = bytearray(), 0, most

    def write(self, data: bytes) -> None:
        """See Sink."""
        room = max(0, self._most - len(self.data))
        self.data += data[:room]
        self.dropped += max(0, len(data) - room)


class Written:
    """The first bytes of a stream, in a file; where the disk is full they are counted as the rest is."""

    def __init__(self, path: str, most: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self.dropped, self._room = 0, most

    def write(self, data: bytes) -> None:
        """See Sink."""
        wanted, kept = data[: self._room], 0
        while kept < len(wanted):
            try:
                kept += os.write(self._file, wanted[kept:])
            except OSError:
                self._room = kept  # a hole in the middle would be worse than an end
                break
        self._room -= kept
        self.dropped += len(data) - kept


class Supervisor:
    """One run of one command. control: a descriptor that signals are asked for on, as lines of JSON; None where nobody asks."""

    def __init__(self, spec: Spec, stdout: Sink, stderr: Sink, control: int | None = None) -> None:
        self._spec, self._sinks, self._control = spec, {"stdout": stdout, "stderr": stderr}, control
        self._selector = selectors.DefaultSelector()
        self._script: str | None = None
        self._folder = -1  # that the script is in
        self._leader, self._status = 0, -1
        self._reason = ""  # why it is being ended
        self._kill_at: float | None = None
        self._is_killing = False
        self._asked = bytearray()

    def run(self, started: Callable[[int], None] = lambda pid: None) -> dict[str, Any]:
        """Run it to its end; how that was, as a mapping. started: called with the pid once the program runs.

        Raises OSError where it could not be started.
        """
        _become_reaper()
        wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, lambda number, frame: self._end("the daemon ended it", "TERM", min(self._spec.grace, 0.5)))
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        began = time.monotonic()
        try:
            self._start()
            started(self._leader)
            self._selector.register(wake, selectors.EVENT_READ, ("wake", None))
            if self._control is not None:
                self._selector.register(self._control, selectors.EVENT_READ, ("control", None))
            self._watch(began, None if self._spec.timeout is None else began + self._spec.timeout)
            self._rest()
        except BaseException:
            self._leave_nothing()
            raise
        finally:
            if self._script is not None:
                self._take_script_away(self._script)
        return self._ending(time.monotonic() - began)

    # --- beginning --------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        spec, words = self._spec, list(self._spec.words)
        if spec.script is not None:
            self._script, self._folder = _script_file(spec)
            words[spec.place] = self._script
        pipes = [os.pipe2(os.O_CLOEXEC) for _ in range(3)]
        (out, out_end), (err, err_end), (trouble, trouble_end) = pipes
        feed = -1
        if spec.stdin is None:
            stdin = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        else:
            stdin, feed = os.pipe2(os.O_CLOEXEC)
        self._leader = os.fork()
        if self._leader == 0:
            launch(spec, words, (stdin, out_end, err_end), trouble_end)
        for descriptor in (stdin, out_end, err_end, trouble_end):
            os.close(descriptor)
        with os.fdopen(trouble, "rb") as said:
            if reason := said.read(4096):
                os.waitpid(self._leader, 0)
                raise OSError(reason.decode("utf-8", "replace"))
        for descriptor, name in ((out, "stdout"), (err, "stderr")):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, (name, None))
        if feed >= 0:
            os.set_blocking(feed, False)
            self._selector.register(feed, selectors.EVENT_WRITE, ("stdin", memoryview((spec.stdin or "").encode())))

    # --- the loop ---------------------------------------------------------------------------------------------------

    def _watch(self, began: float, deadline: float | None) -> None:
        gave_up: float | None = None
        while True:
            self._reap()
            now = time.monotonic()
            if deadline is not None and now >= deadline and not self._reason and self._status < 0:
                self._end("timeout", "TERM", self._spec.grace)
            if self._reason:
                left = descendants(all_processes(), os.getpid())
                if not left and self._status >= 0:
                    return
                if self._kill_at is not None and now >= self._kill_at:
                    self._is_killing, gave_up = True, gave_up or now + _GIVE_UP
                if self._is_killing:
                    for process in left:
                        send_signal(process, signal.SIGKILL)
                    if gave_up is not None and now >= gave_up:
                        return
                wait = _LOOK
            elif self._status >= 0:
                return
            else:
                wait = 3600.0 if deadline is None else deadline - now
            for key, _ in self._selector.select(max(0.0, wait)):
                self._move(key.fd, *key.data)

    def _rest(self) -> None:
        """Read what the pipes still hold."""
        deadline = time.monotonic() + _LINGER
        for key in list(self._selector.get_map().values()):
            if key.data[0] not in self._sinks:
                self._selector.unregister(key.fileobj)
        while self._selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                self._move(key.fd, *key.data)
        self._reap()

    def _move(self, descriptor: int, name: str, waiting: Any) -> None:
        try:
            if name == "stdin":
                rest = waiting[os.write(descriptor, waiting[:_CHUNK]) :] if waiting else waiting
                if rest:
                    self._selector.modify(descriptor, selectors.EVENT_WRITE, (name, rest))
                    return
                data = b""
            else:
                data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        except BrokenPipeError:  # it does not want to read: that is its own affair
            data = b""
        if name in self._sinks and data:
            self._sinks[name].write(data)
        elif name == "control":
            self._hear(data)
        elif name != "wake" and not data:
            self._selector.unregister(descriptor)
            os.close(descriptor)

    def _reap(self) -> None:
        """Collect the dead: the command itself, and orphans of it, which come to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._leader:
                self._status = status

    # --- ending -----------------------------------------------------------------------------------------------------

    def _hear(self, data: bytes) -> None:
        *lines, rest = (bytes(self._asked) + data).split(b"\n")
        self._asked = bytearray(rest[-4096:])
        for line in lines:
            try:
                asked = json.loads(line)
                name, grace, by = str(asked["signal"]), float(asked["grace"]), str(asked["by"])
                number = signal.Signals[f"SIG{name}"]
            except (ValueError, KeyError, TypeError):
                continue
            if name in _ENDING:
                self._end(f"ended by {by} with {name}", name, grace)
            elif self._status < 0:  # the leader is not reaped, so its group's number is its own
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._leader, number)

    def _end(self, reason: str, name: str, grace: float) -> None:
        """Signal all that descends from us; what is left after the grace gets KILL. A second time the shorter grace holds."""
        kill_at = time.monotonic() + (0.0 if name == "KILL" else max(0.0, grace))
        self._reason = self._reason or reason
        self._kill_at = kill_at if self._kill_at is None else min(self._kill_at, kill_at)
        for process in descendants(all_processes(), os.getpid()):
            send_signal(process, signal.Signals[f"SIG{name}"])
            send_signal(process, signal.SIGCONT)  # one that is stopped would not hear it

    def _take_script_away(self, path: str) -> None:
        # By descriptor: the folder is its user's, who may have put a link to another one in its place.
        with suppress(OSError):
            os.unlink(os.path.basename(path), dir_fd=self._folder)
            os.rmdir(os.path.dirname(path))
        os.close(self._folder)

    def _leave_nothing(self) -> None:
        """End what runs, where nobody will be there to tell of it."""
        for _ in range(_ROUNDS):
            for process in descendants(all_processes(), os.getpid()):
                send_signal(process, signal.SIGKILL)

    def _ending(self, seconds: float) -> dict[str, Any]:
        ended = os.waitstatus_to_exitcode(self._status) if self._status >= 0 else -signal.SIGKILL
        return {
            "exitcode": ended if ended >= 0 else 128 - ended,
            "signal": None if ended >= 0 else signal_name(-ended),
            "timed_out": self._reason == "timeout",
            "reason": self._reason,
            "seconds": round(seconds, 3),
            "dropped": {name: sink.dropped for name, sink in self._sinks.items()},
        }


def signal_name(number: int) -> str:
    """`KILL` for 9; the number where it has no name."""
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return str(number)


def _script_file(spec: Spec) -> tuple[str, int]:
    """The script in a file that its user can read, in a folder of its own, and that folder held open.

    Where /tmp is mounted noexec, its interpreter reads it.
    """
    folder = f"/tmp/mcollective-shell-{os.urandom(8).hex()}"  # noqa: S108 - a name that nobody can have taken, or mkdir fails
    os.mkdir(folder, 0o700)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    descriptor = os.open("script", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o500, dir_fd=held)
    with os.fdopen(descriptor, "wb") as file:
        file.write((spec.script or "").encode())
        if spec.groups is not None:
            os.fchown(file.fileno(), spec.uid, spec.gid)
    if spec.groups is not None:
        os.fchown(held, spec.uid, spec.gid)
    return os.path.join(folder, "script"), held


def _become_reaper() -> None:
    """Let what loses its parent come to us: then all that the command started descends from us, whatever it did to get away."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
