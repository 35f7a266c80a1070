"""Deliveries that outlive the action: Exim started by itself, the records of how it ended, and the part of the log that it wrote."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mcollective_py.agent import DetachedRun, RPCAborted, read_record, start_detached
from mcollective_py.agent.ownsettings import whole

from .answers import last_words
from .places import state_folder

_PREFIX = "exim-run-"
_MOST_LOG = 16 * 1024 * 1024  # bytes of log that are read for one answer: the last ones
_KEPT_FOR = 86_400.0  # seconds that a record stays once it is written
_DAY = 86_400
_STEP = 0.1  # seconds between two looks at a record


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the log: what is written later is behind it."""

    path: str
    inode: int
    size: int


def mark(path: str) -> Mark:
    """The end of the log as it is now; a log that is not there begins later."""
    try:
        status = Path(path).stat()
    except OSError:
        return Mark(path, 0, 0)
    return Mark(path, status.st_ino, status.st_size)


def lines_since(place: Mark) -> list[str]:
    """What was written behind a mark. Of a log that was rotated meanwhile the new file alone is read."""
    try:
        with open(os.open(place.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            begin = place.size if status.st_ino == place.inode and status.st_size >= place.size else 0
            file.seek(max(begin, status.st_size - _MOST_LOG))
            return file.read(_MOST_LOG).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def start(config: Mapping[str, str], commands: Sequence[Sequence[str]], id: str) -> list[Path]:
    """Start these, each by itself, and give their records. Raises RPCAborted where that cannot be."""
    limit = whole(config, "exim", "run_timeout", _DAY, 1, 30 * _DAY)
    records, name = [], f"{_PREFIX}{os.getpid()}-{time.time_ns()}"  # an id off the wire names no file
    try:
        folder = state_folder(config)
        _forget_old(folder)
        for number, words in enumerate(commands):
            record = folder / f"{name}-{number}.json"
            start_detached(words, record, id=id, timeout=limit)
            records.append(record)
    except OSError as error:
        raise RPCAborted(f"Exim could not be started: {error}") from error
    return records


def await_end(records: Sequence[Path], seconds: float) -> list[DetachedRun]:
    """The runs when all have ended, or as they are after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        runs = [run for record in records if (run := read_record(record)) is not None]
        if time.monotonic() >= end or not any(run.is_running for run in runs):
            return runs
        time.sleep(_STEP)


def complaint_of(runs: Sequence[DetachedRun]) -> str:
    """What one of them said that failed; empty where none did."""
    failed = [run for run in runs if run.exitcode]
    return next((last_words(run.stderr) or last_words(run.stdout) or f"Exim ended with {run.exitcode}" for run in failed), "")


def _forget_old(folder: Path) -> None:
    for path in folder.glob(f"{_PREFIX}*.json"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _KEPT_FOR and not ((run := read_record(path)) and run.is_running):
                path.unlink()
