"""The audit that a configuration asks for: whether there is one, where it goes, and what stands in its way."""

import errno
import grp
import logging
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

from ..config import Config
from ..errors import ConfigError
from ..regularfile import check_appendable
from ..settings import RUBY_PROVIDERS
from .audit import NullAudit, Sink, WrittenAudit
from .auditfile import AuditFile
from .auditoutbox import Outbox
from .auditstate import AuditState
from .loghandlers import SysLogHandler
from .statefolder import open_state_folder

logger = logging.getLogger(__name__)

PROVIDERS = ("logfile", "journald", "syslog")
_LOGFILE = "plugin.rpcaudit.logfile"
_SHORT_DATA = 4000  # bytes of inputs in a message of syslog, which has 8,000 in all
# What a full or failing disk says: it may get better while the daemon runs, and until then nothing is done without an audit.
_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


def is_audited(config: Config) -> bool:
    """Whether there is an audit: as `rpcaudit` says, else with x509 yes, and with the plugins of Ruby fleets no, as there."""
    if config.text("rpcaudit") is None:
        return config.word("securityprovider") not in RUBY_PROVIDERS
    return config.flag("rpcaudit")


def open_audit(config: Config, node: str, clock: Callable[[], float] = time.time) -> WrittenAudit | NullAudit:
    """The audit, with its sink open. Raises ConfigError, also where that cannot be opened; a full disk is only warned of."""
    check_settings(config)
    if not is_audited(config):
        _warn_of_none(config)
        return NullAudit()
    _make_default_folder(config)
    state = _state(config)
    sink = _sink(config, state)
    provider = config.word("rpcauditprovider").lower()
    audit = WrittenAudit(
        sink,
        node,
        state=state,
        outbox=Outbox() if config.flag("plugin.rpcaudit.publish") else None,
        reads_go_on=config.flag("plugin.rpcaudit.reads_go_on"),
        keeps_each=provider != "logfile",
        longest=_SHORT_DATA if provider == "syslog" else 1 << 20,
        clock=clock,
    )
    try:
        audit.open()
    except OSError as error:
        if error.errno not in _PASSING:
            raise _unwritable(config, error) from error
        logger.error("the audit cannot be written (%s), so no request is carried out until it can", error.strerror or error)
    return audit


def check_audit(config: Config) -> None:
    """Raise the ConfigError that open_audit would; no file is opened or made."""
    check_settings(config)
    if not is_audited(config):
        _warn_of_none(config)
        return
    provider = config.word("rpcauditprovider").lower()
    if provider != "logfile":
        _check_socket(config)
        return
    path = Path(config.word(_LOGFILE))
    try:
        if path.parent.exists() or not _is_default(config):  # else the daemon makes it
            check_appendable(path)
        if (path.exists() or path.is_symlink()) and not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(f"{path} is not a regular file")
    except PermissionError as error:
        if os.geteuid() == 0:
            raise _unwritable(config, error) from error
        logger.warning("%s cannot be written by who runs this: the daemon's user has to be able to", path)
    except OSError as error:
        raise _unwritable(config, error) from error


def check_settings(config: Config) -> None:
    """Raise ConfigError for settings of the audit that cannot be, also where it is off."""
    if not is_audited(config):
        return
    provider = config.word("rpcauditprovider")
    if provider.lower() not in PROVIDERS:
        problem = f"there is no provider {provider}: write {', '.join(PROVIDERS[:-1])} or {PROVIDERS[-1]}"
        raise ConfigError(problem, file=config.file, key="rpcauditprovider")
    facility = config.word("plugin.rpcaudit.facility")
    if facility not in SysLogHandler.facility_names:
        raise ConfigError(f"there is no syslog facility {facility}", file=config.file, key="plugin.rpcaudit.facility")
    if config.flag("plugin.rpcaudit.publish") and config.word("securityprovider") != "x509":
        problem = "records are published under each host's own certificate, which only securityprovider = x509 has"
        raise ConfigError(problem, file=config.file, key="plugin.rpcaudit.publish")
    _mode(config)
    _group(config)


def _warn_of_none(config: Config) -> None:
    why = "rpcaudit = 0" if config.is_set("rpcaudit") else f"rpcaudit is not set, which with {config.word('securityprovider')} means 0"
    logger.warning("%s: what is done here, and by whom, is written down nowhere", why)


def _sink(config: Config, state: AuditState) -> Sink:
    provider, head = config.word("rpcauditprovider").lower(), state.head()
    if provider != "logfile":
        from .auditsockets import JOURNAL, SYSLOG, AuditSocket, journal_words, syslog_words  # few hosts want it

        if provider == "journald":
            return AuditSocket(JOURNAL, journal_words, head)
        return AuditSocket(SYSLOG, syslog_words(config.word("plugin.rpcaudit.facility")), head)
    return AuditFile(Path(config.word(_LOGFILE)), _mode(config), _group(config), head)


def _state(config: Config) -> AuditState:
    try:
        folder = open_state_folder(config)
    except ConfigError as error:
        logger.warning("%s: digests of secrets will differ after a restart, and a log cut short at its end is not noticed", error)
        return AuditState(None)
    state = AuditState(folder)
    state.open()
    return state


def _check_socket(config: Config) -> None:
    sink = _sink(config, AuditState(None))
    try:
        sink.open()
    except OSError as error:
        raise _unwritable(config, error) from error
    finally:
        sink.close()


def _is_default(config: Config) -> bool:
    return not config.is_set(_LOGFILE)


def _make_default_folder(config: Config) -> None:
    """Where nobody has said where the log is to be, its folder is made: a daemon that was just installed has to start."""
    folder = Path(config.word(_LOGFILE)).parent
    if _is_default(config) and config.word("rpcauditprovider").lower() == "logfile" and not folder.exists():
        try:
            folder.mkdir(mode=0o750)
            if (group := _group(config)) is not None:
                os.chown(folder, -1, group)
        except OSError as error:
            if error.errno not in _PASSING:
                raise _unwritable(config, error) from error


def _unwritable(config: Config, error: OSError) -> ConfigError:
    if config.word("rpcauditprovider").lower() != "logfile":
        problem = f"{error.filename} cannot be reached, so every request would be refused: {error.strerror}"
        return ConfigError(problem, file=config.file, key="rpcauditprovider")
    path = config.word(_LOGFILE)
    more = "" if not _is_default(config) else "; name a file that this user may write, or write rpcaudit = 0"
    problem = f"{path} cannot be written, so every request would be refused: {error.strerror or error}{more}"
    return ConfigError(problem, file=config.file, key=_LOGFILE)


def _mode(config: Config) -> int:
    text = config.word("plugin.rpcaudit.logfile.mode")
    if not (1 <= len(text) <= 4 and set(text) <= set("01234567")) or int(text, 8) & ~0o660 or not int(text, 8) & 0o200:
        problem = f"'{text}' is no mode for an audit log: write 0600 or 0640"
        raise ConfigError(problem, file=config.file, key="plugin.rpcaudit.logfile.mode")
    return int(text, 8)


def _group(config: Config) -> int | None:
    """The group of a new file: as it is set, else, for root, the system's adm, which reads logs."""
    name = config.text("plugin.rpcaudit.logfile.group")
    try:
        return grp.getgrnam(name or "adm").gr_gid if name or os.geteuid() == 0 else None
    except KeyError as error:
        if not name:
            return None
        raise ConfigError(f"there is no group {name}", file=config.file, key="plugin.rpcaudit.logfile.group") from error
