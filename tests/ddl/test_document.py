import pytest

from mcollective_py.ddl.document import MAX_DEPTH, MAX_TEXT, MAX_VALUES, from_json, from_yaml
from mcollective_py.errors import DDLError


def test_yaml_gives_plain_values_and_the_lines_they_stand_on():
    document = from_yaml("a: 1\nb:\n  - x\n  - c: 2.5\n", "service")
    assert document.value == {"a": 1, "b": ["x", {"c": 2.5}]}
    assert document.lines[("b", 1, "c")] == 4


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("2024-01-01", "2024-01-01"),
        ("010", "010"),
        ("1_000", "1_000"),
        ("12:30:00", "12:30:00"),
        ("=", "="),
        ("true", True),
        ("null", None),
        ("~", None),
        ("-5", -5),
        ("1.50", 1.5),
        ("'5'", "5"),
        ('"true"', "true"),
        ("! 5", "5"),
        (".inf", ".inf"),
    ],
)
def test_a_plain_yaml_word_is_what_it_looks_like(text, value):
    found = from_yaml(f"a: {text}\n", "service").value["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("# only a remark\n", "empty"),
        ("a: 1\na: 2\n", "ddl.yaml:2: 'a' stands here twice"),
        ("a: &x 1\nb: *x\n", "ddl.yaml:1: anchors"),
        ("a: !!python/object/apply:os.system ['id']\n", "ddl.yaml:1: the tag"),
        ("a: !ruby/object:Gem::Requirement {}\n", "ddl.yaml:1: the tag"),
        ("a: 1\n---\nb: 2\n", "ddl.yaml:2: a second document"),
        ("? [a]\n: 1\n", "a key is a plain word"),
        ("a: [1,\n", "no YAML"),
        ("a: \x01\n", "no YAML"),
        ("\tb: 1\n", "no YAML"),
        ("[" * 50_000, "nest"),  # by us, or by PyYAML from 6.0.4 on
        ("a: " + "{b: " * 50_000, "nest"),
        ("\n".join("- " + "x" for _ in range(MAX_VALUES + 1)), "more than 20000 values"),
        ("a" * (MAX_TEXT + 1), "524289 characters, 524288 are allowed"),
    ],
)
def test_yaml_that_is_more_than_plain_values_is_refused_with_its_place(text, problem):
    with pytest.raises(DDLError) as caught:
        from_yaml(text, "service")
    assert problem in str(caught.value)
    assert caught.value.plugin == "service"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no JSON"),
        ('{"a": 1, "a": 2}', "'a' stands in one object twice"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ("[" * 100_000, "nested deeper than 16"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested deeper than 16"),
        ('{"a": ' + "9" * 5000 + "}", "no JSON"),
        (" " * (MAX_TEXT + 1), "characters"),
    ],
)
def test_json_that_is_ambiguous_or_too_deep_is_refused(text, problem):
    with pytest.raises(DDLError, match=problem):
        from_json(text, "service")


def test_json_up_to_the_limit_is_read():
    assert from_json("[" * MAX_DEPTH + "]" * MAX_DEPTH, "service").value is not None


def test_an_error_names_file_line_and_key():
    document = from_yaml("actions:\n  - action: start\n    input: {}\n", "service")
    assert str(document.error(("actions", 0, "input"), "wrong")) == "service: ddl.yaml:3: actions[0].input: wrong"
