"""The class mcollective_py on a real host: daemon, facts, policies, plugins and purging by `puppet apply`, with Hiera."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.cli.demosite import OPERATOR
from tests.parts.require import missing, require_lab, require_programs
from tests.parts.systemdlab import DAEMON, SystemdLab, systemd_lab
from tests.parts.test_puppet_module import CHANGED, FAILED, HIERA, MODULE, SAME
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

HOST = "node1"
MODULES = Path("/usr/share/puppet/modules")
AGENT = """class Backup:
    impact = "read"

    def handlemsg(self, msg):
        return "copied " + msg.body
"""
POLICY = {"rules": [{"action": "allow", "callers": f"cert={OPERATOR}", "actions": ["handlemsg"]}]}
OURS = ("libdir", "plugin.yaml", "factsource", "classesfile")  # of server.cfg; the class says them


@pytest.fixture(scope="module")
def hosts() -> Iterator[SystemdLab]:
    require_lab()
    require_programs("systemctl", "puppet")
    if not (MODULES / "concat").is_dir():
        missing(f"{MODULES} has no concat")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-class-") as name, systemd_lab(Path(name), [HOST]) as made:
        made.shell(
            HOST, "rm -rf /var/cache/puppet/* /var/lib/puppet/*; mkdir -p /etc/puppet/code/modules/profile/files/backup /srv/hiera"
        )
        made.shell(HOST, f"ln -s {MODULE} /etc/puppet/code/modules/mcollective_py; touch /etc/mcollective/policies/old.policy")
        made.lab.write(HOST, "/etc/puppet/hiera.yaml", HIERA)
        made.lab.write(HOST, "/srv/hiera/node.yaml", "--- {}\n")
        made.lab.write(HOST, "/etc/puppet/code/modules/profile/files/backup/agent.py", AGENT)
        yield made


def applied(hosts: SystemdLab, classes: tuple[str, ...] = (), **parameters: Any) -> tuple[int, str]:
    """Exit code and output of a run of the class with these parameters from Hiera, and what this lab's daemons have to know."""
    lines = (hosts.site.folder / "hosts" / HOST / "server.cfg").read_text().splitlines()
    settings = {key: value for key, value in (line.split(" = ", 1) for line in lines) if key not in OURS}
    parameters = {"install": "none", "server_settings": settings, "policies": {"rpcutil": {"default": "allow"}}} | parameters
    hiera = {f"mcollective_py::{name}": value for name, value in parameters.items()}
    hosts.lab.write(HOST, "/srv/hiera/common.yaml", json.dumps(hiera))
    command = (
        "puppet",
        "apply",
        "--detailed-exitcodes",
        "--color=false",
        "--strict_variables",
        "--strict=error",
        "--write-catalog-summary",
    )
    done = hosts.run(HOST, *command, "-e", f"include {', '.join(('mcollective_py', *classes))}")
    return done.returncode, done.stdout + done.stderr


def pid(hosts: SystemdLab) -> str:
    return hosts.shell(HOST, f"systemctl show -P MainPID {DAEMON}").strip()


def body(hosts: SystemdLab) -> str:
    """What the site's own agent answers."""
    return hosts.mco("rpc", "backup", "--body", "home", "-I", HOST, "--dt", "1").stdout


def test_a_bare_include_makes_a_host_that_answers_and_a_second_run_changes_nothing(hosts: SystemdLab) -> None:
    code, said = applied(hosts)
    assert code == CHANGED, said
    hosts.shell(HOST, "! test -e /etc/mcollective/policies/old.policy; test $(stat -c %a /etc/mcollective/facts.yaml) = 600")
    family = json.loads(hosts.run(HOST, "facter", "--json", "os").stdout)["os"]["family"]
    wait_until("it is found by a real fact", lambda: hosts.mco("find", "-F", f"os.family={family}").stdout.strip() == HOST, 60)
    wait_until("and by a class", lambda: hosts.mco("find", "-C", "mcollective_py::server").stdout.strip() == HOST, 30)
    code, said = applied(hosts)
    assert code == SAME, said


def test_an_agent_reaches_the_host_by_a_run_and_answers_without_a_restart(hosts: SystemdLab) -> None:
    plugin = {"source": "puppet:///modules/profile/backup", "policy": POLICY}
    before = pid(hosts)
    code, said = applied(hosts, plugins={"backup": plugin})
    assert code == CHANGED, said
    wait_until("the agent answers", lambda: "copied home" in body(hosts), 30)
    assert pid(hosts) == before
    assert applied(hosts, plugins={"backup": plugin})[0] == SAME

    hosts.lab.write(HOST, "/etc/puppet/code/modules/profile/files/backup/agent.py", AGENT.replace("def", "deff"))
    code, said = applied(hosts, plugins={"backup": plugin})
    assert code == CHANGED, said
    wait_until("the log names the mistake", lambda: "backup" in hosts.log(HOST) and "invalid syntax" in hosts.log(HOST), 30)
    assert hosts.mco("ping", "--strict", "-I", HOST).returncode == 0
    assert pid(hosts) == before

    assert applied(hosts)[0] == CHANGED
    hosts.shell(HOST, "! test -e /etc/mcollective/site/agents/backup; ! test -e /etc/mcollective/policies/backup.policy")
    assert pid(hosts) == before


def test_settings_of_a_plugin_start_the_daemon_anew(hosts: SystemdLab) -> None:
    before = pid(hosts)
    code, said = applied(hosts, plugins={"shell": {"config": {"enabled": True}, "policy": {"default": "allow"}}})
    assert code == CHANGED, said
    assert pid(hosts) != before
    wait_until("it answers", lambda: hosts.mco("ping", "--strict", "-I", HOST).returncode == 0, 60)
    assert hosts.rpc(HOST, "shell", "run", "command=id -u")["data"]["stdout"].strip() == "0"
    assert applied(hosts)[0] == CHANGED
    hosts.shell(HOST, "! test -e /etc/mcollective/plugin.d/shell.cfg")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"collectives": []}, "collectives"),
        ({"main_collective": "eu"}, "main_collective eu is none of collectives"),
        ({"brokers": [{"port": 61614}]}, "host"),
        ({"policies": {"service": {"rules": [{"action": "permit"}]}}}, "action"),
        ({"server_settings": {"loglevel": "info\nttl = 3600"}}, "server_settings"),
        ({"plugins": {"backup": {"source": "/srv/x", "package": "y"}}}, "source or package, not both"),
        ({"plugins": {"up": {"type": "data", "source": "/srv/x", "policy": {}}}}, "only agents have policies"),
    ],
)
def test_what_cannot_be_meant_stops_the_run_and_changes_nothing(hosts: SystemdLab, parameters: dict[str, Any], words: str) -> None:
    before = hosts.shell(HOST, "cat /etc/mcollective/server.cfg")
    code, said = applied(hosts, **parameters)
    assert (code, words in said) == (FAILED, True), said
    assert hosts.shell(HOST, "cat /etc/mcollective/server.cfg") == before


def test_the_broker_is_a_service_that_may_read_alone(hosts: SystemdLab) -> None:
    site, name = hosts.site, "broker.lab.test"
    ca = site.folder / "ca"
    files = {"ca": ca / "ca.pem", "crl": ca / "crl.pem", "cert": site.certificate(name), "key": site.key(name)}
    hosts.shell(HOST, "mkdir -p /srv/pki /run/systemd/system/mco-broker.service.d")
    hosts.shell(HOST, "; ".join(f"cp {file} /srv/pki/{kind}.pem" for kind, file in files.items()) + "; chmod 644 /srv/pki/crl.pem")
    hosts.lab.write(HOST, "/usr/local/bin/mco-here", f'#!/bin/sh\nexec {sys.executable} -m mcollective_py "$@"\n')
    hosts.shell(HOST, "chmod 755 /usr/local/bin/mco-here")
    # Where a package puts its programs nothing of this is needed.
    seen = " ".join(sorted({sys.prefix, sys.base_prefix, str(MODULE.parent)}))
    drop_in = f"[Service]\nProtectHome=tmpfs\nBindReadOnlyPaths={seen}\nStandardError=file:/run/mco-broker.err\n"
    hosts.lab.write(HOST, "/run/systemd/system/mco-broker.service.d/seen.conf", drop_in)
    here: dict[str, Any] = {f"broker::{kind}": f"/srv/pki/{kind}.pem" for kind in files}
    here |= {"broker::program": "/usr/local/bin/mco-here", "broker::port": 61614}
    code, said = applied(hosts, classes=("mcollective_py::broker",), **here)
    assert code == CHANGED, said
    try:
        wait_until("it listens", lambda: ":61614" in hosts.shell(HOST, "ss -lnt"), 30)
    except AssertionError:
        pytest.fail(hosts.shell(HOST, "tail -n 3 /run/mco-broker.err"))
    text = hosts.shell(HOST, "sed s,^ExecStart=.*,ExecStart=/bin/true, /etc/systemd/system/mco-broker.service")
    hosts.lab.write(HOST, "/tmp/mco-broker.service", text)
    score = hosts.shell(HOST, "systemd-analyze security --offline=true /tmp/mco-broker.service | tail -n 1")
    assert float(re.findall(r": ([0-9.]+)", score)[0]) <= 3.0, score
