"""Processes that a daemon's actions ran in, as a later daemon finds them: still there, or gone. proc(5)."""

import logging
import os
import signal
from pathlib import Path
from time import sleep

from .journalrecords import Running

logger = logging.getLogger(__name__)

_TERM_GRACE = 2.0  # seconds between SIGTERM and SIGKILL


def process_of(pid: int) -> tuple[int, str] | None:
    """When a process started, in ticks since boot, and which boot that is; None where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        fields = stat.rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else (int(fields[19]), boot)
    except (OSError, ValueError, IndexError):
        return None


def is_running(process: Running) -> bool:
    """Whether it is still there, and not another with its number."""
    return process_of(process.pid) == (process.started, process.boot)


def end(process: Running, grace: float = _TERM_GRACE) -> None:
    """End it with its whole group, gently first; returns when it is gone or was killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not is_running(process):
            return
        try:
            os.killpg(process.pid, number)
        except OSError as error:
            logger.warning("process %d cannot be ended: %s", process.pid, error.strerror)
            return
        for _ in range(round(grace / 0.05)):
            if not is_running(process):
                return
            sleep(0.05)
