"""A Ruby client, with the DDLs that its fleet always had, asks agents of ours on a host and gets what it always got."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from mcollective_py.cli.demosite import SiteHost
from tests.parts.historic import HistoricSite, Listening
from tests.parts.lab import Lab
from tests.parts.require import require_lab, require_programs
from tests.parts.ruby import RUBY_MCO, RubyCalls, ruby_environ
from tests.parts.typed import typed

pytestmark = pytest.mark.parts

HOST, PORT = "old1", 61613
LIBDIR = Path(__file__).with_name("rubyclient")
SETTINGS = {
    "plugin.package.strict": "1",
    "plugin.service.strict": "1",
    "plugin.filemgr.allow": "/srv/files",
    "plugin.nrpe.conf_path": "/srv/nrpe",
}
# Puppet's own words of a run, where a host keeps them.
SUMMARY = """\
---
version:
  config: 1700000000
  puppet: 7.23.0
resources: {changed: 2, failed: 1, failed_to_restart: 0, out_of_sync: 3, restarted: 0, scheduled: 0, skipped: 0, total: 12}
time: {config_retrieval: 1.5, file: 0.25, total: 4.25, last_run: 1700000000}
changes: {total: 2}
events: {failure: 1, success: 2, total: 3}
"""
SET_UP = f"""
mkdir -p /srv/files /srv/nrpe /var/cache/puppet/state /var/cache/puppet/public
printf '[Service]\\nExecStart=/bin/sleep 3600\\n' >/etc/systemd/system/labweb.service
systemctl daemon-reload; systemctl start labweb
echo 'command[check_lab]=/bin/echo "LAB OK|users=3;5;10"' >/srv/nrpe/lab.cfg
printf 'hello' >/srv/files/hello
rm -rf /var/cache/puppet/state/* /var/cache/puppet/public/*
cat >/var/cache/puppet/public/last_run_summary.yaml <<'END'
{SUMMARY}END
"""


@dataclass
class OldDesk:
    """A host of ours and a Ruby client beside its broker, on the host itself."""

    lab: Lab
    site: HistoricSite
    calls: RubyCalls

    def mco(self, *words: str) -> CompletedProcess[str]:
        """Run Ruby's mco."""
        environ = [f"{name}={value}" for name, value in ruby_environ().items() if name in ("RUBYOPT", "LANG", "LC_ALL")]
        return self.lab.run(HOST, "env", *environ, RUBY_MCO, *words, "--config", str(self.site.folder / "client.cfg"))

    def ask(self, agent: str, action: str, **inputs: Any) -> tuple[int, str, dict[str, Any]]:
        """Status code, message and outputs of a call, the values in the notation of typed.py."""
        (reply,) = self.calls.call(agent, action, inputs, [HOST])["replies"]
        return reply["code"], reply["message"], {name["y"]: value for name, value in reply["data"]["h"]}


@pytest.fixture(scope="module")
def desk() -> Iterator[OldDesk]:
    require_lab()
    require_programs("ruby", RUBY_MCO, "systemctl", "puppet")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name, Lab(Path(name)) as lab:
        libdirs = {"libdir": str(LIBDIR)}
        site = HistoricSite(
            Path(name) / "site", connector="activemq", security="psk", brokers=[Listening(PORT, "nobody", "nothing")],
            server_settings=SETTINGS,
        )  # fmt: skip
        lab.up(HOST, systemd=True)
        made = lab.run(HOST, "sh", "-ec", SET_UP)
        assert made.returncode == 0, made.stdout + made.stderr
        client = site.write_client(settings=libdirs)
        server = site.write_server(SiteHost(HOST))
        mco, daemon = (sys.executable, "-m", "mcollective_py"), (sys.executable, "-m", "mcollective_py.server.daemon")
        for command in ((*mco, "broker", "--port", str(PORT)), (*daemon, "--config", str(server))):
            lab.start(HOST, *command)
        environ = [f"{key}={value}" for key, value in ruby_environ().items() if key in ("RUBYOPT", "LANG", "LC_ALL")]
        deadline = time.monotonic() + 40
        while not (site.log(HOST).exists() and f"subscribed as {HOST}" in site.log(HOST).read_text()):
            assert time.monotonic() < deadline, site.log(HOST).read_text() if site.log(HOST).exists() else "no log"
            time.sleep(0.1)
        with RubyCalls(client, lab.inside(HOST, ["env", *environ]), lab.environ) as calls:
            yield OldDesk(lab, site, calls)


def test_the_status_of_a_package_has_the_historic_outputs(desk: OldDesk) -> None:
    ended = desk.mco("rpc", "package", "status", "package=bash", "--json", "-I", HOST)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (reply,) = json.loads(ended.stdout)
    version = desk.lab.run(HOST, "dpkg-query", "-W", "-f", "${Version}", "bash").stdout
    assert {name: reply["data"][name] for name in ("ensure", "name", "provider", "epoch")} == {
        "ensure": version,
        "name": "bash",
        "provider": "apt",
        "epoch": "0",
    }
    assert version == "-".join(filter(None, (reply["data"]["version"], reply["data"]["release"])))
    assert {"output", "arch"} <= set(reply["data"]) and reply["statuscode"] == 0


def test_people_see_the_historic_summary(desk: OldDesk) -> None:
    ended = desk.mco("rpc", "package", "status", "package=nosuch", "-I", HOST)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Ensure: purged" in ended.stdout and "purged = 1" in ended.stdout


def test_a_package_that_is_there_is_the_historic_failure(desk: OldDesk) -> None:
    code, message, data = desk.ask("package", "install", package="bash")
    # Ruby's agent raised an error of no kind: 5, where that of services aborts with 1.
    assert (code, message, data["name"]) == (5, "Package is already installed", {"s": "bash"})
    for action in ("update", "uninstall", "purge"):
        assert desk.ask("package", action, package="nosuch")[:2] == (5, "Package is not present on the system")


def test_packages_are_counted_and_their_list_has_a_digest(desk: OldDesk) -> None:
    _, _, counted = desk.ask("package", "count")
    assert int(counted["output"]["s"]) > 100 and counted["exitcode"] == {"i": "0"}
    assert len(desk.ask("package", "md5")[2]["output"]["s"]) == 32


def test_services_have_their_status_and_a_second_start_is_the_historic_failure(desk: OldDesk) -> None:
    assert desk.ask("service", "status", service="labweb")[2]["status"] == {"s": "running"}
    code, message, data = desk.ask("service", "start", service="labweb")
    assert (code, message, data["status"]) == (1, "Could not start service 'labweb': Service is already running", {"s": "running"})
    assert desk.ask("service", "stop", service="labweb")[2]["status"] == {"s": "stopped"}
    assert desk.ask("service", "stop", service="labweb")[:2] == (1, "Could not stop service 'labweb': Service is already stopped")
    assert desk.ask("service", "restart", service="labweb")[2]["status"] == {"s": "running"}
    ended = desk.mco("rpc", "service", "status", "service=labweb", "-I", HOST)
    assert ended.returncode == 0 and "running = 1" in ended.stdout, ended.stdout + ended.stderr


def test_puppet_tells_its_status_and_its_last_run(desk: OldDesk) -> None:
    code, _, data = desk.ask("puppet", "status")
    assert code == 0
    assert {name: data[name] for name in ("applying", "idling", "enabled", "daemon_present", "disable_message")} == {
        "applying": False,
        "idling": False,
        "enabled": True,
        "daemon_present": False,
        "disable_message": {"s": ""},
    }
    assert data["lastrun"] == {"i": "1700000000"} and data["status"] == {"s": "stopped"}
    code, _, data = desk.ask("puppet", "last_run_summary")
    assert code == 0
    wanted = {"out_of_sync_resources": 3, "failed_resources": 1, "changed_resources": 2, "total_resources": 12, "lastrun": 1700000000}
    assert {name: data[name] for name in wanted} == {name: typed(value) for name, value in wanted.items()}
    assert data["config_retrieval_time"] == typed(1.5) and data["total_time"] == typed(4.25)
    ended = desk.mco("rpc", "puppet", "status", "-I", HOST)
    assert ended.returncode == 0 and "enabled = 1" in ended.stdout, ended.stdout + ended.stderr


def test_puppet_is_disabled_once_and_enabled_again(desk: OldDesk) -> None:
    assert desk.ask("puppet", "disable", message="for a test")[2]["enabled"] is False
    assert desk.ask("puppet", "disable", message="again")[:2] == (1, "Could not disable Puppet: Already disabled")
    assert desk.ask("puppet", "status")[2]["disable_message"] == {"s": "for a test"}
    assert desk.ask("puppet", "enable")[2]["enabled"] is True


def test_checks_processes_files_and_the_network_answer_as_ever(desk: OldDesk) -> None:
    code, message, data = desk.ask("nrpe", "runcommand", command="check_lab")
    assert (code, message) == (0, "OK")
    assert (data["output"], data["perfdata"], data["exitcode"]) == ({"s": "LAB OK"}, {"s": "users=3;5;10"}, {"i": "0"})
    (process,) = desk.ask("process", "list", pattern="sleep 3600")[2]["pslist"]["a"]
    assert [value for name, value in process["h"] if name in ({"s": "username"}, {"y": "username"})] == [{"s": "root"}]
    data = desk.ask("filemgr", "status", file="/srv/files/hello")[2]
    assert (data["present"], data["size"], data["md5"]) == ({"i": "1"}, {"i": "5"}, {"s": "5d41402abc4b2a76b9719d911017c592"})
    data = desk.ask("nettest", "connect", fqdn="127.0.0.1", port=PORT)[2]
    assert (data["connect"], data["connect_status"]) == (True, {"s": "Connected"})
    assert desk.ask("nettest", "connect", fqdn="127.0.0.1", port=1)[2]["connect_status"] == {"s": "Connection Refused"}
