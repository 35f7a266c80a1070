"""The files of one job's folder: small JSON records, each whole or not there; and the pipe by which its supervisor is reached."""

# A supervisor is started for every command, and pathlib would be a tenth of its time.
# ruff: noqa: PTH105, PTH118

import errno
import json
import os
from collections.abc import Mapping
from typing import Any

ASKED, SPEC, STARTED, ENDED, FAILED = "asked.json", "spec.json", "started.json", "ended.json", "failed.json"
CONTROL, STDOUT, STDERR = "control", "stdout", "stderr"
_RESERVED = 4096  # bytes
_MAX_RECORD = 4 << 20  # bytes; a spec may hold a script and what is to be read


def write_record(folder: str, name: str, record: Mapping[str, Any]) -> None:
    """Write a record, mode 0600, so that a reader sees all of it or nothing."""
    new = os.path.join(folder, f".{name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())  # a record that is there after a crash is whole
    os.replace(new, os.path.join(folder, name))


def reserve_record(folder: str, name: str) -> None:
    """Take the place of a record on the disk, for write_reserved: a job may fill the disk, and how it ended is told all the same."""
    descriptor = os.open(_reserved(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, b" " * _RESERVED)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_reserved(folder: str, name: str, record: Mapping[str, Any]) -> None:
    """Write a record into its place, and give it its name."""
    descriptor = os.open(_reserved(folder, name), os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(descriptor, json.dumps(record).encode()[:_RESERVED])
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(_reserved(folder, name), os.path.join(folder, name))


def _reserved(folder: str, name: str) -> str:
    return os.path.join(folder, f".{name}.reserved")


def read_record(folder: str, name: str) -> dict[str, Any] | None:
    """A record, None where it is not there or is none."""
    try:
        descriptor = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, encoding="utf-8") as file:
            read = json.loads(file.read(_MAX_RECORD))
    except (OSError, ValueError):
        return None
    return read if isinstance(read, dict) else None


def is_supervised(folder: str) -> bool:
    """Whether the job's supervisor lives: it holds the reading end of the pipe, which no other process can have by a number."""
    descriptor = _open_control(folder)
    if descriptor is None:
        return False
    os.close(descriptor)
    return True


def ask(folder: str, request: Mapping[str, Any]) -> bool:
    """Send a line to the supervisor; False where it is gone."""
    descriptor = _open_control(folder)
    if descriptor is None:
        return False
    try:
        os.write(descriptor, json.dumps(request).encode()[:4000] + b"\n")  # below PIPE_BUF: whole, whoever else writes
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _open_control(folder: str) -> int | None:
    try:
        return os.open(os.path.join(folder, CONTROL), os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            return None
        raise
