"""Where a path leads, walked folder by folder: links of others are not followed, and nothing is looked up twice."""

import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mcollective_py.agent import RPCAborted

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MAX_LINKS = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A name in a folder that is held open, so that both stay what they are whoever moves things about.

    folder: its descriptor. name: `.` for the root. path: without links. is_public: every user may pass through all folders above.
    """

    folder: int
    name: str
    path: str
    is_public: bool

    def status(self) -> os.stat_result | None:
        """The status of what is there, of a link itself; None where there is nothing."""
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self, flags: int, mode: int = 0o600) -> int:
        """A descriptor of what is there, never through a link, never waiting."""
        return os.open(self.name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, mode, dir_fd=self.folder)


@contextmanager
def place_of(path: str, *, follows: bool = False, trusted: frozenset[int] | None = None) -> Iterator[Place]:
    """The place of an absolute path; there need be nothing at its end.

    Links are followed where root or we made them, in folders where nobody else could: a link at the end only if follows.
    trusted: users whose links are followed. Raises OSError, and RPCAborted for a link of somebody else's.
    """
    users = frozenset({0, os.geteuid()}) if trusted is None else trusted
    walk = _Walk(users)
    try:
        yield walk.to(path, follows=follows)
    finally:
        walk.close()


class _Walk:
    def __init__(self, trusted: frozenset[int]) -> None:
        self._trusted = trusted
        self._names: list[str] = []
        self._folders = [os.open("/", _FOLDER)]

    def close(self) -> None:
        for folder in self._folders:
            os.close(folder)
        self._folders = []

    def to(self, path: str, *, follows: bool) -> Place:
        if not path.startswith("/") or "\0" in path or ".." in path.split("/"):
            raise RPCAborted(f"{path!r} is no absolute path without ..")
        waiting = deque(part for part in path.split("/") if part not in ("", "."))
        links = 0
        while waiting:
            name = waiting.popleft()
            if name == "..":  # of a link
                self._up()
                continue
            if not waiting and not follows:
                return self._place(name)
            target = self._link(name)
            if target is None:
                if not waiting:
                    return self._place(name)
                self._down(name)
                continue
            links += 1
            if links > _MAX_LINKS:
                raise RPCAborted(f"{path} goes through too many links")
            if target.startswith("/"):
                while self._names:
                    self._up()
            waiting.extendleft(part for part in reversed(target.split("/")) if part not in ("", "."))
        if not self._names:
            return Place(self._folders[-1], ".", "/", self._is_public())
        name = self._names[-1]
        self._up()
        return self._place(name)

    def _place(self, name: str) -> Place:
        return Place(self._folders[-1], name, f"/{'/'.join([*self._names, name])}", self._is_public())

    def _link(self, name: str) -> str | None:
        """Where a link leads, None for what is none."""
        folder = self._folders[-1]
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISLNK(found.st_mode):
            return None
        around = os.fstat(folder)
        path = f"/{'/'.join([*self._names, name])}"
        if found.st_uid not in self._trusted or around.st_uid not in self._trusted:
            raise RPCAborted(f"{path} is a link that user {found.st_uid} could have made: name what it leads to")
        if around.st_mode & _OTHERS_WRITE:
            raise RPCAborted(f"{path} is a link in a folder that others may write to: name what it leads to")
        return os.readlink(name, dir_fd=folder)

    def _down(self, name: str) -> None:
        self._folders.append(os.open(name, _FOLDER, dir_fd=self._folders[-1]))
        self._names.append(name)

    def _up(self) -> None:
        if self._names:
            self._names.pop()
            os.close(self._folders.pop())

    def _is_public(self) -> bool:
        return all(os.fstat(folder).st_mode & stat.S_IXOTH for folder in self._folders)
