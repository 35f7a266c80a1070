"""The status of one file as `fstat` data tells it: of a symlink itself, never waiting on a FIFO, bounded in time.

Names, types and formats are those of Ruby's fstat_data.rb: a filter must pick the same hosts of both kinds.
"""

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import RPCAborted
from ..regularfile import open_regular
from .deadline import Ask, at_once

MAX_DIGEST_BYTES = 64 * 1024 * 1024  # about 0.1 s of hashing; a larger file has no md5
_BLOCK = 256 * 1024
_PATIENCE = 5.0  # seconds for a look at a file, and for its digest
_WHO = "data plugin fstat"

FILE_OUTPUTS: Mapping[str, str] = {
    "name": "The path asked for",
    "output": "present, or not present",
    "present": "1 where the file exists, else 0",
    "type": "file, directory, symlink, socket, chardev, blockdev, or unknown for a FIFO and what does not exist",
    "size": "Size in bytes",
    "mode": "Mode in octal, with the type's bits: 100644",
    "md5": "MD5 digest of a regular file that every user may read and of at most 64 MiB, else 0",
    "uid": "Owner",
    "gid": "Group",
    "mtime": "When the content last changed, in the host's own time: 2026-11-23 05:49:38; 0 for what does not exist",
    "ctime": "When the status last changed",
    "atime": "When it was last read",
    "mtime_seconds": "The same in seconds since the epoch",
    "ctime_seconds": "The same in seconds since the epoch",
    "atime_seconds": "The same in seconds since the epoch",
    "mtime_age": "Seconds since then, no value for what does not exist",
    "ctime_age": "Seconds since then",
    "atime_age": "Seconds since then",
}
_TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "chardev",
    stat.S_IFBLK: "blockdev",
}


class FileStatus(Mapping[str, Any]):
    """All of FILE_OUTPUTS; md5 is found out when it is asked for: a filter on the size must not read the file."""

    def __init__(self, told: Mapping[str, Any], max_digest_bytes: int, ask: Ask) -> None:
        self._told, self._max_digest_bytes, self._ask = dict(told), max_digest_bytes, ask

    def __getitem__(self, output: str) -> Any:
        if output == "md5" and self._told["md5"] is None:
            name, limit = self._told["name"], self._max_digest_bytes
            self._told["md5"] = self._ask(_WHO, lambda: _md5(name, limit), _PATIENCE)
        return self._told[output]

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)


def file_status(path: str, now: float | None = None, max_digest_bytes: int = MAX_DIGEST_BYTES, ask: Ask = at_once) -> Mapping[str, Any]:
    """All of FILE_OUTPUTS for an absolute path; now in seconds since the epoch. Raises RPCAborted for a path that is none.

    ask: with a deadline where whoever waits has none: a file server that is gone answers no look at a file, and nothing ends that.
    """
    told: Mapping[str, Any] = ask(_WHO, lambda: _told_of(path, now), _PATIENCE)
    return FileStatus(told, max_digest_bytes, ask)


def _told_of(path: str, now: float | None) -> dict[str, Any]:
    """All but the digest, which is None where there may be one."""
    if not path.startswith("/") or "\0" in path:
        raise RPCAborted("fstat needs an absolute path")
    blank: dict[str, Any] = dict.fromkeys(FILE_OUTPUTS, 0)
    blank |= dict.fromkeys(("mtime_age", "ctime_age", "atime_age"))
    blank |= {"name": path, "output": "not present", "type": "unknown", "mode": "0000"}
    try:
        os.stat(path)  # noqa: PTH116  as lstat below; a symlink to nothing is not present
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return blank
    except (OSError, ValueError) as error:  # ValueError: text that no file name can hold
        raise RPCAborted(f"{path}: {getattr(error, 'strerror', None) or 'no usable path'}") from error
    moment = int(time.time() if now is None else now)
    times = {name: getattr(status, f"st_{name}_ns") // 10**9 for name in ("mtime", "ctime", "atime")}
    has_digest = stat.S_ISREG(status.st_mode) and status.st_mode & stat.S_IROTH
    return {
        **blank,
        "output": "present",
        "present": 1,
        "type": _TYPES.get(stat.S_IFMT(status.st_mode), "unknown"),
        "size": status.st_size,
        "mode": f"{status.st_mode:o}",
        # Whoever may ask for this may not read every file: a digest gives a short secret away.
        "md5": None if has_digest else 0,
        "uid": status.st_uid,
        "gid": status.st_gid,
        **{name: time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value)) for name, value in times.items()},
        **{f"{name}_seconds": value for name, value in times.items()},
        **{f"{name}_age": moment - value for name, value in times.items()},
    }


def _md5(path: str, limit: int) -> str | int:
    # Opened anew and asked again: between lstat and open the path may have become a FIFO or a link.
    try:
        with open_regular(path, follows_links=False) as (handle, status):
            if status.st_size > limit:
                return 0
            digest, left = hashlib.md5(usedforsecurity=False), limit
            while left > 0 and (block := os.read(handle, min(_BLOCK, left))):
                digest.update(block)
                left -= len(block)
            return digest.hexdigest()
    except OSError:  # files of /proc may refuse to be read
        return 0
