"""Appends lines to a file that may be rotated, all of them or none, and never fills the disk."""

import errno
import fcntl
import os
import stat
from collections.abc import Sequence

from mcollective_py.agent import RPCAborted

_TRIES = 100


def append(path: str, lines: Sequence[bytes], min_free: int) -> None:
    """Write the lines at the end of what the path leads to now. Raises RPCAborted."""
    content = b"".join(lines)
    try:
        for _ in range(_TRIES):
            # O_NONBLOCK: opening a FIFO must not wait
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(path, flags, 0o640)
            try:
                if _append(path, descriptor, content, min_free):
                    return
            finally:
                os.close(descriptor)
    except OSError as error:
        raise RPCAborted(f"{len(lines)} lines are not kept in {path}: {error.strerror or error}") from error
    raise RPCAborted(f"{len(lines)} lines are not kept: {path} is rotated again and again")


def _append(path: str, descriptor: int, content: bytes, min_free: int) -> bool:
    """Whether it stands there now; False where the file was rotated away meanwhile."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file")
    disk = os.fstatvfs(descriptor)
    if disk.f_bavail * disk.f_frsize - len(content) < min_free:
        raise OSError(errno.ENOSPC, f"less than {min_free} bytes would stay free (plugin.auditcollector.min_free)")
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # given back with the descriptor; several messages are kept at once
    try:
        now = os.lstat(path)
    except FileNotFoundError:
        return False
    if (now.st_dev, now.st_ino) != (found.st_dev, found.st_ino):
        return False
    size = os.fstat(descriptor).st_size
    if os.write(descriptor, content) < len(content):
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, "only a part could be written: is the disk full?")
    return True
