"""The supervisor of a job: told by the job's folder what to run, and telling there how it goes, whoever is still there to read it."""

# A supervisor is started for every command, and pathlib would be a tenth of its time.
# ruff: noqa: PTH108, PTH118

import os
import sys
import time

from .records import CONTROL, ENDED, FAILED, SPEC, STARTED, STDERR, STDOUT, reserve_record, write_record, write_reserved
from .spec import read_spec
from .supervisor import Supervisor, Written


def main() -> None:
    """Run the job of the folder `argv[1]`; with `--detach` after it as a child of nobody, and the caller goes on at once."""
    folder = sys.argv[1]
    if "--detach" in sys.argv[2:]:
        if os.fork():
            os._exit(0)
        os.setsid()
        if os.fork():
            os._exit(0)
    os.chdir("/")
    os.umask(0o077)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    try:
        _run(folder)
    except (OSError, ValueError, TypeError) as error:
        write_record(folder, FAILED, {"reason": str(error)})


def _run(folder: str) -> None:
    path = os.path.join(folder, SPEC)
    with open(path, encoding="utf-8") as file:
        spec = read_spec(file.read())
    os.unlink(path)  # what the command reads and its environment may be secret, and nobody needs them again
    control = os.open(os.path.join(folder, CONTROL), os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    reserve_record(folder, ENDED)
    stdout, stderr = (Written(os.path.join(folder, name), spec.max_output) for name in (STDOUT, STDERR))

    def started(pid: int) -> None:
        write_record(folder, STARTED, {"pid": pid, "supervisor": os.getpid(), "time": time.time()})

    ended = Supervisor(spec, stdout, stderr, control).run(started)
    write_reserved(folder, ENDED, ended | {"time": time.time()})
