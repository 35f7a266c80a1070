import json

import pytest

from mcollective_py.cli.plugin.listing import list_plugins
from mcollective_py.config import Config
from mcollective_py.errors import UsageError
from mcollective_py.plugins.finder import shipped_libdir


@pytest.fixture
def rows(tmp_path, plugin, options, capsys):
    plugin("agent", "greeter", "--pluginversion", "1.5")
    plugin("agent", "rpcutil")

    def rows(settings="", kind=None):
        list_plugins(kind, Config.from_text(f"libdir = {tmp_path / 'lib'}\n{settings}", "client"), options("list", "--json"))
        return {(row["kind"], row["name"], row["libdir"]): (row["version"], row["unused"])
                for row in json.loads(capsys.readouterr().out)["plugins"]}  # fmt: skip

    return rows


def test_version_origin_and_what_hides_what(rows, tmp_path):
    lib, found = str(tmp_path / "lib"), rows()
    assert found["agent", "greeter", lib] == ("1.5", None)
    assert found["agent", "rpcutil", lib] == ("0.1.0", None)
    [hidden] = [unused for (kind, name, libdir), (_, unused) in found.items() if name == "rpcutil" and libdir != lib]
    assert hidden == f"hidden by {lib}"
    assert found["validator", "shellsafe", None] == (None, None)


def test_in_an_installed_copy_whose_plugins_lie_within_it_none_hides_itself(rows, monkeypatch):
    monkeypatch.setattr("mcollective_py.cli.plugin.pages._PACKAGE", shipped_libdir())
    found = rows(kind="facts")
    assert {(name, libdir) for _, name, libdir in found} == {(name, str(shipped_libdir())) for name in ("facter", "native", "yaml")}
    assert not any((unused or "").startswith("hidden") for _, unused in found.values())


def test_why_one_is_not_used(rows, tmp_path):
    lib = str(tmp_path / "lib")
    (tmp_path / "lib" / "agents" / "rpcutil" / "ddl.yaml").write_text("metadata: 5\n")
    found = rows("plugin.greeter.activate_agent = false\nconnector = stomp\n")
    assert found["agent", "greeter", lib] == ("1.5", "plugin.greeter.activate_agent is false")
    assert (found["agent", "rpcutil", lib][1] or "").startswith("broken: rpcutil: ddl.yaml:1: ")
    assert found["connector", "activemq", None][1] == "connector is stomp"
    assert found["connector", "stomp", None][1] is None


def test_ruby_agents_are_for_calls_alone(tmp_path, rows):
    (tmp_path / "lib" / "agent").mkdir()
    (tmp_path / "lib" / "agent" / "nagios.ddl").write_text(
        'metadata :name => "N", :description => "d", :author => "a", :license => "l", :version => "2", :url => "u", :timeout => 5\n'
        'action "go", :description => "d" do\nend\n'
    )
    assert rows(kind="agent")["agent", "nagios", str(tmp_path / "lib")] == ("2", "for calls alone: a DDL of Ruby or Choria")


def test_it_is_a_table_for_people(options, capsys):
    assert list_plugins("connector", Config.from_text("", "client"), options("list")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["KIND", "NAME", "VERSION", "FROM", "STATE"]
    assert len(lines) == 4 and len({line.index("mcollective_py") for line in lines[1:]}) == 1


def test_a_kind_that_is_none_is_answered(options):
    with pytest.raises(UsageError, match="'knit' is no kind of plugin: there are agent, data"):
        list_plugins("knit", Config.from_text("", "client"), options("list"))
