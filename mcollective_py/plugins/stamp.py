"""What tells whether a plugin's folder is still what it was: each file in it, and whatever the way to it leads through.

Its tests and what Python keeps of its modules are no part of it: of two hundred files the iptables agent runs forty.
"""

import os
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

_NOT_RUN = ("__pycache__", "tests")  # folders


def stamp_of(folder: Path) -> bytes:
    """A digest of every entry of a folder and every folder above, by what a change of it changes.

    Equal stamps: not a byte, owner or mode is another. Of an entry: its path, inode, device, size, mtime and ctime (in nanoseconds),
    mode, owner and group; links by themselves and by what they lead to. Of a folder above only who could swap what is below: its other
    entries are no matter. Raises OSError.
    """
    digest = sha256()  # and no list of them all: in a child just forked each new page costs as much as a few files
    above = {parent for way in (folder.absolute(), folder.resolve()) for parent in way.parents}
    for one in sorted(above):
        digest.update(_line(os.fspath(one), os.lstat(one)))
    digest.update(_line(os.fspath(folder), os.lstat(folder)))
    _add_entries(digest.update, os.fspath(folder))
    return digest.digest()


def _add_entries(add: Callable[[bytes], None], folder: str) -> None:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            own = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(own.st_mode):  # its times change with each .pyc, and what is in it comes next
                if entry.name in _NOT_RUN:
                    continue
                add(_line(entry.path, own))
                _add_entries(add, entry.path)
                continue
            add(_line(entry.path, own, with_times=True))
            if stat.S_ISLNK(own.st_mode):
                try:
                    add(_line("", entry.stat(), with_times=True))
                except OSError:
                    add(b"it leads nowhere\0")


def _line(path: str, found: os.stat_result, *, with_times: bool = False) -> bytes:
    times = (found.st_size, found.st_mtime_ns, found.st_ctime_ns) if with_times else ()
    return repr((path, found.st_ino, found.st_dev, found.st_mode, found.st_uid, found.st_gid, times)).encode(errors="surrogateescape")
