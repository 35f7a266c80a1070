import os
from pathlib import Path

import pytest

from mcollective_py.errors import PluginError
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.childcall import run_call
from mcollective_py.server.warm import WarmCode

AGENT = '''
class Greeter:
    """Greets."""

    def handlemsg(self, msg):
        return f"hello {msg.body} of {msg.caller}"
'''


def call(one):
    return run_call(one, WarmCode())


def a_call(folder):
    request = Request("0" * 32, "cert=alice", "desk", "mcollective", "greeter", None, "world", Filter(), 1700000000.0, 60)
    return Call(request, Path(folder), NodeView("web1"), 5.0, False)


def test_the_agent_of_the_folder_is_loaded_and_called(tmp_path):
    folder = tmp_path / "agents" / "greeter"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT)
    assert call(a_call(folder)) == Outcome(body="hello world of cert=alice")


def test_a_folder_without_an_agent_is_an_error(tmp_path):
    (tmp_path / "agents" / "greeter").mkdir(parents=True)
    with pytest.raises(PluginError):
        call(a_call(tmp_path / "agents" / "greeter"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root checks who could change an agent")
def test_an_agent_that_others_could_have_changed_since_the_start_is_not_run(tmp_path):
    folder = tmp_path / "agents" / "greeter"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT)
    (folder / "agent.py").chmod(0o666)
    with pytest.raises(PluginError, match="not loaded for safety"):
        call(a_call(folder))


RPC_AGENT = '''
from mcollective_py.agent import Agent, action

class Lamp(Agent):
    """Switches a lamp."""

    @action
    def switch(self, request, reply):
        reply["on"] = True
'''


def a_switch(folder, **more):
    request = Request("0" * 32, "cert=alice", "desk", "mcollective", "lamp", "switch", {}, Filter(), 1700000000.0, 60)
    return Call(request, Path(folder), NodeView("web1"), 5.0, False, **more)


def test_an_action_that_brings_its_defaults_needs_no_ddl(tmp_path):
    folder = tmp_path / "agents" / "lamp"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(RPC_AGENT)
    assert call(a_switch(folder, defaults={"on": False, "watts": 40})) == Outcome(body={"on": True, "watts": 40})


def test_an_action_that_went_since_the_start_is_said(tmp_path):
    folder = tmp_path / "agents" / "lamp"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(RPC_AGENT.replace("def switch", "def light"))
    with pytest.raises(PluginError, match="has no action switch any more"):
        call(a_switch(folder, defaults={}))
