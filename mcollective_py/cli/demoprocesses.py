"""The processes of a small site: its broker and daemons, started, awaited and ended by pid."""

import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from ..errors import NotReady
from .demosite import Site, SiteBroker, SiteHost

# -P: the working directory is no place to load code from.
MCO = (sys.executable, "-P", "-m", "mcollective_py")
MCOLLECTIVED = (sys.executable, "-P", "-m", "mcollective_py.server.daemon")


_PR_SET_PDEATHSIG = 1  # prctl(2)


class RunningSite:
    """`with RunningSite(site, hosts) as running:` leaves when every daemon is subscribed; leaving the block ends them all.

    broker: one that runs already, else `mco broker` is started with TLS and client certificates. outlives_us: False where the
    processes are to end with this one, whatever ends it.
    """

    def __init__(self, site: Site, hosts: Iterable[SiteHost], broker: SiteBroker | None = None, *, outlives_us: bool = False) -> None:
        self.site, self.hosts, self.broker = site, {host.name: host for host in hosts}, broker
        self._outlives_us = outlives_us
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ready = _Readiness()

    def __enter__(self) -> "RunningSite":
        try:
            if self.broker is None:
                self.broker = SiteBroker(self.start_broker())
            self.site.write_client(self.broker)
            for name in self.hosts:
                self.start_daemon(name)
                self._ready.take()  # a socket keeps ten unread reports, and whoever finds it full waits
            self.wait_for(self.hosts, seconds=60.0 + 2.0 * len(self.hosts))
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()

    @property
    def broker_port(self) -> int:
        """The port that clients and daemons connect to."""
        assert self.broker is not None
        return self.broker.port

    def leave_running(self) -> None:
        """Hand the processes to a later end_leftovers: writes pids.json and forgets them."""
        left = {str(process.pid): _started(process.pid) for process in self.processes.values()}
        (self.site.folder / "pids.json").write_text(json.dumps(left))
        self.processes.clear()

    def start_broker(self, port: int = 0) -> int:
        """Start the embedded broker on loopback, on a free port unless one is given; the port, once it listens."""
        folder, port_file = self.site.folder, self.site.folder / "broker.port"
        port_file.unlink(missing_ok=True)
        self._start(
            "broker",
            [*MCO, "broker", "--port", str(port), "--port-file", str(port_file), "--tls-ca", str(folder / "ca" / "ca.pem"),
             "--tls-cert", str(self.site.certificate("broker")), "--tls-key", str(self.site.key("broker"))],
            folder / "broker.log",
        )  # fmt: skip
        deadline = time.monotonic() + 30.0
        while not port_file.exists():
            self._check_alive("broker", folder / "broker.log", deadline)
            time.sleep(0.02)
        return int(port_file.read_text())

    def start_daemon(self, name: str) -> None:
        """Start (or start again) one host's mcollectived; wait_for says when it is subscribed."""
        assert self.broker is not None
        config = self.site.write_host(self.hosts[name], self.broker)
        self._start(name, [*MCOLLECTIVED, "--no-daemonize", "--config", str(config)], config.parent / "output.log")

    def wait_for(self, names: Iterable[str], seconds: float) -> None:
        """Return when each of these daemons has said that it is subscribed. Raises NotReady with the log of one that is not."""
        deadline = time.monotonic() + seconds
        for name in names:
            while not self._ready.has(name, timeout=0.2):
                self._check_alive(name, self.log(name), deadline)

    def log(self, name: str) -> Path:
        """The log of a host."""
        return self.site.folder / "hosts" / name / "mcollectived.log"

    def kill(self, name: str, number: int = signal.SIGTERM, timeout: float = 15.0) -> int:
        """Signal one process and wait for its end; its exit code."""
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(timeout)

    def end(self) -> None:
        """End every process, gently first, and forget the socket."""
        self._ready.close()  # first: daemons would wait for somebody to read that they stop
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def _start(self, name: str, command: Sequence[str], log: Path) -> None:
        with log.open("ab") as output:
            self.processes[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", start_new_session=True,
                env={**os.environ, "NOTIFY_SOCKET": self._ready.address},
                preexec_fn=None if self._outlives_us else _end_with_parent,  # this process has no threads
            )  # fmt: skip

    def _check_alive(self, name: str, log: Path, deadline: float) -> None:
        ended = self.processes[name].poll()
        if ended is None and time.monotonic() < deadline:
            return
        what = f"ended with {ended}" if ended is not None else "is not ready in time"
        logs = (log, log.parent / "output.log")
        tail = "\n".join("\n".join(path.read_text(errors="replace").splitlines()[-5:]) for path in logs if path.exists())
        raise NotReady(f"{name} {what}:\n{tail}")


def end_leftovers(pids: Mapping[str, float]) -> int:
    """End processes that leave_running wrote down, if they are still the same ones; how many were."""
    alive = [int(pid) for pid, started in pids.items() if _started(int(pid)) == started]
    for pid in alive:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 10.0
    while any(_started(pid) == pids[str(pid)] for pid in alive) and time.monotonic() < deadline:
        time.sleep(0.05)
    return len(alive)


def _started(pid: int) -> float | None:
    """When the process with this pid started, in the kernel's clock ticks; None where there is none. proc(5), stat field 22."""
    try:
        return float(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return None


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class _Readiness:
    """The socket at which daemons report as to systemd; `STATUS=subscribed as NAME` is what counts."""

    def __init__(self) -> None:
        self.address = f"@mcollective_py-{os.getpid()}-{secrets.token_hex(8)}"  # abstract: no file, no limit on a folder's length
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address.replace("@", "\0", 1))
        self._names: set[str] = set()

    def has(self, name: str, timeout: float) -> bool:
        """True once the name has reported, which is then forgotten; waits for at most timeout seconds."""
        self._socket.settimeout(timeout)
        while name not in self._names:
            try:
                self._read()
            except (TimeoutError, BlockingIOError):
                return False
        self._names.discard(name)
        return True

    def take(self) -> None:
        """Read what has been reported up to now."""
        self._socket.settimeout(0)
        try:
            while True:
                self._read()
        except BlockingIOError:
            pass

    def _read(self) -> None:
        text = self._socket.recv(4096).decode(errors="replace")
        self._names.update(line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("STATUS=subscribed as "))

    def close(self) -> None:
        self._socket.close()
