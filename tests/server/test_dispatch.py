import logging
from pathlib import Path

import pytest

from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.plugins.loader import LoadedAgent, load_agent
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.dispatch import perform

DDL = """
metadata: {name: probe, description: d, author: a, license: l, version: "1", url: u, timeout: 5}
actions:
  - action: ask
    description: d
    input:
      what: {prompt: p, description: d, type: string, optional: true}
    output:
      said: {description: d, display_as: Said, default: nothing}
      seen: {description: d, display_as: Seen}
"""
AGENT = """
from mcollective_py.agent import Agent, InvalidRPCData, action


class Probe(Agent):
    count = 0

    @action
    def ask(self, request, reply):
        self.count += 1
        reply["seen"] = [self.node.identity, self.config.get("colour"), self.daemon, request.caller, self.count]
        match request.get("what"):
            case "fail":
                reply.fail("no luck", 99)
            case "abort":
                reply.abort("gave up")
            case "invalid":
                raise InvalidRPCData("not like that")
            case "crash":
                raise ZeroDivisionError("by nought")
"""
HOOKS = """

    def before_processing(self, request, reply):
        if request.get("what") == "closed":
            reply.abort("not at this hour")
        self.begun = request.action

    def after_processing(self, request, reply):
        reply["said"] = [self.begun, reply.statuscode, reply.statusmsg]
"""
PLAIN = """
class Plain:
    def handlemsg(self, msg):
        if msg.body == "crash":
            raise ZeroDivisionError("by nought")
        return msg.body
"""


def probe_of(tmp_path: Path, code: str) -> LoadedAgent:
    folder = tmp_path / "agents" / "probe"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(code)
    (folder / "ddl.yaml").write_text(DDL)
    return load_agent(folder)


@pytest.fixture
def probe(tmp_path: Path) -> LoadedAgent:
    return probe_of(tmp_path, AGENT)


@pytest.fixture
def plain(tmp_path: Path) -> LoadedAgent:
    folder = tmp_path / "agents" / "plain"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(PLAIN)
    return load_agent(folder)


def called(agent: LoadedAgent, action: str | None, body: object) -> Outcome:
    request = Request("1" * 32, "cert=a.mcollective", "ops", "mcollective", agent.name, action, body, Filter(), 0.0, 60)
    call = Call(request, agent.folder, NodeView("web1"), timeout=5.0, only_reads=False, config={"colour": "red"})
    return perform(agent, call, None)


def test_an_action_has_its_node_settings_and_a_new_instance_each_time(probe: LoadedAgent) -> None:
    for _ in range(2):
        outcome = called(probe, "ask", {})
        assert outcome.body == {"said": "nothing", "seen": ["web1", "red", None, "cert=a.mcollective", 1]}
        assert (outcome.statuscode, outcome.statusmsg) == (0, "OK")


@pytest.mark.parametrize(
    ("what", "status", "message"),
    [
        ("fail", 99, "no luck"),
        ("abort", 1, "gave up"),
        ("invalid", 4, "not like that"),
        ("crash", 5, "ZeroDivisionError: by nought"),
    ],
)
def test_every_way_to_fail_is_an_outcome_that_keeps_what_was_set(
    probe: LoadedAgent, what: str, status: int, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = called(probe, "ask", {"what": what})
    assert (outcome.statuscode, outcome.statusmsg) == (status, message)
    assert outcome.body["seen"][0] == "web1"
    has_traceback = any(record.exc_info for record in caplog.records if record.levelno == logging.ERROR)
    assert has_traceback == (what == "crash")


@pytest.mark.parametrize(
    ("what", "status", "message"),
    [
        ("", 0, "OK"),
        ("fail", 99, "no luck"),
        ("abort", 1, "gave up"),
        ("invalid", 4, "not like that"),
        ("crash", 5, "ZeroDivisionError: by nought"),
    ],
)
def test_an_agent_is_asked_before_and_after_its_actions(tmp_path: Path, what: str, status: int, message: str) -> None:
    outcome = called(probe_of(tmp_path, AGENT + HOOKS), "ask", {"what": what})
    assert (outcome.statuscode, outcome.body["said"]) == (status, ["ask", status, message])


def test_an_agent_may_refuse_before_the_action_begins(tmp_path: Path) -> None:
    outcome = called(probe_of(tmp_path, AGENT + HOOKS), "ask", {"what": "closed"})
    assert (outcome.statuscode, outcome.statusmsg, outcome.body) == (1, "not at this hour", {"said": "nothing", "seen": None})


@pytest.mark.parametrize("value", [2.5, None, {"a": [1]}])
def test_a_plain_agent_gives_its_value(plain: LoadedAgent, value: object) -> None:
    assert called(plain, None, value) == Outcome(body=value)


def test_a_plain_agent_that_crashes_is_told(plain: LoadedAgent) -> None:
    outcome = called(plain, None, "crash")
    assert (outcome.statuscode, outcome.statusmsg, outcome.body) == (5, "ZeroDivisionError: by nought", None)
