"""The agent puppet on real hosts: real runs against a real puppetserver, asked by a real mco."""

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.parts.puppetlab import PuppetLab, puppet_lab
from tests.parts.require import require_lab, require_programs
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

HOSTS = ("a1", "a2")
WEB = "/etc/puppet/code/environments/failing/modules/role/manifests/web.pp"


@pytest.fixture(scope="module")
def fleet() -> Iterator[PuppetLab]:
    require_lab()
    require_programs("puppet", "puppetserver", file="/usr/share/puppetserver/puppetserver.jar")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-puppet-") as name, puppet_lab(Path(name), HOSTS) as lab:
        yield lab


def replies(fleet: PuppetLab, *words: str) -> dict[str, dict[str, Any]]:
    called = fleet.mco(*words, "--json")
    assert called.stdout, called.stderr
    return {reply["sender"]: reply for reply in json.loads(called.stdout)["replies"]}


def test_a_life_of_two_agents(fleet: PuppetLab) -> None:
    """In one go, for each run takes seconds, and what one leaves behind is what the next begins with."""
    never_run(fleet)
    first_runs(fleet)
    with ThreadPoolExecutor() as both:
        for done in (both.submit(a_trial, fleet, "a1"), both.submit(a_failing_resource, fleet, "a2")):
            done.result()
    a_catalog_that_does_not_compile(fleet)
    with ThreadPoolExecutor() as both:
        for done in (both.submit(disabled_and_back_again, fleet, "a1"), both.submit(a_daemon_is_signalled, fleet, "a2")):
            done.result()
    with ThreadPoolExecutor() as both:
        for done in (both.submit(one_run_at_a_time, fleet, "a1"), both.submit(resources, fleet, "a2")):
            done.result()


def never_run(fleet: PuppetLab) -> None:
    status = fleet.mco("puppet", "status")
    assert status.returncode == 0, status.stderr
    assert "a1: Currently stopped; no run has been completed yet" in status.stdout
    count = fleet.mco("puppet", "count").stdout
    assert "Total Puppet nodes: 2" in count and "Nodes currently enabled: 2" in count
    assert fleet.mco("find", "-S", "puppet().enabled=true").stdout.split() == ["a1", "a2"]


def first_runs(fleet: PuppetLab) -> None:
    run = fleet.mco("puppet", "runall", "2")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "a1: changed: 1 resource in" in run.stdout and "a2: changed: 1 resource in" in run.stdout
    for host in HOSTS:
        assert fleet.shell(host, "cat /etc/lab-web") == "web\n"
    summary = replies(fleet, "rpc", "puppet", "last_run_summary", "logs=true")["a1"]["data"]
    assert (summary["outcome"], summary["changed_resources"], summary["type_distribution"]) == ("changed", 1, {"File": 1})
    assert any(log["msg"].startswith("Applied catalog in") for log in summary["logs"])
    assert fleet.mco("find", "-S", "resource('File[/etc/lab-web]').managed=true and resource().failed_resources=0").stdout.split() == [
        *HOSTS
    ]
    shown = fleet.mco("puppet", "summary").stdout
    assert "Summary statistics for 2 nodes:" in shown and "Total resources: " in shown


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
    report = replies(fleet, "rpc", "puppet", "report", "-I", host)[host]["data"]
    assert [(one["resource"], one["file"], one["line"]) for one in report["failed"]] == [("Exec[/bin/false]", WEB, 5)]
    assert replies(fleet, "rpc", "puppet", "run_result", "-I", host)[host]["data"]["exitcode"] == 6


def a_catalog_that_does_not_compile(fleet: PuppetLab) -> None:
    """On the first of two hosts, one at a time: the other is spared."""
    run = fleet.mco("puppet", "runall", "1", "--max-fail", "0", "-E", "broken")
    assert run.returncode == 2, run.stdout + run.stderr
    assert "a1: failed: no catalog" in run.stdout and "Could not find class ::role::nosuch" in run.stdout
    assert "Puppet was not run on a2 (1)" in run.stderr
    summary = replies(fleet, "rpc", "puppet", "last_run_summary", "-I", "a1")["a1"]["data"]
    assert (summary["config_version"], summary["failed_resources"], summary["outcome"]) == ("", 0, "nocatalog")


def a_daemon_is_signalled(fleet: PuppetLab, host: str) -> None:
    lock, pid = "/var/cache/puppet/state/agent_disabled.lock", "/run/puppet/agent.pid"
    fleet.shell(host, f"echo {{}} >{lock}; puppet agent --daemonize --logdest /run/agent.log --runinterval=1h")  # no run as it starts
    wait_until("the daemon idles", lambda: "disabled" in fleet.shell(host, f"cat /run/agent.log; ls {pid} >/dev/null"), 90)
    fleet.shell(host, f"rm {lock}")
    refused = fleet.mco("puppet", "runonce", "-E", "failing", "-I", host)
    assert refused.returncode == 2
    assert "Cannot specify any custom puppet options when the daemon is running" in refused.stdout
    run = fleet.mco("puppet", "runonce", "--wait", "-I", host)
    assert run.returncode == 0, run.stdout + run.stderr
    assert replies(fleet, "rpc", "puppet", "status", "-I", host)[host]["data"]["status"] == "idling"
    fleet.shell(host, f"kill $(cat {pid})")


def disabled_and_back_again(fleet: PuppetLab, host: str) -> None:
    disabled = fleet.mco("puppet", "disable", "it's broken; see 'ticket 7'", "-I", host)
    assert disabled.returncode == 0, disabled.stderr
    assert json.loads(fleet.shell(host, "cat /var/cache/puppet/state/agent_disabled.lock"))["disabled_message"] == (
        "it's broken; see 'ticket 7'"
    )
    assert "a1: Currently disabled" in fleet.mco("puppet", "status").stdout
    again = fleet.mco("puppet", "disable", "again", "-I", host)
    assert again.returncode == 2 and "Could not disable Puppet: Already disabled" in again.stdout
    run = fleet.mco("puppet", "runonce", "-I", host)
    assert run.returncode == 2 and "Puppet is disabled: 'it's broken; see 'ticket 7''" in run.stdout
    own = fleet.made.run(host, "puppet", "agent", "--onetime", "--no-daemonize", "--color=false", "--logdest", "console")
    assert "administratively disabled (Reason: 'it's broken; see 'ticket 7''" in own.stdout + own.stderr
    nowhere = fleet.mco("puppet", "runall", "1", "-I", host)
    assert nowhere.returncode == 1 and f"disabled and left out: {host}" in nowhere.stderr
    assert fleet.mco("puppet", "enable", "-I", host).returncode == 0
    assert "Already enabled" in fleet.mco("puppet", "enable", "-I", host).stdout
    assert fleet.mco("puppet", "disable", "a short time", "--for", "2s", "-I", host).returncode == 0
    lock = "test ! -e /var/cache/puppet/state/agent_disabled.lock"
    wait_until("it is enabled without anybody asking", lambda: fleet.made.run(host, "sh", "-c", lock).returncode == 0, 30)


def one_run_at_a_time(fleet: PuppetLab, host: str) -> None:
    fleet.shell(host, "echo 1 >/var/cache/puppet/state/agent_catalog_run.lock; echo 99999 >/run/puppet/agent.pid")  # of a lost host
    started = replies(fleet, "puppet", "runonce", "--force", "-E", "slow", "-I", host)[host]
    assert started["statuscode"] == 0, started
    wait_until("the catalog is applied", lambda: fleet.made.run(host, "test", "-p", "/tmp/gate").returncode == 0, 90)
    status = replies(fleet, "rpc", "puppet", "status", "-I", host)[host]["data"]
    assert (status["applying"], status["status"], status["daemon_present"]) == (True, "applying a catalog", False)
    again = fleet.mco("puppet", "runonce", "--force", "-I", host)
    assert again.returncode == 2 and "Puppet is currently applying a catalog, cannot run now" in again.stdout
    run = f"run={started['data']['run']}"
    assert replies(fleet, "rpc", "puppet", "run_result", run, "-I", host)[host]["data"]["state"] == "running"
    # The daemon that started it is gone, and so is who asked: the run goes on, and its end is told by the next daemon.
    fleet.shell(host, "kill $(cat /run/mcollectived.pid); while [ -e /run/mcollectived.pid ]; do sleep 0.1; done")
    fleet.shell(host, "/usr/bin/mcollectived --daemonize --pid /run/mcollectived.pid; echo >/tmp/gate")
    ended = 'grep -q "exitcode.: 2" /var/lib/mcollective/puppet-run.json'
    wait_until("the run has ended", lambda: fleet.made.run(host, "sh", "-c", ended).returncode == 0, 90)
    result = replies(fleet, "rpc", "puppet", "run_result", run, "-I", host)[host]["data"]
    assert (result["outcome"], result["exitcode"], result["environment"]) == ("changed", 2, "slow")


def resources(fleet: PuppetLab, host: str) -> None:
    words = ("puppet", "resource", "file", "/etc/of-mco", "ensure=present", "mode=0640", "-I", host)
    trial = fleet.mco(*words, "--noop")
    assert trial.returncode == 0 and "(noop)" in trial.stdout, trial.stdout + trial.stderr
    done = replies(fleet, *words)[host]
    assert (done["statuscode"], done["data"]["changed"]) == (0, True), done
    assert fleet.shell(host, "stat -c %a /etc/of-mco") == "640\n"
    failed = fleet.mco("puppet", "resource", "file", "/nosuch/of-mco", "ensure=present", "-I", host)
    assert failed.returncode == 2 and "Failed to apply File[/nosuch/of-mco]: " in failed.stdout
    denied = fleet.mco("puppet", "resource", "exec", "/bin/touch /tmp/canary", "-I", host)
    assert denied.returncode == 2 and "The exec type is not listed in the type whitelist" in denied.stdout
    guarded = fleet.mco("puppet", "runonce", "--server", "evil.example.net:8140", "-I", host)
    assert guarded.returncode == 2 and "Passing 'server' option is not allowed" in guarded.stdout
    for words in (("--server=--foo",), ("-E", "../../x"), ("--tags", "a b;id"), ("--tags=--noop",)):
        wrong = fleet.mco("puppet", "runonce", *words, "-I", host)
        assert wrong.returncode == 1 and wrong.stdout == "", (words, wrong.stdout)
