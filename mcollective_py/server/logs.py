"""Where a daemon's log goes and how much of it, by its configuration and by signals."""

import io
import logging
import os
import stat
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from ..config import Config
from ..errors import ConfigError
from ..regularfile import check_appendable
from ..text import one_line
from .loghandlers import RotatingFileHandler, SysLogHandler
from .redaction import harmless_text

logger = logging.getLogger(__name__)

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LEVELS = {"debug": 10, "info": 20, "warn": 30, "error": 40, "fatal": 50}


def start_logging(config: Config, *, is_detached: bool, verbose: bool = False, cleared: Callable[[str], str] = harmless_text) -> None:
    """Log as the configuration says: logger_type file, syslog or console.

    cleared: what a record's text becomes, tracebacks included: one without secrets. Raises ConfigError where that cannot be; the log
    then goes on as before.
    """
    root, made = logging.getLogger(), _handler(config, is_detached, cleared)
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.addHandler(made)
    root.setLevel(logging.DEBUG if verbose else _LEVELS[config.word("loglevel")])
    logging.getLogger("stomp.py").setLevel(logging.ERROR)  # speaks of every frame at INFO


class _OneLine(logging.Formatter):
    """One record, one line, whatever a message from the wire says; only tracebacks, which are ours, have more."""

    def __init__(self, pattern: str, cleared: Callable[[str], str]) -> None:
        super().__init__(pattern)
        self._cleared = cleared

    def format(self, record: logging.LogRecord) -> str:
        return self._cleared(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = one_line(record.message)
        return super().formatMessage(record)


class _LogFile(RotatingFileHandler):
    """The library's own looks at the file twice, asks for its size and formats a record twice, for each line: a tenth of what a small
    request costs."""

    _size, _is_file = 0, False

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        status = os.fstat(stream.fileno())
        self._size, self._is_file = status.st_size, stat.S_ISREG(status.st_mode)
        return stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, in a new file where it would make this one too large."""
        try:
            text = self.format(record) + self.terminator
            if self._is_file and 0 < self.maxBytes < self._size + len(text):
                self.doRollover()
            if self.stream is None:  # closed by a reload, and a thread had this record for it still
                self.stream = self._open()
            self.stream.write(text)
            self.stream.flush()
            self._size += len(text)
        except Exception:  # noqa: BLE001 - as the library has it: whoever logs is not to fail by it
            self.handleError(record)


class ClearedStream(io.TextIOBase):
    """Standard output or error of a daemon: what agents print in its threads goes on without secrets. stream: where to."""

    def __init__(self, stream: TextIO, cleared: Callable[[str], str]) -> None:
        self._stream, self._cleared = stream, cleared

    def write(self, text: str) -> int:
        """Hand a text on; print hands over each of its words for itself."""
        self._stream.write(self._cleared(text))
        return len(text)

    def flush(self) -> None:
        """See TextIOBase."""
        self._stream.flush()

    def fileno(self) -> int:
        """See TextIOBase."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """See TextIOBase."""
        return self._stream.isatty()


def clear_streams(cleared: Callable[[str], str]) -> None:
    """Have this process' standard output and error say no secrets."""
    sys.stdout, sys.stderr = ClearedStream(sys.stdout, cleared), ClearedStream(sys.stderr, cleared)


def check_logging(config: Config, *, is_detached: bool) -> None:
    """Raise the ConfigError that start_logging would; nothing is opened or made."""
    place = _place(config, is_detached)
    try:
        if isinstance(place, Path):
            check_appendable(place)
    except PermissionError as error:
        if os.geteuid() == 0:
            raise _unwritable(place, error) from error
        logger.warning("%s cannot be written by who runs this: the daemon's user has to be able to", place)
    except OSError as error:
        raise _unwritable(place, error) from error


def _place(config: Config, is_detached: bool) -> str | Path:
    """Where the log goes: `syslog`, `console`, or a file. Raises ConfigError where the settings name no such place."""
    kind, path = config.text("logger_type"), config.text("logfile")
    if kind == "syslog":
        facility = config.word("logfacility")
        if facility not in SysLogHandler.facility_names:
            raise ConfigError(f"there is no syslog facility {facility}", key="logfacility")
        return "syslog"
    if kind == "console" or (kind == "file" and not path and not is_detached):
        return "console"
    if not path:
        raise ConfigError("a daemon without a terminal needs a log file: logfile = /var/log/mcollective.log", key="logfile")
    return Path(path)


def _unwritable(place: str | Path, error: OSError) -> ConfigError:
    return ConfigError(f"{place} cannot be written: {error.strerror}", key="logfile")


def _handler(config: Config, is_detached: bool, cleared: Callable[[str], str]) -> logging.Handler:
    handler: logging.Handler
    place = _place(config, is_detached)
    if place == "syslog":
        facility = config.word("logfacility")
        try:
            handler = SysLogHandler(address="/dev/log", facility=facility)
        except OSError as error:
            raise ConfigError(f"no syslog listens at /dev/log: {error.strerror}", key="logger_type") from error
        handler.setFormatter(_OneLine("mcollectived[%(process)d]: %(levelname)s %(name)s: %(message)s", cleared))
        return handler
    if place == "console":
        handler = logging.StreamHandler(sys.stderr)
    else:
        try:
            handler = _LogFile(place, maxBytes=config.number("max_log_size"), backupCount=config.number("keeplogs"), encoding="utf-8")
        except OSError as error:
            raise _unwritable(place, error) from error
    handler.setFormatter(_OneLine(_FORMAT, cleared))
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
