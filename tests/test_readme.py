"""What the README shows is true: its agent answers, its configuration is read, its policy decides."""

import ast
import re
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.node.view import NodeView
from mcollective_py.server.actionpolicy import Asked, decide
from mcollective_py.server.policytext import parse_policy
from mcollective_py.testing import AgentHarness

TREE = Path(__file__).parents[1]
README = (TREE / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def block(first_line: str) -> str:
    """The one block that begins with this line."""
    (found,) = (text for _, text in BLOCKS if text.startswith(first_line))
    return str(found)


@pytest.fixture
def hello(tmp_path: Path) -> AgentHarness:
    folder = tmp_path / "agents" / "hello"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(block("# agents/hello/agent.py"))
    (folder / "ddl.yaml").write_text(block("# agents/hello/ddl.yaml"))
    return AgentHarness(folder, node=NodeView("web1", agents=frozenset({"hello"})))


def test_the_agent_with_actions_answers(hello: AgentHarness):
    reply = hello.call("greet", name="world")
    assert (reply.statuscode, reply.data) == (0, {"greeting": "hello world, this is web1"})


def test_its_ddl_guards_it(hello: AgentHarness):
    assert hello.call("greet", name="a; b").statuscode == 4
    assert hello.call("greet").statuscode == 3


def test_the_smallest_agent_is_the_shipped_one():
    assert block("# agents/echo/agent.py").split("\n", 1)[1] == (TREE / "agents/echo/agent.py").read_text()


@pytest.mark.parametrize("text", [text for language, text in BLOCKS if language == "python"])
def test_every_piece_of_python_can_be_parsed(text: str):
    assert ast.parse(text).body


def test_the_hosts_file_is_read_without_a_complaint():
    config = Config.from_text(block("connector = activemq"), "server", "server.cfg")
    assert config.warnings == ()
    assert config.text("plugin.activemq.pool.1.host") == "broker.example.net"


def test_the_sample_policy_denies_as_shipped_and_allows_what_its_comments_say():
    text = (TREE / "packaging/config/policies/sample.policy").read_text()
    web = NodeView("web1", classes=frozenset({"role::web"}), facts={"environment": "staging"})
    alice = (Asked("cert=alice.mcollective", "restart"), web)
    shipped, taken = (parse_policy(written, "sample.policy") for written in (text, text.replace("#allow", "allow")))
    assert (shipped.problems, shipped.warnings, taken.problems, taken.warnings) == ((), (), (), ())
    assert decide(shipped, *alice).is_allowed is False
    assert decide(taken, *alice).is_allowed is True
    assert decide(taken, Asked("cert=alice.mcollective", "restart"), NodeView("db1", classes=frozenset(), facts={})).is_allowed is False


def test_every_page_of_docs_is_linked():
    pages = {f"docs/{path.name}" for path in (TREE / "docs").glob("*.md")}
    assert pages - set(re.findall(r"\]\(([^)#]+)\)", README)) == set()


def test_the_policy_allows_alice_on_debian_and_nobody_else():
    policy = parse_policy(block("policy default deny"), "hello.policy")
    debian, other = (NodeView("web1", facts={"os": {"family": family}}) for family in ("Debian", "RedHat"))
    assert decide(policy, Asked("cert=alice.mcollective", "greet"), debian).is_allowed is True
    assert decide(policy, Asked("cert=alice.mcollective", "greet"), other).is_allowed is False
    assert decide(policy, Asked("cert=bob.mcollective", "greet"), debian).is_allowed is False
    assert decide(policy, Asked("cert=alice.mcollective", "curse"), debian).is_allowed is False
