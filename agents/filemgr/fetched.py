"""Files that come from hosts, in pieces, into a folder here: one file a host, whole or not at all."""

import os
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from mcollective_py.errors import MCollectiveError, UsageError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,254}")


class Fetched:
    """The file of one host; folder: where it goes, under the host's name. Readable by its owner alone: it may be secret.

    most: bytes of it. least: bytes of each piece but the last; a host that sends less would be asked for ever. replaces: whether what
    has its name already may go: a host's name is what its certificate says, and could be that of any file there.
    """

    def __init__(self, folder: Path, host: str, most: int, *, least: int = 1, replaces: bool = False) -> None:
        if not _NAME.fullmatch(host):
            raise MCollectiveError(f"{host!r} is no name for a file")
        self.path, self._part, self._most, self._least = folder / host, folder / f".{host}.part", most, least
        if not replaces and os.path.lexists(self.path):
            raise MCollectiveError(f"{self.path} is there already: --overwrite replaces it, or name another folder")
        self.size = 0
        self._stamp: object = None
        self._file = open(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb")  # noqa: SIM115

    def take(self, data: Mapping[str, Any]) -> bool:
        """Write a piece; whether it was the last. Raises MCollectiveError for what is not the next piece of the same file."""
        try:
            piece = b64decode(str(data.get("content")), validate=True)
        except (Error, ValueError) as error:
            raise MCollectiveError("what came is no base64") from error
        if sha256(piece).hexdigest() != data.get("sha256") or data.get("offset") != self.size:
            raise MCollectiveError("what came is damaged: its digest or its place does not fit")
        if self._stamp not in (None, data.get("stamp")):
            raise MCollectiveError(
                "the file was changed on the host while it was fetched: of one that is being written take the end, with tail"
            )
        self._stamp = data.get("stamp")
        self.size += len(piece)
        if self.size > self._most:
            raise MCollectiveError(f"it has more than {self._most} bytes: --max-size takes larger ones")
        self._file.write(piece)
        if data.get("eof") is True:
            return True
        if len(piece) < self._least:
            raise MCollectiveError("the host sends less than it was asked for, and says that there is more")
        return False

    def finish(self) -> None:
        """Put the file under its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self.path)

    def give_up(self) -> None:
        """Throw away what came, unless it is in its place."""
        self._file.close()
        self._part.unlink(missing_ok=True)


def folder_for(path: str) -> Path:
    """The folder here, made where it is not there. Raises UsageError."""
    folder = Path(path)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}: name a folder, the one above it must be there") from error
    return folder
