"""What the world around a daemon expects: systemd notification and its watchdog, a pid file, detaching from the terminal."""

import fcntl
import logging
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import ConfigError

_PATIENCE = 30.0  # seconds for systemd to take what it is told: a start that it does not hear of has failed
_PATIENCE_AT_END = 2.0


def notify_systemd(state: str) -> None:
    """Tell systemd, where it started us, e.g. `READY=1`; sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier:
        # Its queue may be full: a daemon that is told to stop would never come to it.
        notifier.settimeout(_PATIENCE_AT_END if state.startswith("STOPPING") else _PATIENCE)
        try:
            notifier.sendto(state.encode(), address.replace("@", "\0", 1))
        except OSError as error:
            logging.getLogger(__name__).warning("systemd does not listen at %s: %s", address, error)


class Watchdog:
    """Signs of life to systemd, where its unit asks for them (sd_watchdog_enabled(3)): without them it starts us anew.

    trouble: what keeps this daemon from its work, given how long (seconds) one step may take; empty where nothing does.
    interval: seconds from one sign to the next; None where nobody waits for one.
    """

    def __init__(self, trouble: Callable[[float], str], environ: Mapping[str, str] = os.environ) -> None:
        self._trouble, self._told = trouble, ""
        microseconds = environ.get("WATCHDOG_USEC", "")
        is_ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        is_asked = is_ours and microseconds.isascii() and microseconds.isdigit() and int(microseconds) > 0
        self._patience = int(microseconds) / 2e6 if is_asked else 0.0
        self.interval = self._patience / 2 if is_asked else None

    def sign(self) -> None:
        """Give a sign of life, or say in the log, once, why there is none."""
        told, self._told = self._told, self._trouble(self._patience)
        if not self._told:
            notify_systemd("WATCHDOG=1")
        elif not told:
            logging.getLogger(__name__).error("%s: systemd hears no more from this daemon and will start it anew", self._told)


class PidFile:
    """A locked file with our pid in it: a second daemon with the same file does not start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = path.read_text(encoding="ascii", errors="replace").strip()
            raise ConfigError(f"mcollectived runs already, with pid {pid}", file=str(path)) from None
        except OSError as error:
            raise ConfigError(f"the pid file cannot be written: {error.strerror}", file=str(path)) from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def remove(self) -> None:
        """Take the file away; the lock goes with it."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def detach() -> None:
    """Go on as a daemon of our own session; the caller's process ends with 0. Only before any thread exists."""
    for _ in range(2):
        if os.fork():
            os._exit(0)
        os.setsid() if os.getsid(0) != os.getpid() else None
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
