"""A fleet whose daemons, and whose client, are of this tree or of another version, over this tree's embedded broker."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from mcollective_py.cli.demoprocesses import MCO, MCOLLECTIVED, RunningSite
from mcollective_py.cli.demosite import OPERATOR, SiteHost
from tests.parts.fleet import ALLOW_ALL, Fleet, site
from tests.parts.otherversion import OtherVersion, environ

# `stumble` is not among them, and so denied.
_PARROT = f"policy default deny\nallow\tcert={OPERATOR}\tsay\t*\t*\n"
_SETTINGS = {
    "plugin.x509.max_ttl": "300",  # a slow machine starts several daemons while one request is fresh
    "plugin.shell.enabled": "1",
}


class MixedVersions(Fleet):
    """theirs: the hosts whose daemon is of the other version when it starts next; whoever changes it kills and starts them."""

    def __init__(self, folder: Path, names: Sequence[str], other: OtherVersion, theirs: Sequence[str]) -> None:
        hosts = [SiteHost(name, ("role::web",), {"country": "uk"}, _SETTINGS) for name in names]
        RunningSite.__init__(self, site(folder), hosts)
        self.other, self.theirs = other, set(theirs)
        for name in names:
            policies = folder / "hosts" / name / "policies"
            policies.mkdir(parents=True)
            for agent, text in (("parrot", _PARROT), ("shell", ALLOW_ALL)):
                (policies / f"{agent}.policy").write_text(text)

    def restart(self, name: str, *, is_theirs: bool, number: int = signal.SIGTERM) -> None:
        """End a host's daemon and start that of the other version, or this tree's, with the same files."""
        self.kill(name, number)
        if is_theirs:
            self.theirs.add(name)
        else:
            self.theirs.discard(name)
        self.start_daemon(name)
        self.wait_for([name], 60)

    def runs_theirs(self, name: str) -> bool:
        """Whether the process of a host has the other version's code."""
        return str(self.other.folder).encode() in Path(f"/proc/{self.processes[name].pid}/cmdline").read_bytes()

    def their_mco(self, *words: str, timeout: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """Run the other version's client to its end."""
        command = [self.other.mco, *words, "--config", str(self.site.client_config)]
        own = {**environ(), "XDG_CACHE_HOME": str(self.site.folder / "their-cache")}
        return subprocess.run(
            command, env=own, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )

    def _start(self, name: str, command: Sequence[str], log: Path) -> None:
        if name in self.theirs:
            assert tuple(command[: len(MCOLLECTIVED)]) == MCOLLECTIVED and MCOLLECTIVED[0] == MCO[0]
            command = [self.other.mcollectived, *command[len(MCOLLECTIVED) :]]
            assert "PYTHONPATH" not in os.environ, "it would lead the other version to this tree"
        super()._start(name, command, log)
