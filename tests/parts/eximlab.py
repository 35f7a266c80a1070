"""Lab hosts with a real Exim, which keeps what it is given in its queue, and a mail server that takes what is delivered."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mcollective_py.cli.stories import eximrelay
from tests.parts.lab import Lab
from tests.parts.require import missing, require_lab
from tests.waiting import wait_until

SINK = "sink"
SPOOL = eximrelay.SPOOL
_HERE = Path(__file__).parent
# A lock as Exim takes it while it delivers, until somebody writes a line.
_LOCK = "import fcntl,sys; f=open(sys.argv[1],'r+b'); fcntl.lockf(f,fcntl.LOCK_EX,20,0); print('held',flush=True); sys.stdin.readline()"


class EximLab:
    """Relays with Exim and the mail server they deliver to."""

    def __init__(self, lab: Lab, relays: Sequence[str]) -> None:
        self.lab, self.relays = lab, tuple(relays)

    def run(self, host: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a host."""
        return self.lab.run(host, *command)

    def shell(self, host: str, text: str) -> str:
        """Run lines of shell in a host; what they print. They must succeed."""
        done = self.lab.run(host, "sh", "-ec", text)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def exim(self, host: str, *words: str) -> str:
        """What Exim prints for these words."""
        return self.lab.run(host, "/usr/sbin/exim4", *words).stdout

    def ids(self, host: str) -> list[str]:
        """The ids of all messages, oldest first, by Exim's own view."""
        return self.lab.run(host, "exipick", "-i").stdout.split()

    def send(self, host: str, *messages: Mapping[str, object]) -> None:
        """Queue messages by SMTP; see eximqueue.send."""
        self._queue(host, "send", messages)

    def offer(self, host: str, message: Mapping[str, object]) -> str:
        """Offer a message by SMTP: `taken`, or why Exim refused it."""
        return self._queue(host, "offer", [message]).strip()

    @contextmanager
    def locked(self, host: str, id: str) -> Iterator[None]:
        """While somebody holds a message as a delivery does."""
        command = self.lab.inside(host, [sys.executable, "-c", _LOCK, f"{SPOOL}/input/{id}-D"])
        process = subprocess.Popen(command, env=self.lab.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout and process.stdin
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(20)

    def multiply(self, host: str, count: int, ages: int = 86_400) -> None:
        """Add count copies of what is queued, which came over the last `ages` seconds: a thousand take a fraction of a second."""
        self.shell(host, f"{sys.executable} {_HERE}/eximqueue.py copy {count} {ages}")

    def _queue(self, host: str, how: str, messages: Sequence[Mapping[str, object]]) -> str:
        done = subprocess.run(
            self.lab.inside(host, [sys.executable, str(_HERE / "eximqueue.py"), how]),
            env=self.lab.environ, input=json.dumps(messages), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def exim_lab(
    folder: Path,
    relays: Sequence[str],
    *,
    more: str = "",
    acl: str = "",
    routers: Mapping[str, str] | None = None,
    has_daemon: bool = True,
) -> Iterator[EximLab]:
    """The lab; gone afterwards. folder: below /var/tmp, seen by the hosts at the same path. more: lines of Exim's configuration.

    acl: of what is refused. routers: of each relay, those before the others.
    """
    require_lab()
    if not eximrelay.is_fetched():
        missing("Exim is not fetched: .ci/parts does it")
    with Lab(folder) as lab:
        lab.up(SINK)
        for relay in relays:
            lab.up(relay)
        sink = lab.addresses()[SINK]
        made = EximLab(lab, relays)
        made.shell(SINK, f"setsid -f {sys.executable} {_HERE}/eximsink.py 2525 >/run/sink.log 2>&1")
        for relay in relays:
            config = eximrelay.config(relay, sink, more=more, acl=acl, routers=(routers or {}).get(relay, ""))
            eximrelay.install(lab, relay, config)
            if has_daemon:
                made.shell(relay, "/usr/sbin/exim4 -bd")
        wait_until("the sink listens", lambda: "ready" in made.shell(SINK, "cat /run/sink.log"))
        yield made
