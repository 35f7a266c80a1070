import pytest

from mcollective_py.testing import assert_conforms, conformance_problems
from tests.testing.shelf import ACTIONS, DDL, METADATA

AGENT = """\
from mcollective_py.agent import Agent, action

class Shelf(Agent):
    @action
    def put(self, request, reply):
        pass
"""


@pytest.fixture
def shelf(tmp_path):
    folder = tmp_path / "agents" / "shelf"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT)
    (folder / "ddl.yaml").write_text(DDL)
    return folder


def test_a_good_agent_has_no_problems_and_is_given_loaded(shelf):
    assert conformance_problems(shelf) == []
    assert assert_conforms(shelf).timeout("put") == 5.0


def test_what_does_not_load_is_the_one_problem(shelf):
    (shelf / "agent.py").write_text(AGENT.replace("def put", "def get"))
    (problem,) = conformance_problems(shelf)
    assert "actions that ddl.yaml does not declare: get" in problem
    with pytest.raises(AssertionError, match="shelf:\n"):
        assert_conforms(shelf)


@pytest.mark.parametrize(
    ("line", "changed", "problem"),
    [
        (", maxlength: 5", "", "put: anybody may send any text as what: give it a validation or a maxlength"),
    ],
)
def test_what_a_ddl_should_say(shelf, line, changed, problem):
    (shelf / "ddl.yaml").write_text(METADATA + ACTIONS.replace(line, changed))
    assert conformance_problems(shelf) == [problem]


def test_an_action_that_only_reads_takes_no_noop(shelf):
    text = ACTIONS.replace(
        "description: Puts", "impact: read\n    supports_noop: true\n    additional_inputs: true\n    description: Puts"
    )
    (shelf / "ddl.yaml").write_text(METADATA + text)
    assert [problem.split(":")[1].strip() for problem in conformance_problems(shelf)] == [
        "an action that only reads has nothing to leave out"
    ]


def test_a_summary_that_cannot_be_made_is_named(shelf):
    output = "    aggregate:\n      - {function: %s, args: [here]}\n"
    (shelf / "ddl.yaml").write_text(METADATA + ACTIONS + output % "summary")
    assert conformance_problems(shelf) == []
    (shelf / "ddl.yaml").write_text(METADATA + ACTIONS + output % "sumary")
    (problem,) = conformance_problems(shelf)
    assert problem.startswith("put: could not compute sumary of here: ")


def test_files_that_everybody_may_change_are_named(shelf):
    (shelf / "agent.py").chmod(0o666)
    assert conformance_problems(shelf) == ["agent.py can be written by everybody: chmod o-w"]


def test_a_plain_agent_says_what_it_does(tmp_path):
    folder = tmp_path / "agents" / "echo"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text("class Echo:\n    def handlemsg(self, msg): return msg.body\n")
    assert conformance_problems(folder) == ["the class has no docstring: `mco plugin doc` shows it"]
