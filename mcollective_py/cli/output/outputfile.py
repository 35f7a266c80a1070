"""`-o FILE`: results in a file that appears whole, or not at all. No link is followed, and nobody else's file replaced."""

import os
import stat
import sys
from pathlib import Path

from ...errors import ConfigError, MCollectiveError, UsageError

_PIECE = 1 << 20  # characters
_MODE = 0o600  # what hosts say may be secret; a file that is there already keeps its own


class Destination:
    """Where the text of results goes: to stdout at once, or kept for the file."""

    def __init__(self, file: str | None) -> None:
        self._file = None if file is None else Path(file)
        self._kept: list[str] = []

    def write(self, text: str) -> None:
        """Take text in; an empty one is nothing."""
        if not text:
            return
        if self._file is None:
            for at in range(0, len(text), _PIECE):  # a long text is encoded as it is written, piece by piece
                sys.stdout.write(text[at : at + _PIECE])
            sys.stdout.flush()
        else:
            self._kept.append(text)

    def finish(self) -> None:
        """Put the file in its place. Raises MCollectiveError naming it where that cannot be."""
        if self._file is None:
            return
        from ..writing import write_atomically

        check_output_file(self._file)  # once more: the run may have taken long
        mode = stat.S_IMODE(self._file.stat().st_mode) if self._file.exists() else _MODE
        try:
            write_atomically(self._file, "".join(self._kept), mode)
        except ConfigError as error:
            raise MCollectiveError(str(error)) from error


def check_output_file(file: str | Path) -> None:
    """Raises UsageError, saying why, for a path at which results cannot or should not be written."""
    path, me = Path(file), os.geteuid()
    for folder in reversed(path.absolute().parents):
        found = _lstat(folder, f"{path}: there is no folder {folder}")
        if stat.S_ISLNK(found.st_mode) and found.st_uid not in (0, me):
            raise UsageError(f"{path}: {folder} is a link that user {found.st_uid} made: name the folder itself")
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(f"{path}: {folder} is no folder")
    if path.is_dir() or not path.name:
        raise UsageError(f"{path} is a folder: name a file in it")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{path}: the folder {folder} cannot be written to")
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISLNK(found.st_mode):
        raise UsageError(f"{path} is a link: name the file that it leads to")
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"{path} is no regular file")
    if found.st_uid != me:
        raise UsageError(f"{path} belongs to user {found.st_uid}: name another file, or delete it first")


def _lstat(path: Path, problem: str) -> os.stat_result:
    try:
        return path.lstat()
    except OSError as error:
        raise UsageError(problem) from error
