import pytest

from mcollective_py.cli.plugin.metadata import ddl_of, discovery_ddl, metadata_of, said_by_class
from mcollective_py.cli.plugin.source import read_sources
from mcollective_py.errors import DDLError


def test_the_ddl_says_it(plugin):
    [source] = read_sources(plugin("agent", "greeter", "--author", "Ann", "--pluginversion", "1.2", "--timeout", "7"))
    data = metadata_of(source)
    assert (data.name, data.author, data.version, data.timeout) == ("greeter", "Ann", "1.2", 7.0)
    assert sorted(ddl_of(source).actions) == ["status"]


def test_without_a_ddl_the_class_says_it_and_is_not_run(tmp_path):
    folder = tmp_path / "echo"
    folder.mkdir()
    (folder / "agent.py").write_text('raise SystemExit\nclass Echo:\n    """Says it again."""\n    version = "3"\n    timeout = 2\n')
    data = metadata_of(read_sources(folder)[0])
    assert (data.description, data.version, data.timeout) == ("Says it again.", "3", 2.0)


def test_a_discovery_method_says_what_it_can_find_by():
    ddl = discovery_ddl("metadata: {name: racks, version: '2'}\ncapabilities: [facts, identity]\n", "racks")
    assert (ddl.metadata.version, ddl.capabilities) == ("2", ("facts", "identity"))
    with pytest.raises(DDLError, match="must be racks, as the folder is called"):
        discovery_ddl("metadata: {name: other}\ncapabilities: [facts]\n", "racks")


def test_a_data_plugin_cannot_do_without_a_ddl(plugin):
    folder = plugin("data", "slots", "--outputs", "free")
    (folder / "ddl.yaml").unlink()
    with pytest.raises(DDLError, match=r"there is no ddl\.yaml"):
        metadata_of(read_sources(folder)[0])


@pytest.mark.parametrize("text", ["class A(", "a\0b", "(" * 5000, ""])
def test_a_source_that_is_no_python_says_nothing(text):
    assert said_by_class(text, "A").description == ""
