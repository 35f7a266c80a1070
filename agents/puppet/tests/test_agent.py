"""The agent on a host whose Puppet is a script: its files, its refusals, its settings."""

import json
import os
import time
from pathlib import Path

import pytest

from mcollective_py.node.view import NodeView
from mcollective_py.plugins.sitedata import DataSource, load_one
from mcollective_py.testing import AgentHarness, assert_aborted, assert_conforms, assert_invalid, assert_ok
from tests.waiting import wait_until

FOLDER = Path(__file__).parents[1]
CASES = Path(__file__).parent / "cases"
PUPPET = """#!/bin/sh
echo "$*" >>HERE/called
case $1 in
config) sed 's,/var/cache/puppet,HERE,; s,/run/puppet,HERE,; s,/etc/puppet,HERE,' CASES/config-debian7.txt ;;
resource) echo 'Notice: /File[/x]/ensure: created'; printf -- '---\\nfile:\\n  "/x":\\n    ensure: file\\n    password: secret\\n' ;;
agent) while [ -e HERE/hold ]; do sleep 0.05; done
       sed "s/last_run: .*/last_run: $(date +%s)/" CASES/summary-CASE.txt >HERE/public/last_run_summary.yaml
       cp CASES/report-CASE.txt HERE/state/last_run_report.yaml
       exit CODE ;;
esac
"""


class Host:
    """A host with such a Puppet: its folder stands for its file system."""

    def __init__(self, folder, **config):
        self.folder, self.config = folder, {"splay": "false", "command": f"{folder}/puppet agent", "state_folder": str(folder / "kept")}
        self.config |= config
        for name in ("state", "public"):
            (folder / name).mkdir()
        (folder / "puppet.conf").write_text("")
        self.puppet("unchanged", 0)
        self.agent = AgentHarness(FOLDER, config=self.config)

    def puppet(self, case, code):
        """What the next run does."""
        program = self.folder / "puppet"
        text = PUPPET.replace("HERE", str(self.folder)).replace("CASES", str(CASES)).replace("CASE", case).replace("CODE", str(code))
        program.write_text(text)
        program.chmod(0o755)

    def called(self, word):
        """How often Puppet was called so."""
        file = self.folder / "called"
        return [line for line in (file.read_text().splitlines() if file.exists() else []) if line.startswith(word)]

    @property
    def lock(self):
        return self.folder / "state" / "agent_disabled.lock"

    def run(self, **inputs):
        """A run to its end."""
        started = assert_ok(self.agent.call("runonce", **inputs))

        def result():
            return self.agent.call("run_result", run=started["run"]).data

        wait_until("the run has ended", lambda: result()["state"] == "finished", 60)
        return result()


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def data(host, name, query=None):
    source = DataSource(name, FOLDER / "data" / name, host.config, ())
    plugin = load_one(source, only_owned=False)
    return plugin.query(query, NodeView("node1.example.net"))


def test_the_folder_is_as_hosts_and_operators_expect():
    assert_conforms(FOLDER)


def test_a_host_without_a_run_says_so_and_puppet_is_asked_for_its_paths_once(host):
    outputs = assert_ok(host.agent.call("status"))
    assert (outputs["status"], outputs["enabled"], outputs["lastrun"], outputs["outcome"]) == ("stopped", True, 0, "never")
    assert outputs["message"] == "Currently stopped; no run has been completed yet"
    host.agent.call("status")
    AgentHarness(FOLDER, config=host.config).call("status")  # another process would find them on disk
    assert len(host.called("config")) == 1
    (host.folder / "puppet.conf").write_text("[main]\n")
    AgentHarness(FOLDER, config=host.config).call("status")
    assert len(host.called("config")) == 2


def test_an_agent_is_disabled_with_a_reason_and_enabled(host):
    message = "it's broken; see `ticket 7` & wait"
    outputs = assert_ok(host.agent.call("disable", message=message))
    assert (outputs["status"], outputs["enabled"], outputs["changed"]) == (
        f"Succesfully locked the Puppet agent: {message}",
        False,
        True,
    )
    assert json.loads(host.lock.read_text())["disabled_message"] == message
    status = host.agent.call("status").data
    assert (status["status"], status["disable_message"], status["disabled_by"]) == ("disabled", message, "cert=tester")
    assert_aborted(host.agent.call("disable"), "Could not disable Puppet: Already disabled")
    assert_aborted(host.agent.call("runonce"), "Puppet is disabled: 'it's broken")
    assert_ok(host.agent.call("disable", message="other", replace=True), enabled=False)
    assert host.agent.call("status").data["disable_message"] == "other"
    assert_ok(host.agent.call("enable"), enabled=True, changed=True)
    assert_aborted(host.agent.call("enable"), "Could not enable Puppet: Already enabled")
    assert not host.lock.exists()


def test_without_a_reason_it_says_who_and_when(host):
    outputs = assert_ok(host.agent.call("disable"))
    assert outputs["status"].startswith("Succesfully locked the Puppet agent: Disabled via MCollective by cert=tester at 2")


def test_for_no_time_is_not_for_ever(host):
    assert_invalid(host.agent.call("disable", duration=0))
    assert not host.lock.exists()


def test_a_lock_with_an_end_goes_by_itself(host):
    until = assert_ok(host.agent.call("disable", duration="3s"))["disabled_until"]
    assert abs(until - time.time()) < 60
    wait_until("it is enabled again", lambda: not host.lock.exists(), 30)


def test_a_lock_whose_end_came_while_nobody_waited_goes_when_it_is_seen(host):
    host.agent.call("status")
    host.lock.write_text(json.dumps({"disabled_message": "x", "mcollective": {"id": "a", "until": 5}}))
    assert_ok(host.agent.call("status"), enabled=True)
    host.lock.write_text(json.dumps({"disabled_message": "x", "mcollective": {"id": "a", "until": 5}}))
    assert host.agent.agent.cls.activate_when(NodeView("x"), host.config)
    assert not host.lock.exists()


@pytest.mark.parametrize("message", ["", "two\nlines", "x" * 121, "\x1b[31m"])
def test_a_reason_is_one_line_that_can_be_shown(host, message):
    assert_invalid(host.agent.call("disable", message=message))


@pytest.mark.parametrize(("case", "code", "outcome"), [("changed", 2, "changed"), ("unchanged", 0, "unchanged"), ("noop", 0, "noop")])
def test_a_run_tells_how_it_ended(host, case, code, outcome):
    host.puppet(case, code)
    result = host.run()
    assert (result["outcome"], result["exitcode"], result["errors"]) == (outcome, code, [])
    assert host.agent.call("status").data["outcome"] == outcome


def test_a_failed_run_names_resource_file_and_line(host):
    host.puppet("failing", 6)
    result = host.run()
    assert (result["outcome"], result["exitcode"]) == ("failed", 6)
    assert [(one["resource"], one["line"]) for one in result["failed"]] == [("File[/nosuch/dir/file]", 5), ("Exec[/bin/false]", 8)]
    assert assert_ok(host.agent.call("report"))["failed"] == result["failed"]


def test_a_run_without_a_catalog_says_why(host):
    host.puppet("broken", 1)
    result = host.run()
    assert (result["outcome"], result["exitcode"]) == ("nocatalog", 1)
    assert "Could not find class ::role::nosuch" in result["errors"][0]


def test_a_run_goes_on_while_it_is_asked_for_and_no_second_one_begins(host):
    (host.folder / "hold").write_text("")
    run = assert_ok(host.agent.call("runonce"))["run"]
    assert host.agent.call("run_result", run=run).data["state"] == "waiting"
    assert_aborted(host.agent.call("runonce"), "has not ended, cannot run now")
    (host.folder / "hold").unlink()
    wait_until("it has ended", lambda: host.agent.call("run_result").data.get("state") == "finished", 60)


def test_the_summary_of_a_run_has_the_historic_outputs(host):
    host.puppet("failing", 6)
    host.run()
    (host.folder / "state" / "resources.txt").write_bytes((CASES / "resources-failing.txt").read_bytes())
    outputs = assert_ok(host.agent.call("last_run_summary", logs=True))
    assert (outputs["failed_resources"], outputs["changed_resources"], outputs["total_resources"]) == (2, 1, 11)
    assert (outputs["out_of_sync_resources"], outputs["corrected_resources"]) == (3, 0)
    assert outputs["type_distribution"] == {"File": 2, "Exec": 1, "Notify": 1}
    assert outputs["config_version"] == "1795447643" and outputs["summary"]["events"]["failure"] == 2
    assert outputs["logs"][0] == {
        "time_utc": 1795447642,
        "time": 1795447642,
        "level": "info",
        "source": "Puppet",
        "msg": "Using environment 'failing'",
    }


def test_locks_of_processes_that_are_gone_are_stale(host):
    host.agent.call("status")
    (host.folder / "state" / "agent_catalog_run.lock").write_text("4194303")
    (host.folder / "agent.pid").write_text(str(os.getpid()))  # a process that is not Puppet's
    outputs = assert_ok(host.agent.call("status"))
    assert (outputs["applying"], outputs["daemon_present"], outputs["status"]) == (False, False, "stopped")


def test_another_server_needs_the_hosts_leave(tmp_path):
    refused = Host(tmp_path)
    assert_aborted(refused.agent.call("runonce", server="evil.example.net:8140"), "Passing 'server' option is not allowed")
    assert not refused.called("agent")


def test_a_host_can_allow_another_server(tmp_path):
    host = Host(tmp_path, allow_server_override="true")
    host.run(server="p2.example.net:8141", environment="test", tags="a,b::c")
    (called,) = host.called("agent")
    assert called.endswith("--tags=a,b::c --no-splay --environment=test --server=p2.example.net --serverport=8141")


@pytest.mark.parametrize(
    "inputs",
    [
        {"server": "--foo"},
        {"server": "a;id"},
        {"server": "a b"},
        {"environment": "../../x"},
        {"environment": "-x"},
        {"tags": "a b;id"},
        {"tags": "--noop"},
        {"skip_tags": "$(id)"},
        {"tags": "a\nb"},
        {"splaylimit": -1},
        {"splaylimit": 10**9},
        {"nosuch": "x"},
    ],
)
def test_what_is_no_option_of_a_run_never_reaches_puppet(host, inputs):
    assert_invalid(host.agent.call("runonce", **inputs))
    assert not host.called("agent")


def test_no_resource_is_touched_unless_the_host_allows_its_type(host):
    assert_aborted(
        host.agent.call("resource", type="file", name="/x", ensure="present"), "The file type is not listed in the type whitelist"
    )
    assert not host.called("resource")


def test_a_resource_is_set_and_its_passwords_stay_here(tmp_path):
    host = Host(tmp_path, resource_type_whitelist="file")
    outputs = assert_ok(host.agent.call("resource", type="File", name="/x", ensure="present", process_results=True), changed=True)
    assert outputs["result"] == "/File[/x]/ensure: created"
    assert outputs["properties"] == {"ensure": "file"}
    assert host.called("resource") == ["resource --to_yaml --color=false -- file /x ensure=present"]


def test_what_puppet_manages_is_left_to_it_where_the_host_says_so(tmp_path):
    host = Host(tmp_path, resource_type_whitelist="file", resource_allow_managed_resources="false")
    host.agent.call("status")
    (host.folder / "state" / "resources.txt").write_text("file[/x]\n")
    assert_aborted(host.agent.call("resource", type="file", name="/x"), r"Puppet is managing the resource 'File\[/x\]', refusing")
    assert_ok(host.agent.call("resource", type="file", name="/y"))


@pytest.mark.parametrize("name", ["-x", "--help", "a\nb"])
def test_a_title_is_never_an_option(tmp_path, name):
    host = Host(tmp_path, resource_type_whitelist="file")
    assert host.agent.call("resource", type="file", name=name).statuscode == 4
    assert not host.called("resource")


def test_where_there_is_no_puppet_the_agent_is_not_active(host):
    active = host.agent.agent.cls.activate_when
    assert active(NodeView("x"), host.config)
    assert not active(NodeView("x"), {"command": "'unbalanced"})


def test_filters_ask_for_the_state_and_for_resources(host):
    host.puppet("failing", 6)
    host.run()
    (host.folder / "state" / "resources.txt").write_text("file[/etc/lab-web]\n")
    state = data(host, "puppet")
    assert (state["enabled"], state["status"], state["outcome"]) == (True, "stopped", "failed")
    assert "message" not in state
    assert data(host, "resource", "File[/etc/lab-web]")["managed"] is True
    numbers = data(host, "resource")
    assert (numbers["managed"], numbers["failed_resources"], numbers["total_resources"]) == (False, 2, 11)
