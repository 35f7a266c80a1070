import pytest

from mcollective_py.cli.plugin.codelint import lint_code
from mcollective_py.ddl.load import ddl_from_yaml

DDL = ddl_from_yaml(
    """\
metadata: {name: gate, description: d, author: a, license: l, version: '1', url: u, timeout: 5}
actions:
  - action: open
    description: d
    input: {how: {prompt: p, description: d, type: string, maxlength: 9}}
    output: {done: {description: d, display_as: D}}
  - {action: shut, description: d, implemented_by: shut.sh}
""",
    "gate",
)
AGENT = '''\
from mcollective_py.agent import Agent, action


class Gate(Agent):
    """A gate."""

    @action
    def open(self, request, reply):
        reply["done"] = request["how"]
'''


def lint(text, kind="agents", name="gate", ddl=DDL, file="agent.py"):
    return [(one.line, one.is_error, one.text) for one in lint_code(kind, name, {file: text}, ddl)]


def test_code_of_one_mind_with_its_ddl_has_nothing_wrong():
    assert lint(AGENT) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("class Gate(", "class Door(", (None, True, "agent.py has no class Gate, there is Door")),
        ("def open(", "def lift(", (8, True, "ddl.yaml does not declare the action lift")),
        ("    @action\n", "", (7, True, "does not have: it lacks @action")),
        ("(self, request, reply)", "(self, request)", (8, True, "open must take self, request, reply")),
        ("    def open", "    async def open", (8, True, "open is async: nobody awaits an action")),
        ('reply["done"]', 'reply["gone"]', (9, False, "open sets the output gone, which ddl.yaml does not declare")),
        ('request["how"]', 'request.get("who")', (9, False, "open reads the input who, which ddl.yaml does not declare")),
        ("        reply", "        eval(request)\n        reply", (9, False, "eval runs text as code")),
        ('request["how"]', "os.system('x')", (9, False, "os.system is a shell")),
        ('request["how"]', "run('x', shell=True)", (9, False, "shell=True lets a caller's text be a command")),
        ("(Agent)", "", (4, True, "Gate is neither an Agent")),
        ("    @action", "    def handlemsg(self, msg): ...\n\n    @action", (7, True, "an RPC agent's handlemsg is never called")),
        (
            "    @action",
            "    @action\n    def shut(self, request, reply): ...\n\n    @action",
            (8, True, "says that a program answers shut"),
        ),
        ('    """A gate."""\n', "", (4, False, "has no docstring")),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(old, new, expected):
    assert old in AGENT
    found = lint(AGENT.replace(old, new, 1))
    assert any((line, is_error) == expected[:2] and expected[2] in text for line, is_error, text in found), found


def test_what_is_too_long_is_left_alone_and_no_chain_is_too_long():
    assert lint("#" * 1_000_001) == [(None, False, "it has 1000001 characters, 1000000 are looked at: split it")]
    assert lint(AGENT + "\n\nx = a" + ".b" * 2000 + "()\n") == []


@pytest.mark.parametrize("text", ["def x(:\n", "a\0b", "(" * 5000])
def test_what_is_no_python_is_an_error(text):
    [(_, is_error, said)] = lint(text)
    assert is_error and ("SyntaxError" in said or "no Python" in said)


def test_an_agent_of_other_bases_is_left_to_loading():
    assert lint("from .base import Base\n\n\nclass Gate(Base):\n    'A gate.'\n") == []
    assert lint("from .made import Gate\n") == []


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("data", "class Gate(Data):\n  'x'\n", "has no query"),
        ("validators", "class Gate:\n  'x'\n", "has no validate"),
        ("aggregates", "class Gate(AggregateFunction):\n  'x'\n", "has no process_result and no summarize"),
        ("discovery", "class Gate:\n  'x'\n", "has no discover"),
        ("facts", "class Gate:\n  'x'\n  def load(self): ...\n", "has no fingerprint"),
        ("validators", "class Gate:\n  'x'\n  def validate(self, v): re.match('x', v)\n", "re.match lets more through than it says"),
    ],
)
def test_classes_of_other_kinds_have_what_theirs_need(kind, text, says):
    file = {"data": "data.py", "validators": "validator.py", "aggregates": "aggregate.py", "discovery": "discovery.py"}
    [(_, _, said)] = lint(text, kind, ddl=None, file=file.get(kind, "source.py"))
    assert says in said


def test_a_command_that_is_none_is_told():
    [(line, is_error, said), (_, _, help_line)] = lint("class Gate(Application):\n  pass\n", ddl=None, file="application.py")[::-1]
    assert (line, is_error, said) == (1, True, "the class Gate has no run")
    assert "description" in help_line
