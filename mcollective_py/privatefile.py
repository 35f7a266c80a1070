"""Files of one user that nobody else reads: where they lie, written in one step, and no more of them than are wanted."""

# The TAB key comes by here: pathlib would cost it 5 ms.
# ruff: noqa: PTH100, PTH103, PTH105, PTH108, PTH118, PTH120, PTH208

import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence

_OURS = "mcollective_py"


def cache_folder(environment: Mapping[str, str] = os.environ) -> str:
    """Where this user's caches are: in $XDG_CACHE_HOME, else in ~/.cache."""
    return _folder_of_user(environment, "XDG_CACHE_HOME", ".cache")


def state_folder(environment: Mapping[str, str] = os.environ) -> str:
    """Where what a user did is kept: in $XDG_STATE_HOME, else in ~/.local/state."""
    return _folder_of_user(environment, "XDG_STATE_HOME", ".local/state")


def read_private(file: str | os.PathLike[str], limit: int) -> bytes:
    """The bytes of a file that this user, or root, wrote. Raises OSError for one of anybody else, a link, a FIFO, and too large a one.

    These files stand where $HOME says, which sudo may keep: what root finds there may be another's, made to mislead it or to wait.
    """
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as opened:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "is not a regular file", os.fspath(file))
        if status.st_uid not in (0, os.geteuid()):
            raise OSError(errno.EPERM, f"belongs to user {status.st_uid}", os.fspath(file))
        content = opened.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"has more than {limit} bytes", os.fspath(file))
    return content


def replace_private(file: str | os.PathLike[str], text: str) -> None:
    """Write a file, mode 0600, so that a reader sees all of it or the one before; its folder is made, mode 0700.

    Raises OSError; for a folder of another user too, or a link in its place: in another's HOME nothing of ours is left.
    """
    folder = os.path.dirname(os.path.abspath(file))
    os.makedirs(folder, mode=0o700, exist_ok=True)
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise OSError(errno.EPERM, f"is a link, or of user {status.st_uid}", folder)
    new = os.path.join(folder, f".new-{os.urandom(8).hex()}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as written:
            written.write(text.encode("utf-8", "backslashreplace"))
        os.replace(new, file)
    except OSError:
        if os.path.lexists(new):
            os.unlink(new)
        raise


def prune_folder(
    folder: str | os.PathLike[str],
    is_kept_here: Callable[[str], object],
    surplus: Callable[[Sequence[tuple[str, os.stat_result]]], Iterable[str]],
) -> None:
    """Delete the files of a folder that are too many. Raises OSError.

    is_kept_here: whether a name is one of those that are counted. surplus: of their names and status, who is to go. A folder that is
    another user's, or a link, is left alone.
    """
    # By descriptor: a link in its place, which root may be led to by another's HOME, has nothing deleted.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(handle).st_uid != os.geteuid():
            return
        names = [name for name in os.listdir(handle) if is_kept_here(name)]
        for name in surplus([(name, os.stat(name, dir_fd=handle, follow_symlinks=False)) for name in names]):
            os.unlink(name, dir_fd=handle)
    finally:
        os.close(handle)


def _folder_of_user(environment: Mapping[str, str], variable: str, otherwise: str) -> str:
    base = environment.get(variable, "")
    if not base.startswith("/"):  # what is not absolute is to be ignored, says the XDG Base Directory Specification
        base = f"{environment.get('HOME') or '/nonexistent'}/{otherwise}"
    return os.path.join(base, _OURS)
