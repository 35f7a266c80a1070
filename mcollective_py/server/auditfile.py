"""The audit in a file: lines of a chain, appended whole or not at all, through rotations by rename and by truncation."""

import errno
import logging
import os
import stat
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, time

from .auditchain import Link, chained, end_of, resumed

logger = logging.getLogger(__name__)

_TAIL = 256 << 10  # bytes of a file's end that are read to go on from: several of the longest lines
_LOOK = 0.02  # seconds for which the file need not be looked for again: that costs more than a line
_RECENT_S, _RECENT = 5.0, 1 << 20  # how long, and how many bytes of, lines are kept for a copy that may have missed them
_TRIES = 5  # rotations in a row; by then it has been written to as many files


class AuditFile:
    """Appends lines to what a path leads to now. Not for two threads at once.

    A rotation by rename is seen before a line is written, or, under load, within 20 ms: then the lines since are written again, to the
    new file. One that copies and truncates may have cut off lines that the copy has not: the last five seconds of them (1 MiB at most)
    are written again. A line that stands there twice says the same both times, and readers take it once. head: where the chain stood,
    from elsewhere. mode and group: of a file that is made here; one that is there and open to more than mode is narrowed.
    """

    def __init__(self, path: Path, mode: int = 0o640, group: int | None = None, head: Link | None = None) -> None:
        self._path, self._mode, self._group = str(path), mode, group
        self._file, self._identity, self._size = -1, (0, 0), 0
        self._looked = float("-inf")
        self._is_torn = False
        self._unsettled: list[bytes] = []  # lines that were written since the file was looked for
        self._recent: deque[tuple[float, bytes]] = deque()
        self._recent_bytes = 0
        self.end: Link | None = head

    def open(self) -> None:
        """Open the file now; without this the first line does. Raises OSError."""
        if self._file < 0:
            self._reopen()

    def append(self, records: Sequence[bytes], *, sync: bool = False) -> list[bytes]:
        """Write some records as the next lines, and give those. sync: they are on the disk when this returns, where the path leads to.

        Raises OSError where not all of them could be written: then none is, and the chain stands where it did.
        """
        if self._file < 0 or monotonic() - self._looked >= _LOOK:
            self.settle()
        lines, end = chained(records, self.end or Link())
        self._write(b"".join(lines))
        self.end = end
        self._unsettled += lines
        self._keep_recent(lines)
        if sync:
            self.settle()
            os.fdatasync(self._file)
        return lines

    def settle(self) -> None:
        """See that what was written lately stands where the path leads to; where not, write it again. Raises OSError."""
        for _ in range(_TRIES):
            found = self._look() if self._file >= 0 else None
            if found is None:
                former = self._identity
                self._reopen()
                if former != self._identity:
                    self._write(b"".join(self._unsettled))
            elif found.st_size < self._size:
                self._repeat(found)
            else:
                if found.st_size > self._size:
                    strange = found.st_size - self._size
                    logger.warning("%s is not as the audit left it: somebody else has appended %d bytes", self._path, strange)
                    self._resume(found.st_size)
                break
        self._unsettled.clear()
        self._looked = monotonic()

    def rest(self) -> None:
        """Drop the lines that are kept for a copy which may have missed them: they are too old for it by now."""
        self._recent.clear()
        self._recent_bytes = 0

    def close(self) -> None:
        """Let go of the file; the next line opens it again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    # --- writing --------------------------------------------------------------------------------------------------------

    def _write(self, content: bytes) -> None:
        if not content:
            return
        # What was cut off by a full disk must not swallow the next line.
        content = b"\n" + content if self._is_torn else content
        written = os.write(self._file, content)
        if written < len(content):
            if not self._take_back(written):
                self.close()  # the next line has to look how the file ends now
            raise OSError(errno.ENOSPC, "only a part of the record could be written: is the disk full?")
        self._is_torn = False
        self._size += written

    def _take_back(self, written: int) -> bool:
        try:
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
        except OSError:
            return False
        return True

    def _repeat(self, found: os.stat_result) -> None:
        """The file has been truncated: write again what its copy may not have."""
        self._resume(found.st_size)
        lines = [line for moment, line in self._recent if moment > found.st_mtime - _RECENT_S]
        self._write(b"".join(lines))

    def _keep_recent(self, lines: Sequence[bytes]) -> None:
        now = time()
        for line in lines:
            self._recent.append((now, line))
            self._recent_bytes += len(line)
        while self._recent and (now - self._recent[0][0] > _RECENT_S or self._recent_bytes > _RECENT):
            self._recent_bytes -= len(self._recent.popleft()[1])

    # --- the file that the path leads to --------------------------------------------------------------------------------

    def _look(self) -> os.stat_result | None:
        """The status of what the path leads to, None where that is not the open file."""
        try:
            found = os.lstat(self._path)
        except FileNotFoundError:
            return None
        return found if (found.st_dev, found.st_ino) == self._identity else None

    def _reopen(self) -> None:
        self.close()
        # O_NONBLOCK: opening a FIFO must not wait
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, f"{self._path} is not a regular file")
            mode = stat.S_IMODE(found.st_mode)
            if found.st_size == 0 and self._group is not None and found.st_gid != self._group:
                os.fchown(descriptor, -1, self._group)
            if found.st_size == 0 or mode & ~self._mode:
                os.fchmod(descriptor, self._mode if found.st_size == 0 else mode & self._mode)
            self._file, self._identity = descriptor, (found.st_dev, found.st_ino)
            self._resume(found.st_size)
        except OSError:
            self._file = -1
            os.close(descriptor)
            raise

    def _resume(self, size: int) -> None:
        """Go on from how the file ends, which somebody else, or an earlier daemon, has left so."""
        found = end_of(os.pread(self._file, _TAIL, max(0, size - _TAIL)))
        self.end, trouble = resumed(self.end, found, is_empty=size == 0)
        self._is_torn, self._size = found.is_torn, size
        if trouble:
            logger.warning("%s is not as the audit left it: %s", self._path, trouble)
