"""last_run_report.yaml: which resources failed, changed or would change, where they are declared, and what Puppet said.

A report can have ten megabytes, nearly all of it of resources that were well. It is read line by line; only the pieces that tell
something are parsed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from mcollective_py.agent.rubydata import read_yaml

MAX_REPORT = 64 * 1024 * 1024  # bytes that are looked at
MAX_RESOURCES = 200  # of each kind that are told of
MAX_LOGS = 1000
_MAX_PIECE = 256 * 1024  # bytes of one resource or one line of the log
_MAX_TEXT = 2000  # characters of one message

_SCALARS = ("host", "time", "configuration_version", "transaction_uuid", "puppet_version", "status", "environment",
            "noop", "noop_pending", "cached_catalog_status")  # fmt: skip
_TELLS = (b"    failed: true\n", b"    failed_to_restart: true\n", b"    changed: true\n", b"    out_of_sync: true\n")
_SECTION = re.compile(rb"([a-z_]+):(?: .*)?\n?")


@dataclass(frozen=True, slots=True)
class ResourceEvents:
    """One resource. file, line: where it is declared, empty and 0 where Puppet does not say. messages: those of its events."""

    resource: str
    file: str
    line: int
    messages: tuple[str, ...]

    def to_data(self) -> dict[str, Any]:
        """As outputs have it."""
        return {"resource": self.resource, "file": self.file, "line": self.line, "messages": list(self.messages)}


@dataclass(slots=True)
class Report:
    """What a report tells. logs: level, source, message, file, line and time of each line of the log."""

    status: str = ""
    time: str = ""
    environment: str = ""
    config_version: str = ""
    puppet_version: str = ""
    cached_catalog: str = ""
    is_noop: bool = False
    failed: list[ResourceEvents] = field(default_factory=list)
    changed: list[ResourceEvents] = field(default_factory=list)
    differing: list[ResourceEvents] = field(default_factory=list)
    logs: list[dict[str, Any]] = field(default_factory=list)
    left_out: int = 0

    @property
    def errors(self) -> list[str]:
        """What was logged as an error, each once."""
        return list(dict.fromkeys(log["message"] for log in self.logs if log["level"] in ("err", "alert", "emerg", "crit")))


def read_report(lines: Iterable[bytes], *, all_logs: bool = False) -> Report:
    """What the lines of a report tell. all_logs: the whole log, not only warnings and worse. Never raises for what is no report."""
    report = Report()
    seen = 0
    for section, piece in _pieces(lines):
        seen += len(piece)
        if section == b"logs":
            _take_log(report, piece, all_logs)
        elif section == b"resource_statuses":
            _take_resource(report, piece)
        else:
            _take_scalar(report, section.decode(), piece)
    return report


def _pieces(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Section and text of each piece: a line of the log, a resource, or a value of the report itself.

    Ruby's writer indents in steps of two and never writes text less deep than the key it belongs to.
    """
    section, kept, size, tells = b"", [], 0, False  # type: bytes, list[bytes], int, bool

    def done() -> tuple[bytes, bytes] | None:
        is_wanted = bool(kept) and size <= _MAX_PIECE and (section != b"resource_statuses" or tells)
        return (section, b"".join(kept)) if is_wanted else None

    for line in lines:
        head = line[:3]
        if head[:1] not in (b" ", b"-", b"\n", b""):  # a key of the report itself
            if piece := done():
                yield piece
            found = _SECTION.fullmatch(line)
            section, kept, size, tells = (found[1] if found else b""), [], 0, False
            if section in (b"logs", b"resource_statuses", b"metrics"):
                continue
        elif (section == b"logs" and head[:2] == b"- ") or (
            section == b"resource_statuses" and head[:2] == b"  " and head[2:3] not in (b" ", b":", b"")
        ):
            if piece := done():
                yield piece
            kept, size, tells = [], 0, False
        elif section == b"metrics":
            continue
        size += len(line)
        if size <= _MAX_PIECE:
            kept.append(line)
        tells = tells or line in _TELLS
    if piece := done():
        yield piece


def _take_scalar(report: Report, name: str, piece: bytes) -> None:
    if name not in _SCALARS:
        return
    said = _read(piece)
    value = said.get(name) if isinstance(said, dict) else None
    text = "" if value is None else str(value)
    if name == "noop":
        report.is_noop = value is True
    elif name == "configuration_version":
        report.config_version = text
    elif name == "cached_catalog_status":
        report.cached_catalog = text
    elif name in ("status", "time", "environment", "puppet_version"):
        setattr(report, name, text)


def _take_log(report: Report, piece: bytes, all_logs: bool) -> None:
    if not all_logs and b"level: info\n" in piece:  # most of them
        return
    entry = _read(piece)
    said = entry[0] if isinstance(entry, list) and entry else None
    if not isinstance(said, dict):
        return
    level = _text(said.get("level"))
    if not all_logs and level not in ("warning", "err", "alert", "emerg", "crit"):
        return
    if len(report.logs) >= MAX_LOGS:
        report.left_out += 1
        return
    line = said.get("line")
    report.logs.append(
        {
            "level": level,
            "source": _text(said.get("source")),
            "message": _text(said.get("message")).strip(),
            "file": _text(said.get("file")),
            "line": line if isinstance(line, int) else 0,
            "time": _text(said.get("time")),
        }
    )


def _take_resource(report: Report, piece: bytes) -> None:
    named = _read(piece)
    if not isinstance(named, dict) or len(named) != 1:
        return
    ((name, said),) = named.items()
    if not isinstance(said, dict):
        return
    events = [event for event in said.get("events") or () if isinstance(event, dict)]
    line = said.get("line")
    found = {
        status: tuple(dict.fromkeys(_text(event.get("message")) for event in events if _text(event.get("status")) == status))
        for status in ("failure", "success", "noop")
    }

    def told(messages: tuple[str, ...]) -> ResourceEvents:
        return ResourceEvents(_text(name), _text(said.get("file")), line if isinstance(line, int) else 0, messages)

    for wanted, place, messages in (
        (said.get("failed") is True or said.get("failed_to_restart") is True, report.failed, found["failure"]),
        (said.get("changed") is True, report.changed, found["success"]),
        (bool(found["noop"]), report.differing, found["noop"]),
    ):
        if not wanted:
            continue
        if len(place) >= MAX_RESOURCES:
            report.left_out += 1
        else:
            place.append(told(messages))


def _read(piece: bytes) -> Any:
    from mcollective_py.errors import Malformed

    try:
        return read_yaml(piece)
    except Malformed:
        return None


def _text(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}..."


def open_report(path: str, *, all_logs: bool = False) -> Report:
    """The report of a file, an empty one where there is none. Beyond MAX_REPORT bytes nothing is read."""
    import os

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return Report()
    with open(handle, "rb") as file:
        return read_report(_bounded(file), all_logs=all_logs)


def _bounded(file: BinaryIO) -> Iterator[bytes]:
    rest = MAX_REPORT
    while rest > 0 and (line := file.readline(_MAX_PIECE)):
        rest -= len(line)
        yield line
