"""A lock file with an end: a process of its own that takes it away then, whatever became of who put it there."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from ..regularfile import read_regular

_LIMIT = 64 * 1024  # bytes of a lock
_LOOK = 60.0  # seconds: a clock that is set, or a host that slept, is noticed within


def end_of(text: bytes) -> tuple[str, float] | None:
    """Id and end (seconds since the epoch) that stand under `mcollective` in a lock's JSON; None where it has no end."""
    try:
        said: Any = json.loads(text)
        ours = said["mcollective"]
        return (ours["id"], float(ours["until"])) if isinstance(ours["id"], str) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def expire(file: Path, id: str | None = None, *, now: float) -> float | None:
    """Take a lock away whose end has come. Seconds that it still has, None where it is gone or has no end.

    id: only the lock of this id; one that somebody put there since is another's.
    """
    try:
        end = end_of(read_regular(str(file), _LIMIT, follows_links=False)[0])
    except OSError:
        return None
    if end is None or id not in (None, end[0]):
        return None
    if end[1] > now:
        return end[1] - now
    file.unlink(missing_ok=True)
    return None


def keep_end(file: Path, id: str) -> None:
    """Start the process that takes the lock away at its end."""
    import subprocess  # a megabyte that a daemon at rest does without

    process = subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-m", __name__, str(file), id],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        start_new_session=True,
    )
    process.wait()  # it forks at once, and what goes on belongs to init or to whoever collects orphans


def is_kept(id: str) -> bool:
    """Whether such a process waits for the end of the lock of this id."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid != os.geteuid():
                    continue  # the id stands in a file that everybody may read, and anybody may have a process of these words
                words = Path(f"/proc/{entry.name}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if __name__.encode() in words and id.encode() in words:
                return True
    return False


def main(file: Path, id: str) -> None:
    """Wait for the end of one lock."""
    if os.fork():
        os._exit(0)
    while (rest := expire(file, id, now=time.time())) is not None:
        time.sleep(min(rest, _LOOK))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
