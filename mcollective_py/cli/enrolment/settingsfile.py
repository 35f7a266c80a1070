"""The configuration file that enrolment writes into: which one, and how."""

import os
from collections.abc import Mapping
from pathlib import Path

from ...config import Config, places
from ...errors import ConfigError, UsageError
from ...regularfile import read_regular, reason_of
from ..writing import write_atomically
from .configlines import value_of, with_settings

_MAX_SIZE = 1 << 20  # bytes, as the reader takes


def config_file(side: str, given: Path | None) -> tuple[Path, Path | None]:
    """Which file to write, and which one to begin with where that is another.

    A caller's is in the home, whatever others share in /etc: it names a key that is one person's. It begins as a copy of the shared
    one, which it hides. side: `server` or `client`.
    """
    if given is not None:
        return given.absolute(), None
    if side == "server":
        found = next((path for path in places("server", None) if path.exists()), None)
        return found or Path("/etc/mcollective/server.cfg"), None
    own, *shared = places("client", Path.home())
    return own, None if own.exists() else next((path for path in shared if path.exists()), None)


def text_for(file: Path, begins_as: Path | None, settings: Mapping[str, str], *, switches: bool) -> str:
    """What the file is to have. switches: whether another securityprovider may be replaced. Raises ConfigError, UsageError."""
    source = begins_as or file
    text = _read(source) if source.exists() else ""
    former = (value_of(text, "securityprovider") or "x509").lower()
    if former != "x509" and not switches:
        raise UsageError(
            f"{source} has securityprovider = {former}, and a fleet speaks one: --switch-provider, when the others move to x509 too"
        )
    return with_settings(text, settings)


def write_settings(file: Path, text: str, side: str, settings: Mapping[str, str]) -> Config:
    """Write it, owner and mode as before, else mode 0600; the settings as they are read now.

    Raises ConfigError: also where something else, a file of plugin.d, wins over what was written.
    """
    target = file.resolve()
    try:
        status = target.stat() if target.exists() else None
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=str(file)) from error
    write_atomically(target, text, 0o600 if status is None else status.st_mode & 0o777)
    if status is not None and os.geteuid() == 0:
        os.chown(target, status.st_uid, status.st_gid)
    config, _ = Config.examine(file, side)
    for key, value in settings.items():
        if (read := config.text(key)) != value:
            problem = f"it is still {read!r}: something in {file.parent / 'plugin.d'} wins over this file"
            raise ConfigError(problem, file=str(file), key=key)
    return config


def _read(file: Path) -> str:
    try:
        return read_regular(str(file), _MAX_SIZE)[0].decode("utf-8", "surrogateescape")
    except OSError as error:
        raise ConfigError(reason_of(error)) from error
