"""Little real hosts of the program tests/lab/labhost, for a `with` block: own root, network, host name; all gone afterwards."""

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from secrets import token_hex
from types import TracebackType

from ...errors import NotReady

PLAIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
GATEWAY = "10.77.0.1"  # this machine on the lab's network, see `labhost net`


class Lab:
    """An independent lab. program: labhost; binds: folders that every host has at the same path, `:ro` behind one for reading alone."""

    def __init__(self, program: Path, binds: Iterable[str]) -> None:
        self._program, self._binds = str(program), tuple(binds)
        self.state = f"/run/mcollective-lab-{os.getpid()}-{token_hex(3)}"
        # After `su` without a dash the path has no folder sbin, where the programs are that labhost runs.
        path = f"{os.environ['PATH']}:{PLAIN_PATH}" if os.environ.get("PATH") else PLAIN_PATH
        self._environ = {**os.environ, "PATH": path, "LABHOST_STATE": self.state}

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._labhost("down", "--all")

    def up(self, name: str, *, systemd: bool = False, address: str | None = None) -> None:
        """Start a host. systemd: run by it, and not by a little init of the lab. address: None for the next that is free."""
        more = [*(["--systemd"] if systemd else []), *(["--ip", address] if address else [])]
        self._labhost("up", name, *more, *(word for path in self._binds for word in ("--bind", path)))

    def down(self, name: str) -> None:
        """End a host as a power failure does: its processes, its kernel's rules and its files are gone."""
        self._labhost("down", name)

    def run(self, name: str, *command: str, timeout: float = 120.0, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in a host; its output and exit code. given: what it finds on its standard input."""
        words = ("exec", "-e", f"PATH={PLAIN_PATH}", name, "--", *command)
        return self._labhost(*words, timeout=timeout, given=given, check=False)

    def start(self, name: str, *command: str) -> None:
        """Start a command in a host that runs on until the host ends; what it prints goes nowhere."""
        words = [self._program, "exec", "-d", "-e", f"PATH={PLAIN_PATH}", name, "--", *command]
        nowhere = subprocess.DEVNULL
        subprocess.run(words, env=self._environ, stdin=nowhere, stdout=nowhere, stderr=nowhere, timeout=60, check=True)

    def run_outside(self, *command: str, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a command here, but on the lab's network."""
        return self._labhost("net", "--", *command, timeout=timeout, check=False)

    def outside(self, command: Sequence[str]) -> list[str]:
        """The command line that runs a command here on the lab's network."""
        return [self._program, "net", "--", *command]

    def inside(self, name: str, command: Sequence[str]) -> list[str]:
        """The command line that runs a command in a host."""
        return [self._program, "exec", "-e", f"PATH={PLAIN_PATH}", name, "--", *command]

    @property
    def environ(self) -> dict[str, str]:
        """The environment for `outside` commands."""
        return self._environ

    def addresses(self) -> dict[str, str]:
        """The IPv4 address of every host by its name."""
        return {host["name"]: host["ip"] for host in json.loads(self._labhost("list", "--json").stdout)}

    def write(self, name: str, path: str, text: str) -> None:
        """Write a file in a host."""
        root = self._labhost("path", name).stdout.strip()
        target = Path(root + path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def _labhost(
        self, *words: str, timeout: float = 60.0, check: bool = True, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [self._program, *words], env=self._environ, capture_output=True, text=True, timeout=timeout, check=False,
            **({"stdin": subprocess.DEVNULL} if given is None else {"input": given}),
        )  # fmt: skip
        if check and done.returncode:
            raise NotReady(f"labhost {' '.join(words[:2])} ended with {done.returncode}: {done.stderr.strip()}")
        return done
