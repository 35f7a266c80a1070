import os

import pytest

from mcollective_py.errors import RPCError
from mcollective_py.node.data import DataPlugins, builtin_data
from mcollective_py.node.view import DataSource, NodeView
from mcollective_py.server.callwire import decode_view, encode_view

CODE = "from mcollective_py.node.data import Data\nclass Stock(Data):\n    def query(self, query): return {'pid': self.config['x']}\n"
DDL = """\
metadata: {name: stock, description: d, author: a, license: l, version: "1", url: u, timeout: 2}
dataquery: {description: d, output: {pid: {description: d, display_as: P}}}
"""
METADATA = {"echo": {"agent": "echo", "description": "d", "author": "a", "license": "l", "version": "1", "url": "u", "timeout": 2}}


@pytest.fixture
def view(tmp_path):
    old = os.umask(0o022)
    folder = tmp_path / "data" / "stock"
    folder.mkdir(parents=True)
    (folder / "data.py").write_text(CODE)
    (folder / "ddl.yaml").write_text(DDL)
    os.umask(old)
    plugins = DataPlugins(builtin_data(METADATA.get))
    there = NodeView("web1", agents=frozenset({"echo", "odd"}), facts={"country": "uk"})
    return NodeView(
        "web1",
        agents=there.agents,
        facts=there.facts,
        data_plugins=(*plugins.names, "stock"),
        data=lambda name, query: plugins.query(name, query, there),
        data_sources=(DataSource("stock", folder, {"x": "y"}),),
    )


def test_a_child_asks_the_same_data_plugins(view):
    child = decode_view(encode_view(view))
    assert child.data("fact", "country")["value"] == "uk"
    assert child.data("collective", "mcollective") == {"member": True}
    assert child.data("agent", "echo")["version"] == "1"
    assert child.data("stock", None) == {"pid": "y"}
    assert child.data("absent", None) is None


def test_an_agent_that_says_nothing_of_itself_is_unknown_there_too(view):
    with pytest.raises(RPCError, match="No agent called odd found"):
        decode_view(encode_view(view)).data("agent", "odd")


def test_a_host_without_data_plugins_has_none_in_a_child():
    assert decode_view(encode_view(NodeView("web1"))).data("fact", "country") is None
