import pytest

from mcollective_py.errors import InvalidRPCData, RPCAborted, RPCError
from mcollective_py.node.data import DataPlugins, builtin_data
from mcollective_py.node.view import NodeView

NODE = NodeView(
    identity="web1",
    collectives=("mcollective", "uk"),
    agents=frozenset({"package", "nometa"}),
    facts={"os": {"family": "Debian"}, "cpus": 4, "nothing": None, "roles": ["a", "é"]},
)
METADATA = {
    "package": {"agent": "package", "description": "d", "author": "a", "license": "l", "version": "1", "url": "u", "timeout": 180.0}
}


@pytest.fixture
def plugins():
    return DataPlugins(builtin_data(METADATA.get))


def test_every_host_has_the_four(plugins):
    assert plugins.names == ("agent", "collective", "fact", "fstat")


def test_an_agents_metadata_is_told(plugins):
    assert plugins.query("agent", "package", NODE) == {
        "agent": "package",
        "description": "d",
        "author": "a",
        "license": "l",
        "version": "1",
        "url": "u",
        "timeout": 180.0,
    }


@pytest.mark.parametrize("agent", ["puppet", "nometa", "../x"])
def test_an_agent_that_is_not_known_is_told_as_by_a_ruby_node(plugins, agent):
    with pytest.raises(RPCError, match=f"^No agent called {agent} found$") as told:
        plugins.query("agent", agent, NODE)
    assert told.value.statuscode == 5


def test_membership_in_a_collective_is_told(plugins):
    assert plugins.query("collective", "uk", NODE) == {"member": True}
    assert plugins.query("collective", "de", NODE) == {"member": False}


@pytest.mark.parametrize(
    ("name", "exists", "value", "encoding"),
    [
        ("os.family", True, "Debian", "text/plain"),
        ("cpus", True, "4", "text/plain"),
        ("nothing", True, "", "text/plain"),
        ("os", True, '{"family":"Debian"}', "application/json"),
        ("roles", True, '["a","é"]', "application/json"),
        ("nosuch", False, False, False),
    ],
)
def test_a_fact_is_told_with_its_encoding(plugins, name, exists, value, encoding):
    assert plugins.query("fact", name, NODE) == {"exists": exists, "value": value, "value_encoding": encoding}


def test_a_host_that_knows_no_facts_does_not_say_that_there_is_none(plugins):
    with pytest.raises(RPCAborted, match="no facts are known"):
        plugins.query("fact", "cpus", NodeView(identity="web1", facts=None))


def test_a_file_is_told(plugins, tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert plugins.query("fstat", str(tmp_path / "x"), NODE)["md5"] == "900150983cd24fb0d6963f7d28e17f72"


def test_a_plugin_that_is_not_here_gives_none(plugins):
    assert plugins.query("puppet", None, NODE) is None
    assert plugins.get("puppet") is None


@pytest.mark.parametrize(("query", "wrong"), [(None, "a string"), ("", "not be empty")])
def test_a_query_that_is_needed_and_missing_is_a_wrong_input(plugins, query, wrong):
    with pytest.raises(InvalidRPCData, match=f"^Cannot validate input query: value should .*{wrong}"):
        plugins.query("fact", query, NODE)


class Answer:
    name, description, outputs, query_is_optional = "site", "A site's own", {"count": "How many"}, True

    def __init__(self, answer):
        self.answer = answer

    def query(self, query, node):
        return self.answer


@pytest.mark.parametrize("answer", [{}, {"count": 1, "more": 2}, {"cuont": 1}, {"count": [1]}, {"count": object()}])
def test_an_answer_that_is_not_as_declared_aborts(answer):
    with pytest.raises(RPCAborted, match="site"):
        DataPlugins([Answer(answer)]).query("site", None, NODE)


def test_the_first_plugin_of_a_name_wins():
    assert DataPlugins([Answer({"count": 1}), Answer({"count": 2})]).query("site", None, NODE) == {"count": 1}
