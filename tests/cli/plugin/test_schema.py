import re

import pytest

from mcollective_py.cli.plugin.schema import agent_schema
from mcollective_py.ddl.load import ddl_from_yaml

DDL = ddl_from_yaml(
    """\
metadata: {name: gate, description: Gates, author: a, license: l, version: '1', url: u, timeout: 5}
actions:
  - action: open
    description: Opens it
    impact: change
    input:
      how: {prompt: How, description: How far, type: list, list: [wide, "no"], default: wide}
      key: {prompt: Key, description: The key, type: string, validation: '\\A[a-z]+\\z', maxlength: 9, sensitive: true}
      from: {prompt: From, description: An address, type: string, validation: ipv4address, maxlength: 15, optional: true}
      wait: {prompt: Wait, description: How long, type: duration, optional: true}
    output:
      done: {description: What became of it, display_as: Done, type: boolean, default: false}
      any: {description: Anything, display_as: Any}
  - {action: shut, description: Shuts it, additional_inputs: true}
""",
    "gate",
)


def test_inputs_and_outputs_are_schemas_of_objects():
    action = agent_schema(DDL)["actions"]["open"]
    assert action["input"]["required"] == ["key"]
    assert action["input"]["additionalProperties"] is False
    assert action["input"]["properties"] == {
        "how": {"title": "How", "description": "How far", "type": "string", "enum": ["wide", "no"], "default": "wide"},
        "key": {
            "title": "Key",
            "description": "The key",
            "type": "string",
            "maxLength": 9,
            "x-validation": "\\A[a-z]+\\z",
            "pattern": "^(?:[a-z]+)$",
            "writeOnly": True,
        },
        "from": {
            "title": "From",
            "description": "An address",
            "type": "string",
            "maxLength": 15,
            "x-validation": "ipv4address",
            "format": "ipv4",
        },
        "wait": {"title": "Wait", "description": "How long", "type": ["number", "string"]},
    }
    assert action["output"]["properties"]["done"] == {
        "title": "Done",
        "description": "What became of it",
        "type": "boolean",
        "default": False,
    }


def test_one_action_can_be_asked_for():
    found = agent_schema(DDL, "shut")
    assert (list(found["actions"]), found["version"]) == (["shut"], "1")
    assert found["actions"]["shut"]["input"]["additionalProperties"] is True


@pytest.mark.parametrize(
    ("validation", "takes", "refuses"), [("^a|b$", "b", "xb"), (r"\A[0-9]+\Z", "12", "1a"), ("[a-z]+", "abc", "ab1")]
)
def test_a_pattern_matches_the_whole_as_hosts_do(validation, takes, refuses):
    text = f"""\
metadata: {{name: x, description: d, author: a, license: l, version: '1', url: u, timeout: 5}}
actions: [{{action: go, description: d, input: {{k: {{prompt: p, description: d, type: string, validation: '{validation}'}}}}}}]
"""
    pattern = agent_schema(ddl_from_yaml(text, "x"))["actions"]["go"]["input"]["properties"]["k"]["pattern"]
    assert re.search(pattern, takes) and not re.search(pattern, refuses)


@pytest.mark.parametrize("validation", [r"^\h+$", "^[[:alpha:]]+$", "^(?i:x)$"])
def test_what_means_something_else_elsewhere_has_no_pattern(validation):
    text = f"""\
metadata: {{name: x, description: d, author: a, license: l, version: '1', url: u, timeout: 5}}
actions: [{{action: go, description: d, input: {{k: {{prompt: p, description: d, type: string, validation: '{validation}'}}}}}}]
"""
    found = agent_schema(ddl_from_yaml(text, "x"))["actions"]["go"]["input"]["properties"]["k"]
    assert (found["x-validation"], "pattern" in found) == (validation, False)
