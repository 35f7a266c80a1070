"""What lies below a folder: files by name, age and size, and how much room they take; within one file system, no link followed."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from time import monotonic
from typing import Any

from .facts import kind_of, shown
from .place import Place

MAX_SEEN = 500_000  # entries that are looked at
MAX_DEPTH = 64
_WITHIN = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files: name as `*.log`, type, seconds since the last change, bytes; None for any. now: seconds since the epoch."""

    now: float
    name: str | None = None
    type: str | None = None
    older: float | None = None
    newer: float | None = None
    larger: int | None = None
    smaller: int | None = None

    def fits(self, name: str, status: os.stat_result) -> bool:
        """Whether a file is one of those."""
        age = self.now - status.st_mtime
        return (
            (self.name is None or fnmatchcase(name, self.name))
            and (self.type is None or kind_of(status.st_mode) == self.type)
            and (self.older is None or age > self.older)
            and (self.newer is None or age < self.newer)
            and (self.larger is None or status.st_size > self.larger)
            and (self.smaller is None or status.st_size < self.smaller)
        )


class Walk:
    """All entries below a folder, each with its path and status. is_cut: whether some were not looked at; problems: folders that
    cannot be read."""

    def __init__(self, place: Place, depth: int = MAX_DEPTH, most: int = MAX_SEEN, within: float = _WITHIN) -> None:
        self._place, self._depth, self._left, self._end = place, min(depth, MAX_DEPTH), most, monotonic() + within
        self.is_cut = False
        self.problems = 0

    def file_system(self) -> os.statvfs_result:
        """Blocks of the file system that the folder is on."""
        folder = self._place.open(os.O_RDONLY | os.O_DIRECTORY)
        try:
            return os.fstatvfs(folder)
        finally:
            os.close(folder)

    def __iter__(self) -> Iterator[tuple[str, str, os.stat_result]]:
        folder = self._place.open(os.O_RDONLY | os.O_DIRECTORY)
        yield from self._below(folder, self._place.path.rstrip("/"), self._depth, os.fstat(folder).st_dev)

    def _below(self, folder: int, path: str, depth: int, device: int) -> Iterator[tuple[str, str, os.stat_result]]:
        """Entries of an open folder, which it closes."""
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._left -= 1
                    if self._left < 0 or monotonic() > self._end:
                        self.is_cut = True
                        return
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue  # it has just gone
                    yield f"{path}/{entry.name}", entry.name, status
                    if not stat.S_ISDIR(status.st_mode) or status.st_dev != device:
                        continue
                    if depth <= 1:
                        self.is_cut = self.is_cut or self._depth == MAX_DEPTH
                        continue
                    try:
                        child = os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
                    except OSError:
                        self.problems += 1
                        continue
                    yield from self._below(child, f"{path}/{entry.name}", depth - 1, device)
        finally:
            os.close(folder)


def found_files(walk: Walk, wanted: Wanted, most: int) -> tuple[list[dict[str, Any]], int]:
    """Those that are wanted, at most so many, and how many there are in all."""
    found: list[dict[str, Any]] = []
    count = 0
    for path, name, status in walk:
        if wanted.fits(name, status):
            count += 1
            if len(found) < most:
                found.append(
                    {
                        "path": shown(path),
                        "type": kind_of(status.st_mode),
                        "size": status.st_size,
                        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
                        "uid": status.st_uid,
                        "mtime_seconds": int(status.st_mtime),
                    }
                )
    return found, count


def usage_below(walk: Walk) -> dict[str, int]:
    """Bytes on disk and in files, and how many files and folders; a file with several names counts once."""
    seen: set[tuple[int, int]] = set()
    told = {"bytes": 0, "size": 0, "files": 0, "folders": 0}
    for _, _, status in walk:
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            if (key := (status.st_dev, status.st_ino)) in seen:
                continue
            seen.add(key)
        told["bytes"] += status.st_blocks * 512
        told["size"] += status.st_size if stat.S_ISREG(status.st_mode) else 0
        told["folders" if stat.S_ISDIR(status.st_mode) else "files"] += 1
    return told
