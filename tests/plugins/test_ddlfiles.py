import json
import os

import pytest

from mcollective_py.ddl.model import DataDDL, PluginDDL
from mcollective_py.errors import DDLError, NoSuchPlugin
from mcollective_py.plugins.ddlfiles import agent_ddl, data_ddl, is_plain, read_ddl, read_folder_ddl, read_plugin

HEAD = 'metadata :name => "Title", :description => "%s", :author => "a", :license => "l", :version => "1", :url => "u", :timeout => 5\n'
SERVICE = HEAD + 'action "status", :description => "Its state"\n'
YAML = """\
metadata: {name: service, description: ours, author: a, license: l, version: "1", url: u, timeout: 5}
actions:
  - {action: status, description: Its state, impact: read}
"""
JSON = {
    "metadata": {
        "name": "service",
        "description": "from json",
        "author": "a",
        "license": "l",
        "version": "1",
        "url": "u",
        "timeout": 5,
    },
    "actions": [{"action": "status", "description": "Its state", "more": 1}],
}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_ruby_libdir_is_read_in_both_of_its_layouts(tmp_path):
    write(tmp_path / "a" / "mcollective" / "agent" / "service.ddl", SERVICE % "deep")
    write(tmp_path / "b" / "agent" / "service.ddl", SERVICE % "flat")
    for libdir, says in (("a", "deep"), ("b", "flat")):
        ddl = agent_ddl("service", [tmp_path / libdir])
        assert (ddl.metadata.name, ddl.metadata.description, list(ddl.actions)) == ("service", says, ["status"])


def test_choria_s_json_is_read_and_ruby_s_file_before_it(tmp_path):
    folder = tmp_path / "mcollective" / "agent"
    write(folder / "service.json", json.dumps(JSON))
    ddl = agent_ddl("service", [tmp_path])
    assert (ddl.metadata.description, ddl.notes) == ("from json", ("service.json: actions[0].more: unknown key: it is left out",))
    write(folder / "service.ddl", SERVICE % "from ruby")
    assert agent_ddl("service", [tmp_path]).metadata.description == "from ruby"


def test_a_ruby_file_with_code_in_it_gives_way_to_the_json_beside_it(tmp_path):
    write(tmp_path / "agent" / "service.ddl", SERVICE % "x" + "if true\nend\n")
    with pytest.raises(DDLError, match=r"service\.ddl:3:1: if is code"):
        agent_ddl("service", [tmp_path])
    write(tmp_path / "agent" / "service.json", json.dumps(JSON))
    ddl = agent_ddl("service", [tmp_path])
    assert ddl.metadata.description == "from json"
    assert ddl.notes[0].startswith("service.ddl:3:1: if is code") and ddl.notes[0].endswith("; service.json beside it is read")


def test_the_first_libdir_wins_whatever_it_has(tmp_path):
    write(tmp_path / "ours" / "agents" / "service" / "ddl.yaml", YAML)
    write(tmp_path / "ruby" / "agent" / "service.ddl", SERVICE % "ruby")
    assert agent_ddl("service", [tmp_path / "ours", tmp_path / "ruby"]).metadata.description == "ours"
    assert agent_ddl("service", [tmp_path / "ruby", tmp_path / "ours"]).metadata.description == "ruby"


def test_an_agent_that_is_not_there_is_answered_with_the_nearest(tmp_path):
    write(tmp_path / "agent" / "service.ddl", SERVICE % "x")
    with pytest.raises(DDLError, match=r"servce: no such agent here: did you mean service\?"):
        agent_ddl("servce", [tmp_path])
    with pytest.raises(DDLError, match=r"qqq: no such agent here: `mco plugin doc` lists those that can be called"):
        agent_ddl("qqq", [tmp_path])


def test_a_plain_agent_says_how_it_is_called(tmp_path):
    folder = write(tmp_path / "agents" / "parrot" / "agent.py", "").parent
    assert is_plain(folder)
    with pytest.raises(DDLError, match="this is a plain agent, without actions: mco rpc parrot --body VALUE"):
        agent_ddl("parrot", [tmp_path])
    write(folder / "ddl.json", "{}")
    assert not is_plain(folder)


def test_a_folder_may_have_choria_s_json_which_a_host_reads_strictly(tmp_path):
    folder = write(tmp_path / "agents" / "service" / "ddl.json", json.dumps(JSON)).parent
    assert read_ddl(folder).metadata.description == "from json"
    with pytest.raises(DDLError, match=r"ddl.json: actions\[0\].more: unknown key"):
        read_folder_ddl(folder, is_strict=True)
    write(folder / "ddl.yaml", YAML)
    assert read_folder_ddl(folder, is_strict=True).metadata.description == "ours"


def test_no_ruby_file_is_a_host_s(tmp_path):
    folder = write(tmp_path / "agents" / "service" / "service.ddl", SERVICE % "x").parent
    with pytest.raises(DDLError, match=r"there is no ddl.yaml in its folder"):
        read_folder_ddl(folder, is_strict=True)


def test_data_plugins_are_ours_and_those_of_ruby_libdirs(tmp_path):
    stock = HEAD % "x" + 'dataquery :description => "Stock" do\noutput :count, :description => "c", :display_as => "C"\nend\n'
    write(tmp_path / "mcollective" / "data" / "stock_data.ddl", stock)
    write(tmp_path / "mcollective" / "data" / "fact_data.ddl", stock)
    write(tmp_path / "mcollective" / "data" / "odd_data.ddl", SERVICE % "x")
    assert (data_ddl("stock", [tmp_path]).description, data_ddl("stock", [tmp_path]).query) == ("Stock", None)
    assert "exists" in data_ddl("fact", [tmp_path]).outputs
    with pytest.raises(DDLError, match="this is no data plugin"):
        data_ddl("odd", [tmp_path])
    with pytest.raises(DDLError, match=r"no such data plugin here: there are agent, collective, .*fact, .*fstat, .*odd, .*stock"):
        data_ddl("nosuch", [tmp_path])


def test_a_file_of_any_kind_is_read_for_what_it_is(tmp_path):
    assert isinstance(read_plugin(write(tmp_path / "x.ddl", HEAD % "x"), "x"), PluginDDL)
    assert isinstance(read_plugin(write(tmp_path / "y.ddl", HEAD % "x" + 'dataquery :description => "d"'), "y"), DataDDL)
    with pytest.raises(DDLError, match="this is no agent's DDL: it has no actions"):
        read_ddl(tmp_path / "x.ddl")


def test_files_that_are_none_are_refused(tmp_path):
    (tmp_path / "agent").mkdir()
    os.mkfifo(tmp_path / "agent" / "pipe.ddl")
    with pytest.raises(DDLError, match=r"pipe\.ddl is not a regular file"):
        agent_ddl("pipe", [tmp_path])
    write(tmp_path / "agent" / "large.ddl", "#" * (1024 * 1024 + 1))
    with pytest.raises(DDLError, match="has 1048577 bytes, the limit is 1048576"):
        agent_ddl("large", [tmp_path])


def test_an_agent_is_found_by_another_name_that_it_answers_to(tmp_path):
    write(tmp_path / "agents" / "service" / "ddl.yaml", YAML + "aliases: [svc, old_service]\n")
    write(tmp_path / "agents" / "broken" / "ddl.yaml", "aliases: [svc]\nactions: 5\n")
    assert agent_ddl("svc", [tmp_path]).metadata.name == "service"
    assert agent_ddl("eximng", []).metadata.name == "exim"
    with pytest.raises(NoSuchPlugin):
        agent_ddl("service_", [tmp_path])
