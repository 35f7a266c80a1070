"""Who else could change a file: owner and mode of it and of every folder above, links followed as the kernel does."""

import os
import stat
from collections import deque
from pathlib import Path

_OTHERS_WRITE = 0o022
_MAX_STEPS = 400  # folders and links on one way; a loop of links ends here


def check_ownership(path: Path, uid: int | None = None) -> None:
    """Refuse a path that somebody else than root and uid (default: who we are) could change or swap.

    Every folder and link on the way must be theirs and not writable by group or others; a sticky folder above is no fault.
    Raises PermissionError with the reason, FileNotFoundError where there is nothing.
    """
    trusted = {0, os.geteuid() if uid is None else uid}
    waiting = deque(path.absolute().parts[1:])
    here = Path("/")
    _check_one(here, os.lstat(here), trusted, is_last=not waiting)
    for _ in range(_MAX_STEPS):
        if not waiting:
            return
        part = waiting.popleft()
        here = here.parent if part == ".." else here / part
        found = os.lstat(here)
        _check_one(here, found, trusted, is_last=not waiting)
        if stat.S_ISLNK(found.st_mode):
            target = here.readlink()
            here = Path("/") if target.is_absolute() else here.parent
            waiting.extendleft(reversed(target.parts[1:] if target.is_absolute() else target.parts))
    raise PermissionError(f"{path} goes through too many links")


def check_tree_ownership(folder: Path, uid: int | None = None) -> None:
    """check_ownership for a folder and for everything in it; links inside are judged by where they lead as well."""
    check_ownership(folder, uid)
    for entry in folder.rglob("*"):
        if entry.is_symlink():
            check_ownership(entry, uid)
        else:
            trusted = {0, os.geteuid() if uid is None else uid}
            _check_one(entry, os.lstat(entry), trusted, is_last=True)


def _check_one(path: Path, found: os.stat_result, trusted: set[int], *, is_last: bool) -> None:
    if found.st_uid not in trusted:
        raise PermissionError(f"{path} belongs to uid {found.st_uid}: it must be owned by root or by the daemon's user")
    if stat.S_ISLNK(found.st_mode):
        return  # a link's own mode says nothing
    is_sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX and not is_last
    if found.st_mode & _OTHERS_WRITE and not is_sticky:
        raise PermissionError(f"{path} can be written by others (mode {stat.S_IMODE(found.st_mode):04o}): chmod go-w {path}")
