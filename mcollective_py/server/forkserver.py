"""The fork server: one single-threaded process that forks a child for each call, ends it at its timeout, and tells how it ended.

The daemon starts it by exec and talks to it over a socket pair (callwire.py has the frames). When the daemon's end closes, running
children finish, up to their timeouts, and then it exits. It blocks in one select; nothing here polls while nothing happens.

A reader (reader.py) is a child that serves many calls over a socket of its own, until the daemon says that it is to be ended.

While no call runs it loads the code that calls had to load (warm.py), once a throw-away child has shown that this is harmless
(trial.py). Should it come to harm all the same it ends: no call is lost by that, and the daemon starts another, which leaves that
agent cold.
"""

import gc
import json
import logging
import os
import selectors
import signal
import socket
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from time import monotonic

from .callwire import (
    BEGUN,
    CALL,
    END,
    ENDED,
    FAILED,
    LINE,
    MAX_OUTCOME,
    OUTCOME,
    READER,
    READY,
    STALE,
    VIEW,
    WARM,
    WARMING,
    Frame,
    Frames,
)
from .isolation import ChildLimits, run_child, run_reader
from .reader import serve
from .sessions import members
from .trial import SECONDS, process_state, run_trial, verdict
from .warm import News, Perform, WarmCode

_TERM_GRACE = 2.0  # seconds between SIGTERM and SIGKILL
_KILL_GRACE = 5.0  # a killed process that is still there after this long waits in the kernel (a dead NFS server)
_GONE_AFTER_KILL = 0.05
_GONE_AT_LAST = 5.0
_MOST_DESCRIPTORS = 16  # in one reading
_MAX_OUTPUT = 64 << 10  # bytes of a child's stdout and stderr that go to the log
_MAX_LINE = 1024
_PR_SET_CHILD_SUBREAPER = 36
_READ = 64 << 10

_MOST_TRIALS = 10  # of one agent: its actions load one thing or the other, but not for ever


class _Child:
    """One forked child and its process group, until nothing is left of either.

    timeout: None of a reader, which is ended when it is told. tries: the agent's folder, of a trial.
    """

    def __init__(self, number: int, pid: int, timeout: float | None, result: int, output: int, tries: Path | None = None) -> None:
        self.number, self.pid, self.timeout, self.tries = number, pid, timeout, tries
        self.started = monotonic()
        # When something is to be done about it next.
        self.alarm: float | None = None if timeout is None else self.started + timeout
        self.on_alarm = "timeout"  # timeout, kill, check or wait: the stages of ending a group
        self.kill_at = 0.0
        self.files = {"result": result, "output": output}
        self.result, self.line = bytearray(), bytearray()
        self.logged = self.dropped = 0
        self.status: int | None = None  # as waitpid gives it, once the leader is gone
        self.is_answered = False
        self.is_cut = False  # it ended otherwise than by its own will: nobody holds the programs that it ran to their timeouts


class ForkServer:
    """The event loop; `run` returns when the daemon has gone and no child is left."""

    def __init__(self, control: socket.socket, perform: Perform, limits: ChildLimits, cold: Iterable[Path] = ()) -> None:
        """cold: folders of agents whose code is not to be loaded here."""
        self._control, self._perform, self._limits = control, perform, limits
        self._warm = WarmCode()
        self._wishes: dict[Path, list[str]] = {}  # modules that calls had to load, by the agent's folder
        self._harmless: dict[Path, list[str]] = {}  # those that a trial has loaded
        self._trials = Counter(dict.fromkeys(cold, _MOST_TRIALS))
        self._frames, self._outbox = Frames(), bytearray()
        self._received: deque[int] = deque()  # descriptors for readers to come
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}  # by pid
        self._view = b""
        self._is_draining = False
        self._signals, wakeup = os.pipe()
        os.set_blocking(self._signals, False)
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only the wakeup counts
        control.setblocking(False)
        self._selector.register(self._signals, selectors.EVENT_READ, self._on_signal)
        self._selector.register(control, selectors.EVENT_READ, self._on_control)

    def run(self) -> None:
        """Serve until there is nothing left to do."""
        while not self._is_draining or any(child.on_alarm != "wait" for child in self._children.values()):
            if not (self._outbox or self._is_draining or any(child.timeout is not None for child in self._children.values())):
                while self._harmless and not self._is_draining:
                    self._load()
                if self._wishes and not self._is_draining:
                    self._try()
                if self._is_draining:  # the daemon went while it was told something: nobody would wake this up again
                    continue
            alarms = [child.alarm for child in self._children.values() if child.alarm is not None]
            wait = max(0.0, min(alarms) - monotonic()) if alarms else None
            for key, events in self._selector.select(wait):
                key.data(events)
            now = monotonic()
            for child in [child for child in self._children.values() if child.alarm is not None and child.alarm <= now]:
                self._on_alarm(child, now)

    # --- the daemon -----------------------------------------------------------------------------------------------------

    def _on_control(self, events: int) -> None:
        if events & selectors.EVENT_WRITE and not self._is_draining:
            self._flush()
        if not events & selectors.EVENT_READ or self._is_draining:
            return
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 1 << 20, _MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        self._received += descriptors
        if not data:
            self._lose_daemon()
            return
        for frame in self._frames.feed(data):
            if frame.kind == VIEW:
                self._view = frame.payload
            elif frame.kind == CALL:
                self._fork(frame)
            elif frame.kind == READER:
                self._fork_reader(frame.number)
            elif frame.kind == END:
                self._end_reader(frame.number)

    def _lose_daemon(self) -> None:
        """Go on with what runs, take nothing new, send nothing more."""
        self._is_draining = True
        self._outbox.clear()
        self._selector.unregister(self._control)
        self._control.close()
        for child in self._children.values():
            if child.timeout is None and child.on_alarm == "timeout":
                self._terminate(child)

    def send(self, frame: Frame) -> None:
        """Put a frame on its way to the daemon, without waiting for it."""
        if self._is_draining:
            return
        self._outbox += frame.to_bytes()
        self._flush()

    def _flush(self) -> None:
        try:
            while self._outbox:
                del self._outbox[: self._control.send(self._outbox)]
        except BlockingIOError:
            pass
        except OSError:
            self._lose_daemon()
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._outbox else 0)
        if self._selector.get_key(self._control).events != wanted:
            self._selector.modify(self._control, wanted, self._on_control)

    def _answer(self, child: _Child, kind: bytes, payload: bytes) -> None:
        child.is_answered = True
        self.send(Frame(kind, child.number, monotonic() - child.started, payload))

    # --- a child's life -------------------------------------------------------------------------------------------------

    def _fork(self, frame: Frame) -> None:
        def run(result: int, output: int) -> None:
            run_child(self._perform, self._warm, frame.payload, self._view, frame.seconds, self._limits, result, output)

        self._begin(run, frame.number, frame.seconds)

    def _fork_reader(self, number: int) -> None:
        def run(result: int, output: int) -> None:
            run_reader(lambda socket: serve(socket, self._warm), self._limits, control, output)

        control = self._received.popleft()
        try:
            self._begin(run, number, None)
        finally:
            os.close(control)

    def _end_reader(self, number: int) -> None:
        for child in self._children.values():
            if child.number == number and child.timeout is None and child.on_alarm == "timeout":
                self._terminate(child)

    def _begin(self, run: Callable[[int, int], None], number: int, seconds: float | None) -> None:
        """Start a child and tell the daemon."""
        try:
            child = self._start(run, number, seconds)
        except OSError as error:  # no process or no file left on this host
            self.send(Frame(FAILED, number, payload=f"got no process to run in: {error.strerror}".encode()))
            self.send(Frame(ENDED, number))
            return
        self.send(Frame(BEGUN, number, payload=str(child.pid).encode()))

    def _start(self, run: Callable[[int, int], None], number: int, seconds: float | None, tries: Path | None = None) -> _Child:
        """Fork a child for `run`, which gets the writing ends of its pipes for result and output, and never returns."""
        opened: list[int] = []
        try:
            opened += os.pipe()
            opened += os.pipe()
            pid = os.fork()
        except OSError:
            for descriptor in opened:
                os.close(descriptor)
            raise
        result, result_end, output, output_end = opened
        if pid == 0:
            run(result_end, output_end)
        os.close(result_end)
        os.close(output_end)
        child = self._children[pid] = _Child(number, pid, seconds, result, output, tries)
        for name, descriptor in child.files.items():
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, self._reader(child, name))
        return child

    def _reader(self, child: _Child, name: str) -> Callable[[int], None]:
        return lambda events: self._read(child, name, 1)

    def _read(self, child: _Child, name: str, times: int) -> None:
        """Take what a pipe holds, at most `times` readings; close it at its end."""
        descriptor = child.files.get(name)
        for _ in range(times if descriptor is not None else 0):
            assert descriptor is not None
            try:
                data = os.read(descriptor, _READ)
            except BlockingIOError:
                return
            if not data:
                self._close(child, name)
                return
            if name == "output":
                self._log(child, data)
            elif len(child.result) <= MAX_OUTCOME:
                child.result += data

    def _close(self, child: _Child, name: str) -> None:
        descriptor = child.files.pop(name, None)
        if descriptor is not None:
            self._selector.unregister(descriptor)
            os.close(descriptor)

    def _log(self, child: _Child, data: bytes) -> None:
        """Pass output on line by line, up to a bound; what is beyond is only counted."""
        room = max(0, _MAX_OUTPUT - child.logged)
        child.logged += min(room, len(data))
        child.dropped += len(data) - min(room, len(data))
        *lines, rest = (bytes(child.line) + data[:room]).split(b"\n")
        child.line = bytearray(rest[:_MAX_LINE])
        for line in lines:
            if line.strip():
                self.send(Frame(LINE, child.number, payload=line[:_MAX_LINE]))

    def _on_signal(self, events: int) -> None:
        """Collect every process that has ended; orphans of a child come to us as well, since we are their reaper."""
        try:
            while os.read(self._signals, 512):
                pass
        except BlockingIOError:
            pass
        left: list[_Child] = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            child = self._children.get(pid)
            if child is not None and child.status is None:
                child.status = status
                child.is_cut = child.is_cut or status != 0
                left.append(child)
        for child in left:
            self._leader_gone(child)
            if child.on_alarm == "kill":  # its programs have groups of their own, and nobody now who ends them
                _signal(child, signal.SIGTERM)
        for child in [child for child in self._children.values() if child.status is not None]:
            self._settle(child)

    def _leader_gone(self, child: _Child) -> None:
        """Say how the call ended. What the pipes still hold was written before."""
        self._read(child, "result", MAX_OUTCOME // _READ + 2)
        self._read(child, "output", _MAX_OUTPUT // _READ + 16)
        self._close(child, "result")
        self._close(child, "output")
        if child.line.strip():
            self.send(Frame(LINE, child.number, payload=bytes(child.line)))
        if child.dropped:
            self.send(Frame(LINE, child.number, payload=b"... and %d bytes more, not logged" % child.dropped))
        if child.is_answered or child.tries:
            return
        outcome, _, news = bytes(child.result).partition(b"\0")
        if child.status == 0 and 0 < len(outcome) <= len(child.result) <= MAX_OUTCOME:
            self._answer(child, OUTCOME, outcome)
            self._learn(news)
        else:
            self._answer(child, FAILED, _how_it_ended(child.status or 0).encode())

    def _settle(self, child: _Child) -> None:
        """Forget a child whose leader is gone once its group is; else end what it left behind."""
        if not _is_there(child):
            del self._children[child.pid]
            if child.tries:
                self._tried(child, child.tries)
            else:
                self.send(Frame(ENDED, child.number))
        elif child.on_alarm == "timeout":
            if not child.tries:
                self.send(Frame(LINE, child.number, payload=b"left processes behind; they are ended"))
            self._terminate(child)

    def _on_alarm(self, child: _Child, now: float) -> None:
        if child.on_alarm == "timeout":
            if not child.tries:
                self._answer(child, FAILED, f"timed out after {child.timeout:g} s and was ended".encode())
            self._terminate(child)
        elif child.on_alarm == "kill":
            _signal(child, signal.SIGKILL)
            child.on_alarm, child.kill_at, child.alarm = "check", now, now + _GONE_AFTER_KILL
        else:
            if child.on_alarm == "check" and now > child.kill_at + _KILL_GRACE:
                child.on_alarm = "wait"
                self.send(Frame(LINE, child.number, payload=b"cannot be ended: it hangs in the kernel and holds its slot"))
            child.alarm = now + (_GONE_AFTER_KILL if child.on_alarm == "check" else _GONE_AT_LAST)
            if child.status is not None:
                self._settle(child)

    # --- warm code ------------------------------------------------------------------------------------------------------

    def _learn(self, data: bytes) -> None:
        """Take what a child has told beside its outcome."""
        news = News.from_bytes(data) if data else None
        if news is None:
            return
        if news.is_stale:
            self.send(Frame(STALE))
        elif self._trials[news.folder] < _MOST_TRIALS and (lacking := self._warm.lacks(news.folder, news.modules)):
            wish = self._wishes.setdefault(news.folder, [])
            wish += [name for name in lacking if name not in wish]

    def _try(self) -> None:
        """Have a throw-away child load what was wished for first."""
        folder, modules = next(iter(self._wishes.items()))

        def run(result: int, output: int) -> None:
            run_trial(self._warm, folder, modules, self._limits, result, output)

        self._trials[folder] += 1
        try:
            self._start(run, 0, SECONDS, folder)
        except OSError:  # no process left on this host: it is no time for this
            del self._wishes[folder]

    def _tried(self, child: _Child, folder: Path) -> None:
        """Note what a trial has loaded without harm; leave alone for good what has done some."""
        self._wishes.pop(folder, None)
        said: list[str] | str = f"loading it takes longer than {SECONDS:g} s, or leaves processes behind"
        if child.on_alarm == "timeout":
            said = verdict(folder, bytes(child.result)) if child.status == 0 else f"its trial {_how_it_ended(child.status or 0)}"
        if isinstance(said, str):
            self._trials[folder] = _MOST_TRIALS
            self.send(Frame(LINE, payload=f"the agent {folder.name} is loaded anew for each call: {said}".encode(errors="replace")))
        else:
            self._harmless[folder] = said

    def _load(self) -> None:
        """Load an agent's code. Whatever goes wrong with it now, in spite of its trial, is the end of this process."""
        folder, modules = self._harmless.popitem()
        self.send(Frame(WARMING, payload=os.fsencode(folder)))
        if self._outbox or self._is_draining:  # the daemon would not know what we died of
            return
        state = process_state()
        signal.setitimer(signal.ITIMER_REAL, SECONDS)  # nobody heeds this signal: it ends the process, wherever that hangs
        try:
            self._warm.load(folder, modules)
        except BaseException:  # an import may raise anything
            logging.getLogger(__name__).exception("the agent in %s was loaded in its trial, and cannot be here", folder)
            os._exit(1)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if process_state() != state:
            os._exit(1)
        gc.collect()
        gc.freeze()
        self.send(Frame(WARM, payload=os.fsencode(folder)))

    def _terminate(self, child: _Child) -> None:
        """TERM at once: to the group, whose leader ends its programs, and where that is gone to these; the rest is for the alarm."""
        child.is_cut = child.is_cut or child.status is None
        _signal(child, signal.SIGTERM)
        child.on_alarm, child.alarm = "kill", monotonic() + _TERM_GRACE


def _signal(child: _Child, number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        if child.status is None:  # forked, and not yet the leader of a group of its own
            os.kill(child.pid, number)
    except PermissionError:
        pass  # a group of set-user-id programs; _settle sees that it is still there
    if child.is_cut and (child.status is not None or number == signal.SIGKILL):
        for pid in members(child.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def _is_there(child: _Child) -> bool:
    """Whether anything is left of a child whose leader is gone: of its group, and where it was cut of its session."""
    return _group_exists(child.pid) or (child.is_cut and bool(members(child.pid)))


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _how_it_ended(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            return f"was ended by {signal.Signals(number).name}"
        except ValueError:
            return f"was ended by signal {number}"
    return f"exited with status {os.waitstatus_to_exitcode(status)} before it gave a result"


def _become_reaper() -> None:
    """Let the orphans of our children come to us, so that no group stays for want of a parent that collects its dead."""
    import ctypes

    try:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        pass  # no Linux: then init collects them, a little later


def main(arguments: list[str]) -> None:
    """Serve the daemon. arguments: the descriptor of the socket to it, and settings as JSON (child.py makes them)."""
    control = socket.socket(fileno=int(arguments[0]))
    control.set_inheritable(False)
    settings = json.loads(arguments[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with its daemon, after its children
    sys.path[:0] = settings["import_path"]
    logging.basicConfig(level=settings["log_level"], format="%(levelname)s %(message)s", stream=sys.stderr)
    module, _, name = settings["perform"].partition(":")
    perform: Perform = getattr(import_module(module), name)
    _become_reaper()
    server = ForkServer(control, perform, ChildLimits(**settings["limits"]), map(Path, settings["cold"]))
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page of it
    server.send(Frame(READY))
    server.run()


if __name__ == "__main__":
    main(sys.argv[1:])
