import json

import pytest

from mcollective_py.ddl.choria import ddl_from_json
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.errors import DDLError

SERVICE = """\
metadata:
  name: service
  description: Starts and stops services
  author: A. Author
  license: Apache-2.0
  version: "1.0"
  url: https://example.net/service
  timeout: 60
usage: |
  Names are those of the init system.
actions:
  - action: restart
    description: Restart a service
    display: always
    impact: destructive
    supports_noop: true
    timeout: 90.5
    input:
      service:
        prompt: Service name
        description: The service to restart
        type: string
        validation: service_name
        maxlength: 90
      how:
        prompt: How
        description: How to do it
        type: list
        list: [gently, at once]
        default: gently
      token:
        prompt: Token
        description: Proof
        type: string
        validation: '^[a-z]+$'
        optional: true
        sensitive: true
    output:
      status:
        description: What it is afterwards
        display_as: Service Status
        type: string
        default: unknown
    aggregate:
      - {function: summary, args: [status]}
      - function: boolean_summary
        args: [status, {format: "%s = %d", "true": up}]
"""


def test_a_ddl_says_all_of_its_fields():
    ddl = ddl_from_yaml(SERVICE, "service")
    assert (ddl.metadata.name, ddl.metadata.version, ddl.metadata.timeout) == ("service", "1.0", 60.0)
    assert ddl.usage == "Names are those of the init system."
    restart = ddl.actions["restart"]
    assert (restart.display, restart.impact, restart.supports_noop, restart.additional_inputs) == ("always", "destructive", True, False)
    assert ddl.timeout("restart") == 90.5
    assert ddl.timeout("unknown") == 60.0
    service, how, token = (restart.inputs[name] for name in ("service", "how", "token"))
    assert (service.type, service.validation, service.maxlength, service.optional) == ("string", "service_name", 90, False)
    assert (how.choices, how.default) == (("gently", "at once"), "gently")
    assert (token.optional, token.sensitive, token.validation) == (True, True, "^[a-z]+$")
    status = restart.outputs["status"]
    assert (status.display_as, status.type, status.default) == ("Service Status", "string", "unknown")
    first, second = restart.aggregates
    assert (first.function, first.output, first.format, dict(first.options)) == ("summary", "status", None, {})
    assert (second.format, dict(second.options)) == ("%s = %d", {"true": "up"})


def test_an_action_that_says_nothing_changes_something_and_shows_failures():
    start = SERVICE.split("  - action:")[0] + "  - {action: start, description: Start it}\n"
    action = ddl_from_yaml(start, "service").actions["start"]
    assert (action.impact, action.display, action.only_reads, dict(action.inputs), dict(action.outputs)) == (
        "change",
        "failed",
        False,
        {},
        {},
    )


def test_outputs_and_inputs_keep_the_order_they_are_written_in():
    assert list(ddl_from_yaml(SERVICE, "service").actions["restart"].inputs) == ["service", "how", "token", "noop"]


MISTAKES = [
    ("timeout: 60", "timout: 60", "ddl.yaml:8: metadata.timout: unknown key, did you mean timeout?"),
    ("    impact: destructive", "    impakt: destructive", "ddl.yaml:15: actions[0].impakt: unknown key, did you mean impact?"),
    (
        "        maxlength: 90",
        "        max_length: 90",
        "ddl.yaml:24: actions[0].input.service.max_length: unknown key, did you mean maxlength?",
    ),
    ("        display_as:", "        displayas:", "unknown key, did you mean display_as?"),
    ("usage: |", "usages: |", "unknown key, did you mean usage?"),
    ("function: summary, ", "func: summary, ", "unknown key"),
    ("  author: A. Author\n", "", "ddl.yaml:1: metadata: author is missing"),
    ("        prompt: How\n", "", "actions[0].input.how: prompt is missing"),
    ("        display_as: Service Status\n", "", "actions[0].output.status: display_as is missing"),
    ('version: "1.0"', "version: 1.0", "metadata.version: must be text (in quotes"),
    ("timeout: 60", "timeout: 0", "metadata.timeout: must be seconds, above 0"),
    ("timeout: 60", "timeout: true", "metadata.timeout: must be seconds"),
    ("usage: |", "aliases: [service]\nusage: |", "aliases[0]: an alias is another name"),
    ("usage: |", "aliases: [Sendmail]\nusage: |", "aliases[0]: an alias is another name"),
    ("timeout: 60", "timeout: 86401", "metadata.timeout: must be seconds"),
    ("name: service\n", "name: Service\n", "metadata.name: a name is lower case"),
    ("name: service\n", "name: servicex\n", "metadata.name: says servicex, but the folder is called service"),
    ("action: restart", "action: re-start", "a name is letters, digits and _"),
    ("action: restart", "action: __class__", "a name is letters, digits and _"),
    ("      service:\n        prompt", "      ser.vice:\n        prompt", "a name is letters, digits and _"),
    ("impact: destructive", "impact: huge", "must be one of read, change, destructive"),
    ("display: always", "display: never", "must be one of failed, ok, always, flatten"),
    ("supports_noop: true", "supports_noop: yes", "supports_noop: must be true or false"),
    ("type: list", "type: lists", "must be one of string, list, boolean"),
    ("type: list", "type: string", "the type list and a list of choices go together"),
    ("        list: [gently, at once]\n", "", "the type list and a list of choices go together"),
    ("[gently, at once]", "[gently, 1]", "choices are texts"),
    ("default: gently", "default: roughly", "the default itself must be one of gently, at once"),
    ("'^[a-z]+$'", "'^[a-z+$'", "neither a validator's name nor a regex that can be used"),
    ("'^[a-z]+$'", "'a)(b'", "nor a regex that can be used (there is a ) too many)"),
    ("'^[a-z]+$'", "'(?=a)b'", "nor a regex that can be used (look-ahead"),
    ("maxlength: 90", "maxlength: -1", "maxlength: must be a whole number"),
    (
        "type: string\n        validation: service_name",
        "type: integer\n        validation: service_name",
        "are for the types string and path",
    ),
    ("args: [status]", "args: [statsu]", "there is no output statsu, did you mean status?"),
    ("args: [status]", "args: []", "an output, and after it at most one mapping"),
    ("args: [status]", "args: [status, status]", "an output, and after it at most one mapping"),
    ("function: summary", "function: ../summary", "a function is a plugin's name"),
    ("description: Restart a service", 'description: "red \\e[31m"', "description: must be text"),
    ("    output:\n", "    output: [1]\n    outputs:\n", "unknown key"),
]


@pytest.mark.parametrize(("right", "wrong", "problem"), MISTAKES)
def test_a_mistake_is_named_with_its_place_and_what_would_do(right, wrong, problem):
    assert right in SERVICE
    with pytest.raises(DDLError) as caught:
        ddl_from_yaml(SERVICE.replace(right, wrong, 1), "service")
    assert problem in str(caught.value)
    assert str(caught.value).startswith("service: ddl.yaml")


def test_an_action_declared_twice_is_refused():
    again = SERVICE + "  - {action: restart, description: Again}\n"
    with pytest.raises(DDLError, match="restart is declared twice"):
        ddl_from_yaml(again, "service")


@pytest.mark.parametrize(
    "text", ["metadata: 1", "- 1", "5", "metadata: {}\nactions: {}", SERVICE.split("  - action:")[0][:-9] + "actions: []\n"]
)
def test_text_that_is_no_ddl_at_all_is_refused(text):
    with pytest.raises(DDLError):
        ddl_from_yaml(text, "service")


CHORIA = {
    "$schema": "https://choria.io/schemas/mcorpc/ddl/v1/agent.json",
    "metadata": {
        "name": "package",
        "description": "Packages",
        "author": "A. Author",
        "license": "Apache-2.0",
        "version": "5.0.0",
        "url": "https://example.net",
        "timeout": 180,
        "provider": "ruby",
        "service": False,
    },
    "actions": [
        {
            "action": "status",
            "input": {
                "package": {
                    "prompt": "Package",
                    "description": "Which",
                    "type": "string",
                    "default": None,
                    "optional": False,
                    "validation": "shellsafe",
                    "maxlength": 90,
                }
            },
            "output": {"ensure": {"description": "Version", "display_as": "Ensure", "default": None, "type": "[]string"}},
            "display": "always",
            "description": "Status of a package",
            "aggregate": [{"function": "summary", "args": ["ensure"]}],
        }
    ],
}


def test_the_json_that_choria_writes_gives_the_same_model():
    ddl = ddl_from_json(json.dumps(CHORIA), "package")
    status = ddl.actions["status"]
    assert (status.inputs["package"].validation, status.inputs["package"].maxlength) == ("shellsafe", 90)
    assert status.impact == "change"
    assert status.aggregates[0].output == "ensure"


def test_a_mistake_in_json_is_named_by_its_key():
    wrong = {**CHORIA, "action": []}
    with pytest.raises(DDLError, match=r"package: ddl.json: action: unknown key, did you mean actions\?"):
        ddl_from_json(json.dumps(wrong), "package")


def small(action="", top=""):
    return f"""{top}
metadata: {{name: acme, description: d, author: a, license: l, version: "1", url: u, timeout: 5}}
actions:
  - action: go
    description: d
{action}"""


@pytest.mark.parametrize("requires", ['{mcollective: "2.2.1"}', '{mcollective: "2.12.5.0"}', '{mcollective_py: "0.1"}', "{}"])
def test_a_version_that_is_here_is_no_obstacle(requires):
    assert ddl_from_yaml(small(top=f"requires: {requires}"), "acme").metadata.name == "acme"


@pytest.mark.parametrize(
    ("requires", "problem"),
    [
        ('{mcollective: "2.12.6"}', "requires.mcollective: wants 2.12.6 or newer, and here is 2.12.5"),
        ('{mcollective_py: "99"}', "requires.mcollective_py: wants 99 or newer, and here is "),
        ('{choria: "1"}', "requires.choria: unknown key: there are mcollective_py and mcollective"),
        ("{mcollective: 2}", "must be a version of numbers and dots in quotes"),
        ('{mcollective: "newest"}', "must be a version of numbers and dots in quotes"),
    ],
)
def test_a_version_that_is_not_here_is_named(requires, problem):
    with pytest.raises(DDLError, match=r"ddl\.yaml:1: ") as error:
        ddl_from_yaml(small(top=f"requires: {requires}").lstrip(), "acme")
    assert problem in str(error.value)


def test_the_type_sensitive_is_a_string_that_is_never_shown():
    ddl = ddl_from_yaml(small("    input:\n      token: {prompt: p, description: d, type: sensitive, maxlength: 9}\n"), "acme")
    wanted = ddl.actions["go"].inputs["token"]
    assert (wanted.type, wanted.sensitive, wanted.maxlength) == ("string", True, 9)


def test_an_action_that_supports_noop_takes_it():
    ddl = ddl_from_yaml(small("    supports_noop: true\n"), "acme")
    assert ddl.actions["go"].inputs["noop"].type == "boolean"
    with pytest.raises(DDLError, match="takes it as a boolean"):
        ddl_from_yaml(small("    supports_noop: true\n    input:\n      noop: {prompt: p, description: d, type: string}\n"), "acme")


def test_an_action_may_always_want_to_be_confirmed():
    assert ddl_from_yaml(small("    needs_confirm: true\n"), "acme").actions["go"].needs_confirm


def test_a_default_for_a_sites_own_validator_is_left_to_who_loads_it():
    text = "    input:\n      tag: {prompt: p, description: d, type: string, validation: acme_tag, default: x}\n"
    assert ddl_from_yaml(small(text), "acme").actions["go"].inputs["tag"].default == "x"


def test_an_output_may_be_sensitive_and_a_call_says_what_of_it_must_not_be_read_by_others():
    ddl = ddl_from_yaml(
        small(
            "    input:\n      token: {prompt: p, description: d, type: sensitive, maxlength: 9, optional: true}\n"
            "      name: {prompt: p, description: d, type: string, maxlength: 9, optional: true}\n"
            "    output:\n      key: {description: d, display_as: K, type: sensitive}\n"
            "      list: {description: d, display_as: L, type: array, sensitive: true}\n"
            "      size: {description: d, display_as: S, type: integer}\n"
        ),
        "acme",
    )
    (action,) = ddl.actions.values()
    assert [(name, output.type, output.sensitive) for name, output in action.outputs.items()] == [
        ("key", "string", True),
        ("list", "array", True),
        ("size", "integer", False),
    ]
    assert action.secrets({"token": "x", "name": "y"}) == ("token", "key", "list")
    assert action.secrets({"token": None}) == ("key", "list")
