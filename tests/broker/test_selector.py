import pytest

from mcollective_py.broker.frames import RefusedFrame
from mcollective_py.broker.selector import Equal, parse_selector


def test_direct_addressing_needs_one_equality():
    selector = parse_selector("mc_identity = 'web1.example.com'")
    assert selector == Equal("mc_identity", "web1.example.com")
    assert selector.matches({"mc_identity": "web1.example.com"})
    assert not selector.matches({"mc_identity": "web2.example.com"})
    assert not selector.matches({})


@pytest.mark.parametrize(
    ("text", "headers", "expected"),
    [
        ("a='1'", {"a": "1"}, True),
        ("a = 'it''s'", {"a": "it's"}, True),
        ("a <> '1'", {"a": "2"}, True),
        ("a <> '1'", {}, False),
        ("a = '1' AND b = '2'", {"a": "1", "b": "2"}, True),
        ("a = '1' and b = '2'", {"a": "1"}, False),
        ("a = '1' OR b = '2' AND c = '3'", {"a": "1"}, True),
        ("(a = '1' OR b = '2') AND c = '3'", {"a": "1"}, False),
        ("(a = '1' OR b = '2') AND c = '3'", {"b": "2", "c": "3"}, True),
    ],
)
def test_or_binds_looser_than_and_and_brackets_bind_most(text, headers, expected):
    assert parse_selector(text).matches(headers) is expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a = '1'", "1"),
        ("b = '2' AND a = '1'", "1"),
        ("a = '1' OR a = '1'", "1"),
        ("a = '1' OR a = '2'", None),
        ("a = '1' OR b = '2'", None),
        ("a <> '1'", None),
    ],
)
def test_a_selector_knows_the_one_value_it_requires(text, value):
    assert parse_selector(text).required("a") == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a =",
        "a = 1",
        "a > '1'",
        "a LIKE 'x%'",
        "NOT a = '1'",
        "a = '1' AND",
        "(a = '1'",
        "a = '1')",
        "a = 'open",
        "'a' = 'a'",
        "a = b",
        "a = '1'; DROP",
        "(" * 40 + "a = '1'" + ")" * 40,
        " OR ".join(["a = '1'"] * 60),
        "a = '" + "x" * 3000 + "'",
    ],
)
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(RefusedFrame, match="selector"):
        parse_selector(text)
