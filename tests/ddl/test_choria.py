import json

import pytest

from mcollective_py.ddl.choria import ddl_from_json
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.ddl.write import ddl_to_yaml
from mcollective_py.errors import DDLError

WANTED = {
    "prompt": "Package",
    "description": "Which one",
    "type": "string",
    "optional": False,
    "validation": "shellsafe",
    "maxlength": 90,
}


def document(**wanted):
    return {
        "$schema": "https://example.net/agent.json",
        "metadata": {
            "name": "package", "description": "Packages", "author": "An Author", "license": "Apache-2.0", "version": "5.4.0",
            "url": "https://example.net", "timeout": 180, "provider": "ruby", "service": False,
        },
        "actions": [
            {
                "action": "status",
                "description": "Is it there",
                "display": "always",
                "input": {"package": {**WANTED, **wanted}},
                "output": {"ensure": {"description": "Version", "display_as": "Ensure", "type": "string", "default": None}},
                "aggregate": [{"function": "summary", "args": ["ensure", {"format": "%s: %d"}]}],
            }
        ],
    }  # fmt: skip


def read(value, **more):
    return ddl_from_json(json.dumps(value), "package", "package.json", **more)


def the_input(**wanted):
    return read(document(**wanted)).actions["status"].inputs["package"]


def test_a_ddl_of_choria_is_read_by_hosts_and_clients_alike():
    ddl = read(document())
    assert ddl == read(document(), is_strict=False)
    action = ddl.actions["status"]
    assert (ddl.metadata.timeout, action.display, action.inputs["package"].validation) == (180.0, "always", "shellsafe")
    assert (action.outputs["ensure"].type, action.aggregates[0].format) == ("string", "%s: %d")
    assert ddl_from_yaml(ddl_to_yaml(ddl), "package") == ddl


@pytest.mark.parametrize(
    ("validation", "taken"),
    [(".+", "(?m:.*).+(?m:.*)"), ("^[a-z]+$", "^[a-z]+$"), ("", None), (".*", None), ("ipv4address", "ipv4address")],
)
def test_an_expression_is_searched_for_as_choria_does(validation, taken):
    assert the_input(validation=validation).validation == taken


@pytest.mark.parametrize(
    ("kind", "taken"), [("Array", "array"), ("Hash", "hash"), ("int", "integer"), ("", "any"), ("Boolean", "boolean")]
)
def test_types_are_written_in_many_ways(kind, taken):
    wanted = the_input(type=kind)
    assert (wanted.type, wanted.validation, wanted.maxlength) == (taken, None, 0)


def test_an_output_of_an_unknown_type_has_none():
    value = document()
    value["actions"][0]["output"]["ensure"]["type"] = "rows"
    assert read(value).actions["status"].outputs["ensure"].type is None


def test_no_timeout_and_no_display_are_choria_s_defaults():
    value = document()
    value["metadata"]["timeout"], value["actions"][0]["display"] = 0, ""
    ddl = read(value)
    assert (ddl.metadata.timeout, ddl.actions["status"].display) == (10.0, "failed")


def test_a_key_nobody_knows_stops_a_host_and_is_noted_by_a_client():
    value = document(shown="never")
    with pytest.raises(DDLError, match=r"package.json: actions\[0\].input.package.shown: unknown key"):
        read(value)
    assert read(value, is_strict=False).notes == ("package.json: actions[0].input.package.shown: unknown key: it is left out",)


def test_an_expression_that_is_not_taken_stops_a_host_and_is_noted_by_a_client():
    value = document(validation="^(?!x).+$")
    with pytest.raises(DDLError, match="nor a regex that can be used"):
        read(value)
    ddl = read(value, is_strict=False)
    assert ddl.actions["status"].inputs["package"].validation == "^(?!x).+$"
    assert "only hosts check it" in ddl.notes[0]


@pytest.mark.parametrize("value", [None, 5, [], {"metadata": []}, {"metadata": {}, "actions": {}}, {"metadata": {}, "actions": [5]}])
def test_json_of_another_shape_is_refused(value):
    for is_strict in (True, False):
        with pytest.raises(DDLError):
            read(value, is_strict=is_strict)


@pytest.mark.parametrize("at", ["input", "output", "aggregate"])
def test_parts_of_another_shape_are_refused(at):
    for part in (5, [5], {"a": 5}):
        value = document()
        value["actions"][0][at] = part
        with pytest.raises(DDLError):
            read(value, is_strict=False)
