"""`mco package` on a host with dnf; zypper and Puppet's provider there with real packages."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.cli.demosite import OPERATOR, Site, SiteHost
from mcollective_py.cli.stories.aptrepository import Deb
from mcollective_py.cli.stories.aptrepository import build_repository as build_debs
from mcollective_py.cli.stories.labbroker import lab_broker
from tests.parts.lab import Lab
from tests.parts.require import missing, require_lab, require_programs
from tests.parts.rpmlab import AGENT, RPMS, RpmRoot, build_repository

pytestmark = pytest.mark.parts

HOST = "rpm1"
DEBS = Path("/var/tmp/mcollective-debs")  # where .ci/parts fetches what only a host gets
POLICY = {"package": f"policy default deny\nallow\tcert={OPERATOR}\t*\t*\t*\n"}
# The agent as the daemon runs it, called line by line.
AGENT_CALLS = """
import json, sys
from pathlib import Path
from mcollective_py.testing import AgentHarness
for line in sys.stdin:
    config, action, inputs = json.loads(line)
    reply = AgentHarness(Path(sys.argv[1]), config=config).call(action, **inputs)
    print(json.dumps([reply.statuscode, reply.statusmsg, dict(reply.data)]), flush=True)
"""


@dataclass
class Host:
    """The host, with an operator and the agent called without a daemon."""

    lab: Lab
    site: Site
    calls: "subprocess.Popen[str]"

    def run(self, *command: str) -> str:
        """What a command in the host prints; it must end well."""
        done = self.lab.run(HOST, *command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def mco(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call mco as the operator."""
        command = ["env", f"XDG_CACHE_HOME={self.site.folder}", sys.executable, "-m", "mcollective_py", *words]
        return self.lab.run_outside(*command, "--config", str(self.site.client_config), timeout=120)

    def call(self, config: dict[str, str], action: str, **inputs: object) -> tuple[int, str, dict[str, Any]]:
        """Call the agent with settings: status code, message, outputs."""
        assert self.calls.stdin is not None and self.calls.stdout is not None
        self.calls.stdin.write(json.dumps([config, action, inputs]) + "\n")
        self.calls.stdin.flush()
        code, message, data = json.loads(self.calls.stdout.readline())
        return code, message, data


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    require_lab()
    require_programs("dnf", "rpm", "rpmbuild", "createrepo_c", "dpkg-deb")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name, rpm_host(Path(name)) as host:
        yield host


@contextmanager
def rpm_host(folder: Path) -> Iterator[Host]:
    """A host with a root of dnf's, its daemon, and a broker."""
    build_repository(folder / "rpms", RPMS)
    root = RpmRoot(folder / "root", folder / "rpms")
    with Lab(folder) as lab:
        site = Site(folder, policies=POLICY)
        lab.up(HOST)
        with lab_broker(lab, site) as broker:
            site.write_client(broker)
            settings = {f"plugin.package.{key}": value for key, value in root.config.items()}
            config = site.write_host(SiteHost(HOST, settings=settings), broker)
            command = [sys.executable, "-c", AGENT_CALLS, str(AGENT)]
            with subprocess.Popen(
                lab.inside(HOST, command), env=lab.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as calls:
                host = Host(lab, site, calls)
                daemon = [sys.executable, "-m", "mcollective_py.server.daemon", "--daemonize", "--pid", "/run/mcollectived.pid"]
                host.run(*daemon, "--config", str(config))
                deadline = time.monotonic() + 60
                while host.mco("find").stdout.split() != [HOST]:
                    assert time.monotonic() < deadline, (config.parent / "mcollectived.log").read_text()
                yield host
                assert calls.stdin is not None
                calls.stdin.close()


def test_an_operator_installs_looks_up_and_is_told_what_failed_on_a_host_with_dnf(host: Host):
    done = host.mco("package", "install", "labpkg", "--version", "1.0", "-I", HOST)
    assert done.returncode == 0, done.stdout + done.stderr
    status = host.mco("package", "status", "labpkg", "-I", HOST)
    assert (status.returncode, "labpkg-1.0-1.noarch" in status.stdout) == (0, True), status.stdout
    assert host.mco("find", "-S", "package('labpkg<1.2').matches=true").stdout.split() == [HOST]
    assert host.mco("find", "-S", "package('labpkg>=1.2').matches=true").stdout.split() == []
    broken = host.mco("package", "install", "labbroken", "-I", HOST)
    assert (broken.returncode, "no room for labbroken" in broken.stdout) == (2, True), broken.stdout


def test_zypper_does_what_is_asked_and_says_why_not(host: Host):
    debs = sorted(DEBS.glob("*.deb"))
    if not any(deb.name.startswith("zypper_") for deb in debs):
        missing("zypper was not fetched")
    shared = host.site.folder / "zypper"
    shutil.copytree(DEBS, shared, ignore=shutil.ignore_patterns("partial", "lock"))
    host.run("sh", "-c", f"mkdir /srv/zypp && for deb in {shared}/*.deb; do dpkg-deb -x $deb / || exit; done && ldconfig")
    zypper = ["zypper", "--root", "/srv/zypp", "--non-interactive"]
    host.run(*zypper, "addrepo", "--no-gpgcheck", f"{host.site.folder}/rpms", "lab")
    config = {"provider": "zypper", "zypper.installroot": "/srv/zypp"}
    assert host.call(config, "refresh")[0] == 0

    def told(action: str, **inputs: object) -> list[tuple[str, ...]]:
        code, message, data = host.call(config, action, **inputs)
        assert code == 0, message
        return [(change["action"], change["name"], change.get("old", ""), change.get("new", "")) for change in data["changes"]]

    def refusal(action: str, **inputs: object) -> str:
        code, message, _ = host.call(config, action, **inputs)
        assert code != 0
        return message

    assert told("install", packages="labpkg=1.0", noop=True) == [("install", "labpkg", "", "1.0-1")]
    assert told("install", packages="labpkg=1.0") == [("install", "labpkg", "", "1.0-1")]
    assert told("install", packages="labpkg=1.0") == []
    offered = host.call(config, "checkupdates")[2]
    assert offered["package_manager"] == "zypper"
    assert offered["outdated_packages"] == [{"package": "labpkg", "version": "1.2-1", "repo": "lab", "installed": "1.0-1"}]
    assert told("hold", package="labpkg") == [("hold", "labpkg", "", "")]
    assert "remove lock" in refusal("update", package="labpkg")
    assert told("update", package="labpkg", change_held=True) == [("upgrade", "labpkg", "1.0-1", "1.2-1")]
    assert told("unhold", package="labpkg") == [("unhold", "labpkg", "", "")]
    assert "has lower version than the installed one" in refusal("install", package="labpkg", version="1.0")
    assert told("install", packages="labpkg=1.0*", downgrade=True) == [("downgrade", "labpkg", "1.2-1", "1.0-1")]
    assert told("upgrade", security=True) == [("upgrade", "labpkg", "1.0-1", "1.2-1")]
    assert "No provider of 'nosuch' found." in refusal("install", package="nosuch")
    assert "nothing provides labnowhere" in refusal("install", package="labunmet")
    assert "no room for labbroken" in refusal("install", package="labbroken")
    assert "labpost cannot start" in refusal("install", package="labpost")
    found = host.call(config, "search", package="labp")[2]["available_packages"]
    assert found[0] == {"name": "labpkg", "version": "1.2-1", "summary": "Lab package labpkg"}
    assert told("uninstall", package="labpkg") == [("remove", "labpkg", "1.2-1", "")]


def test_puppets_provider_changes_packages_and_tells_what_was_and_is(host: Host):
    require_programs("puppet")
    folder = host.site.folder
    build_debs(folder / "debs", (Deb("labpkg", "1.0"), Deb("labpkg", "1.1")))
    host.run("cp", "-r", f"{folder}/debs", "/srv/repo")
    host.run("sh", "-c", "rm -f /etc/apt/sources.list.d/*")
    host.lab.write(HOST, "/etc/apt/sources.list", "deb [trusted=yes] file:/srv/repo lab main\n")
    host.run("apt-get", "update")
    config = {"provider": "puppet"}
    code, message, data = host.call(config, "install", package="labpkg", version="1.0")
    assert (code, data["changed"], data["ensure"]) == (0, True, "1.0"), message
    assert data["changes"] == [{"action": "install", "name": "labpkg", "new": "1.0"}]
    code, message, data = host.call(config, "update", package="labpkg", noop=True)
    assert (code, data["ensure"]) == (0, "1.0"), message
    assert data["changes"] == [{"action": "upgrade", "name": "labpkg", "old": "1.0", "new": "1.1"}]
