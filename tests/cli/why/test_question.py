from mcollective_py.cli.why.question import CALL, DISCOVERY, Hypothesis
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.filter import Filter

WEB = Filter.parse(classes=["role::web"])
VAULT = ddl_from_yaml(
    """
metadata: {name: vault, description: d, author: a, license: l, version: "2.1", url: u, timeout: 5}
actions:
  - action: unlock
    description: Opens it
    input:
      name: {prompt: p, description: d, type: string, maxlength: 8}
      password: {prompt: p, description: d, type: string, maxlength: 8, sensitive: true}
""",
    "vault",
)


def test_without_an_agent_the_question_is_about_a_discovery_alone():
    asked = Hypothesis(None, None, {}, WEB, "uk", 60)
    assert asked.questions() == {
        DISCOVERY: {"agent": "discovery", "filter": WEB.to_wire(), "direct": False, "collective": "uk", "ttl": 60}
    }
    assert asked.name == "a discovery"


def test_a_call_is_found_with_its_agent_in_the_filter_and_sent_by_name():
    questions = Hypothesis("vault", "unlock", {"name": "safe"}, WEB, "uk", 30, VAULT).questions()
    assert questions[DISCOVERY]["filter"] == WEB.with_agent("vault").to_wire()
    assert questions[CALL] == {
        "agent": "vault", "action": "unlock", "inputs": {"name": "safe"}, "filter": Filter(agents=("vault",)).to_wire(),
        "direct": True, "collective": "uk", "ttl": 30,
    }  # fmt: skip


def test_sensitive_inputs_are_named_and_never_told():
    asked = Hypothesis("vault", "unlock", {"name": "safe", "password": "hunter2"}, WEB, "uk", 60, VAULT)
    assert asked.questions()[CALL]["inputs"] == {"name": "safe"}
    assert asked.questions()[CALL]["withheld"] == ["password"]
    assert "hunter2" not in str(asked.questions())


def test_without_a_ddl_here_no_input_is_told():
    asked = Hypothesis("vault", "unlock", {"name": "safe"}, WEB, "uk", 60)
    assert (asked.questions()[CALL]["inputs"], asked.withheld) == ({}, ("name",))


def test_without_direct_addressing_a_call_goes_out_with_the_filter():
    question = Hypothesis("vault", "unlock", {}, WEB, "uk", 60, VAULT, is_direct=False).questions()[CALL]
    assert (question["direct"], question["filter"]) == (False, WEB.with_agent("vault").to_wire())


def test_an_earlier_request_is_asked_after_once():
    questions = Hypothesis("vault", "unlock", {}, WEB, "uk", 60, VAULT, request="a" * 32).questions()
    assert questions[DISCOVERY]["request"] == "a" * 32
    assert "request" not in questions[CALL]
