"""Whether Exim does its work: what was found, and what of it somebody should look at."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_VERSION = re.compile(r"^Exim version (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Findings:
    """config_error: what Exim says of its configuration, empty for a good one. pid: of the daemon, 0 where none runs.

    oldest: seconds. free: percent of the spool's file system.
    """

    version: str = ""
    config_error: str = ""
    pid: int = 0
    messages: int = 0
    frozen: int = 0
    broken: int = 0
    oldest: int = 0
    panic_bytes: int = 0
    free: float = 100.0


def exim_version(exim: str) -> list[str]:
    """The words that print version and features, and read the configuration for it."""
    return [exim, "-bV"]


def parse_version(text: str) -> str:
    """`4.96`; empty where it says none."""
    found = _VERSION.search(text)
    return found[1] if found else ""


def problems_of(found: Findings, limits: Mapping[str, float]) -> list[str]:
    """What is wrong, in words. limits: max_messages, max_frozen, max_age (seconds), min_free (percent); 0: no limit."""
    problems = []
    if found.config_error:
        problems.append(f"the configuration is not valid: {found.config_error}")
    if not found.pid:
        problems.append("no daemon runs")
    if found.panic_bytes:
        problems.append(f"the panic log has {found.panic_bytes} bytes")
    if found.free < limits["min_free"]:
        problems.append(f"the spool's file system has {found.free:.0f} percent left")
    for value, limit, words in (
        (found.messages, limits["max_messages"], "messages are queued"),
        (found.frozen, limits["max_frozen"], "messages are frozen"),
    ):
        if limit and value > limit:
            problems.append(f"{value} {words}, more than {limit:g}")
    if limits["max_age"] and found.oldest > limits["max_age"]:
        problems.append(f"the oldest message came {found.oldest} seconds ago")
    if found.broken:
        problems.append(f"{found.broken} messages have broken spool files")
    return problems


def daemon_pid(pid_file: str, programs: Sequence[str]) -> int:
    """The process of the daemon by its pid file, or else by its words; 0 where none runs. programs: names that its program may have."""
    told = _read(pid_file, 32).strip()
    pids = (
        [told.decode()] if told.isdigit() else sorted((path.name for path in Path("/proc").iterdir() if path.name.isdigit()), key=int)
    )
    for pid in pids:
        if _namespace(pid) == _namespace("self") and _read(f"/proc/{pid}/comm", 64).decode("utf-8", "replace").strip() in programs:
            words = _read(f"/proc/{pid}/cmdline", 4096).split(b"\0")[1:]
            if told.isdigit() or any(word.startswith((b"-bd", b"-q")) for word in words):
                return int(pid)
    return 0


def _namespace(pid: str) -> str:
    """What tells the host's own processes from those of its containers; empty for one that is gone."""
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def _read(path: str, limit: int) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(limit)
    except OSError:
        return b""


def free_percent(path: str) -> float:
    """How much of a file system is left to those who may not use its reserve; 100 where it cannot be told."""
    try:
        status = os.statvfs(path)
    except OSError:
        return 100.0
    return 100.0 * status.f_bavail / status.f_blocks if status.f_blocks else 100.0
