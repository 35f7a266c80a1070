"""`mco demo --story` as root runs it, held still at places of its tale so that a test can look into the hosts."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mcollective_py.cli.demoprocesses import MCO
from tests.parts.lab import LABHOST, PLAIN_PATH
from tests.waiting import wait_until

_LONGEST_S = 150  # of a whole story: they take 8 to 15 s where nothing else runs


@dataclass
class Told:
    """A story that is being told: its process, what it has said, and its hosts."""

    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)  # of hosts that a test has seen

    @property
    def output(self) -> str:
        """All that it has said."""
        return "".join(self.lines)

    @property
    def state(self) -> Path:
        """Where labhost writes down which hosts there are."""
        (found,) = Path("/run").glob(f"mcollective-lab-{self.process.pid}-*")
        return found

    def run(self, host: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a host, past the story."""
        self.pids |= {json.loads(file.read_text())["pid"] for file in self.state.glob("hosts/*/host.json")}
        words = [str(LABHOST), "exec", "-e", f"PATH={PLAIN_PATH}", host, "--", *command]
        environ = {**os.environ, "LABHOST_STATE": str(self.state)}
        return subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)

    def ask(self, host: str, *command: str) -> str:
        """What a command prints that must succeed."""
        done = self.run(host, *command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def leftovers(self) -> list[str]:
        """Hosts, files and processes of the story that are still there."""
        folder = re.search(r"files are in (\S+) \.\.\.", self.output)
        marks = [f"mcollective-lab-{self.process.pid}-", *([folder[1]] if folder else [])]
        left = [str(path) for path in Path("/run").glob(f"mcollective-lab-{self.process.pid}-*")]
        left += [folder[1]] if folder and Path(folder[1]).exists() else []
        left += [f"host {pid}" for pid in self.pids if Path(f"/proc/{pid}").exists()]
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and int(entry.name) != os.getpid():
                try:
                    text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                except OSError:
                    continue
                left += [f"process {entry.name}: {text[:200]!r}" for mark in marks if mark.encode() in text]
        return left


Look = Callable[[Told], object]


def tell(name: str, looks: Mapping[str, Look]) -> Told:
    """Run a story to its end.

    looks: what is called when a line that begins so is read. The tale goes no further meanwhile, but the command below that line does:
    look where it changes nothing.
    """
    process = subprocess.Popen(
        [*MCO, "demo", "--story", name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    told, waiting = Told(process), dict(looks)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            told.lines.append(line)
            for start in [start for start in waiting if line.startswith(start)]:
                process.send_signal(signal.SIGSTOP)
                try:
                    waiting.pop(start)(told)
                finally:
                    process.send_signal(signal.SIGCONT)
        process.wait(_LONGEST_S)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
        process.stdout.close()
    assert not waiting, f"the story never said {list(waiting)}:\n{told.output}"
    wait_until("nothing is left", lambda: not told.leftovers(), 5)
    return told
