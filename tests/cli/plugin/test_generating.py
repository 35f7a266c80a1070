import json

import pytest

from mcollective_py.cli.plugin.generating import generate
from mcollective_py.config import Config
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.errors import UsageError

METADATA = """\
plugin.metadata.author = The site <ops@example.net>
plugin.metadata.license = GPLv3
plugin.metadata.version = 2.0
plugin.metadata.timeout = 33
"""


def test_the_configuration_and_then_the_options_say_the_metadata(tmp_path, options):
    config = Config.from_text(METADATA, "client")
    assert generate(["agent", "greeter"], config, options("generate", "-o", str(tmp_path), "--license", "MIT")) == 0
    data = ddl_from_yaml((tmp_path / "greeter" / "ddl.yaml").read_text(), "greeter").metadata
    assert (data.author, data.license, data.version, data.timeout) == ("The site <ops@example.net>", "MIT", "2.0", 33.0)


def test_the_historic_spelling_will_do(tmp_path, options, capsys):
    generate(["agent", "greeter", "actions=start,stop"], None, options("generate", "-o", str(tmp_path), "--json"))
    assert json.loads(capsys.readouterr().out)["files"] == ["README.md", "agent.py", "ddl.yaml", "tests/test_agent.py"]
    assert sorted(ddl_from_yaml((tmp_path / "greeter" / "ddl.yaml").read_text(), "greeter").actions) == ["start", "stop"]
    assert generate(["data", "outputs=free"], None, options("generate", "-n", "slots", "-o", str(tmp_path))) == 0


def test_nothing_is_ever_written_over(plugin, options):
    folder = plugin("agent", "greeter")
    before = (folder / "agent.py").read_text()
    with pytest.raises(UsageError, match=r"has README\.md in it: nothing is written over"):
        generate(["agent", "greeter", "actions=other"], None, options("generate", "-o", str(folder.parent)))
    assert (folder / "agent.py").read_text() == before


def test_a_file_in_the_way_is_named(tmp_path, options):
    (tmp_path / "greeter").touch()
    with pytest.raises(UsageError, match="greeter cannot be made: there is a file of that name"):
        generate(["agent", "greeter"], None, options("generate", "-o", str(tmp_path)))


@pytest.mark.parametrize(
    ("words", "more", "says"),
    [
        ([], (), "what is to be made?"),
        (["knit", "x"], (), "'knit' is no kind of plugin: mco plugin generate agent|data"),
        (["agent"], (), "which name?"),
        (["agent", "Bad-Name"], (), "a plugin's name is lower case letters"),
        (["agent", "../x"], (), "a plugin's name is lower case letters"),
        (["agent", "class"], (), "a plugin's name is lower case letters"),
        (["agent", "x", "y"], (), "one name"),
        (["agent", "x"], ("-n", "y"), "one name"),
        (["agent", "x", "actions=a b"], (), "the name of an action is letters"),
        (["agent", "x", "actions=import"], (), "Python or the agent itself has a meaning"),
        (["agent", "x", "actions=fact"], (), "Python or the agent itself has a meaning"),
        (["agent", "x", "actions=after_processing"], (), "Python or the agent itself has a meaning"),
        (["agent", "x", "actions=a,a"], (), "an action stands there twice"),
        (["agent", "x", "actions=done"], ("--external", "sh"), "the shell has a meaning"),
        (["agent", "x"], ("--outputs", "a"), "--outputs are a data plugin's"),
        (["data", "x"], (), "a data plugin has at least one output"),
        (["data", "x"], ("--actions", "a"), "--actions are an agent's"),
        (["data", "fstat"], ("--outputs", "a"), "every host has the data fstat already"),
        (["validator", "shellsafe"], (), "every host has the validator shellsafe already"),
        (["facts", "x"], ("--external", "perl"), "--external is for agents"),
        (["agent", "x"], ("--timeout", "never"), "--timeout: 'never' are no seconds"),
        (["agent", "x"], ("--timeout", "0"), "--timeout: '0' are no seconds"),
        (["agent", "x"], ("--author", "a\nb"), "--author: one line of text"),
        (["agent", "x"], ("--description", "\x1b[2J"), "--description: one line of text"),
    ],
)
def test_words_that_will_not_do_make_nothing(tmp_path, options, words, more, says):
    with pytest.raises(UsageError) as refused:
        generate(words, None, options("generate", "-o", str(tmp_path), *more))
    assert says in str(refused.value)
    assert list(tmp_path.iterdir()) == []
