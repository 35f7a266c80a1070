"""Files that a command writes: whole, or not at all."""

import os
import tempfile
from pathlib import Path

from ..errors import ConfigError


def write_atomically(file: Path, text: str, mode: int) -> None:
    """Write a file so that a reader sees all of it or the old one. Raises ConfigError naming the file."""
    try:
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as new:
                os.fchmod(new.fileno(), mode)
                new.write(text)
                new.flush()
                os.fsync(new.fileno())
            Path(temporary).replace(file)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"cannot write it: {error.strerror or error}", file=str(file)) from error
