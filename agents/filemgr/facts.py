"""What a file is: the historic outputs of `status`, and digests."""

import hashlib
import os
import stat
import time
from typing import Any

from .place import Place

MAX_STATUS_DIGEST = 64 * 1024 * 1024  # bytes; a larger file has no digests in its status
MAX_LISTED = 10_000
_BLOCK = 256 * 1024
_TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "chardev",
    stat.S_IFBLK: "blockdev",
    stat.S_IFIFO: "fifo",
}
ABSENT = {
    "output": "not present",
    "type": "unknown",
    "mode": "0000",
    **dict.fromkeys(
        ("present", "size", "mtime", "ctime", "atime", "mtime_seconds", "ctime_seconds", "atime_seconds", "md5", "uid", "gid"), 0
    ),
}


def kind_of(mode: int) -> str:
    """file, directory, symlink, socket, chardev, blockdev or fifo."""
    return _TYPES.get(stat.S_IFMT(mode), "unknown")


def told_of(status: os.stat_result) -> dict[str, Any]:
    """The historic outputs of what is there, all but the digest; times in the host's own time."""
    seconds = {name: getattr(status, f"st_{name}_ns") // 10**9 for name in ("mtime", "ctime", "atime")}
    return {
        "output": "present",
        "present": 1,
        "type": kind_of(status.st_mode),
        "size": status.st_size,
        "mode": f"{status.st_mode:o}",
        "uid": status.st_uid,
        "gid": status.st_gid,
        **{name: time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value)) for name, value in seconds.items()},
        **{f"{name}_seconds": value for name, value in seconds.items()},
    }


def names_in(place: Place) -> list[str]:
    """Names in a folder, sorted, at most 10,000; bytes that are no UTF-8 as `\\xff`."""
    folder = place.open(os.O_RDONLY | os.O_DIRECTORY)
    try:
        return sorted(shown(name) for name in os.listdir(folder)[:MAX_LISTED])  # noqa: PTH208  of a descriptor
    finally:
        os.close(folder)


def shown(name: str) -> str:
    """A name of a file as text that every wire carries."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def digests(handle: int, size: int, *names: str) -> dict[str, str]:
    """Digests of the first size bytes of an open file by the names of their algorithms."""
    made = {name: hashlib.new(name, usedforsecurity=False) for name in names}
    at = 0
    while at < size and (block := os.pread(handle, min(_BLOCK, size - at), at)):
        at += len(block)
        for digest in made.values():
            digest.update(block)
    return {name: digest.hexdigest() for name, digest in made.items()}
