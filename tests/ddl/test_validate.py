import pytest

from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.ddl.model import DDL, ActionDDL, Input, Metadata
from mcollective_py.ddl.validate import convert, validate
from mcollective_py.errors import InvalidRPCData, MissingRPCData, UnknownAction

METADATA = Metadata("web", "", "", "", "", "", 10.0)


def ddl_of(*inputs, additional=False):
    return DDL(METADATA, {"deploy": ActionDDL("deploy", "", {i.name: i for i in inputs}, additional_inputs=additional)})


def an_input(name="version", type="string", **more):
    return Input(name, "", "", type, **more)


def test_inputs_that_fit_come_back_as_they_are():
    ddl = ddl_of(an_input(validation=r"\d+(\.\d+)*", maxlength=10), an_input("force", "boolean"))
    assert validate(ddl, "deploy", {"version": "1.2", "force": True}) == {"version": "1.2", "force": True}


def test_an_unknown_action_is_named_with_those_there_are():
    with pytest.raises(UnknownAction, match="web has no action 'destroy': it has deploy") as caught:
        validate(ddl_of(), "destroy", {})
    assert caught.value.statuscode == 2


@pytest.mark.parametrize(
    "name", ["__class__", "__init__", "activate_when", "handlemsg", "_private", "startup_hook", "run", "deploy\n", ""]
)
def test_names_of_python_and_of_ruby_hooks_are_unknown_actions(name):
    with pytest.raises(UnknownAction):
        validate(ddl_of(), name, {})


def test_an_unknown_input_is_refused_on_both_sides():
    with pytest.raises(InvalidRPCData, match="deploy has no input 'versoin': it takes version") as caught:
        validate(ddl_of(an_input()), "deploy", {"version": "1", "versoin": "2"})
    assert caught.value.statuscode == 4


def test_an_action_without_inputs_says_so():
    with pytest.raises(InvalidRPCData, match="it takes none"):
        validate(ddl_of(), "deploy", {"version": "1"})


def test_additional_inputs_pass_unchecked_but_for_their_names():
    ddl = ddl_of(an_input(), additional=True)
    assert validate(ddl, "deploy", {"version": "1", "ensure": ["x"]}) == {"version": "1", "ensure": ["x"]}
    for name in ("a b", "__class__", "a\n", "../x"):
        with pytest.raises(InvalidRPCData, match="has no input"):
            validate(ddl, "deploy", {"version": "1", name: "x"})


def test_a_long_unknown_name_is_cut_in_the_message():
    with pytest.raises(InvalidRPCData) as caught:
        validate(ddl_of(), "deploy", {"x" * 100_000: 1})
    assert len(str(caught.value)) < 200


def test_a_missing_input_is_status_3():
    with pytest.raises(MissingRPCData, match="deploy needs the input version") as caught:
        validate(ddl_of(an_input()), "deploy", {})
    assert caught.value.statuscode == 3


def test_a_default_stands_in_for_a_required_input_and_never_for_an_optional_one():
    ddl = ddl_of(an_input(default="latest"), an_input("branch", optional=True, default="main"))
    assert validate(ddl, "deploy", {}) == {"version": "latest"}
    assert validate(ddl, "deploy", {"version": "1", "branch": "b"}) == {"version": "1", "branch": "b"}


def test_a_default_that_can_change_is_a_copy_each_time():
    ddl = ddl_of(an_input("hosts", "array", default=["a"]))
    validate(ddl, "deploy", {})["hosts"].append("b")
    assert validate(ddl, "deploy", {}) == {"hosts": ["a"]}


@pytest.mark.parametrize(
    ("wanted", "value", "reason"),
    [
        (an_input(type="integer"), "5", "must be a whole number"),
        (an_input(type="boolean"), 1, "must be true or false"),
        (an_input(type="list", choices=("a", "b")), "c", "must be one of a, b"),
        (an_input(type="list", choices=("a", "b")), ["a"], "must be text"),
        (an_input(maxlength=3), "äöüx", "has 4 characters, 3 are allowed"),
        (an_input(validation="^[a-z]+$"), "abc\n", "as a whole"),
        (an_input(validation="[a-z]+"), "abc;", "as a whole"),
        (an_input(validation="shellsafe"), "a;b", "must not contain ;"),
        (an_input(validation="nobody_knows"), "a", "there is no validator nobody_knows"),
        (an_input(optional=True), None, "must be text"),
    ],
)
def test_a_value_that_does_not_fit_is_status_4_with_name_and_reason(wanted, value, reason):
    with pytest.raises(InvalidRPCData) as caught:
        validate(ddl_of(wanted), "deploy", {"version": value})
    assert str(caught.value).startswith("deploy: the input version ")
    assert reason in str(caught.value)
    assert caught.value.statuscode == 4


def test_neither_the_message_nor_its_cause_tells_anything_of_a_sensitive_value():
    ddl = ddl_of(an_input(validation="shellsafe", sensitive=True))
    with pytest.raises(InvalidRPCData) as caught:
        validate(ddl, "deploy", {"version": "hunter;2"})
    assert str(caught.value) == "deploy: the input version is not valid"
    assert caught.value.__cause__ is None


def test_a_site_can_bring_its_own_validators():
    def even(value):
        if len(value) % 2:
            raise ValueError("must have an even number of characters")

    ddl = ddl_of(an_input(validation="even"))
    assert validate(ddl, "deploy", {"version": "ab"}, {"even": even}) == {"version": "ab"}
    with pytest.raises(InvalidRPCData, match="even number"):
        validate(ddl, "deploy", {"version": "abc"}, {"even": even})


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        *(("boolean", text, True) for text in ("true", "t", "yes", "y", "1", "TRUE")),
        *(("boolean", text, False) for text in ("false", "f", "no", "n", "0", "No")),
        ("integer", "-12", -12),
        ("float", "1", 1.0),
        ("float", "1.5e3", 1500.0),
        ("number", "7", 7),
        ("number", "7.0", 7.0),
        ("string", "7", "7"),
        ("list", "yes", "yes"),
        ("any", "7", "7"),
        ("hash", '{"a": [1, true]}', {"a": [1, True]}),
        ("array", '["a", 1.5]', ["a", 1.5]),
    ],
)
def test_a_word_of_the_command_line_becomes_a_value_of_its_type(type_name, text, value):
    found = convert(ddl_of(an_input(type=type_name)), "deploy", {"version": text})["version"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("boolean", "ja"),
        ("boolean", ""),
        ("integer", "1.5"),
        ("integer", "1_000"),
        ("integer", "٣"),
        ("integer", "9" * 400),
        ("float", "nan"),
        ("float", "1e"),
        ("number", "abc"),
        ("hash", "{a: 1}"),
        ("array", "[" * 100_000),
    ],
)
def test_a_word_that_is_no_value_of_its_type_is_refused(type_name, text):
    with pytest.raises(InvalidRPCData, match="deploy: the input version "):
        convert(ddl_of(an_input(type=type_name)), "deploy", {"version": text})


def test_words_for_undeclared_inputs_stay_text():
    assert convert(ddl_of(additional=True), "deploy", {"ensure": "5"}) == {"ensure": "5"}


def test_words_for_an_unknown_action_are_refused():
    with pytest.raises(UnknownAction):
        convert(ddl_of(), "destroy", {})


TYPED = """
metadata: {name: clock, description: d, author: a, license: l, version: "1", url: u, timeout: 5}
actions:
  - action: set
    description: d
    input:
      after: {prompt: p, description: d, type: duration, optional: true}
      file: {prompt: p, description: d, type: path, optional: true}
      wait: {prompt: p, description: d, type: duration, default: 1m}
"""


def test_a_duration_reaches_the_agent_as_seconds():
    ddl = ddl_from_yaml(TYPED, "clock")
    assert convert(ddl, "set", {"after": "1h30m", "file": "/etc/motd"}) == {"after": 5400, "file": "/etc/motd"}
    assert validate(ddl, "set", {"after": "90s"}) == {"after": 90, "wait": 60}
    assert validate(ddl, "set", {"after": 1.5, "wait": 0}) == {"after": 1.5, "wait": 0}


@pytest.mark.parametrize("value", ["soon", -1, True, float("nan"), float("inf"), 1e12, None, "90s\n"])
def test_what_is_no_duration_is_refused(value):
    with pytest.raises(InvalidRPCData, match="set: the input after must be seconds"):
        validate(ddl_from_yaml(TYPED, "clock"), "set", {"after": value})


@pytest.mark.parametrize("value", ["etc", "/a/../b", "/a\n", "", 5])
def test_what_is_no_path_is_refused(value):
    with pytest.raises(InvalidRPCData, match="set: the input file must be an absolute path"):
        validate(ddl_from_yaml(TYPED, "clock"), "set", {"file": value})
