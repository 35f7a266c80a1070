"""The agent puppet on real hosts: real runs against a real puppetserver, asked by a real mco."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.parts.puppetlab import PuppetLab, puppet_lab
from tests.parts.require import require_lab, require_programs
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

HOSTS = ("a1", "a2")
ALL = ("-I", "a1", "-I", "a2")
WEB = "/etc/puppet/code/environments/failing/modules/role/manifests/web.pp"


@pytest.fixture(scope="module")
def fleet() -> Iterator[PuppetLab]:
    require_lab()
    require_programs("puppet", "puppetserver", file="/usr/share/puppetserver/puppetserver.jar")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-puppet-") as name, puppet_lab(Path(name), HOSTS) as lab:
        yield lab


def at_once(*done: Callable[[], object]) -> None:
    """Several things, none of which waits for another."""
    with ThreadPoolExecutor(len(done)) as pool:
        for one in [pool.submit(one) for one in done]:
            one.result()


def calls(fleet: PuppetLab, *words: Sequence[str]) -> list[subprocess.CompletedProcess[str]]:
    """Several `mco`, none of which waits for another."""
    with ThreadPoolExecutor(len(words)) as pool:
        return list(pool.map(lambda one: fleet.mco(*one), words))


def test_a_life_of_two_agents(fleet: PuppetLab) -> None:
    """In one go, for each run takes seconds, and what one leaves behind is what the next begins with."""
    at_once(lambda: never_run(fleet), lambda: resources(fleet, "a2"))  # the server still starts
    disabled_and_back_again(fleet, "a1")
    fleet.server.wait()
    first_runs(fleet)
    at_once(lambda: a_trial(fleet, "a1"), lambda: a_failing_resource(fleet, "a2"))
    at_once(lambda: one_run_at_a_time(fleet, "a1"), lambda: a_daemon_is_signalled(fleet, "a2"))
    at_once(lambda: a_catalog_that_does_not_compile(fleet), lambda: enrolled_by_puppet(fleet, "a2"))


def enrolled_by_puppet(fleet: PuppetLab, host: str) -> None:
    """The host by its agent's certificate, an operator by one that Puppet's CA signs: real `puppet config print` and `puppet ssl`."""
    mco = f"PYTHONPATH={Path(__file__).parents[2]} HOME=/root {sys.executable} -m mcollective_py"
    as_node = json.loads(fleet.shell(host, f"{mco} enrol puppet --node -c /tmp/node.cfg --json"))
    ssl = "/var/lib/puppet/ssl"
    assert as_node["settings"]["plugin.x509.ca"] == f"{ssl}/certs/ca.pem"
    assert as_node["settings"]["plugin.x509.key"] == f"{ssl}/private_keys/{as_node['name']}.pem"
    assert {check["outcome"] for check in as_node["checks"]} == {"ok"}, as_node["checks"]
    asked = f"{mco} enrol puppet alice.mcollective --run -c /tmp/alice.cfg --json"  # this CA signs at once
    as_caller = json.loads(fleet.shell(host, asked))
    assert [check["seen"] for check in as_caller["checks"]][-1] == "hosts know this caller as cert=alice.mcollective"


def never_run(fleet: PuppetLab) -> None:
    status = fleet.mco("puppet", "status", *ALL)  # which has Puppet asked for its paths
    count = fleet.mco("puppet", "count", *ALL)
    assert status.returncode == 0, status.stderr
    assert "a1: Currently stopped; no run has been completed yet" in status.stdout
    assert "Total Puppet nodes: 2" in count.stdout and "Nodes currently enabled: 2" in count.stdout
    assert "Summary of" not in count.stdout  # it is one already
    both_match(fleet, "puppet().enabled=true")


def both_match(fleet: PuppetLab, selection: str) -> None:
    """The server's start leaves the hosts little time: not every answer is in the window of one discovery."""
    wait_until(f"both hosts match {selection}", lambda: fleet.mco("find", "-S", selection).stdout.split() == ["a1", "a2"], 60)


def first_runs(fleet: PuppetLab) -> None:
    run = fleet.mco("puppet", "runall", "2", *ALL)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "a1: changed: 1 resource in" in run.stdout and "a2: changed: 1 resource in" in run.stdout
    for host in HOSTS:
        assert fleet.shell(host, "cat /etc/lab-web") == "web\n"
    summary = fleet.ask("a1", "last_run_summary", "logs=true")["data"]
    assert (summary["outcome"], summary["changed_resources"], summary["type_distribution"]) == ("changed", 1, {"File": 1})
    assert any(log["msg"].startswith("Applied catalog in") for log in summary["logs"])
    managed = "resource('File[/etc/lab-web]').managed=true and resource().failed_resources=0"
    both_match(fleet, managed)
    shown = fleet.mco("puppet", "summary", *ALL)
    assert "Summary statistics for 2 nodes:" in shown.stdout and "Total resources: " in shown.stdout


def a_trial(fleet: PuppetLab, host: str) -> None:
    fleet.shell(host, "echo drift >/etc/lab-web; chmod 600 /etc/lab-web")
    run = fleet.mco("puppet", "runonce", "--force", "--noop", "--wait", "-I", host)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "would change: 1 resource" in run.stdout
    assert "File[/etc/lab-web] (/etc/puppet/code/environments/production/modules/role/manifests/web.pp:2)" in run.stdout
    assert "current_value '0600', should be '0644' (noop)" in run.stdout
    assert fleet.shell(host, "cat /etc/lab-web") == "drift\n"


def a_failing_resource(fleet: PuppetLab, host: str) -> None:
    run = fleet.mco("puppet", "runonce", "--force", "-E", "failing", "--wait", "-I", host)
    assert run.returncode == 2, run.stdout + run.stderr
    assert "failed: 1 resource" in run.stdout
    assert f"Exec[/bin/false] ({WEB}:5)" in run.stdout
    assert "'/bin/false' returned 1 instead of one of [0]" in run.stdout
    report = fleet.ask(host, "report")["data"]
    assert [(one["resource"], one["file"], one["line"]) for one in report["failed"]] == [("Exec[/bin/false]", WEB, 5)]
    assert fleet.ask(host, "run_result")["data"]["exitcode"] == 6


def a_catalog_that_does_not_compile(fleet: PuppetLab) -> None:
    """On the first of two hosts, one at a time: the other is spared."""
    run = fleet.mco("puppet", "runall", "1", "--max-fail", "0", "-E", "broken", *ALL)
    assert run.returncode == 2, run.stdout + run.stderr
    assert "a1: failed: no catalog" in run.stdout and "Could not find class ::role::nosuch" in run.stdout
    assert "Puppet was not run on a2 (1)" in run.stderr
    summary = fleet.ask("a1", "last_run_summary")["data"]
    assert (summary["config_version"], summary["failed_resources"], summary["outcome"]) == ("", 0, "nocatalog")


def a_daemon_is_signalled(fleet: PuppetLab, host: str) -> None:
    pid, said = "/run/puppet/agent.pid", "administratively disabled (Reason: 'it's ours')"
    assert fleet.ask(host, "disable", "message=it's ours")["statuscode"] == 0
    fleet.shell(host, "puppet agent --daemonize --logdest /run/agent.log --runinterval=1h")  # no run as it starts
    wait_until("the daemon idles", lambda: said in fleet.shell(host, f"cat /run/agent.log; ls {pid} >/dev/null"), 90)
    assert fleet.ask(host, "enable")["data"]["enabled"] is True
    refused = fleet.ask(host, "runonce", "environment=failing")
    assert refused["statusmsg"] == "Cannot specify any custom puppet options when the daemon is running"
    run = fleet.mco("puppet", "runonce", "--wait", "-I", host)
    assert run.returncode == 0, run.stdout + run.stderr
    assert fleet.ask(host, "status")["data"]["status"] == "idling"
    fleet.shell(host, f"kill $(cat {pid}); while [ -e {pid} ]; do sleep 0.1; done")


def disabled_and_back_again(fleet: PuppetLab, host: str) -> None:
    disabled = fleet.mco("puppet", "disable", "it's broken; see 'ticket 7'", "-I", host)
    assert disabled.returncode == 0, disabled.stderr
    assert json.loads(fleet.shell(host, "cat /var/cache/puppet/state/agent_disabled.lock"))["disabled_message"] == (
        "it's broken; see 'ticket 7'"
    )
    assert fleet.ask(host, "disable", "message=again")["statusmsg"] == "Could not disable Puppet: Already disabled"
    run, nowhere = calls(fleet, ("puppet", "runonce", "-I", host), ("puppet", "runall", "1", "-I", host))
    assert run.returncode == 2 and "Puppet is disabled: 'it's broken; see 'ticket 7''" in run.stdout
    assert nowhere.returncode == 1 and f"disabled and left out: {host}" in nowhere.stderr
    assert fleet.ask(host, "enable")["data"]["enabled"] is True
    assert fleet.ask(host, "enable")["statusmsg"] == "Could not enable Puppet: Already enabled"
    assert fleet.mco("puppet", "disable", "a short time", "--for", "2s", "-I", host).returncode == 0
    lock = "test ! -e /var/cache/puppet/state/agent_disabled.lock"
    wait_until("it is enabled without anybody asking", lambda: fleet.made.run(host, "sh", "-c", lock).returncode == 0, 30)


def one_run_at_a_time(fleet: PuppetLab, host: str) -> None:
    fleet.shell(host, "echo 1 >/var/cache/puppet/state/agent_catalog_run.lock; echo 99999 >/run/puppet/agent.pid")  # of a lost host
    started = fleet.ask(host, "runonce", "force=true", "environment=slow")
    assert started["statuscode"] == 0, started
    wait_until("the catalog is applied", lambda: fleet.made.run(host, "test", "-p", "/tmp/gate").returncode == 0, 90)
    status = fleet.ask(host, "status")["data"]
    assert (status["applying"], status["status"], status["daemon_present"]) == (True, "applying a catalog", False)
    again = fleet.mco("puppet", "runonce", "--force", "--wait", "-I", host)
    assert again.returncode == 2 and "Puppet is currently applying a catalog, cannot run now" in again.stdout
    run = f"run={started['data']['run']}"
    assert fleet.ask(host, "run_result", run)["data"]["state"] == "running"
    # The daemon that started it is gone, and so is who asked: the run goes on, and its end is told by the next daemon.
    fleet.shell(host, "kill $(cat /run/mcollectived.pid); while [ -e /run/mcollectived.pid ]; do sleep 0.1; done")
    fleet.shell(host, "/usr/bin/mcollectived --daemonize --pid /run/mcollectived.pid; echo >/tmp/gate")
    ended = 'grep -q "exitcode.: 2" /var/lib/mcollective/puppet-run.json'
    wait_until("the run has ended", lambda: fleet.made.run(host, "sh", "-c", ended).returncode == 0, 90)
    result = fleet.ask(host, "run_result", run)["data"]
    assert (result["outcome"], result["exitcode"], result["environment"]) == ("changed", 2, "slow")


def resources(fleet: PuppetLab, host: str) -> None:
    words = ("puppet", "resource", "file", "/etc/of-mco", "ensure=present", "mode=0640", "-I", host)
    trial = fleet.mco(*words, "--noop")
    assert trial.returncode == 0 and "(noop)" in trial.stdout, trial.stdout + trial.stderr
    done = fleet.ask(host, "resource", "type=file", "name=/etc/of-mco", "ensure=present", "mode=0640")
    assert (done["statuscode"], done["data"]["changed"]) == (0, True), done
    assert fleet.shell(host, "stat -c %a /etc/of-mco") == "640\n"
    denied = fleet.ask(host, "resource", "type=exec", "name=/bin/touch /tmp/canary")
    assert denied["statusmsg"] == "The exec type is not listed in the type whitelist"
    guarded = fleet.ask(host, "runonce", "server=evil.example.net:8140")
    assert guarded["statusmsg"] == "Passing 'server' option is not allowed in module configuration"
    wrong = fleet.mco("puppet", "runonce", "--tags=--noop", "-I", host)
    assert wrong.returncode == 1 and wrong.stdout == ""
