import logging
import os
import threading
from dataclasses import replace

import pytest

from mcollective_py.errors import DDLError, InvalidRPCData, PluginError, RPCAborted
from mcollective_py.node.deadline import Deadlines
from mcollective_py.node.view import DataSource, NodeView
from mcollective_py.plugins.sitedata import DataIndex, load_data, load_one

VIEW = NodeView("web1", facts={"os": {"family": "Debian"}})
DDL = """\
metadata: {name: stock, description: What is in stock, author: A, license: L, version: "1", url: U, timeout: 2}
dataquery:
  description: What is in stock of a thing
  input:
    query: {prompt: Thing, description: The thing, type: string, validation: "^[a-z]+$", maxlength: 20}
  output:
    count: {description: How many, display_as: Count, type: integer, default: 0}
    place: {description: Where, display_as: Place}
"""
CODE = """\
from mcollective_py.node.data import Data, RPCAborted

class Stock(Data):
    def query(self, query):
        {body}
"""


@pytest.fixture(autouse=True)
def umask():
    old = os.umask(0o022)
    yield
    os.umask(old)


def write(libdir, body="return {'count': len(query), 'place': self.fact('os.family')}", ddl=DDL, name="stock", code=CODE):
    folder = libdir / "data" / name
    folder.mkdir(parents=True)
    (folder / "data.py").write_text(code.replace("{body}", body))
    (folder / "ddl.yaml").write_text(ddl)
    return folder


def one(tmp_path, *args, **more):
    return load_one(DataSource("stock", write(tmp_path, *args, **more), {"shelf": "3"}))


def test_a_query_gives_every_declared_output(tmp_path):
    stock = one(tmp_path)
    assert stock.query("nails", VIEW) == {"count": 5, "place": "Debian"}
    assert (stock.name, stock.query_is_optional, stock.outputs["place"]) == ("stock", False, "Where")


def test_outputs_left_alone_have_their_default(tmp_path):
    assert one(tmp_path, "return {}").query("nails", VIEW) == {"count": 0, "place": None}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return {'cuont': 1}", "gave cuont, which its DDL does not declare"),
        ("return {'count': '5'}", r"gave count, which must be a whole number"),
        ("return {'place': [1]}", "gave place as list, which no filter can compare"),
        ("return {'place': float('nan')}", "gave place as float"),
        ("return {'place': b'x'}", "gave place as bytes"),
        ("return {'place': 'x' * 100_000}", "gave place with 100000 characters"),
        ("return None", "gave a NoneType and no mapping of outputs"),
        ("return 1 / 0", "the data plugin stock failed: ZeroDivisionError: division by zero"),
        ("raise RPCAborted('no store here')", "no store here"),
    ],
)
def test_an_answer_that_the_ddl_does_not_allow_is_none(tmp_path, body, says, caplog):
    caplog.set_level(logging.CRITICAL)
    with pytest.raises(RPCAborted, match=says):
        one(tmp_path, body).query("nails", VIEW)


@pytest.mark.parametrize(
    ("query", "says"), [(None, "needs a query"), ("Nails", "must match"), ("nails\n", "must match"), ("x" * 21, "21 characters")]
)
def test_a_query_that_the_ddl_does_not_allow_is_refused(tmp_path, query, says):
    with pytest.raises(InvalidRPCData, match=says):
        one(tmp_path).query(query, VIEW)


def test_a_query_reaches_the_plugin_in_its_type(tmp_path):
    ddl = DDL.replace('type: string, validation: "^[a-z]+$", maxlength: 20', "type: integer, default: 7")
    stock = one(tmp_path, "return {'count': query + 1}", ddl)
    assert [stock.query("41", VIEW)["count"], stock.query(1, VIEW)["count"], stock.query(None, VIEW)["count"]] == [42, 2, 8]
    assert stock.query_is_optional


def test_a_plugin_finds_its_settings_and_logger(tmp_path):
    assert (
        one(tmp_path, "return {'place': self.config['shelf'] + self.logger.name}").query("a", VIEW)["place"]
        == "3mcollective_py.data.stock"
    )


def test_a_plugin_that_hangs_costs_its_own_query_and_no_more(tmp_path):
    release = threading.Event()
    folder = write(tmp_path, ddl=DDL.replace("timeout: 2", "timeout: 0.05"))
    stock = load_one(DataSource("stock", folder), Deadlines().call)
    stock._cls.query = lambda self, query: release.wait(30)
    with pytest.raises(RPCAborted, match=r"the data plugin stock gave no answer within 0\.05 s"):
        stock.query("nails", VIEW)
    release.set()


def loaded(libdir, settings=None):
    """What one libdir has, without the plugins that come with the package."""
    found = load_data([libdir], lambda name: (settings or {}).get(name, {}), VIEW)
    own = tuple(plugin for plugin in found.plugins if plugin.source.folder.is_relative_to(libdir))
    names = {path.name for path in libdir.rglob("data/*")}
    return replace(found, plugins=own, inactive=tuple(name for name in found.inactive if name in names))


def test_all_that_load_are_there_and_a_broken_one_keeps_none_away(tmp_path):
    write(tmp_path)
    write(tmp_path, name="broken", code="1/0")
    write(tmp_path, name="fact", ddl=DDL.replace("name: stock", "name: fact"))
    write(
        tmp_path / "agents" / "store", name="shelf", ddl=DDL.replace("name: stock", "name: shelf"), code=CODE.replace("Stock", "Shelf")
    )
    found = loaded(tmp_path)
    assert [plugin.name for plugin in found.plugins] == ["shelf", "stock"]
    assert [error.plugin for error in found.skipped] == ["broken", "fact"]


def test_one_that_an_agent_carries_has_the_agents_settings_and_its_own(tmp_path):
    folder = write(tmp_path / "agents" / "shop", "return {'place': self.config['a'] + self.config['b']}")
    (folder.parents[1] / "agent.py").touch()
    found = loaded(tmp_path, {"shop": {"a": "shop", "b": "shop"}, "stock": {"b": "stock"}})
    assert found.plugins[0].query("nails", VIEW)["place"] == "shopstock"


def test_activate_when_says_whether_it_is_wanted(tmp_path):
    code = CODE + '\n    @classmethod\n    def activate_when(cls, node, config):\n        return bool(config["on"])\n'
    write(tmp_path, code=code)
    assert loaded(tmp_path, {"stock": {"on": ""}}).inactive == ("stock",)
    assert [plugin.name for plugin in loaded(tmp_path, {"stock": {"on": "1"}}).plugins] == ["stock"]
    assert "activate_when: KeyError" in str(loaded(tmp_path).skipped[0])


def test_a_folder_with_nothing_but_a_ddl_is_a_clients(tmp_path):
    (write(tmp_path) / "data.py").unlink()
    assert loaded(tmp_path) == DataIndex()


@pytest.mark.parametrize(
    ("code", "ddl", "says"),
    [
        ("class Stock:\n    pass\n", DDL, "does not inherit Data"),
        (CODE, DDL.replace("dataquery", "data_query"), "unknown key, did you mean dataquery"),
        (CODE, DDL.replace("^[a-z]+$", "asset_tag"), "wants the unknown validator asset_tag"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(tmp_path, code, ddl, says):
    with pytest.raises((PluginError, DDLError), match=says):
        one(tmp_path, code=code, ddl=ddl)
