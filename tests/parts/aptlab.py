"""A lab host whose apt knows nothing but a little repository of its own: two versions of each, one that breaks, one that is slow."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcollective_py.cli.demosite import OPERATOR, Site, SiteHost
from mcollective_py.cli.stories.aptrepository import Deb, build_repository, use_repository
from mcollective_py.cli.stories.labbroker import lab_broker
from tests.parts.lab import Lab
from tests.waiting import wait_until

POLICY = {"package": f"policy default deny\nallow\tcert={OPERATOR}\t*\t*\t*\n"}
STALE = "lab-gone"  # a suite whose packages are listed but not there
# Tells that it runs, and ends when somebody writes into its pipe.
_SLOW = """#!/bin/sh
[ -e /etc/labslow.ok ] && exit 0
mkfifo /run/labslow.pipe
echo $$ >/run/labslow.pid
exec cat /run/labslow.pipe
"""


DEBS = (
    Deb("labpkg", "1.0", conffile="v=1.0\n"),
    Deb("labpkg", "1.1", conffile="v=1.1\n"),
    Deb("labpkg", "1.2~rc1", conffile="v=1.2rc\n", suite="lab-next"),
    Deb("labdep", "1.0", depends="labpkg (>= 1.0)"),
    Deb("labneeds", "1.0", depends="labnowhere"),
    Deb("labother", "1:2.0-1"),
    Deb("labother", "1:2.1-1"),
    Deb("labsec", "1.0-1"),
    Deb("labsec", "1.0-1+deb1", suite="lab-security"),
    Deb("labsec", "1.1-1"),
    Deb(
        "labbroken",
        "1.0",
        scripts={"postinst": "#!/bin/sh\n[ -e /etc/labbroken.ok ] && exit 0\necho no room for labbroken >&2\nexit 3\n"},
    ),
    Deb("labslow", "1.0", scripts={"postinst": _SLOW}),
    Deb("labgone", "1.0", suite=STALE, is_there=False),
)


# A client that stays: a call a line, `[action, inputs]`, and the reply a line. The start of an interpreter for each would take longer
# than apt.
_CLIENT = """
import json, sys
from mcollective_py import rpcclient
with rpcclient("package", config=sys.argv[1], nodes=sys.argv[2:]) as package:
    for line in sys.stdin:
        action, inputs = json.loads(line)
        (result,) = package.call(action, inputs)
        print(json.dumps([result.statuscode, result.statusmsg, dict(result.data)]), flush=True)
"""


@dataclass
class AptLab:
    """A lab with one host `apt1`, its repository at folder/repo, and an operator."""

    lab: Lab
    site: Site
    folder: Path
    host: str = "apt1"
    client: "subprocess.Popen[str] | None" = None

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the host."""
        return self.lab.run(self.host, *command)

    def installed(self, name: str) -> str:
        """What dpkg says of a package: `ii 1.0`, empty for one that it does not know."""
        return self.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", name).stdout.strip()

    def reset(self) -> None:
        """No package of the lab on the host, none on hold, all of the repository's suites but that of prereleases."""
        names = sorted({deb.name for deb in DEBS})
        self.run(
            "sh", "-c", f"apt-mark unhold {' '.join(names)}; dpkg --purge --force-all {' '.join(names)}; rm -f /etc/lab* /run/lab*"
        )

    def mco(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call mco as the operator."""
        environ = f"XDG_CACHE_HOME={self.site.folder}"
        return self.lab.run_outside(
            "env", environ, sys.executable, "-m", "mcollective_py", *words, "--config", str(self.site.client_config)
        )

    def call(self, action: str, **inputs: object) -> tuple[int, str, dict[str, Any]]:
        """Call an action of the agent package on the host: status code, message, outputs."""
        assert self.client is not None and self.client.stdin is not None and self.client.stdout is not None
        self.client.stdin.write(json.dumps([action, inputs]) + "\n")
        self.client.stdin.flush()
        code, message, data = json.loads(self.client.stdout.readline())
        return code, message, data

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        """Call mco and do not wait for it."""
        command = ["env", f"XDG_CACHE_HOME={self.site.folder}", sys.executable, "-m", "mcollective_py", *words]
        return subprocess.Popen(
            self.lab.outside([*command, "--config", str(self.site.client_config)]),
            env=self.lab.environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def apt_lab(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[AptLab]:
    """The lab with a broker, the host and its daemon. folder: below /var/tmp, seen by the host at the same path."""
    build_repository(folder / "repo", DEBS)
    with Lab(folder) as lab:
        site = Site(folder, policies=POLICY)
        apt = AptLab(lab, site, folder)
        lab.up(apt.host)
        use_repository(lab, apt.host, folder / "repo", ("lab", "lab-security", STALE))
        with lab_broker(lab, site) as broker:
            site.write_client(broker)
            config = site.write_host(SiteHost(apt.host, settings=settings or {}), broker)
            start = lab.run(
                apt.host, sys.executable, "-m", "mcollective_py.server.daemon", "--daemonize", "--pid", "/run/mcollectived.pid",
                "--config", str(config),
            )  # fmt: skip
            assert start.returncode == 0, start.stderr
            log = config.parent / "mcollectived.log"
            wait_until("it has subscribed", lambda: log.exists() and f"subscribed as {apt.host}" in log.read_text(), 60)
            command = ["env", f"XDG_CACHE_HOME={folder}", sys.executable, "-c", _CLIENT, str(site.client_config), apt.host]
            with subprocess.Popen(
                lab.outside(command), env=lab.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as apt.client:
                yield apt
