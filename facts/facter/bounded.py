"""One program run to its end: bounded in time and output, its whole process group gone afterwards."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MAX_REMARKS = 64 * 1024  # bytes of stderr kept; the rest is read and dropped
_POLL_S = 0.02  # between looks at a program that closed its output but has not ended


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended. trouble: why its output cannot be used, in words that follow the program's name, None where it can."""

    exitcode: int
    stdout: bytes
    stderr: bytes
    trouble: str | None = None


def run_bounded(command: Sequence[str], environment: Mapping[str, str], timeout: float, max_bytes: int) -> Ended:
    """Run a command with exactly this environment, in a process group of its own, for at most timeout seconds."""
    try:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return Ended(-1, b"", b"", f"cannot be run: {error.strerror}")
    deadline = time.monotonic() + timeout
    output: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
    trouble = None
    try:
        trouble = _read(process, output, deadline, max_bytes) or _await_end(process.pid, deadline)
    finally:
        # Before wait: until the leader is waited for, its number cannot have become another group's.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    if trouble == "timeout":
        trouble = f"was ended after {timeout:g} s (plugin.facter.timeout)"
    return Ended(process.returncode, bytes(output["stdout"]), bytes(output["stderr"]), trouble)


def _read(process: subprocess.Popen[bytes], output: Mapping[str, bytearray], deadline: float, max_bytes: int) -> str | None:
    with selectors.DefaultSelector() as selector:
        for name, pipe in (("stdout", process.stdout), ("stderr", process.stderr)):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe.fileno(), selectors.EVENT_READ, name)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return "timeout"
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, 64 * 1024)
                if not chunk:
                    selector.unregister(key.fd)
                elif key.data == "stdout":
                    output["stdout"].extend(chunk)
                    if len(output["stdout"]) > max_bytes:
                        return f"printed more than {max_bytes} bytes"
                else:
                    output["stderr"].extend(chunk)
                    del output["stderr"][:-_MAX_REMARKS]
    return None


def _await_end(pid: int, deadline: float) -> str | None:
    # WNOWAIT leaves it to be waited for, so that its process group can still be ended safely.
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= deadline:
            return "timeout"
        time.sleep(_POLL_S)
    return None
