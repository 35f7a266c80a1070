"""A small site of real processes for tests, and the `mco` that drives it."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcollective_py.cli.demoprocesses import MCO, RunningSite
from mcollective_py.cli.demosite import OPERATOR, POLICIES, Site, SiteBroker, SiteHost

LIBDIR = Path(__file__).with_name("libdir")
ALLOW_ALL = f"policy default deny\nallow\tcert={OPERATOR}\t*\t*\t*\n"


def site(folder: Path, settings: Mapping[str, str] | None = None, **more: Any) -> Site:
    """A site whose hosts also have the test agents of tests/parts/libdir, and a ledger of what those ran."""
    own = {"libdir": str(LIBDIR), "plugin.nap.ledger": str(folder / "ledger"), **(settings or {})}
    return Site(folder, policies={**POLICIES, "nap": ALLOW_ALL}, settings=own, **more)


class Fleet(RunningSite):
    """A running site with `mco`."""

    def __init__(
        self, folder: Path, names: Sequence[str], *, broker: SiteBroker | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(site(folder, settings), [SiteHost(name, ("role::web",), {"country": "uk"}) for name in names], broker)

    @property
    def ledger(self) -> list[str]:
        """`IDENTITY REQUESTID` for every run of the nap agent."""
        path = self.site.folder / "ledger"
        return path.read_text().splitlines() if path.exists() else []

    def start_mco(self, *words: str, config: Path | None = None) -> "subprocess.Popen[str]":
        """Start mco, output in pipes. config: another client.cfg than the site's."""
        environ = {**os.environ, "XDG_CACHE_HOME": str(self.site.folder / "cache")}
        command = [*MCO, *words, "--config", str(config or self.site.client_config)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, cwd="/")

    def mco(self, *words: str, timeout: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """Run mco to its end."""
        process = self.start_mco(*words)
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def rpc(self, *words: str) -> dict[str, Any]:
        """`mco rpc ... --json`, its document."""
        ended = self.mco("rpc", *words, "--json")
        assert ended.stdout, f"no answer to {words}: {ended.stderr}"
        return json.loads(ended.stdout)

    def stats(self, name: str) -> dict[str, Any]:
        """What a host's daemon counts."""
        (reply,) = self.rpc("rpcutil", "daemon_stats", "-I", name)["replies"]
        return reply["data"]

    def answering(self) -> list[str]:
        """Who answers a ping sent right now, by a client that knows of nobody."""
        return sorted(self.mco("find", "--dt", "1").stdout.split())
