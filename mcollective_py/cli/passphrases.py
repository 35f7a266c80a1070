"""The passphrase of a CA's key: from a file, or asked for on the terminal; never from the command line, which everybody can read."""

import getpass
import os
import sys
from pathlib import Path

from ..errors import KeyFileError, UsageError
from ..regularfile import known_to_others, read_regular, reason_of

_SHORTEST = 8
_MAX_SIZE = 4096  # bytes


def passphrase_of(file: Path | None, key: Path) -> bytes:
    """The passphrase that opens an encrypted key. Raises KeyFileError for a file that will not do, UsageError without a terminal."""
    return _read(file) if file is not None else _asked(f"Passphrase of {key}: ")


def new_passphrase(file: Path | None) -> bytes:
    """A passphrase for a new key, asked for twice. Raises as passphrase_of, and UsageError for one that is short."""
    found = _read(file) if file is not None else _asked("Passphrase for the CA's key: ")
    if len(found) < _SHORTEST:
        raise UsageError(f"a passphrase has {_SHORTEST} characters or more")
    if file is None and _asked("Once more: ") != found:
        raise UsageError("the two were not the same: nothing was made")
    return found


def _read(file: Path) -> bytes:
    def judge(status: os.stat_result) -> None:
        if reason := known_to_others(status, file):
            raise KeyFileError(f"the passphrase's file {reason}", file=str(file))

    try:
        content = read_regular(str(file), _MAX_SIZE, judge=judge)[0]
    except OSError as error:
        raise KeyFileError(reason_of(error)) from error
    line = content.split(b"\n", 1)[0].rstrip(b"\r")
    if not line:
        raise KeyFileError("its first line is empty, and should be the passphrase", file=str(file))
    return line


def _asked(prompt: str) -> bytes:
    if not sys.stdin.isatty():
        raise UsageError("the CA's key has a passphrase and there is no terminal to ask for it: --passphrase-file FILE")
    try:
        return getpass.getpass(prompt).encode()
    except EOFError:
        raise UsageError("no passphrase was given") from None
