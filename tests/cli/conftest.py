"""A small real site for the commands: the embedded broker and three daemons, with an operator who may use echo on some of them."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest

from mcollective_py.cli.demoprocesses import MCO, RunningSite
from mcollective_py.cli.demosite import OPERATOR, Site, SiteHost

POLICY = f"policy default deny\nallow\tcert={OPERATOR}\t*\tcountry=uk\t*\n"
HOSTS = (
    SiteHost("web1", classes=("role::web",), facts={"country": "uk", "cores": 4, "hostile": "\x1b[2Jred"}),
    SiteHost("web2", classes=("role::web",), facts={"country": "de", "cores": 4}),
    SiteHost("db1", classes=("role::db",), facts={"country": "uk"}),
)


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def lines(self):
        return [line for line in self.out.splitlines() if line.strip()]


class Desk:
    """Where the operator sits: `mco(...)` runs a command to its end, `start(...)` leaves it running."""

    def __init__(self, folder, running):
        self.folder, self.running = folder, running
        self.config = running.site.client_config
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
        self.environment.pop("MCOLLECTIVE_EXTRA_OPTS", None)

    def mco(self, *words, input=None, cwd="/", **environment):
        """input: what is piped in; nothing is where it is None, and the pipe is empty where it is empty."""
        given = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
        done = subprocess.run(
            self.command(words),
            **given,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=cwd,
            env={**self.environment, **environment},
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, *words, **fields):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True, **fields}
        return subprocess.Popen(self.command(words), env=self.environment, cwd="/", **pipes)

    def interrupted(self, *words):
        """Runs a command with -vv until two hosts have answered, then Ctrl-C: the first of them, and the answer."""
        process = self.start(*words, "-vv")
        answered = (line.split()[-2] for line in process.stderr if line.rstrip().endswith(" answered"))
        first, _ = next(answered), next(answered)  # one reply is taken in after the other: the first has been seen
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        return first, Answer(process.returncode, out, err)

    def command(self, words):
        return [*MCO, words[0], *(("-c", str(self.config)) if "-c" not in words else ()), *words[1:]]


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site") / "site", policies={"echo": POLICY})
    with RunningSite(site, HOSTS) as running:
        site.write_client(running.broker, {"discovery_timeout": "1.2"})
        yield running


@pytest.fixture(scope="session")
def desk(running, tmp_path_factory):
    assert sys.platform == "linux"
    made = Desk(tmp_path_factory.mktemp("desk"), running)
    made.mco("ping", "-t", "1.5")  # from here on the hosts are known
    return made
