"""Lab hosts that systemd runs, with our daemon under the packaged unit, and plain ones with init scripts; asked by a real mco."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcollective_py.cli.demosite import OPERATOR, Site, SiteHost
from mcollective_py.cli.stories.labbroker import LabBroker, running_broker
from tests.parts.asker import Asker
from tests.parts.lab import Lab
from tests.waiting import wait_until

_CHECKOUT = Path(__file__).parents[2]
_UNIT = _CHECKOUT / "packaging" / "systemd" / "mcollectived.service"
DAEMON = "mcollectived.service"


@dataclass
class SystemdLab:
    """Hosts with running daemons, and an operator who may do everything."""

    lab: Lab
    site: Site
    broker: LabBroker
    asker: Asker | None = None

    def run(self, host: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a host."""
        return self.lab.run(host, *command)

    def shell(self, host: str, text: str) -> str:
        """Run lines of shell in a host; what they print. They must succeed."""
        done = self.lab.run(host, "sh", "-ec", text)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def mco(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call mco as the operator."""
        environ = f"XDG_CACHE_HOME={self.site.folder}"
        return self.lab.run_outside(
            "env", environ, sys.executable, "-m", "mcollective_py", *words, "--config", str(self.site.client_config), timeout=150
        )

    def start_mco(self, *words: str) -> "subprocess.Popen[bytes]":
        """Call mco as the operator, in a session of its own, and do not wait for it."""
        command = ["env", f"XDG_CACHE_HOME={self.site.folder}", sys.executable, "-m", "mcollective_py", *words]
        return subprocess.Popen(
            self.lab.outside([*command, "--config", str(self.site.client_config)]),
            env=self.lab.environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def rpc(self, host: str, agent: str, action: str, *inputs: str) -> dict[str, Any]:
        """Call an action of one host: `statuscode`, `statusmsg` and `data` of its reply."""
        return self._asker().ask(host, agent, action, inputs)

    def rpc_all(self, hosts: Sequence[str], agent: str, action: str, *inputs: str) -> dict[str, dict[str, Any]]:
        """The same of several hosts by one request, by their names."""
        return self._asker().ask_all(hosts, agent, action, inputs)

    def reboot(self, host: str, *kept: str) -> None:
        """End a host that systemd runs as a power failure does, and start it again with these files and folders of its disk.

        The kernel's rules are gone, and its boot is another. The daemon comes back by its unit.
        """
        address, disk = self.lab.addresses()[host], self.site.folder / f"{host}.tar"
        files = ("/etc/mcollective", "/usr/bin/mcollectived", f"/etc/systemd/system/{DAEMON}", *kept)
        self.shell(host, f"sync; tar -cf {disk} {' '.join(files)} 2>/dev/null")
        self.lab.down(host)
        self.lab.up(host, systemd=True, address=address)
        boot = "/proc/sys/kernel/random/boot_id"
        self.shell(host, f"tar -xf {disk} -C /; cat /proc/sys/kernel/random/uuid >/run/boot_id; mount --bind /run/boot_id {boot}")
        self.shell(host, f"systemctl daemon-reload; systemctl start {DAEMON}")

    def _asker(self) -> Asker:
        if self.asker is None:
            words = [sys.executable, "-m", "tests.parts.asker", str(self.site.client_config)]
            self.asker = Asker(self.lab.outside(words), self.lab.environ | {"PYTHONPATH": str(_CHECKOUT)})
        return self.asker

    def log(self, host: str) -> str:
        """The log of a host's daemon, empty before it has one."""
        path = self.site.folder / "hosts" / host / "mcollectived.log"
        return path.read_text() if path.exists() else ""


@contextmanager
def systemd_lab(
    folder: Path,
    hosts: Sequence[str],
    *,
    plain: Sequence[str] = (),
    settings: Mapping[str, Mapping[str, str]] | None = None,
    first: Callable[[Lab], object] | None = None,
) -> Iterator[SystemdLab]:
    """The lab with a broker, the hosts and their daemons. folder: below /var/tmp, seen by the hosts at the same path.

    hosts: run by systemd; plain: by a little init, their daemons started by hand. settings: of the daemons by host.
    first: called with the lab before its hosts are started.
    """
    with Lab(folder) as lab:
        allowing = f"policy default deny\nallow\tcert={OPERATOR}\t*\t*\t*\n"
        site = Site(folder, policies=dict.fromkeys((path.parent.name for path in _CHECKOUT.glob("agents/*/agent.py")), allowing))
        if first is not None:
            first(lab)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda host: lab.up(host, systemd=host in hosts), (*hosts, *plain)))
        with running_broker(lab, site) as broker, ThreadPoolExecutor(4) as pool:
            made = SystemdLab(lab, site, broker)
            site.write_client(broker.place)
            configs = {
                host: site.write_host(SiteHost(host, settings=(settings or {}).get(host, {})), broker.place)
                for host in (*hosts, *plain)
            }
            list(pool.map(lambda host: _install(made, host, configs[host], has_systemd=host in hosts), configs))
            for host in (*hosts, *plain):
                wait_until(f"{host} has subscribed", lambda host=host: f"subscribed as {host}" in made.log(host), 60)
            try:
                yield made
            finally:
                if made.asker is not None:
                    made.asker.close()


def _install(made: SystemdLab, host: str, config: Path, *, has_systemd: bool) -> None:
    """The daemon as a package would have it: its program, its configuration, its unit; and start it."""
    made.lab.write(host, "/etc/mcollective/server.cfg", config.read_text())
    made.lab.write(host, "/usr/bin/mcollectived", f'#!/bin/sh\nexec {sys.executable} -m mcollective_py.server.daemon "$@"\n')
    made.shell(host, "chmod 755 /usr/bin/mcollectived; chmod 600 /etc/mcollective/server.cfg; rm -rf /etc/mcollective/policies")
    made.shell(host, f"cp -r {config.parent}/policies /etc/mcollective/")
    if has_systemd:
        made.lab.write(host, f"/etc/systemd/system/{DAEMON}", _UNIT.read_text())
        made.shell(host, f"systemctl daemon-reload; systemctl start {DAEMON}")
    else:
        made.shell(host, "/usr/bin/mcollectived --daemonize --pid /run/mcollectived.pid")
