"""Relays with a real Exim and a daemon each, and `mco` on their network."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from mcollective_py.cli.demosite import Site, SiteHost
from mcollective_py.cli.stories.labbroker import lab_broker
from tests.parts.eximlab import EximLab, exim_lab
from tests.waiting import wait_until

BLOCKLIST = "/etc/exim4/blocklist"
# What agents/exim/README.md says for the ACLs.
ACL = f"""
  deny  message = this sender is blocked here
        senders = ${{if exists{{{BLOCKLIST}}}{{lsearch*@;{BLOCKLIST}}}}}
  deny  message = this login is blocked here
        condition = ${{if exists{{{BLOCKLIST}}}{{${{lookup{{$authenticated_id}}lsearch*@{{{BLOCKLIST}}}{{yes}}{{no}}}}}}{{no}}}}
"""


class EximFleet:
    """The relays, and the operator's commands."""

    def __init__(self, exim: EximLab, site: Site) -> None:
        self.exim, self.site = exim, site

    def mco(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`mco` with these words; nobody sits at it."""
        first, *others = words
        command = [sys.executable, "-m", "mcollective_py", first, "--config", str(self.site.client_config), *others]
        return self.exim.lab.run_outside("env", f"XDG_CACHE_HOME={self.site.folder}", *command)

    def on_all(self, do: Callable[[str], object]) -> None:
        """Do something on all relays at the same time."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(do, self.exim.relays))


@contextmanager
def exim_fleet(
    relays: Sequence[str], *, acl: str = "", routers: Mapping[str, str] | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[EximFleet]:
    """The fleet; gone afterwards. acl, routers: see exim_lab. settings: of every daemon."""
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-exim-") as name,
        exim_lab(Path(name), relays, acl=acl, routers=routers) as exim,
    ):
        site = Site(Path(name), settings={"plugin.actionpolicy.allow_unconfigured": "1"})
        with lab_broker(exim.lab, site) as broker:
            site.write_client(broker)
            configs = {host: site.write_host(SiteHost(host, settings=settings or {}), broker) for host in relays}
            made = EximFleet(exim, site)

            def start(host: str) -> None:
                command = (sys.executable, "-m", "mcollective_py.server.daemon", "--daemonize", "--pid", "/run/mcollectived.pid")
                started = exim.run(host, *command, "--config", str(configs[host]))
                assert started.returncode == 0, started.stderr

            made.on_all(start)
            wait_until("all answer", lambda: sorted(made.mco("find", "-A", "exim").stdout.split()) == sorted(relays), 40)
            yield made
