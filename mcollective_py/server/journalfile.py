"""The file of the journal of requests: locked, read whole at the start, appended to, and written anew when it has grown."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import ConfigError
from ..regularfile import read_regular
from .journalrecords import Record, encode

NAME = "requests.journal"
_LONGEST = 256 << 20  # bytes: twice what a full replay memory can leave behind
_GROWN = 4 << 20  # bytes: below this no file is worth writing anew


class JournalFile:
    """One file in a folder that no other daemon may use.

    content: all that a new file begins with. What is read and appended is whole lines; a line that was cut off by a full disk is taken
    back, or ends where the next begins. Only one thread may append with `sync`, or renew.
    """

    def __init__(self, folder: Path, content: Callable[[], Iterable[Record]]) -> None:
        self.path = folder / NAME
        self._folder, self._content = folder, content
        self._file = self._lock = -1
        self._grown = _GROWN
        self._is_torn = False
        self.is_new = True  # nothing may be appended before it is written anew

    def lock(self) -> None:
        """Keep others out for as long as this process lives. Raises ConfigError where one is there already."""
        self._lock = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            is_taken = error.errno in (errno.EWOULDBLOCK, errno.EACCES)
            problem = (
                "another mcollectived uses it: each needs a folder of its own" if is_taken else f"cannot be locked: {error.strerror}"
            )
            raise ConfigError(problem, file=str(self._folder), key="statedir") from None

    def read(self) -> tuple[bytes, float]:
        """What is there, and when it was last written (seconds since the epoch). Raises OSError."""
        content, stamp = read_regular(str(self.path), _LONGEST, follows_links=False)
        return content, stamp.mtime_ns / 1e9

    def resume(self, size: int) -> None:
        """Go on after so many bytes of what was read; what follows them is dropped. Raises OSError."""
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
        if os.fstat(self._file).st_size != size:
            os.ftruncate(self._file, size)
        self.is_new = False

    def append(self, record: Record, *, sync: bool) -> None:
        """Add a record. sync: return when the disk has it. Raises OSError; then it is as if nothing had been written."""
        if self.is_new:
            raise OSError(errno.EIO, "there is no journal yet")
        line = encode(record)
        content = b"\n" + line if self._is_torn else line
        written = os.write(self._file, content)
        if written < len(content):
            self._is_torn = not self._take_back(written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._is_torn = False
        if sync:
            self.sync()

    def sync(self) -> None:
        """Return when the disk has all records. Raises OSError; then nobody knows what it has, and the file must be written anew."""
        try:
            os.fdatasync(self._file)
        except OSError:
            self.is_new = True
            raise

    def is_to_be_renewed(self) -> bool:
        """Whether it has grown much since it was last written anew, cannot be appended to, or is no more where it should be."""
        if self.is_new:
            return True
        status = os.fstat(self._file)
        self.is_new = status.st_nlink == 0  # nobody would find again what is written there
        return self.is_new or status.st_size > self._grown

    def renew(self, aside: str = "") -> None:
        """Put a new file in its place, in one step. aside: what the old one is kept as, behind its name. Raises OSError."""
        new = self.path.with_name(f"{NAME}.new")
        new.unlink(missing_ok=True)
        written = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            size = 0
            with os.fdopen(os.dup(written), "wb", buffering=1 << 20) as buffered:
                for record in self._content():
                    size += buffered.write(encode(record))
            os.fsync(written)
            if aside:
                kept = self.path.with_name(f"{NAME}.{aside}")
                kept.unlink(missing_ok=True)
                os.link(self.path, kept, follow_symlinks=False)
            new.replace(self.path)
            os.fsync(self._lock)
        except OSError:
            os.close(written)
            raise
        if self._file >= 0:
            os.close(self._file)
        self._file, self._grown = written, max(_GROWN, 3 * size)
        self.is_new = self._is_torn = False

    def put_off(self) -> None:
        """Let it grow on: it could not be written anew."""
        if self._file >= 0:
            self._grown = os.fstat(self._file).st_size + _GROWN

    def close(self) -> None:
        """Let go of file and folder."""
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._lock = -1
        self.is_new = True

    def _take_back(self, written: int) -> bool:
        try:
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
        except OSError:
            return False
        return True
