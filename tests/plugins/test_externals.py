import pytest

from mcollective_py.errors import PluginError
from mcollective_py.plugins.loader import load_agent

DDL = """\
metadata: {name: shelf, description: D, author: A, license: L, version: "1", url: U, timeout: 5}
actions:
  - {action: put, description: Puts something down}
  - {action: get, description: Takes it up, implemented_by: get.sh, timeout: 7}
"""


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "agents" / "shelf"
    folder.mkdir(parents=True)
    (folder / "ddl.yaml").write_text(DDL)
    for name in ("agent.sh", "get.sh"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_program_agent_answers_what_no_other_does(shelf):
    agent = load_agent(shelf)
    assert {name: (action.program.name, action.timeout) for name, action in agent.actions.items()} == {
        "put": ("agent.sh", 5.0),
        "get": ("get.sh", 7.0),
    }
    assert agent.external == {"put", "get"}


@pytest.mark.parametrize("name", ["agent", "agent.pl", "shelf", "shelf.rb"])
def test_it_may_be_called_agent_or_as_the_folder(shelf, name):
    (shelf / "agent.sh").rename(shelf / name)
    (shelf / "shelf.md").write_text("no program")
    assert load_agent(shelf).actions["put"].program.name == name


def test_two_of_them_are_one_too_many(shelf):
    (shelf / "agent.pl").write_text("#!/usr/bin/perl\n")
    with pytest.raises(PluginError, match=r"which is the program\? There are agent.pl, agent.sh"):
        load_agent(shelf)


def test_what_is_not_executable_is_told(shelf):
    (shelf / "agent.sh").chmod(0o644)
    with pytest.raises(PluginError, match=r"agent.sh is not executable: chmod \+x .*/agent.sh"):
        load_agent(shelf)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("../../evil.sh", "is no file name of its folder"),
        ("/bin/sh", "is no file name of its folder"),
        ("absent.sh", "there is no absent.sh in its folder"),
        (".hidden", "is no file name of its folder"),
    ],
)
def test_implemented_by_names_a_file_of_the_folder(shelf, file, words):
    (shelf / "ddl.yaml").write_text(DDL.replace("get.sh", file))
    with pytest.raises(PluginError, match=words):
        load_agent(shelf)


def test_an_action_that_nobody_answers_is_told(shelf):
    (shelf / "agent.sh").unlink()
    with pytest.raises(PluginError, match=r"no agent.py in its folder, no program `agent`, and put has no implemented_by"):
        load_agent(shelf)


def test_code_and_a_program_for_one_action_are_a_contradiction(shelf):
    (shelf / "agent.py").write_text(
        "from mcollective_py.agent import Agent, action\nclass Shelf(Agent):\n"
        "    @action\n    def put(self, request, reply): pass\n    @action\n    def get(self, request, reply): pass\n"
    )
    with pytest.raises(PluginError, match=r"actions that ddl\.yaml says programs answer: get"):
        load_agent(shelf)
