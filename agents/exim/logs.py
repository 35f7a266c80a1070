"""exigrep: all lines of every message of which one line matches; over rotated and compressed logs, between two moments."""

import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcollective_py.agent import seconds_of

from .messageid import ID

MAX_LINES = 5000
MAX_TEXT = 1024 * 1024  # characters of an answer
_MAX_MESSAGES = 200_000  # that are counted
_MAX_FILES = 100
_MAX_LINE = 16 * 1024
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?", re.ASCII)
_USUAL = re.compile(rf"{ID}(?= )", re.ASCII)
_ABOUT = re.compile(
    rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{{1,6}})?(?: [+-]\d{{4}})?(?: \[\d{{1,9}}\])? ({ID})(?![0-9A-Za-z-])", re.ASCII
)
_SERIAL = re.compile(r"\.(\d{1,4})(?:\.(?:gz|xz|bz2))?$", re.ASCII)
_PACKED = re.compile(r"\.(?:gz|xz|bz2)$")
_BACK = 256 * 1024  # bytes: processes of Exim write their lines a moment after the time in them


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. truncated: there is more. messages: of how many messages the lines are."""

    text: str
    messages: int
    lines: int
    truncated: bool


def moment_of(text: str, now: float) -> str:
    """A bound as the log writes times: of `2026-11-23 16:00[:30]`, a day, or a duration before now as `2h`. Raises ValueError."""
    if found := _MOMENT.fullmatch(text.strip()):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
            raise ValueError(f"there is no {text}")
        return f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now - seconds_of(text.strip())))


def log_files(newest: str, since: str = "") -> list[str]:
    """The log and what it was rotated to (`mainlog.1`, `mainlog.2.gz`, `mainlog-20261122.gz`), oldest first; none that ends before."""
    place, name = os.path.split(newest)
    try:
        entries = [entry for entry in os.scandir(place) if entry.name == name or entry.name.startswith((f"{name}.", f"{name}-"))]
    except OSError:
        return []
    found = []
    for entry in entries:
        with suppress(OSError):
            if entry.is_file(follow_symlinks=False):
                changed = entry.stat(follow_symlinks=False).st_mtime
                if not since or entry.name == name or time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(changed)) >= since:
                    serial = _SERIAL.search(entry.name)
                    found.append((entry.name != name, changed, -int(serial[1]) if serial else 0, entry.path))
    found.sort(key=lambda one: (not one[0], one[1], one[2]))
    return [path for *_, path in found[-_MAX_FILES:]]


def read_lines(path: str, since: str = "") -> Iterator[str]:
    """The lines of a log, unpacked where it is packed. One that is gone, or is no such file, has none.

    since: as moment_of has it: of a log that is not packed most of what is older is not read.
    """
    try:
        with _opener(path)(path, "rb") as file:
            if since and _PACKED.search(path) is None:
                _seek(file, since)
            while line := file.readline(_MAX_LINE):
                yield line.decode("utf-8", "replace").rstrip("\n")
    except (OSError, EOFError, ValueError):
        return


def search(paths: Sequence[str], is_wanted: Callable[[str], bool], since: str = "", until: str = "", limit: int = MAX_LINES) -> Found:
    """All lines of the messages of which a line is wanted, message by message in the order of their first line.

    Lines of no message that are wanted come last. since, until: as moment_of has them; lines without a time belong to the one before.
    """
    wanted: set[str] = set()
    others: list[str] = []
    for line in lines_between(paths, since, until):
        if is_wanted(line):
            if id := id_of_line(line):
                if len(wanted) < _MAX_MESSAGES:
                    wanted.add(id)
            elif len(others) < limit:
                others.append(line)
    groups = _gathered(lines_between(paths, since, until), wanted, limit) if wanted else []
    return _told([*groups, *([line] for line in others)], len(wanted), limit)


def _gathered(lines: Iterable[str], wanted: Collection[str], limit: int) -> list[list[str]]:
    """The lines of each message in the order of their first lines; of a log of any size no more than twice what can be told."""
    groups: dict[str, list[str]] = {}
    count = size = 0
    for line in lines:
        if (id := id_of_line(line)) not in wanted:
            continue
        if (group := groups.get(id)) is None:
            if count > limit or size > MAX_TEXT:  # those before it are more than can be told
                continue
            group = groups[id] = []
        if len(group) <= limit:
            group.append(line)
            count, size = count + 1, size + len(line)
        if count > 2 * limit or size > 2 * MAX_TEXT:
            last = next(reversed(groups))
            fewer, less = count - len(groups[last]), size - sum(map(len, groups[last]))
            if fewer > limit or less > MAX_TEXT:
                del groups[last]
                count, size = fewer, less
    return sorted(groups.values(), key=lambda group: group[0])


def _told(groups: Sequence[Sequence[str]], messages: int, limit: int) -> Found:
    lines: list[str] = []
    size = 0
    for group in groups:
        for line in group:
            if len(lines) >= limit or size + len(line) > MAX_TEXT:
                return Found("\n".join(lines), messages, len(lines), True)
            lines.append(line)
            size += len(line) + 1
        if len(group) > 1:
            lines.append("")
    return Found("\n".join(lines).rstrip("\n"), messages, sum(1 for line in lines if line), False)


def id_of_line(line: str) -> str:
    """The id of the message that a line is about; empty for none. It stands behind the time, and nowhere else."""
    if line[10:11] == line[19:20] == " " and (usual := _USUAL.match(line, 20)):  # most have it right there, found in half the time
        return usual[0]
    found = _ABOUT.match(line, 0)
    return found[1] if found else ""


def lines_between(paths: Sequence[str], since: str, until: str) -> Iterator[str]:
    """The lines of logs between two moments, as moment_of has them; lines without a time belong to the one before."""
    for path in paths:
        is_inside, last = not since, ""
        for line in read_lines(path, since):
            at = line[:19]
            if at != last and _is_moment(line):
                last = at
                is_inside = (not since or at >= since) and (not until or at <= until)
            if is_inside:
                yield line


def _seek(file: Any, since: str) -> None:
    """Go to some place before the first line of this moment: lines are in the order of their times."""
    low, high = 0, os.fstat(file.fileno()).st_size
    while high - low > _BACK:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline(_MAX_LINE)
        at = next((line[:19] for line in iter(lambda: file.readline(_MAX_LINE).decode("ascii", "replace"), "") if _is_moment(line)), "")
        low, high = (middle, high) if at and at < since else (low, middle)
    file.seek(max(low - _BACK, 0))
    if low > _BACK:
        file.readline(_MAX_LINE)


def _is_moment(line: str) -> bool:
    return line[:1].isdigit() and _MOMENT.fullmatch(line[:19]) is not None


def _opener(path: str) -> Callable[..., Any]:
    if path.endswith(".gz"):
        import gzip

        return gzip.open
    if path.endswith(".xz"):
        import lzma

        return lzma.open
    if path.endswith(".bz2"):
        import bz2

        return bz2.open
    return open


def tail(path: str, lines: int) -> tuple[list[str], int, float]:
    """The last lines of a log, its bytes and when it changed last; nothing, 0 and 0.0 for one that is not there."""
    from .queue import read_tail

    try:
        status = Path(path).stat()
        content = read_tail(path, 256 * 1024).decode("utf-8", "replace").split("\n")
    except OSError:
        return [], 0, 0.0
    if status.st_size > 256 * 1024:
        content = content[1:]
    return [line[:2000] for line in content if line][-lines:], status.st_size, status.st_mtime
