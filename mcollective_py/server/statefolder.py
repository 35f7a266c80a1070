"""The folder of what must outlive the daemon (`statedir`): the journal of requests, and what else is kept beside it."""

import os
import stat
from pathlib import Path

from ..config import Config
from ..errors import ConfigError
from ..regularfile import check_appendable

_KEY = "statedir"


def open_state_folder(config: Config) -> Path:
    """The folder, made with mode 0700 where it is missing; the one above must be there. Raises ConfigError."""
    folder = Path(config.word(_KEY))
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unusable(config, f"{folder} cannot be made: {error.strerror}") from error
    return checked_state_folder(config)


def checked_state_folder(config: Config) -> Path:
    """The folder where it is there and nobody else can change what is in it; nothing is made. Raises ConfigError."""
    folder = Path(config.word(_KEY))
    try:
        status = folder.lstat()
    except OSError as error:
        raise _unusable(config, f"{folder} cannot be used: {error.strerror}") from error
    if not stat.S_ISDIR(status.st_mode):
        raise _unusable(config, f"{folder} is not a folder")
    if status.st_uid != os.geteuid():
        raise _unusable(config, f"{folder} belongs to user id {status.st_uid}: chown it to who runs this")
    if status.st_mode & 0o027:
        raise _unusable(config, f"{folder} has mode {stat.S_IMODE(status.st_mode):04o}: chmod 0750 {folder}")
    return folder


def check_state_folder(config: Config) -> None:
    """Raise the ConfigError that open_state_folder would; nothing is made. Only root is told of owner and mode."""
    folder = Path(config.word(_KEY))
    if os.path.lexists(folder):
        if os.geteuid() == 0:
            checked_state_folder(config)
        return
    try:
        check_appendable(folder)
    except PermissionError:
        return  # the daemon's user may
    except OSError as error:
        raise _unusable(config, f"{folder} cannot be made: {error.strerror}") from error


def _unusable(config: Config, problem: str) -> ConfigError:
    return ConfigError(problem, file=config.file, key=_KEY)
