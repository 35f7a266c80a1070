"""A small value that an agent keeps on disk: seen by its actions in child processes, and by the next daemon."""

import json
import os
from pathlib import Path
from typing import Any

from ..privatefile import read_private as read_private  # for what keeps more than a small value
from ..privatefile import replace_private as replace_private

FOLDER = Path("/var/lib/mcollective")  # packages make it for the daemon alone
_LIMIT = 1024 * 1024  # bytes


def read_kept(file: str | os.PathLike[str]) -> Any:
    """The JSON value of a file that this user or root wrote, None where there is none or it cannot be read."""
    try:
        return json.loads(read_private(file, _LIMIT))
    except (OSError, ValueError, RecursionError):
        return None


def write_kept(file: str | os.PathLike[str], value: Any) -> bool:
    """Keep a value that JSON can carry, mode 0600, whole or not at all. False where it cannot be kept there."""
    try:
        replace_private(file, json.dumps(value))
    except OSError:
        return False
    return True
