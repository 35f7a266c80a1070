"""Hosts as alike as those of a fleet are: systemd, a web service, a package of a local repository that has a newer version."""

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcollective_py.cli.stories.aptrepository import Deb, build_repository
from tests.parts.systemdlab import DAEMON, SystemdLab, systemd_lab

PACKAGE, OLD, NEW = "labweb", "1.0", "1.1"
SERVICE = "labweb.service"
NO_ROOM = "labweb: no room for the index in /srv/labweb"  # what the package says on a host that was broken
NO_LICENCE = "labweb: the licence has ended"  # and its service
_AT_WORK, _GO_ON = "/run/labweb.at-work", "/run/labweb.go-on"
# Of the newer version. On hosts that were told to it waits until somebody lets it go on.
_POSTINST = f"""#!/bin/sh
if [ -e /etc/labweb.broken ]; then echo "{NO_ROOM}" >&2; exit 3; fi
if [ -e /etc/labweb.seconds ]; then sleep "$(cat /etc/labweb.seconds)"; fi
if [ -e /etc/labweb.waits ]; then mkfifo {_GO_ON}; touch {_AT_WORK}; read -r line <{_GO_ON}; fi
"""
_UNIT = f"""[Service]
ExecStartPre=/bin/sh -c 'if [ -e /etc/labweb.unlicensed ]; then echo "{NO_LICENCE}" >&2; exit 4; fi'
ExecStart=/bin/sleep 3600
"""


@dataclass(frozen=True)
class Hosts:
    """The hosts, started and at the old version. names: their identities."""

    lab: SystemdLab
    names: Sequence[str]

    def everywhere(self, text: str, names: Sequence[str] = ()) -> None:
        """Run lines of shell on all hosts, or on these, at once; they must succeed."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: self.lab.shell(name, text), names or self.names))

    def version(self, name: str) -> str:
        """What dpkg says of the package on a host: `ii 1.0`."""
        return self.lab.run(name, "dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", PACKAGE).stdout

    def is_at_work(self, name: str) -> bool:
        """Whether the package's script waits on a host."""
        return self.lab.run(name, "test", "-e", _AT_WORK).returncode == 0

    def go_on(self, name: str) -> None:
        """Have that script end."""
        self.lab.shell(name, f"echo >{_GO_ON}")

    def daemon_cpu(self, name: str) -> float:
        """Seconds of processor time that a host's daemon and all that it ran have taken."""
        return int(self.lab.shell(name, f"systemctl show -P CPUUsageNSec {DAEMON}")) / 1e9

    def main_pid(self, name: str) -> int:
        """The pid of the service's process on a host, 0 for none."""
        return int(self.lab.run(name, "systemctl", "show", "-P", "MainPID", SERVICE).stdout)


@contextmanager
def hosts(count: int) -> Iterator[Hosts]:
    """As many hosts, within the block."""
    names = [f"web{number:02}" for number in range(1, count + 1)]
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name:
        folder = Path(name)
        build_repository(folder / "repo", (Deb(PACKAGE, OLD), Deb(PACKAGE, NEW, scripts={"postinst": _POSTINST})))
        with systemd_lab(folder, names) as lab:
            made = Hosts(lab, names)
            for host in names:
                lab.lab.write(host, f"/etc/systemd/system/{SERVICE}", _UNIT)
                lab.lab.write(host, "/etc/apt/sources.list", "deb [trusted=yes] file:/srv/repo lab main\n")
            first, *others = names
            set_up = (
                f"cp -r {folder}/repo /srv/repo; rm -rf /etc/apt/sources.list.d/* /etc/apt/preferences.d/* /var/lib/apt/lists/*\n"
                f"dpkg -i /srv/repo/pool/{PACKAGE}_{OLD}_all.deb\nsystemctl daemon-reload; systemctl start {SERVICE}"
            )
            made.everywhere(set_up)
            # apt reads what it fetched once, for all.
            lab.shell(first, f"apt-get -qq update; cp -a /var/lib/apt/lists {folder}")
            made.everywhere(f"cp -a {folder}/lists/. /var/lib/apt/lists", others)
            yield made
