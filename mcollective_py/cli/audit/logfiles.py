"""The files of an audit: which belong to one log, in what order they were written, and their lines, unpacked where they are packed."""

import bz2
import gzip
import lzma
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, cast

from ...errors import UsageError
from .lines import LONGEST, line_of

STDIN = "-"
BAD_PACKING = (EOFError, zlib.error, lzma.LZMAError)
"""What reading a packed file that is cut off or damaged may raise, beside OSError."""

_ROTATED = re.compile(r"(?P<log>.+?)(?:[.-][0-9][0-9_.T:-]*)?(?P<packed>\.(?:gz|bz2|xz|lzma|zst|Z))?", re.ASCII | re.DOTALL)
_OPENERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {".gz": gzip.GzipFile, ".bz2": bz2.BZ2File, ".xz": lzma.LZMAFile, ".lzma": lzma.LZMAFile}
)
_TIME = re.compile(rb'"timestamp":"([^"]{1,40})"')


def log_of(path: str) -> str:
    """The log that a file belongs to: its path without what rotation and packing have added."""
    folder, name = os.path.split(path)
    found = _ROTATED.fullmatch(name)
    return os.path.join(folder, found["log"] if found else name)  # noqa: PTH118  as it was typed, not made simpler


def rotated(log: Path) -> list[str]:
    """The files of a log, itself among them. Raises UsageError where there is none, OSError for a folder that cannot be read."""
    found = [str(path) for path in log.parent.iterdir() if log_of(str(path)) == str(log)]
    if not found:
        raise UsageError(f"there is no audit log {log}, and none that was rotated: name the files, or see plugin.rpcaudit.logfile")
    return found


def by_log(paths: Sequence[str]) -> dict[str, list[str]]:
    """Files by the log that they belong to, those of each in the order in which they were written. Raises UsageError, OSError."""
    logs: dict[str, list[str]] = {}
    for path in dict.fromkeys(paths):
        logs.setdefault(path if path == STDIN else log_of(path), []).append(path)
    return {log: sorted(files, key=_beginning) for log, files in logs.items()}


def numbered_lines(path: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, with their numbers from 1 on; of one that is too long its beginning.

    Raises OSError; EOFError for a packed file that ends within, as of a rotation that was cut off.
    """
    with _opened(path) as file:
        number = 0
        while line := file.readline(LONGEST):
            number += 1
            yield number, line
            while not line.endswith(b"\n") and (line := file.readline(LONGEST)):
                pass


def _beginning(path: str) -> tuple[str, str]:
    """When a file was begun, by the first record in it; an empty one comes last."""
    if path == STDIN:
        return "", path
    try:
        for number, line in numbered_lines(path):
            if (found := _TIME.search(line_of(line).text)) is not None:
                return found[1].decode(errors="replace"), path
            if number > 100:
                break
    except BAD_PACKING:
        pass
    return "~", path


def _opened(path: str) -> IO[bytes]:
    if path == STDIN:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    packed = os.path.splitext(path)[1]  # noqa: PTH122
    if packed in (".zst", ".Z"):
        raise UsageError(f"{path} is packed in a way that cannot be read here: unpack it first")
    return cast(IO[bytes], _OPENERS[packed](path)) if packed in _OPENERS else open(path, "rb")


def unreadable(path: str, error: OSError) -> str:
    """Why a file cannot be read, and who could."""
    hint = ": only root and the group of the log may" if isinstance(error, PermissionError) else ""
    return f"{path} cannot be read: {error.strerror or error}{hint}"
