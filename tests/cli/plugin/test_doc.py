import json

import pytest

from mcollective_py.cli.plugin.doc import doc, doc_file
from mcollective_py.config import Config
from mcollective_py.errors import UsageError


@pytest.fixture
def config(tmp_path, plugin):
    for kind, name in (("validator", "twice"), ("aggregate", "twice"), ("agent", "sum")):
        plugin(kind, name)
    return Config.from_text(f"libdir = {tmp_path / 'lib'}\n", "client")


def test_the_list_has_every_kind_and_flags_what_is_broken(config, options, capsys, tmp_path):
    (tmp_path / "lib" / "agents" / "sum" / "ddl.yaml").write_text("metadata: 5\n")
    assert doc(None, config, options("doc")) == 0
    out = capsys.readouterr().out
    assert [line.partition(":")[0] for line in out.splitlines() if line and line[0] != " "] == [
        "Agents", "Data plugins", "Aggregates", "Discovery methods", "Facts sources", "Validators", "Connectors", "Security plugins",
    ]  # fmt: skip
    assert "  sum                  BROKEN: sum: ddl.yaml:1: " in out


def test_the_list_as_json_and_as_markdown(config, options, capsys):
    doc(None, config, options("doc", "--json"))
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {
        "agents", "data", "aggregates", "discovery", "facts", "validators", "connectors", "security", "applications", "refused",
    }  # fmt: skip
    doc("connector/", config, options("doc", "--markdown"))
    assert capsys.readouterr().out.startswith("## Connectors\n\n| Name | Description |\n|---|---|\n| `activemq` | ")


def test_a_name_of_several_kinds_must_say_which_and_an_agent_comes_first(config, options, capsys):
    with pytest.raises(UsageError, match="twice is several: write aggregate/twice or validator/twice"):
        doc("twice", config, options("doc"))
    assert doc("validator/twice", config, options("doc")) == 0
    assert doc("sum", config, options("doc")) == 0
    assert "\nsum agent\n" in capsys.readouterr().out


def test_what_a_plugin_says_cannot_move_the_cursor(config, options, capsys, tmp_path):
    file = tmp_path / "lib" / "validators" / "twice" / "validator.py"
    file.write_text('class Twice:\n    """a\\x1b[2Jb"""\n')
    (file.parent / "ddl.yaml").unlink()
    for words in ((), ("--markdown",)):
        doc("validator/twice", config, options("doc", *words))
        assert "\x1b" not in capsys.readouterr().out


def test_any_file_of_ruby_is_told_of(tmp_path, options, capsys):
    file = tmp_path / "odd.ddl"
    file.write_text('metadata :name => "Odd", :description => "An odd one", :author => "a", :license => "l", :version => "2", '
                    ':url => "u", :timeout => 5\n')  # fmt: skip
    assert doc_file(file, options("doc", "--markdown")) == 0
    assert capsys.readouterr().out.startswith("# odd plugin\n\nAn odd one\n")
