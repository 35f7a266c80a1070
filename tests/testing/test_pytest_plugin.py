import pytest

from tests.testing.shelf import DDL

pytest_plugins = ["pytester"]

AGENT = """\
from mcollective_py.agent import Agent, action

class Shelf(Agent):
    @action
    def put(self, request, reply):
        reply["here"] = [request["what"], self.node.identity, self.config.get("size")]
"""
TESTS = """\
import socket
import pytest
from mcollective_py.testing import NodeView, assert_missing, assert_ok

pytest_plugins = ["mcollective_py.testing.pytest_plugin"]

@pytest.fixture
def agent_config():
    return {"size": "3"}

def test_the_agent_of_the_folder(agent, agent_problems):
    assert agent_problems == []
    assert_ok(agent.call("put", what="book"), here=["book", "node1.example.net", "3"])
    assert_missing(agent.call("put"))

class TestElsewhere:
    @pytest.fixture
    def agent_node(self):
        return NodeView("web9")

    def test_on_another_node(self, agent):
        assert_ok(agent.call("put", what="book"), here=["book", "web9", "3"])

def test_on_a_collective(collective):
    collective.add("web1", "web2")
    assert sorted(result.sender for result in collective.rpcclient("shelf").put(what="book")) == ["web1", "web2"]

def test_two_collectives_are_apart(new_collective):
    one, other = new_collective(), new_collective()
    one.add("web1")
    assert other.client().discover(timeout=0.2).nodes == ()

def test_the_broker_listens(stomp_broker):
    socket.create_connection((stomp_broker.host, stomp_broker.port), 10).close()

def test_what_fails(agent):
    assert_ok(agent.call("put"))
"""


@pytest.fixture
def shelf(pytester):
    folder = pytester.mkdir("agents") / "shelf"
    (folder / "tests").mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT)
    (folder / "ddl.yaml").write_text(DDL)
    return folder


def test_an_author_has_fixtures_for_the_agent_of_the_folder(pytester, shelf):
    (shelf / "tests" / "test_agent.py").write_text(TESTS)
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["*not OK: status 3, 'put needs the input what'*"])


def test_elsewhere_the_folder_has_to_be_named(pytester, shelf):
    plugin = 'pytest_plugins = ["mcollective_py.testing.pytest_plugin"]\n'
    pytester.makepyfile(f"{plugin}def test_agent(agent): pass\n")
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*lies in no agent's folder: override the fixture agent_folder*"])
