"""What tells whether a plugin's folder is still what it was: each file in it, and whatever the way to it leads through."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

Stamp = tuple[tuple[str | int, ...], ...]


def stamp_of(folder: Path) -> Stamp:
    """Every entry of a folder, and every folder above, by what a change of it changes; equal stamps: not a byte, owner or mode differs.

    Of an entry: its path, inode, device, size, mtime, ctime (both in nanoseconds), mode, owner and group; links by themselves and by
    what they lead to. Of a folder above only who could swap what is below: its other entries are no matter. Raises OSError.
    """
    above = {parent for way in (folder.absolute(), folder.resolve()) for parent in way.parents}
    found: list[tuple[str | int, ...]] = [(str(parent), *_who(os.lstat(parent))) for parent in sorted(above)]
    found += [(str(folder), *_who(os.lstat(folder))), *sorted(_entries(os.fspath(folder)))]
    return tuple(found)


def _entries(folder: str) -> Iterator[tuple[str | int, ...]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            own = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(own.st_mode):  # its times change with each .pyc, and what is in it comes next
                yield entry.path, *_who(own)
                yield from _entries(entry.path)
                continue
            yield entry.path, *_all(own)
            if stat.S_ISLNK(own.st_mode):
                try:
                    yield f"{entry.path}/", *_all(entry.stat())
                except OSError:
                    yield f"{entry.path}/", 0  # it leads nowhere


def _who(found: os.stat_result) -> tuple[int, ...]:
    return found.st_ino, found.st_dev, found.st_mode, found.st_uid, found.st_gid


def _all(found: os.stat_result) -> tuple[int, ...]:
    return *_who(found), found.st_size, found.st_mtime_ns, found.st_ctime_ns
