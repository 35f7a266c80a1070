"""A broker as a process in the foreground that logs to a file: waiting until it says that it is ready, freezing, thawing."""

import contextlib
import os
import random
import re
import select
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path


class BrokerProcess(ABC):
    """What all brokers under test have; subclasses start and kill. log_file: where it logs to, None for one without a log."""

    _process: "subprocess.Popen[bytes] | None" = None

    def __init__(self, log_file: Path | None = None) -> None:
        self._log_file = log_file

    @property
    def pid(self) -> int:
        """Of the broker itself."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """All it has said so far."""
        return self._log_file.read_text(errors="replace") if self._log_file is not None and self._log_file.exists() else ""

    @abstractmethod
    def kill(self) -> None:
        """kill -9, as a crash would; waits until it is gone."""

    def freeze(self) -> None:
        """Let it do nothing more, with all connections open."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def _wait_ready(self, said: int, ready: re.Pattern[str], seconds: float) -> None:
        """Wait for the log to say so: a broker in another network could not be asked. said: length of the log before the start."""
        end = time.monotonic() + seconds
        ended = os.pidfd_open(self.pid)
        try:
            while time.monotonic() < end:
                if ready.search(self.log[said:]):
                    return
                if select.select([ended], [], [], 0.05)[0]:
                    break
        finally:
            os.close(ended)
        log = self.log[said:]
        self.kill()
        raise RuntimeError(f"{type(self).__name__} did not start:\n{log[-3000:]}")


def free_port() -> int:
    """A port of loopback that nobody listens on now, and none that the kernel hands out until a broker has started or is back."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_768)  # the kernel's own begin there: ip(7), ip_local_port_range
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
