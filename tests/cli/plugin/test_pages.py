import pytest

from mcollective_py.cli.plugin.pages import TITLES, entries, kinds_of, names_of, page, refused_of
from mcollective_py.config import Config
from mcollective_py.errors import DDLError, UsageError


@pytest.fixture
def config(plugin, tmp_path):
    for kind, words in (
        ("agent", ()),
        ("data", ("--outputs", "x")),
        ("validator", ()),
        ("aggregate", ()),
        ("discovery", ()),
        ("facts", ()),
    ):
        plugin(kind, f"my_{kind}", "--description", f"My {kind}", "--pluginversion", "1.5", *words)
    return Config.from_text(f"libdir = {tmp_path / 'lib'}\n", "client")


@pytest.mark.parametrize("kind", ["agent", "data", "validator", "aggregate", "discovery", "facts"])
def test_a_plugin_of_the_site_has_its_page_and_none_of_it_is_run(config, tmp_path, kind):
    for code in (tmp_path / "lib").glob(f"*/my_{kind}/*.py"):
        code.write_text(f'raise SystemExit("run")\nclass My{kind.capitalize()}:\n    """My {kind}"""\n    version = "1.5"\n')
    entry = next(one for one in entries(kind, config) if one.name == f"my_{kind}")
    assert (entry.description, entry.broken) == (f"My {kind}", None)
    assert entry.version == "1.5"
    found = page(kind, f"my_{kind}", config)
    assert f"My {kind}" in found.text and found.markdown.startswith(f"# my\\_{kind}")
    title, line = found.text.splitlines()[:2]
    assert len(title) == len(line)


@pytest.mark.parametrize("kind", list(TITLES))
def test_everything_that_is_listed_has_a_page_that_says_something(kind):
    config = Config.from_text("", "client")
    for name in names_of(kind, config):
        assert len(page(kind, name, config).text.splitlines()[3]) > 5, name


def test_a_broken_ddl_is_flagged_with_its_reason(config, tmp_path):
    for kind, folder in (("agent", "agents"), ("validator", "validators"), ("discovery", "discovery")):
        (tmp_path / "lib" / folder / f"my_{kind}" / "ddl.yaml").write_text("metadata: 5\n")
        entry = next(one for one in entries(kind, config) if one.name == f"my_{kind}")
        assert entry.broken is not None and "ddl.yaml" in entry.broken
        with pytest.raises(DDLError):
            page(kind, f"my_{kind}", config)


def test_what_is_refused_is_told(config, tmp_path):
    (tmp_path / "lib" / "aggregates" / "Bad-Name").mkdir()
    (tmp_path / "lib" / "aggregates" / "Bad-Name" / "aggregate.py").touch()
    [one] = refused_of("aggregate", config)
    assert "a plugin's name is lower case letters" in one


def test_a_name_may_be_of_several_kinds_and_a_wrong_one_is_answered():
    config = Config.from_text("", "client")
    assert kinds_of("inventory", config) == ["discovery", "application"]
    with pytest.raises(UsageError, match=r"no such aggregate here: did you mean average\?"):
        page("aggregate", "averige", config)
