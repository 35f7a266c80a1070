import json

import pytest

from mcollective_py.cli.commands import application_files, load_application
from mcollective_py.cli.completion.declared import Declared
from mcollective_py.cli.completion.sources import Machine
from mcollective_py.cli.options import parser_for

DDL = """\
metadata: {name: paint, description: Paints hosts, author: a, license: b, version: "1", url: c, timeout: 5}
actions:
  - action: coat
    description: One coat of it
    input:
      colour: {prompt: c, description: Which colour, type: list, list: [red, dark blue]}
      dry: {prompt: d, description: Wait, type: boolean, optional: true}
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    agent = tmp_path / "lib" / "agents" / "paint"
    agent.mkdir(parents=True)
    (agent / "ddl.yaml").write_text(DDL)
    ruby = tmp_path / "lib" / "mcollective" / "agent"
    ruby.mkdir(parents=True)
    (ruby / "old.ddl").write_text(
        'metadata :name => "old", :description => "Old", :author => "a", :license => "b", :version => "1", :url => "c", :timeout => 5\n'
        'action "go", :description => "Goes" do\nend\n'
    )
    (tmp_path / "lib" / "discovery" / "ours").mkdir(parents=True)
    config = tmp_path / "client.cfg"
    config.write_text(f"collectives = mcollective, uk\nlibdir = {tmp_path / 'lib'}\n")
    return Machine(str(config))


def test_agents_of_every_kind_are_found(machine):
    assert {"paint", "old", "rpcutil", "echo"} <= {found.word for found in machine.named("agents")}
    described = dict(machine.described_agents())
    assert (described["paint"], described["old"]) == ("Paints hosts", "Old")


def test_actions_and_inputs_come_out_of_the_ddl(machine):
    assert [tuple(found) for found in machine.actions("paint")] == [("coat", "One coat of it")]
    assert [tuple(found) for found in machine.actions("old")] == [("go", "Goes")]
    assert [tuple(found) for found in machine.inputs("paint", "coat")] == [
        ("colour", "Which colour", ("red", "dark blue")),
        ("dry", "Wait", ("true", "false")),
    ]


def test_a_changed_ddl_is_read_anew_and_a_broken_one_has_no_actions(machine, tmp_path):
    assert list(machine.actions("paint"))
    (tmp_path / "lib" / "agents" / "paint" / "ddl.yaml").write_text("broken")
    assert list(machine.actions("paint")) == []
    assert list(machine.actions("nosuch")) == list(machine.inputs("nosuch", "x")) == []


def test_hosts_are_those_that_have_answered_before(machine, tmp_path):
    known = tmp_path / "cache" / "mcollective_py" / "known"
    known.mkdir(parents=True)
    (known / "a.json").write_text(json.dumps({"hosts": {"web1": 1, "db1": 2, "evil $(x)": 3}, "full_window": None}))
    (known / "b.json").write_text(json.dumps({"hosts": {"web2": 1}}))
    (known / "c.json").write_text("broken")
    assert [found.word for found in machine.named("hosts")] == ["db1", "web1", "web2"]


def test_collectives_methods_and_data_plugins(machine):
    assert [found.word for found in machine.named("collectives")] == ["mcollective", "uk"]
    assert {"mc", "ours"} <= {found.word for found in machine.named("methods")}
    assert {"fstat", "agent"} <= {found.word for found in machine.named("data")}


@pytest.mark.parametrize("name", sorted(application_files()))
def test_what_a_command_takes_is_what_its_parser_takes_kept_or_not(machine, name):
    application = load_application(name, application_files()[name])
    expected = Declared.of_parser(parser_for(name, application), application.actions)
    assert machine.declared(name) == expected
    assert machine.declared(name) == expected


def test_an_unknown_command_takes_nothing(machine):
    assert machine.declared("nosuch") is None
