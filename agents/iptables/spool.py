"""`mco iptables block --spool`: bans that come by the hundred go to the fleet as one request; for fail2ban and its like.

The command keeps the ban and returns at once. The first of a burst leaves a sender behind, which waits for more, sends all that came
as one batch, and ends when there is nothing left. What cannot be sent, since no broker is there, is kept and tried again; after that
the next ban takes it along.
"""

import argparse
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from mcollective_py.cli.session import read_config
from mcollective_py.client.results import RPCResult
from mcollective_py.errors import ConfigError, InvalidRPCData, MCollectiveError, UsageError

from .addresses import Shortest
from .listlines import entry_of_line, line_of
from .ordered import entries_of

COLLECTED = 2.0  # seconds in which a burst becomes one request
_INVALID = 4  # the status of a refused input
MOST = 50_000  # bans that wait
_PAUSES = (5.0, 10.0, 30.0, 60.0, 120.0, 300.0)  # seconds between tries where nothing can be sent
# What a ban has of its own; all other options say whom it goes to, and bans go together only where these are the same.
_OWN = {"words", "for", "reason", "ticket", "proto", "ports", "spool", "silent", "yes", "stdin_names_hosts", "opener"}


Send = Callable[[Sequence[str], argparse.Namespace, Sequence[str] | None], Sequence[RPCResult]]
"""Sends lines as one batch, to those hosts alone where some are given. MCollectiveError flies where nothing was sent."""


def spooled(things: Sequence[str], options: argparse.Namespace, send: Send) -> int:
    """Keep bans, and see to it that somebody sends them. Raises UsageError for what no host would take."""
    if options.confirm is not None or options.noop:
        raise UsageError("--spool answers before anything is sent: it goes with neither --confirm nor --noop")
    if getattr(options, "for") == "-1":
        vars(options)["for"] = None  # fail2ban's word for a ban without an end
    try:
        lines = [line_of(entry) for entry in entries_of("block", things, options)]
    except InvalidRPCData as error:
        raise UsageError(str(error)) from error
    spool = Spool(folder_of(options), key_of(options))
    spool.keep(lines)
    if (lock := spool.sender_lock()) is not None:
        _leave_behind(lambda: send_all(spool, lambda lines, hosts: send(lines, _quietly(options), hosts), lock), lock)
    return 0


def folder_of(options: argparse.Namespace) -> Path:
    """Where bans wait: plugin.iptables.spool_directory of client.cfg, else a folder of root's or of the user's."""
    named = read_config(options).plugin("iptables").get("spool_directory", "").strip()
    if named:
        if not named.startswith("/"):
            raise ConfigError(f"plugin.iptables.spool_directory is {named!r}: it must be an absolute path")
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/mcollective/iptables-spool")
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111  a home that is not there stays text
    return Path(state) / "mcollective" / "iptables-spool"


def key_of(options: argparse.Namespace) -> str:
    """What is the same for bans that may go together: whom they are for, and how they are sent."""
    common = {name: value for name, value in vars(options).items() if name not in _OWN}
    return sha256(json.dumps(common, sort_keys=True, default=str).encode()).hexdigest()[:16]


class Spool:
    """The bans of one key: those that wait, and those that are being sent. A lock is held for every look and change."""

    def __init__(self, folder: Path, key: str) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder}: no bans can be kept there: {error.strerror}") from error
        self.waiting, self.sending = folder / f"{key}.waiting", folder / f"{key}.sending"
        self._lock, self._sender = folder / f"{key}.lock", folder / f"{key}.sender"

    def keep(self, lines: Sequence[str]) -> None:
        """Add bans. Raises UsageError where too many wait, or they cannot be kept."""
        try:
            with self._locked():
                if self.waiting.exists() and self.waiting.stat().st_size > MOST * 40:
                    raise UsageError(f"{self.waiting}: too many bans wait, no broker seems to be reached")
                with self.waiting.open("a") as file:
                    file.write("".join(f"{line}\n" for line in lines))
        except OSError as error:
            raise UsageError(f"{self.waiting}: {error.strerror}") from error

    def sender_lock(self) -> int | None:
        """The lock of the one sender, None where there is one."""
        handle = os.open(self._sender, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    def take(self, lock: int, now: float) -> list[str]:
        """All bans that wait, without those that are over, each once. Where there are none, the sender's lock is given back with it:
        whoever keeps one after that starts a sender."""
        with self._locked():
            texts = [path.read_text(errors="replace") for path in (self.sending, self.waiting) if path.exists()]
            lines = dict.fromkeys(line for text in texts for line in text.splitlines())
            left = [line for line in lines if _is_due(line, now)][:MOST]
            if not left:
                self.waiting.unlink(missing_ok=True)
                self.sending.unlink(missing_ok=True)
                os.close(lock)
                return []
            # Both files are there until the new one is: who is ended in here has lost nothing, and a ban that is sent twice is one.
            new = self.sending.with_suffix(".new")
            new.write_text("".join(f"{line}\n" for line in left))
            new.replace(self.sending)
            self.waiting.unlink(missing_ok=True)
            return left

    def done(self) -> None:
        """What was taken is sent."""
        with self._locked():
            self.sending.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def send_all(
    spool: Spool,
    send: Callable[[Sequence[str], Sequence[str] | None], Sequence[RPCResult]],
    lock: int,
    *,
    sleep: Callable[[float], object] = time.sleep,
    tell: Callable[[str], object] | None = None,
) -> None:
    """Send what waits until nothing does; gives up after the last pause, and leaves the rest to the next ban."""
    say = tell or _syslog
    tries = 0
    while True:
        sleep(COLLECTED)
        lines = spool.take(lock, time.time())
        if not lines:
            return
        try:
            if not (heard := _sent(lines, None, send, say)):
                raise MCollectiveError("no host answered")
            say(f"{_bans(len(lines))} sent to {'1 host' if heard == 1 else f'{heard} hosts'}")
        except MCollectiveError as error:
            if tries == len(_PAUSES):
                say(f"{_bans(len(lines))} not sent, given up for now: {error}")
                os.close(lock)
                return
            say(f"{_bans(len(lines))} not sent, again in {_PAUSES[tries]:g} s: {error}")
            sleep(_PAUSES[tries])
            tries += 1
            continue
        spool.done()
        tries = 0


def _sent(
    lines: Sequence[str],
    hosts: Sequence[str] | None,
    send: Callable[[Sequence[str], Sequence[str] | None], Sequence[RPCResult]],
    say: Callable[[str], object],
) -> int:
    """Send a batch, and to hosts that refuse it its halves: one that a host must not block, or that must not be sent at all, since it
    is this host's own, keeps no other back. Gives how many hosts answered the batch as a whole, at least 1 where it was halved."""
    refused: Sequence[str] | None
    try:
        answers = send(lines, hosts)
        refusing = [one for one in answers if not one.is_ok]
        heard = len(answers)
    except UsageError as error:
        refused, heard, reasons = hosts, 1, [f"not sent: {error}"]
    else:
        # Whoever may not, or has no such agent, says so to each half as well: once is enough.
        for one in refusing:
            if one.statuscode != _INVALID:
                say(f"{one.sender}: {one.statusmsg}")
        refusing = [one for one in refusing if one.statuscode == _INVALID]
        refused, reasons = [one.sender for one in refusing], [f"{one.sender}: {one.statusmsg}" for one in refusing]
    if not reasons:
        return heard
    if len(lines) == 1:
        for reason in reasons:
            say(reason)
        return heard
    middle = len(lines) // 2
    for half in (lines[:middle], lines[middle:]):
        _sent(half, refused, send, say)
    return heard


def _leave_behind(what: Callable[[], None], lock: int) -> None:
    """Do it in a process of its own, which the caller does not wait for."""
    pid = os.fork()
    if pid:
        os.close(lock)  # the child has it
        os.waitpid(pid, 0)
        return
    status = 1
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):  # who waits for the end of our output, as fail2ban does, must not wait for the sender
            os.dup2(nothing, number)
        os.chdir("/")
        what()
        status = 0
    except Exception as error:  # noqa: BLE001  nobody is there to see a traceback
        _syslog(f"the sender of bans ended: {error!r}")
    finally:
        os._exit(status)


def _quietly(options: argparse.Namespace) -> argparse.Namespace:
    plain: dict[str, Any] = {"yes": True, "quiet": True, "no_progress": True, "silent": False, "verbose": 0}
    return argparse.Namespace(**{**vars(options), **plain})


def _is_due(line: str, now: float) -> bool:
    try:
        return entry_of_line(line, now, Shortest(1, 1)) is not None
    except InvalidRPCData:
        return False  # cut off, by a disk that was full


def _bans(count: int) -> str:
    return "1 ban" if count == 1 else f"{count} bans"


def _syslog(text: str) -> None:
    import syslog

    syslog.openlog("mco-iptables", syslog.LOG_PID, syslog.LOG_DAEMON)
    syslog.syslog(text)
