"""A program that outlives the action, the caller and the daemon that started it, and a record of how it ended."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import RPCAborted
from ..privatefile import read_private, replace_private
from .ownership import check_ownership

MAX_RECORD = 1024 * 1024  # bytes
_KEPT = 64 * 1024  # characters of each stream in a record
_START_LIMIT = 15.0  # seconds for an interpreter to start on a busy host
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class DetachedRun:
    """What a record says. id: the starter's. pid: of the process that watches the program, with its start in ticks since boot.

    Times are seconds since the epoch. finished, exitcode: None while it runs, and where it was lost (see is_running).
    """

    id: str
    argv: tuple[str, ...]
    started: float
    pid: int
    ticks: int
    finished: float | None = None
    exitcode: int | None = None
    timed_out: bool = False
    stdout: str = ""
    stderr: str = ""

    @property
    def is_running(self) -> bool:
        """Whether it runs still. False with no exit code: it was killed, or the host went down."""
        return self.finished is None and started_at(self.pid) == self.ticks


def start_detached(
    argv: Sequence[str], record: Path, *, id: str, timeout: float, env: Mapping[str, str | None] | None = None
) -> DetachedRun:
    """Start a program as `run` would, and come back while it runs. Its record is there then, and is written again at its end.

    record: a file of ours in a folder that only we write to; what it said before is gone. timeout: seconds until it is ended.
    Raises RPCAborted for a program that cannot be run, OSError where the record cannot be written.
    """
    program = Path(argv[0])
    try:
        check_ownership(program)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RPCAborted(f"{program} is not installed") from error
    except OSError as error:
        raise RPCAborted(f"will not run {program}: {error}") from error
    replace_private(record, "")  # what is wrong with the place is told now, by its name
    reader, writer = os.pipe()
    order = {"argv": list(argv), "record": str(record), "id": id, "timeout": timeout, "env": dict(env or {}), "ready": writer}
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-m", __name__, json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(writer,),
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,  # its own session: not of the action's group, which is ended when the action is over
        )
    finally:
        os.close(writer)
    try:
        process.wait(_START_LIMIT)  # it forks, and what goes on belongs to init or to whoever collects orphans
        _await(reader)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        os.close(reader)
    found = read_record(record)
    if found is None:
        raise RPCAborted(f"{program} could not be started: its watching process did not come up")
    return found


def read_record(record: Path) -> DetachedRun | None:
    """The record of a file, None where there is none or it cannot be read."""
    try:
        fields = json.loads(read_private(record, MAX_RECORD))
        return DetachedRun(**{**fields, "argv": tuple(fields["argv"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def started_at(pid: int) -> int | None:
    """When a process started, in ticks since boot; None where there is none of this number. Two with one number differ in it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return None if fields[0] == "Z" else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def _await(reader: int) -> None:
    import select

    if select.select([reader], [], [], _START_LIMIT)[0]:
        os.read(reader, 1)


def main(order: Mapping[str, Any]) -> None:
    """Watch the one program: write its record, run it, write how it ended."""
    from .command import run

    if os.fork():
        os._exit(0)
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_NPROC):  # those of an action are not those of what it leaves running
        with suppress(ValueError, OSError):
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (hard, hard))
    record, pid = Path(order["record"]), os.getpid()
    kept = DetachedRun(order["id"], tuple(order["argv"]), time.time(), pid, started_at(pid) or 0)
    _write(record, kept)
    os.write(order["ready"], b"1")
    os.close(order["ready"])
    try:
        ended = run(order["argv"], timeout=order["timeout"], env=order["env"], max_output=_KEPT)
        end = {"exitcode": ended.exitcode, "timed_out": ended.timed_out, "stdout": ended.stdout, "stderr": ended.stderr}
    except RPCAborted as error:
        end = {"exitcode": 127, "stderr": str(error)}
    latest = read_record(record)
    if latest is None or latest.pid == pid:  # a later run has the record now
        _write(record, DetachedRun(**{**asdict(kept), **end, "finished": time.time()}))


def _write(record: Path, kept: DetachedRun) -> None:
    replace_private(record, json.dumps(asdict(kept)))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
