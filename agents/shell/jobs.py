"""The jobs of a host: a folder each, made, read, listed and taken away."""

import os
import re
import shutil
import stat
import time
import uuid
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from mcollective_py.agent import RPCAborted

from .jobstate import JobState, state_of
from .output import CHUNK, whole_text
from .records import ASKED, CONTROL, ENDED, FAILED, SPEC, STARTED, ask, is_supervised, read_record, write_record
from .spec import Spec

_HANDLE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_UNFINISHED = 3600.0  # seconds


class Jobs:
    """The jobs in a folder that only the daemon's user may open; nothing is made there before the first job."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def create(self, request_id: str, asked: Mapping[str, Any], spec: Spec) -> str:
        """A new job's folder, with all that its supervisor needs; its handle.

        One request to many hosts makes jobs of one handle: who started them on a hundred hosts watches them by one name.
        """
        self._make_folder()
        handle = str(uuid.UUID(bytes=sha256(request_id.encode()).digest()[:16], version=4))
        try:
            (self.folder / handle).mkdir(0o700)
        except FileExistsError:
            handle = str(uuid.uuid4())
            (self.folder / handle).mkdir(0o700)
        folder = self.folder / handle
        try:
            os.mkfifo(folder / CONTROL, 0o600)
            write_record(str(folder), ASKED, {**asked, "time": time.time(), "boot_id": boot_id()})
            descriptor = os.open(folder / SPEC, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(spec.to_json())
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise RPCAborted(f"cannot keep the job in {folder}: {error.strerror}") from error
        return handle

    def path(self, handle: str) -> str:
        """The folder of a job. Raises RPCAborted where there is none."""
        folder = self.folder / handle
        if not _HANDLE.fullmatch(handle) or not (folder / ASKED).is_file():
            raise RPCAborted(f"there is no job {handle} here")
        return str(folder)

    def asked(self, handle: str) -> dict[str, Any]:
        """Who asked for a job, when, and for what."""
        return read_record(self.path(handle), ASKED) or {}

    def state(self, handle: str) -> JobState:
        """How a job is."""
        folder = self.path(handle)
        # In this order: a supervisor that has gone has written how it ended before.
        is_there = is_supervised(folder)
        started, ended, failed = (read_record(folder, name) for name in (STARTED, ENDED, FAILED))
        return state_of(
            read_record(folder, ASKED) or {}, started, ended, failed, is_supervised=is_there, boot_id=boot_id(), now=time.time()
        )

    def output(self, handle: str, name: str, offset: int, most: int = CHUNK, *, is_over: bool) -> tuple[str, int, bool]:
        """Text of a stream (`stdout`, `stderr`) from an offset in bytes, the offset after it, and whether there is more."""
        try:
            descriptor = os.open(Path(self.path(handle), name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return "", offset, False
        with os.fdopen(descriptor, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(min(max(0, offset), size))
            begin = file.tell()
            data = file.read(most)
        is_last = is_over and begin + len(data) >= size
        text, count = whole_text(data, is_last=is_last)
        return text, begin + count, begin + len(data) < size

    def signal(self, handle: str, name: str, grace: int, caller: str) -> bool:
        """Have a job's supervisor send a signal; False where the job has ended already."""
        return not self.state(handle).is_over and ask(self.path(handle), {"signal": name, "grace": grace, "by": caller[:200]})

    def handles(self) -> list[str]:
        """All jobs, the oldest first."""
        try:
            found = [
                entry for entry in os.scandir(self.folder) if _HANDLE.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            ]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RPCAborted(f"cannot read {self.folder}: {error.strerror}") from error
        dated = [(read_record(entry.path, ASKED) or {}, entry.name) for entry in found]
        return [name for _, name in sorted((float(asked.get("time") or 0), name) for asked, name in dated if asked)]

    def ended(self, handles: Iterable[str], before: float) -> list[str]:
        """Those that ended before a time (seconds since the epoch); where the time is not known, that of its folder."""
        return [handle for handle in handles if self._is_over_since(handle, before)]

    def forget(self, handle: str) -> None:
        """Take a job that has ended away, with its output."""
        shutil.rmtree(self.path(handle), ignore_errors=True)

    def make_room(self, most_running: int, keep: int, age: float) -> None:
        """Forget what ended too long ago (age, in seconds) or is too much; RPCAborted where so many run already."""
        now, handles = time.time(), self.handles()
        self._forget_unfinished(now - _UNFINISHED)
        over = self.ended(handles, now)
        if len(handles) - len(over) >= most_running:
            raise RPCAborted(f"{most_running} jobs are running here already (plugin.shell.max_jobs)")
        old = set(self.ended(over, now - age))
        for handle in {*old, *over[: max(0, len(over) - keep)]}:
            self.forget(handle)

    def _forget_unfinished(self, before: float) -> None:
        """Folders that a crash left without a record."""
        for entry in self.folder.iterdir() if self.folder.is_dir() else ():
            is_one = _HANDLE.fullmatch(entry.name) and not (entry / ASKED).exists()
            if is_one and not entry.is_symlink() and entry.stat().st_mtime < before:
                shutil.rmtree(entry, ignore_errors=True)

    def _is_over_since(self, handle: str, before: float) -> bool:
        state = self.state(handle)
        ended = (self.folder / handle).stat().st_mtime if state.ended is None else state.ended
        return state.is_over and ended <= before

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(0o700, parents=True, exist_ok=True)
            status = self.folder.lstat()
        except OSError as error:
            raise RPCAborted(f"cannot keep jobs in {self.folder} (plugin.shell.state_directory): {error.strerror}") from error
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise RPCAborted(f"will not keep jobs in {self.folder}: it is a link, or belongs to user {status.st_uid}")
        if status.st_mode & 0o077:
            self.folder.chmod(0o700)


def boot_id() -> str:
    """What tells one run of the kernel from the next."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
