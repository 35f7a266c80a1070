import pytest

from mcollective_py.ddl.rubymethods import METHODS, interpolated
from mcollective_py.wire.symbol import Regexp, Symbol


@pytest.mark.parametrize(
    ("method", "value", "args", "expected"),
    [
        ("capitalize", "hELLO wORLD", (), "Hello world"),
        ("upcase", "stop", (), "STOP"),
        ("downcase", "Stop", (), "stop"),
        ("capitalize", Symbol("stop"), (), Symbol("Stop")),
        ("to_s", Symbol("stop"), (), "stop"),
        ("to_s", None, (), ""),
        ("to_sym", "stop", (), Symbol("stop")),
        ("strip", " a\n", (), "a"),
        ("chomp", "a\n\n", (), "a\n"),
        ("chomp", "a\r\n", (), "a"),
        ("sub", "stop", (Regexp("p$"), "pp"), "stopp"),
        ("sub", "a.b.c", (".", "-"), "a-b.c"),
        ("gsub", "a.b.c", (Regexp("[.]"), "-"), "a-b-c"),
        ("gsub", "debuglvl", ("lvl", ""), "debug"),
        ("gsub", "Aa", (Regexp("a", 1), "b"), "bb"),
        ("sub", "a\n", (Regexp(r"a\Z"), "b"), "b\n"),
        ("sub", "a\n", (Regexp(r"a\z"), "b"), "a\n"),
        ("join", ["a", 1, Symbol("b")], ("-",), "a-1-b"),
        ("freeze", ["a"], (), ["a"]),
    ],
)
def test_a_method_gives_what_ruby_gives(method, value, args, expected):
    found = METHODS[method](value, *args)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("method", "value", "args", "says"),
    [
        ("capitalize", 5, (), "for a text"),
        ("sub", Symbol("a"), ("a", "b"), "for a text"),
        ("join", "a", (), "for a list"),
        ("sub", "a", (Regexp("(a+)+$"), "b"), "only plain characters"),
        ("sub", "a", (Regexp("a*"), "b"), "only plain characters"),
        ("sub", "a", (Regexp("[b-a]"), "b"), "no pattern"),
        ("sub", "a", (Regexp("a" * 101), "b"), "more than 100 characters"),
        ("sub", "a", (Regexp("a", 4), "b"), "only the flag i"),
        ("sub", "a", ("a", "\\0"), "no backslash"),
        ("gsub", "a" * 10_001, ("a", "b"), "too long"),
        ("gsub", "a", ("a", "b" * 101), "too long"),
        ("join", ["a" * 1000] * 101, (), "too long"),
    ],
)
def test_what_a_method_is_not_for_is_refused(method, value, args, says):
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        METHODS[method](value, *args)


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "true"), (False, "false"), (5, "5"), (1.0, "1.0"), (Symbol("a"), "a"), ("a", "a")]
)
def test_a_value_in_a_text_is_as_ruby_writes_it(value, text):
    assert interpolated(value) == text


@pytest.mark.parametrize("value", [[1], {}, 1e20, Regexp("a")])
def test_a_value_without_a_plain_text_is_refused(value):
    with pytest.raises(ValueError, match="write"):
        interpolated(value)
