"""The audit in a log file: one JSON line for each request that was let in, was refused, or has ended."""

import grp
import json
import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..config import Config
from ..ddl.model import DDL
from ..errors import AuditFailed, ConfigError, MCollectiveError, Rejected
from ..message import Request
from ..regularfile import check_appendable
from ..wire.plainjson import plain_json
from .call import Outcome
from .ratelimit import RateLimit

logger = logging.getLogger(__name__)

_MAX_DATA = 64 << 10  # bytes of a request's inputs that a line may hold
_REDACTED: Mapping[str, Any] = {"redacted": True}

_REJECTIONS = 20  # lines a second


class NullAudit:
    """Writes nothing: `rpcaudit = 0`."""

    def allowed(self, request: Request, ddl: DDL | None, rule: str = "") -> None:
        """Nothing."""

    def refused(self, request: Request, ddl: DDL | None, error: MCollectiveError) -> None:
        """Nothing."""

    def finished(self, request: Request, outcome: Outcome) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class LogfileAudit:
    """A file of JSON lines, opened anew after a rotation by rename; one truncated in place goes on from its start.

    Lines hold Choria's eight fields (timestamp, request_id, request_time, caller, sender, agent, action, data) and node,
    collective, decision (`allow`, `deny`), rule, reason, outcome (the status code) and duration_ms, null where not known. A
    request that runs has two lines, the second with its outcome and without data. held_back: how many messages that were
    no good (copies, stale ones) had no line before this one. mode and group: of a file that is made here;
    one that is there and open to more than mode is narrowed. clock: seconds since the epoch.
    """

    def __init__(
        self, path: Path, node: str, mode: int = 0o640, group: int | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._path, self._node, self._mode, self._group, self._clock = str(path), node, mode, group, clock
        self._rejections = RateLimit(_REJECTIONS, 1.0)
        self._lock = threading.Lock()
        self._file = -1
        self._identity: tuple[int, int] = (0, 0)
        self._is_torn = self._is_closed = False

    def open(self) -> None:
        """Open the file now; without this the first record does. Raises OSError."""
        with self._lock:
            self._open()

    def allowed(self, request: Request, ddl: DDL | None, rule: str = "") -> None:
        """See pipeline.Audit."""
        try:
            self._write(self._line(request, data_of(request, ddl), decision="allow", rule=rule or None))
        except OSError as error:
            logger.error("%s refused: the audit record cannot be written to %s: %s", request.id, self._path, error.strerror or error)
            raise AuditFailed(f"{self._node} cannot write its audit log, so nothing is done: {error.strerror or error}") from error

    def refused(self, request: Request, ddl: DDL | None, error: MCollectiveError) -> None:
        """See pipeline.Audit."""
        rule = getattr(error, "rule", "") or None
        code = getattr(error, "statuscode", None)
        held_back = 0
        if isinstance(error, Rejected):
            # Anybody who can send a copy of a message makes these, without end: short lines, few a second, the rest counted.
            if not self._rejections.allows(self._clock()):
                return
            held_back = self._rejections.take_held_back()
        data = None if isinstance(error, Rejected) else data_of(request, ddl)
        more = {"held_back": held_back} if held_back else {}
        self._try(request, self._line(request, data, decision="deny", rule=rule, reason=str(error), outcome=code, **more))

    def finished(self, request: Request, outcome: Outcome) -> None:
        """See pipeline.Audit."""
        duration = round(outcome.duration * 1000, 1)
        line = self._line(request, None, decision="allow", reason=outcome.refusal, outcome=outcome.statuscode, duration_ms=duration)
        self._try(request, line)

    def close(self) -> None:
        """See pipeline.Audit."""
        with self._lock:
            self._is_closed = True
            self._close()

    def _try(self, request: Request, line: bytes) -> None:
        try:
            self._write(line)
        except OSError as error:
            logger.error("%s the audit record cannot be written to %s: %s", request.id, self._path, error.strerror or error)

    def _line(self, request: Request, data: Any, *, decision: str, **more: Any) -> bytes:
        fields = {
            "timestamp": datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="microseconds"),
            "request_id": request.id,
            "request_time": request.time,
            "caller": request.caller,
            "sender": request.sender,
            "agent": request.agent,
            "action": request.action,
            "data": data,
            "node": self._node,
            "collective": request.collective,
            "decision": decision,
            "rule": None,
            "reason": None,
            "outcome": None,
            "duration_ms": None,
        }
        return _json(fields | more) + b"\n"

    # --- the file, with the lock held ------------------------------------------------------------------------------------

    def _write(self, line: bytes) -> None:
        with self._lock:
            try:
                self._open()
                self._append(line)
            finally:
                if self._is_closed:  # a late record, of an action that a reload did not wait for
                    self._close()

    def _append(self, line: bytes) -> None:
        # A line that was cut off by a full disk must not swallow the next one.
        content = b"\n" + line if self._is_torn else line
        written = os.write(self._file, content)
        self._is_torn = written < len(content) and not self._take_back(written)
        if written < len(content):
            raise OSError("only a part of the record could be written: is the disk full?")

    def _take_back(self, written: int) -> bool:
        try:
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
        except OSError:
            return False
        return True

    def _open(self) -> None:
        """Have the file open that the path leads to now."""
        if self._file >= 0:
            try:
                found = os.lstat(self._path)
                if (found.st_dev, found.st_ino) == self._identity:
                    return
            except FileNotFoundError:
                pass  # rotated away
            self._close()
        # O_NONBLOCK: opening a FIFO must not wait
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(f"{self._path} is not a regular file")
            mode = stat.S_IMODE(found.st_mode)
            if found.st_size == 0 and self._group is not None and found.st_gid != self._group:
                os.fchown(descriptor, -1, self._group)
            if found.st_size == 0 or mode & ~self._mode:
                os.fchmod(descriptor, self._mode if found.st_size == 0 else mode & self._mode)
            # A daemon that was killed, or the disk that was full, may have left half a line.
            self._is_torn = found.st_size > 0 and os.pread(descriptor, 1, found.st_size - 1) != b"\n"
        except OSError:
            os.close(descriptor)
            raise
        self._file, self._identity = descriptor, (found.st_dev, found.st_ino)

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def data_of(request: Request, ddl: DDL | None) -> Any:
    """The inputs as the audit may hold them: sensitive ones redacted, and those that no DDL speaks of."""
    if request.action is None:
        data = request.body
    elif isinstance(request.body, Mapping):
        action = ddl.actions.get(request.action) if ddl else None
        shown = {name for name, known in action.inputs.items() if not known.sensitive} if action else set()
        if action and action.additional_inputs:
            shown |= set(request.body) - set(action.inputs)
        data = {str(name): value if name in shown else _REDACTED for name, value in request.body.items()}
    else:
        data = _REDACTED
    size = len(_json(data))
    return data if size <= _MAX_DATA else {"truncated": True, "bytes": size}


def open_audit(config: Config, node: str) -> LogfileAudit | NullAudit:
    """The audit that a configuration asks for. Raises ConfigError, also where its file cannot be opened."""
    audit = _configured(config, node)
    if isinstance(audit, LogfileAudit):
        try:
            audit.open()
        except OSError as error:
            raise _unwritable(config, error) from error
    return audit


def check_audit(config: Config) -> None:
    """Raise the ConfigError that open_audit would; no file is opened or made."""
    if isinstance(_configured(config, "check"), NullAudit):
        return
    path = Path(config.word("plugin.rpcaudit.logfile"))
    try:
        check_appendable(path)
        if (path.exists() or path.is_symlink()) and not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(f"{path} is not a regular file")
    except PermissionError as error:
        if os.geteuid() == 0:
            raise _unwritable(config, error) from error
        logger.warning("%s cannot be written by who runs this: the daemon's user has to be able to", path)
    except OSError as error:
        raise _unwritable(config, error) from error


def _configured(config: Config, node: str) -> LogfileAudit | NullAudit:
    """The audit, with nothing opened yet."""
    if not config.flag("rpcaudit"):
        return NullAudit()
    provider = config.word("rpcauditprovider")
    if provider.lower() != "logfile":
        raise ConfigError(f"there is no provider {provider}: write logfile", file=config.file, key="rpcauditprovider")
    return LogfileAudit(Path(config.word("plugin.rpcaudit.logfile")), node, _mode(config), _group(config))


def _unwritable(config: Config, error: OSError) -> ConfigError:
    path = config.word("plugin.rpcaudit.logfile")
    problem = f"{path} cannot be written, so every request would be refused: {error.strerror or error}"
    return ConfigError(problem, file=config.file, key="plugin.rpcaudit.logfile")


def _mode(config: Config) -> int:
    text = config.word("plugin.rpcaudit.logfile.mode")
    if not (1 <= len(text) <= 4 and set(text) <= set("01234567")) or int(text, 8) & ~0o660 or not int(text, 8) & 0o200:
        problem = f"'{text}' is no mode for an audit log: write 0600 or 0640"
        raise ConfigError(problem, file=config.file, key="plugin.rpcaudit.logfile.mode")
    return int(text, 8)


def _group(config: Config) -> int | None:
    name = config.text("plugin.rpcaudit.logfile.group")
    try:
        return grp.getgrnam(name).gr_gid if name else None
    except KeyError as error:
        raise ConfigError(f"there is no group {name}", file=config.file, key="plugin.rpcaudit.logfile.group") from error


def _json(value: Any) -> bytes:
    """JSON in ASCII without any control character, whatever the value."""
    return json.dumps(plain_json(value), allow_nan=False, separators=(",", ":")).replace("\x7f", "\\u007f").encode()
