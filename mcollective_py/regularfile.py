"""Small files that others write: read whole and bounded, never a FIFO or a device, never half written if that can be told."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SETTLE_S = 1.0  # a file changed in place this recently may still be being written
PATIENCE_S = 30.0  # after this long without rest it is a trouble to tell of


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one version of a file from another, without reading it."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, path: str) -> "Stamp":
        """The stamp of the file a path leads to; OSError where it leads nowhere."""
        return cls.of_status(os.stat(path))  # noqa: PTH116  asked for every request: a Path costs more than the call

    @classmethod
    def of_status(cls, status: os.stat_result) -> "Stamp":
        """The stamp of a file whose status is known."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class UnusableFile(OSError):
    """A file that is there but cannot be used; strerror says why, as what follows the path in a sentence."""

    strerror: str


def changeable_by_others(status: os.stat_result, path: Path) -> str | None:
    """Why a file that decides whom this process trusts is not safe; None where it is.

    Root takes only files of root or of their folder's owner (Puppet's are the user puppet's), that no group may write to. An
    ordinary user's own groups are that user's affair.
    """
    if status.st_mode & 0o002:
        return f"everybody may write to it: chmod o-w {path}"
    if os.geteuid() != 0:
        return None
    if status.st_mode & 0o020:
        return f"a group may write to it: chmod g-w {path}"
    if status.st_uid not in (0, path.parent.stat().st_uid):
        return f"it belongs to user {status.st_uid}, who could change it: chown root {path}"
    return None


def known_to_others(status: os.stat_result, path: Path) -> str | None:
    """Why a secret that stands in this file is none, or may be another's; None where it is root's or ours, mode 0600, 0640 or less."""
    if status.st_uid not in (0, os.geteuid()):
        return f"belongs to user id {status.st_uid}: chown it to who runs this"
    if status.st_mode & 0o137:
        return f"has mode {stat.S_IMODE(status.st_mode):04o}: chmod 0600 {path}"
    return None


def reason_of(error: OSError) -> str:
    """`PATH has 9000000 bytes, the limit is 4194304` or `PATH cannot be read: Permission denied`."""
    return f"{error.filename} {'' if isinstance(error, UnusableFile) else 'cannot be read: '}{error.strerror}"


@contextlib.contextmanager
def open_regular(path: str, *, follows_links: bool = True) -> Iterator[tuple[int, os.stat_result]]:
    """Descriptor and status of a regular file, opened for reading. Raises OSError; UnusableFile for a FIFO, a device or a folder."""
    # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever. The status is that of what was opened, not of what stood
    # there a moment before.
    link = 0 if follows_links else os.O_NOFOLLOW
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | link)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise UnusableFile(errno.EINVAL, "is not a regular file", path)
        yield handle, status
    finally:
        os.close(handle)


def read_regular(
    path: str, limit: int, *, follows_links: bool = True, judge: Callable[[os.stat_result], None] | None = None
) -> tuple[bytes, Stamp]:
    """The bytes of a regular file of at most limit bytes, and their stamp.

    judge: is given the status before anything is read, and raises where owner or mode will not do. Raises OSError: not there, a
    symlink loop, any symlink where follows_links is False (ELOOP); and UnusableFile: a FIFO or a device, too large, changed while it
    was read.
    """
    with open_regular(path, follows_links=follows_links) as (handle, status):
        if judge is not None:
            judge(status)
        if status.st_size > limit:
            raise UnusableFile(errno.EFBIG, f"has {status.st_size} bytes, the limit is {limit}", path)
        content = bytearray()
        try:
            while len(content) <= limit and (chunk := os.read(handle, limit + 1 - len(content))):
                content += chunk
        except OSError as error:  # which does not know whose descriptor it was
            raise OSError(error.errno, error.strerror, path) from error
        if len(content) > limit:
            raise UnusableFile(errno.EFBIG, f"has more than {limit} bytes, the limit", path)
        before, after = Stamp.of_status(status), Stamp.of_status(os.fstat(handle))
    if before != after or len(content) != after.size:
        raise UnusableFile(errno.EAGAIN, "changed while it was read", path)
    return bytes(content), after


def check_appendable(path: Path) -> None:
    """Whether a file could be made or appended to; nothing is opened or made. Raises OSError that says why not."""
    try:
        place, wanted = path, os.W_OK
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        place, wanted, is_folder = path.parent, os.W_OK | os.X_OK, False
        if not stat.S_ISDIR(place.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(place)) from None
    if is_folder:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not os.access(place, wanted):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))


class Settling:
    """Tells a file that was replaced (complete at once) from one that is written in place (perhaps not all there yet)."""

    def __init__(self) -> None:
        self._since: float | None = None

    def is_unsettled(self, known: Stamp, current: Stamp, now: float) -> bool:
        """True while the file that was last read as `known` is better not read again; now in seconds since the epoch.

        False for another inode (a rename into place) and for a file at rest for SETTLE_S.
        """
        is_same_file = (known.inode, known.device) == (current.inode, current.device)
        is_at_rest = abs(now - current.mtime_ns / 1e9) >= SETTLE_S  # abs: a time in the future says nothing
        if known == current or not is_same_file or is_at_rest:
            self._since = None
            return False
        if self._since is None or now < self._since:
            self._since = now
        return True

    def never_rests(self, now: float) -> bool:
        """True where it has been unsettled for PATIENCE_S."""
        return self._since is not None and now - self._since >= PATIENCE_S
