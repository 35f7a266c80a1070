"""The hosts of a story with a broker and a daemon each, and the prompts at which its commands are typed."""

import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from ...errors import NotReady
from ..demoprocesses import MCO, MCOLLECTIVED
from ..demosite import Site, SiteHost
from .lab import Lab
from .labbroker import running_broker
from .needs import CHECKOUT
from .story import Step, Story

_AT_ONCE = 4  # hosts that are started side by side
_STEP_S = 180.0  # the longest that a command of a tale may take


class Stage:
    """Everything that runs while a story is told; what it starts ends with the stack."""

    def __init__(self, story: Story, labhost: Path, folder: Path, stack: ExitStack) -> None:
        self._story, self._stack = story, stack
        self.site = Site(folder, policies=story.policies)
        self.lab = stack.enter_context(Lab(labhost, [str(folder), *(f"{path}:ro" for path in _own_folders())]))

    def set_up(self) -> None:
        """Start the hosts, make them what the story needs, and wait until each is subscribed."""
        hosts = {host.name: host for host in self._story.hosts}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda host: self.lab.up(host.name, systemd=host.has_systemd, address=host.address), hosts.values()))
        self._story.prepare(self.lab, self.site.folder)
        broker = self._stack.enter_context(running_broker(self.lab, self.site)).place
        self.site.write_client(broker)
        written = {name: self.site.write_host(SiteHost(name, host.classes), broker) for name, host in hosts.items()}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda name: self._start_daemon(name, written[name]), written))

    def run(self, step: Step) -> tuple[str, int]:
        """What a command prints, and its exit code."""
        words = shlex.split(step.command)
        if step.host:
            done = self.lab.run(step.host, *words, timeout=_STEP_S)
            return done.stdout + done.stderr, done.returncode
        options = f"--config {shlex.quote(str(self.site.client_config))}"
        environ = {**self.lab.environ, "MCOLLECTIVE_EXTRA_OPTS": options, "XDG_CACHE_HOME": str(self.site.folder)}
        told = subprocess.run(
            self.lab.outside([*MCO, *words[1:]]), env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=_STEP_S, check=False,
        )  # fmt: skip
        return told.stdout, told.returncode

    def _start_daemon(self, name: str, config: Path) -> None:
        words = [*MCOLLECTIVED, "--daemonize", "--pid", "/run/mcollectived.pid", "--config", str(config)]
        started = self.lab.run(name, *words)
        if started.returncode:
            raise NotReady(f"mcollectived on {name}: {started.stderr}")
        log, deadline = config.with_name("mcollectived.log"), time.monotonic() + 60.0
        while not log.exists() or f"subscribed as {name}" not in log.read_text():
            if time.monotonic() > deadline:
                raise NotReady(f"mcollectived on {name} is not subscribed in time: {log} says why")
            time.sleep(0.05)


def _own_folders() -> list[str]:
    """Where this package and its interpreter are, but for what every host has below it anyway: a package that
    a host installs is to come there, not here.
    """
    root = Path("/").stat().st_dev
    folders = sorted({str(CHECKOUT), sys.prefix, sys.base_prefix})
    return [path for path in folders if not (f"{path}/".startswith("/usr/") and Path(path).stat().st_dev == root)]
