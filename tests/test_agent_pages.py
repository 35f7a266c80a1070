"""The pages about our agents have one shape, and what they show can be typed: commands, policies, names of actions."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from mcollective_py.cli.agentapplication import AgentApplication
from mcollective_py.cli.commands import application_files, load_application
from mcollective_py.cli.options import Parser, parse, parser_for
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.server.policytext import parse_policy

TREE = Path(__file__).parents[1]
FOLDERS = {path.parent.name: path.parent for path in sorted(TREE.glob("agents/*/agent.py"))}
WITH_COMMANDS = [name for name, folder in FOLDERS.items() if (folder / "application.py").exists()]
PAGES = [*sorted(TREE.glob("agents/*/README.md")), *sorted(TREE.glob("docs/*.md")), TREE / "README.md"]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    return (FOLDERS[name] / "README.md").read_text()


def actions_of(name: str) -> set[str]:
    return set(ddl_from_yaml((FOLDERS[name] / "ddl.yaml").read_text(), name).actions)


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_a_page_says_what_it_is_then_shows_it_then_has_actions_then_settings(name: str):
    text = page(name)
    headings = re.findall(r"^## (\w+)", text, re.MULTILINE)
    assert text.startswith(f"# {name}\n\n")
    assert f"$ mco {name} " in text
    assert headings.index("Actions") < headings.index("Settings")


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_a_page_names_every_action(name: str):
    named = set(re.findall(r"`(\w+)", page(name)))
    assert actions_of(name) - named == set()


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_the_list_of_commands_has_it(name: str):
    assert f"[`mco {name}`](../agents/{name}/README.md)" in (TREE / "docs/commands.md").read_text()


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_the_tab_key_offers_only_what_the_help_names(name: str):
    application = load_application(name, application_files()[name])
    assert isinstance(application, AgentApplication)
    text = parser_for(name, application).format_help()
    assert [action for action in application.actions if not re.search(rf"\b{action}\b", text)] == []


def test_the_list_of_plugins_has_every_data_plugin():
    listed = (TREE / "docs/plugins.md").read_text()
    missing = [path.name for path in TREE.glob("agents/*/data/*") if (path / "data.py").exists() and f"`{path.name}`" not in listed]
    assert missing == []


def shown_commands() -> list[tuple[str, str]]:
    """Page and command line of every `$ mco ...` that is no pattern of one."""
    lines = [
        (str(path.relative_to(TREE)), line[2:].partition("  # ")[0].strip())
        for path in PAGES
        for _, block in BLOCK.findall(path.read_text())
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("$ mco ")
    ]
    return [(place, line) for place, line in lines if not re.search(r"\.\.\.|\s(\||>|<|&&)\s|[A-Z]{4,}\b(?!=)", line.partition("'")[0])]


@pytest.mark.parametrize(("place", "line"), sorted(set(shown_commands())), ids=lambda text: text if text.startswith("mco") else "")
def test_every_command_that_a_page_shows_can_be_typed(place: str, line: str):
    _, name, *words = shlex.split(line)
    files = application_files()
    if name not in files:  # of an agent that a page makes up
        return
    application = load_application(name, files[name])
    parser: Parser = parser_for(name, application)
    options = parse(parser, words)
    if isinstance(application, AgentApplication) and type(application).run is AgentApplication.run:
        action, inputs = application.call(options)
        declared = ddl_from_yaml((FOLDERS[application.agent] / "ddl.yaml").read_text(), application.agent).actions[action]
        assert set(inputs) <= set(declared.inputs), place


def shown_policies() -> list[tuple[str, str]]:
    found = []
    for path in PAGES:
        for _, block in BLOCK.findall(path.read_text()):
            if re.search(r"^policy default ", block, re.MULTILINE):
                about = re.search(r"^# policies/(\w+)\.policy", block)
                found.append((about[1] if about else path.parent.name, block))
    return found


@pytest.mark.parametrize(("agent", "text"), shown_policies())
def test_every_policy_that_a_page_shows_can_be_read_and_names_actions_that_there_are(agent: str, text: str):
    policy = parse_policy(text, "shown.policy")
    assert (policy.problems, policy.warnings) == ((), ())
    if agent in WITH_COMMANDS:
        named = {word for line in text.splitlines() if line.startswith(("allow", "deny")) for word in line.split("\t")[2].split()}
        assert named - {"*"} <= actions_of(agent)


def test_every_agent_has_the_same_facts_about_itself():
    for name in WITH_COMMANDS:
        about = yaml.safe_load((FOLDERS[name] / "ddl.yaml").read_text())["metadata"]
        assert about["name"] == name
        assert (about["author"], about["license"]) == ("The mcollective_py authors", "Apache-2.0")
        assert about["url"].endswith(f"agents/{name}/README.md")
