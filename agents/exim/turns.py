"""One of our calls of Exim at a time: of two -Mrm at the same moment both may find a message, and both log that they removed it."""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .places import state_folder

_STEP = 0.02  # seconds between two tries


@contextmanager
def our_turn(config: Mapping[str, str], seconds: float) -> Iterator[None]:
    """While no other action on messages calls Exim. Where it is not our turn in time, or cannot be known, Exim's own locks must do."""
    try:
        handle = os.open(state_folder(config) / "exim-turn.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        end = time.monotonic() + seconds
        while not _is_taken(handle) and time.monotonic() < end:
            time.sleep(_STEP)
        yield
    finally:
        os.close(handle)


def _is_taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
