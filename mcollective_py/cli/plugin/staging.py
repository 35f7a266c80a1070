"""A package's files as they will lie on a host, below a temporary folder; and the programs that make packages of them."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import UsageError
from .parcel import Parcel, Part, file_mode

_SECONDS = 120.0
_MAX_SAID = 2_000  # characters of a program's complaint


def stage(root: Path, parcel: Parcel, part: Part) -> None:
    """Write a part's files below root, with the modes and the time that they will have."""
    libdir = root / parcel.folder.lstrip("/")
    for name, file in part.files.items():
        target = libdir / name
        target.parent.mkdir(parents=True, exist_ok=True)
        write(target, file.content, file_mode(file))
    settle(root, parcel.time)


def write(target: Path, content: bytes, mode: int) -> None:
    """A new file."""
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as out:
        out.write(content)
    target.chmod(mode)


def settle(root: Path, time: int) -> None:
    """Every file and folder of this time, folders 0755: what is made of them is the same on every machine."""
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            os.utime(Path(folder, name), (time, time))
        Path(folder).chmod(0o755)
        os.utime(folder, (time, time))


def make(words: Sequence[str], folder: Path, parcel: Parcel) -> None:
    """Run a program that makes a package, with nothing of its user's settings. Raises UsageError with what it said."""
    environment: Mapping[str, str] = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": str(parcel.time),
    }
    try:
        done = subprocess.run(
            list(words), env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{words[0]} took longer than {_SECONDS:g} s and was ended") from error
    except OSError as error:
        raise UsageError(f"{words[0]} cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-_MAX_SAID:]
        raise UsageError(f"{words[0]} ended with {done.returncode}: {said}")
