"""The main job on real input: real Puppet manifests and Facter facts in real hosts, a real broker, one signed message."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcollective_py.cli.demosite import OPERATOR, Site, SiteBroker, SiteHost
from tests.parts.activemq import ActiveMQ
from tests.parts.lab import GATEWAY, Lab
from tests.parts.require import require_activemq, require_lab, require_programs

MANIFEST = """
class profile::base { file { '/etc/lab-base': content => "base\\n" } }
class role::web { include profile::base  file { '/etc/lab-web': content => "web\\n" } }
class role::database { include profile::base  file { '/etc/lab-db': content => "db\\n" } }
include %s
"""
HOSTS = {"web1": ("role::web", "uk"), "web2": ("role::web", "de"), "db1": ("role::database", "de")}

pytestmark = pytest.mark.parts


@contextmanager
def embedded(lab: Lab, site: Site) -> Iterator[SiteBroker]:
    """The embedded broker on the lab's network, with client certificates required."""
    site.issue("broker.lab.test", "broker", (GATEWAY,))
    port_file = site.folder / "broker.port"
    command = [
        sys.executable, "-m", "mcollective_py", "broker", "--host", GATEWAY, "--port", "0", "--port-file", str(port_file),
        "--tls-ca", str(site.folder / "ca" / "ca.pem"), "--tls-cert", str(site.certificate("broker.lab.test")),
        "--tls-key", str(site.key("broker.lab.test")),
    ]  # fmt: skip
    with (site.folder / "broker.log").open("wb") as log:
        broker = subprocess.Popen(lab.outside(command), env=lab.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while not port_file.exists():
            assert broker.poll() is None and time.monotonic() < deadline, (site.folder / "broker.log").read_text()
            time.sleep(0.05)
        yield SiteBroker(int(port_file.read_text()), GATEWAY)
    finally:
        broker.terminate()
        broker.wait(10)


@contextmanager
def activemq(lab: Lab, site: Site) -> Iterator[SiteBroker]:
    """A real ActiveMQ on the lab's network."""
    with ActiveMQ(site.folder / "activemq", host=GATEWAY, outside=lab.outside, environ=lab.environ) as broker:
        yield SiteBroker(broker.port, GATEWAY, "activemq", broker.user, broker.password)


@pytest.mark.parametrize("broker_kind", [embedded, activemq])
def test_hosts_are_found_by_real_classes_and_facts_and_only_matches_run(broker_kind) -> None:  # type: ignore[no-untyped-def]
    require_lab()
    require_programs("puppet", "facter")
    if broker_kind is activemq:
        require_activemq()
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name, Lab(Path(name)) as lab:
        site = Site(Path(name))
        for host, (role, country) in HOSTS.items():
            lab.up(host)
            lab.write(host, "/etc/facter/facts.d/country.txt", f"country={country}\n")
            lab.write(host, "/etc/site.pp", MANIFEST % role)
            applied = lab.run(host, "puppet", "apply", "--write-catalog-summary", "/etc/site.pp")
            assert applied.returncode == 0, applied.stderr
            assert role in lab.run(host, "cat", "/var/cache/puppet/state/classes.txt").stdout
        with broker_kind(lab, site) as broker:
            site.write_client(broker)
            for host in HOSTS:
                settings = {"factsource": "facter", "classesfile": "/var/cache/puppet/state/classes.txt"}
                config = site.write_host(SiteHost(host, settings=settings), broker)
                start = lab.run(
                    host, sys.executable, "-m", "mcollective_py.server.daemon", "--daemonize", "--pid", "/run/mcollectived.pid",
                    "--config", str(config),
                )  # fmt: skip
                assert start.returncode == 0, start.stderr
            _walk(lab, site)
            for host in HOSTS:  # each ends on TERM and takes its pid file along
                ended = lab.run(host, "sh", "-c", "kill $(cat /run/mcollectived.pid); for i in $(seq 100); do "
                                "[ -e /run/mcollectived.pid ] || exit 0; sleep 0.1; done; exit 1")  # fmt: skip
                assert ended.returncode == 0


def _walk(lab: Lab, site: Site) -> None:
    def mco(*words: str) -> subprocess.CompletedProcess[str]:
        environ = f"XDG_CACHE_HOME={site.folder}"
        return lab.run_outside("env", environ, sys.executable, "-m", "mcollective_py", *words, "--config", str(site.client_config))

    deadline = time.monotonic() + 40
    while sorted(mco("find").stdout.split()) != sorted(HOSTS):
        assert time.monotonic() < deadline, "\n".join(p.read_text() for p in site.folder.glob("hosts/*/mcollectived.log"))
    assert mco("find", "-C", "role::web").stdout.split() == ["web1", "web2"]
    assert mco("find", "-F", "country=de").stdout.split() == ["db1", "web2"]
    assert mco("find", "-F", "networking.hostname=web1").stdout.split() == ["web1"]
    assert mco("find", "-W", "role::web country=de").stdout.split() == ["web2"]
    nobody = mco("find", "-C", "role::mail")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    ping = mco("ping", "-C", "profile::base")
    assert ping.returncode == 0 and all(host in ping.stdout for host in HOSTS), ping.stdout
    answers = mco("rpc", "rpcutil", "get_fact", "fact=country", "-C", "role::web", "--json")
    assert answers.returncode == 0, answers.stderr
    replies = json.loads(answers.stdout)["replies"]
    assert {reply["sender"]: reply["data"]["value"] for reply in replies} == {"web1": "uk", "web2": "de"}
    echo = mco("rpc", "echo", "--body", "3.5", "-F", "country=uk", "--json")
    assert [(reply["sender"], reply["data"]) for reply in json.loads(echo.stdout)["replies"]] == [("web1", {"body": 3.5})]
    assert OPERATOR in (site.folder / "hosts" / "web1" / "mcollectived.log").read_text()
