"""What the world around a daemon expects: systemd notification, a pid file, detaching from the terminal, log files."""

import fcntl
import logging
import logging.handlers
import os
import socket
import sys
from pathlib import Path

from ..config import Config
from ..errors import ConfigError

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LEVELS = {"debug": 10, "info": 20, "warn": 30, "error": 40, "fatal": 50}


def notify_systemd(state: str) -> None:
    """Tell systemd, where it started us, e.g. `READY=1`; sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier:
        try:
            notifier.sendto(state.encode(), address.replace("@", "\0", 1))
        except OSError as error:
            logging.getLogger(__name__).warning("systemd does not listen at %s: %s", address, error)


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


def start_logging(config: Config, *, is_detached: bool, verbose: bool = False) -> None:
    """Log as the configuration says: logger_type file, syslog or console. Raises ConfigError where that cannot be."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.addHandler(_handler(config, is_detached))
    root.setLevel(logging.DEBUG if verbose else _LEVELS[config.word("loglevel")])
    logging.getLogger("stomp.py").setLevel(logging.ERROR)  # speaks of every frame at INFO


def _handler(config: Config, is_detached: bool) -> logging.Handler:
    kind, path = config.text("logger_type"), config.text("logfile")
    handler: logging.Handler
    if kind == "syslog":
        facility = config.word("logfacility")
        if facility not in logging.handlers.SysLogHandler.facility_names:
            raise ConfigError(f"there is no syslog facility {facility}", key="logfacility")
        try:
            handler = logging.handlers.SysLogHandler(address="/dev/log", facility=facility)
        except OSError as error:
            raise ConfigError(f"no syslog listens at /dev/log: {error.strerror}", key="logger_type") from error
        handler.setFormatter(logging.Formatter("mcollectived[%(process)d]: %(levelname)s %(name)s: %(message)s"))
        return handler
    if kind == "console" or (kind == "file" and not path and not is_detached):
        handler = logging.StreamHandler(sys.stderr)
    elif not path:
        raise ConfigError("a daemon without a terminal needs a log file: logfile = /var/log/mcollective.log", key="logfile")
    else:
        try:
            handler = logging.handlers.RotatingFileHandler(
                path, maxBytes=config.number("max_log_size"), backupCount=config.number("keeplogs"), encoding="utf-8"
            )
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}", key="logfile") from error
    handler.setFormatter(logging.Formatter(_FORMAT))
    return handler


def logs_to_stderr() -> bool:
    """True where the log is what stands on the terminal anyway."""
    return any(type(handler) is logging.StreamHandler for handler in logging.getLogger().handlers)


def next_loglevel() -> str:
    """Move to the next level, debug after the highest, and give its historic name."""
    root, names = logging.getLogger(), list(_LEVELS)
    present = next((number for number, level in enumerate(_LEVELS.values()) if level == root.level), 0)
    name = names[(present + 1) % len(names)]
    root.setLevel(_LEVELS[name])
    return name
