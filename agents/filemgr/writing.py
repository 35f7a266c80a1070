"""Changes: a file replaced at once or not at all, in pieces where it is large; folders, modes and owners; copies kept of what was."""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from mcollective_py.agent import InvalidRPCData, RPCAborted

from .facts import digests, kind_of
from .place import Place

MAX_SIZE = 64 * 1024 * 1024  # bytes of a file that put makes, where no setting says otherwise
_MODES = 0o1777  # of files; setuid and setgid make a root shell of a file
_FOLDER_MODES = 0o3777


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a file is to have; None: what it has, or for a new one 0644 (a folder 0755) and our own user and group."""

    mode: int | None = None
    uid: int | None = None
    gid: int | None = None

    @classmethod
    def of(cls, inputs: Mapping[str, object], *, is_folder: bool = False) -> "Attributes":
        """Of the inputs mode, owner and group. Raises InvalidRPCData for a mode or a name that there is not."""
        mode = inputs.get("mode")
        number = None if mode is None else int(str(mode), 8)
        if number is not None and number & ~(_FOLDER_MODES if is_folder else _MODES):
            raise InvalidRPCData(f"the mode {mode} would let whoever runs it be somebody else: no setuid, and setgid for folders only")
        return cls(number, _number(inputs.get("owner"), "user"), _number(inputs.get("group"), "group"))

    def differ(self, status: os.stat_result) -> bool:
        """Whether a file has others."""
        return (
            (self.mode is not None and self.mode != stat.S_IMODE(status.st_mode))
            or (self.uid is not None and self.uid != status.st_uid)
            or (self.gid is not None and self.gid != status.st_gid)
        )


def _number(name: object, kind: str) -> int | None:
    if name is None:
        return None
    text = str(name)
    if text.isascii() and text.isdigit():
        if int(text) >= 2**32 - 1:  # the last one means `as it is` to the kernel
            raise InvalidRPCData(f"{text} is the number of no {kind}")
        return int(text)
    import grp
    import pwd

    try:
        return pwd.getpwnam(text).pw_uid if kind == "user" else grp.getgrnam(text).gr_gid
    except KeyError as error:
        raise InvalidRPCData(f"there is no {kind} {text} on this host") from error


@dataclass(frozen=True, slots=True)
class Upload:
    """One piece of a file that is to be. sha256 and size: of the whole file. offset: of this piece."""

    content: bytes
    sha256: str
    size: int
    offset: int = 0

    @property
    def is_last(self) -> bool:
        """Whether the file is whole with it."""
        return self.offset + len(self.content) == self.size


def regular_status(place: Place) -> os.stat_result | None:
    """The status of the regular file at a place, None where there is nothing. Raises RPCAborted for anything else."""
    found = place.status()
    if found is not None and not stat.S_ISREG(found.st_mode):
        kind = kind_of(found.st_mode)
        raise RPCAborted(f"{place.path} is no regular file but a {kind}" + (": name what it leads to" if kind == "symlink" else ""))
    return found


def is_alien(place: Place, status: os.stat_result, wanted: Attributes) -> bool:
    """Whether somebody else may have put it there before us: it is another user's, in a folder where everybody may make files.

    Who keeps it open, or owns it, changes it later, whatever is written into it. It is none of the user's whose it is to be.
    """
    return bool(os.fstat(place.folder).st_mode & stat.S_IWOTH) and status.st_uid not in (0, os.geteuid(), wanted.uid)


def check_alien(place: Place, status: os.stat_result, wanted: Attributes, *, is_folder: bool = False) -> None:
    """Raises RPCAborted for an alien file that would stay another user's, and for any alien folder that is not meant to be."""
    if is_alien(place, status, wanted) and (is_folder or wanted.uid is None):
        raise RPCAborted(
            f"{place.path} belongs to user {status.st_uid}, and everybody may put one there: remove it first"
            + ("" if is_folder else ", or say whose it is to be (owner)")
        )


def sha256_at(place: Place, status: os.stat_result) -> str:
    """The digest of a regular file that is there."""
    handle = place.open(os.O_RDONLY)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise RPCAborted(f"{place.path} is no regular file")
        return digests(handle, status.st_size, "sha256")["sha256"]
    finally:
        os.close(handle)


@contextmanager
def taken_piece(place: Place, upload: Upload) -> Iterator[tuple[str, int]]:
    """Write a piece into the file beside the place that gathers them; its name and descriptor. How far it is stands in its size.

    Raises RPCAborted where the pieces before are not there, and where all together are not what sha256 says: then all is thrown away.
    """
    name = f".{place.name[:150]}.{upload.sha256[:16]}.part"
    if upload.offset == 0:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=place.folder)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    else:
        flags = os.O_RDWR
    gathered = Place(place.folder, name, f"{os.path.dirname(place.path)}/{name}", place.is_public)  # noqa: PTH120
    try:
        handle = gathered.open(flags)
    except FileNotFoundError as error:
        if upload.offset == 0:
            raise
        raise RPCAborted(f"the pieces of {place.path} before {upload.offset} are not here: send it from 0") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_nlink != 1:
            raise RPCAborted(f"{gathered.path} is not ours")
        if status.st_size != upload.offset:
            raise RPCAborted(f"{status.st_size} bytes of {place.path} are here: send it from there, or from 0")
        _write(handle, upload.content, upload.offset)
        if upload.is_last:
            os.fsync(handle)
            if digests(handle, upload.size, "sha256")["sha256"] != upload.sha256:
                raise RPCAborted(f"{place.path}: what came is not what sha256 says: nothing was changed")
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=place.folder)
        os.close(handle)
        raise
    try:
        yield name, handle
    finally:
        os.close(handle)


def replace_file(place: Place, gathered: tuple[str, int], wanted: Attributes, before: os.stat_result | None) -> None:
    """Put the gathered file in its place, with its mode and owner. before: of the file whose owner and mode it is to have without.

    Raises RPCAborted where another file came into that place: in a folder of somebody else, who can do so at any time.
    """
    name, handle = gathered
    uid = wanted.uid if wanted.uid is not None else -1 if before is None else before.st_uid
    gid = wanted.gid if wanted.gid is not None else -1 if before is None else before.st_gid
    os.fchown(handle, uid, gid)
    mode = wanted.mode if wanted.mode is not None else 0o644 if before is None else stat.S_IMODE(before.st_mode) & _MODES
    os.fchmod(handle, mode)
    os.fsync(handle)
    os.rename(name, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
    found = place.status()
    if found is None or not os.path.samestat(found, os.fstat(handle)):
        raise RPCAborted(f"{place.path} is not the file that was written: somebody who may write to its folder put another one there")
    _sync_folder(place)


def keep_copy(place: Place, now: float) -> str:
    """Give what is there a second name with the time in it; gives that path. now: seconds since the epoch."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    for number in range(100):
        name = f"{place.name[:200]}.{stamp}{f'.{number}' if number else ''}.bak"
        try:
            os.link(place.name, name, src_dir_fd=place.folder, dst_dir_fd=place.folder, follow_symlinks=False)
        except FileExistsError:
            continue
        return f"{os.path.dirname(place.path).rstrip('/')}/{name}"  # noqa: PTH120
    raise RPCAborted(f"there are 100 copies of {place.path} of this second")


def touch(place: Place) -> bool:
    """Make an empty file, or set the times of one that is there to now; gives whether it is new."""
    try:
        handle = place.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.close(handle)
        return True
    except FileExistsError:
        pass
    found = place.status()
    if found is not None and not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise OSError(errno.EINVAL, f"it is a {kind_of(found.st_mode)}")
    handle = place.open(os.O_RDONLY)
    try:
        os.utime(handle)
    finally:
        os.close(handle)
    return False


def remove(place: Place) -> None:
    """Take away a file or a link, never a folder."""
    os.unlink(place.name, dir_fd=place.folder)


def make_folder(place: Place, wanted: Attributes) -> None:
    """A new folder with its mode and owner."""
    os.mkdir(place.name, 0o700, dir_fd=place.folder)
    handle = place.open(os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fchown(handle, -1 if wanted.uid is None else wanted.uid, -1 if wanted.gid is None else wanted.gid)
        os.fchmod(handle, 0o755 if wanted.mode is None else wanted.mode)
    finally:
        os.close(handle)


def set_attributes(place: Place, wanted: Attributes) -> None:
    """Mode and owner of a file or folder, of nothing else, and of no file that has a second name elsewhere."""
    handle = place.open(os.O_RDONLY)
    try:
        status = os.fstat(handle)
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise RPCAborted(f"{place.path} is a {kind_of(status.st_mode)}")
        if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
            raise RPCAborted(f"{place.path} has {status.st_nlink} names, of which one may be anywhere: put a file of its own there")
        if wanted.uid is not None or wanted.gid is not None:
            os.fchown(handle, -1 if wanted.uid is None else wanted.uid, -1 if wanted.gid is None else wanted.gid)
        if wanted.mode is not None:
            os.fchmod(handle, wanted.mode)
    finally:
        os.close(handle)


def sha256_of(content: bytes) -> str:
    """The digest of bytes."""
    return hashlib.sha256(content).hexdigest()


def _write(handle: int, content: bytes, offset: int) -> None:
    at = 0
    while at < len(content):
        at += os.pwrite(handle, content[at:], offset + at)


def _sync_folder(place: Place) -> None:
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=place.folder)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
