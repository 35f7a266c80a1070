"""What the audit keeps in `statedir`: where its chain stands, and the salt of its digests of secrets."""

import logging
import os
import re
import secrets
import stat
from pathlib import Path

from ..errors import ConfigError
from .auditchain import Link

logger = logging.getLogger(__name__)

HEAD, SALT = "audit.head", "audit.salt"
_HEAD = re.compile(r"([0-9]{20}) ([0-9a-f]{64})\n", re.ASCII)
_SALT = re.compile(r"[0-9a-f]{64}\n", re.ASCII)
_READ = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class AuditState:
    """The two files, mode 0600. Without a folder, or where it cannot be used, the log warns and nothing outlives this process.

    Who could change them could change the log: what they are for is a log that was cut short, and one that was rotated away.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file = -1
        self._kept = Link()
        self._is_broken = False
        self.salt = b""

    def open(self) -> None:
        """Read the salt, or make one; a salt that is no use any more is made anew, and digests then differ from those before."""
        self.salt = self._read_salt() or secrets.token_bytes(32)

    def head(self) -> Link | None:
        """Where the chain stood when it was last kept; None where nobody knows."""
        text = self._text(HEAD)
        found = None if text is None else _HEAD.fullmatch(text)
        return None if found is None else Link(int(found[1]), found[2])

    def keep(self, link: Link) -> None:
        """Keep where the chain stands; never raises."""
        if link == self._kept or not link.seq or self._folder is None:
            return
        try:
            if self._file < 0:
                self._file = self._open(HEAD, os.O_WRONLY | os.O_CREAT)
            os.pwrite(
                self._file, f"{link.seq:020d} {link.sha256}\n".encode(), 0
            )  # of one length, so that nothing of the last one stays
            self._kept, self._is_broken = link, False
        except OSError as error:
            self._warn("where the audit's chain stands", error)

    def close(self) -> None:
        """Let go of what is open."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _read_salt(self) -> bytes | None:
        text = self._text(SALT)
        if text is not None and _SALT.fullmatch(text):
            return bytes.fromhex(text)
        if self._folder is None:
            return None
        salt = secrets.token_bytes(32)
        try:
            descriptor = self._open(SALT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            try:
                os.write(descriptor, f"{salt.hex()}\n".encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            self._warn("the salt of the audit's digests", error)
        return salt

    def _text(self, name: str) -> str | None:
        if self._folder is None:
            return None
        try:
            descriptor = self._open(name, os.O_RDONLY)
            try:
                return os.read(descriptor, 200).decode(errors="replace")
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn(name, error)
            return None

    def _open(self, name: str, flags: int) -> int:
        assert self._folder is not None
        path = self._folder / name
        descriptor = os.open(path, flags | _READ, 0o600)
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077:
            return descriptor
        os.close(descriptor)
        raise PermissionError(f"{path} is no file of mode 0600 of who runs this")

    def _warn(self, what: str, error: OSError) -> None:
        if not self._is_broken:
            logger.warning("%s cannot be kept in %s: %s", what, self._folder, error.strerror or error)
        self._is_broken = True


def state_of(folder: Path) -> AuditState:
    """That of a host whose statedir is checked already. Raises ConfigError where it cannot be one."""
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", key="statedir")
    state = AuditState(folder)
    state.open()
    return state
