"""A fleet of real Ruby mcollectived and the Ruby mco, from Debian's packages, for tests and benchmarks beside ours."""

import os
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

RUBY_MCO = "/usr/bin/mco"
RUBY_DAEMON = "/usr/sbin/mcollectived"

_COMMON = """\
main_collective = mcollective
collectives = mcollective
libdir = {folder}/plugins
loglevel = info
securityprovider = psk
plugin.psk = {psk}
connector = activemq
direct_addressing = 1
plugin.activemq.pool.size = 1
plugin.activemq.pool.1.host = 127.0.0.1
plugin.activemq.pool.1.port = {port}
plugin.activemq.pool.1.user = {user}
plugin.activemq.pool.1.password = {password}
factsource = yaml
plugin.yaml = {folder}/facts.yaml
"""


class RubyFleet:
    """`count` Ruby daemons named ruby1 ... on one broker, and the client configuration to drive them.

    folder: where their files go. The daemons end with the `with` block, by pid.
    """

    def __init__(self, folder: Path, *, port: int, user: str, password: str, count: int) -> None:
        self._folder, self._count = folder, count
        (folder / "plugins").mkdir(parents=True)
        (folder / "facts.yaml").write_text("---\ncountry: uk\n")
        self._common = _COMMON.format(folder=folder, psk="only-for-this-run", port=port, user=user, password=password)
        self.client_config = folder / "client.cfg"
        self.client_config.write_text(self._common + "logger_type = console\nloglevel = error\n")
        self._daemons: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "RubyFleet":
        try:
            for number in range(1, self._count + 1):
                self._start(f"ruby{number}")
            self._wait_until_subscribed(60.0)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def mco(self, *words: str, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run the Ruby client."""
        return subprocess.run(
            [RUBY_MCO, *words, "--config", str(self.client_config)],
            capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def pids(self) -> list[int]:
        """The daemons' pids."""
        return [daemon.pid for daemon in self._daemons]

    def _start(self, name: str) -> None:
        config, log = self._folder / f"{name}.cfg", self._folder / f"{name}.log"
        config.write_text(f"{self._common}identity = {name}\nlogfile = {log}\ndaemonize = 0\n")
        self._daemons.append(
            subprocess.Popen([RUBY_DAEMON, "--config", str(config), "--no-daemonize"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        )  # fmt: skip

    def _wait_until_subscribed(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answered = self.mco("find").stdout.split()
            if len(answered) == self._count:
                return
        raise TimeoutError(f"not all of {self._count} Ruby daemons answered within {seconds:g} s")

    def _end(self) -> None:
        for daemon in self._daemons:
            if daemon.poll() is None:
                os.killpg(daemon.pid, signal.SIGKILL)
        for daemon in self._daemons:
            daemon.wait(10)
