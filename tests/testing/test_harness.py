from pathlib import Path

import pytest

from mcollective_py.node.view import NodeView
from mcollective_py.testing import AgentHarness, DaemonStandIn, conformance_problems

DDL = """\
metadata: {name: service, description: D, author: A, license: L, version: "1", url: U, timeout: 30}
actions:
  - action: status
    description: Status
    input:
      service: {prompt: P, description: D, type: string, maxlength: 5}
      lines: {prompt: P, description: D, type: integer, default: 10}
    output:
      status: {description: D, display_as: S, default: unknown}
      seen: {description: D, display_as: S}
"""

AGENT = """\
from mcollective_py.agent import Agent, action

class Service(Agent):
    count = 0

    @action
    def status(self, request, reply):
        self.count += 1
        reply["seen"] = [dict(request), request.caller, self.node.identity, dict(self.config), self.daemon.setting("x"), self.count]
        if request["service"] == "none":
            reply.fail("no such service")
        if request["service"] == "odd":
            reply["seen"] = {"at": [object()]}
        if request["service"] == "abort":
            reply.abort("gave up")
        if request["service"] == "crash":
            raise ZeroDivisionError("a fault of the agent")
"""


@pytest.fixture
def harness(tmp_path):
    folder = tmp_path / "agents" / "service"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT)
    (folder / "ddl.yaml").write_text(DDL)
    return AgentHarness(
        folder, node=NodeView("node9"), config={"path": "/x"}, daemon=DaemonStandIn(settings={"x": "y"}), caller="cert=alice"
    )


def test_an_action_gets_its_inputs_with_defaults_and_all_that_an_agent_has(harness):
    reply = harness.call("status", service="exim4")
    assert (reply.statuscode, reply.statusmsg, reply.sender) == (0, "OK", "node9")
    assert reply.data == {
        "status": "unknown",
        "seen": [{"service": "exim4", "lines": 10}, "cert=alice", "node9", {"path": "/x"}, "y", 1],
    }


def test_every_call_has_a_new_instance(harness):
    assert [harness.call("status", service="a").data["seen"][-1] for _ in range(2)] == [1, 1]


@pytest.mark.parametrize(
    ("action", "inputs", "statuscode", "statusmsg"),
    [
        ("status", {"service": "none"}, 1, "no such service"),
        ("status", {"service": "abort"}, 1, "gave up"),
        ("status", {}, 3, "status needs the input service"),
        ("status", {"service": "toolong"}, 4, "status: the input service has 7 characters, 5 are allowed"),
        ("status", {"service": "a", "other": 1}, 4, "status has no input 'other': it takes lines, service"),
        ("start", {}, 2, "service has no action 'start': it has status"),
    ],
)
def test_what_goes_wrong_comes_back_as_a_status(harness, action, inputs, statuscode, statusmsg):
    reply = harness.call(action, **inputs)
    assert (reply.statuscode, reply.statusmsg) == (statuscode, statusmsg)


def test_outputs_set_before_an_abort_are_kept(harness):
    assert harness.call("status", service="abort").data["seen"][-1] == 1


def test_a_fault_of_the_agent_flies_so_that_the_test_shows_where(harness):
    with pytest.raises(ZeroDivisionError):
        harness.call("status", service="crash")


def test_a_plain_class_is_sent_a_message(tmp_path):
    folder = tmp_path / "agents" / "echo"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text("class Echo:\n    def handlemsg(self, msg): return [msg.body, msg.caller]\n")
    harness = AgentHarness(folder)
    assert harness.send(1.5) == [1.5, "cert=tester"]
    with pytest.raises(TypeError, match="use send"):
        harness.call("status")


def test_the_stand_in_daemon_says_what_it_was_given():
    daemon = DaemonStandIn({"total": 5}, [{"agent": "echo"}], {"a": "b"})
    assert (daemon.stats(), daemon.agents(), daemon.setting("a")) == ({"total": 5}, [{"agent": "echo"}], "b")
    with pytest.raises(KeyError):
        daemon.setting("c")


def test_an_output_that_no_wire_carries_fails_as_on_a_host(harness):
    reply = harness.call("status", service="odd")
    assert (reply.statuscode, "object" in reply.statusmsg) == (5, True)


def test_the_folder_may_be_the_one_where_one_stands(harness, monkeypatch):
    monkeypatch.chdir(harness.agent.folder)
    assert AgentHarness(Path()).agent.name == "service"
    assert conformance_problems(Path()) == conformance_problems(harness.agent.folder)


def test_an_input_may_be_called_action(tmp_path):
    folder = tmp_path / "agents" / "service"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT.replace('request["service"]', 'request["action"]'))
    (folder / "ddl.yaml").write_text(DDL.replace("      service:", "      action:"))
    assert AgentHarness(folder, daemon=DaemonStandIn(settings={"x": 1})).call("status", action="none").statusmsg == "no such service"
