import pytest

from mcollective_py.ddl.rubycalls import read_calls
from mcollective_py.errors import DDLError
from mcollective_py.wire.symbol import Regexp, Symbol


def value(text):
    (call,) = read_calls(f"usage {text}\n", "x", "x.ddl")
    return call.args[0]


def refusal(text):
    with pytest.raises(DDLError) as found:
        value(text)
    return found.value.reason


TEXTS = [
    (r"'it\'s \n \\ #{x}'", "it's \\n \\ #{x}"),
    (r'"tab\there\x41\u00e9\101\u{42 43}\s|"', "tab\thereAéABC |"),
    ('"a # b #x \\#{c} \\""', 'a # b #x #{c} "'),
    ('"a\\\nb"', "ab"),
    ('"two " "texts" \' and\'', "two texts and"),
    ('"over" \\\n  " lines"', "over lines"),
    ('"added" + " " +\n "up"', "added up"),
    ("%q(a (b) \\) c)", "a (b) ) c"),
    ('%Q{a#{"b"}{c}}', "ab{c}"),
    ("%(a 'b')", "a 'b'"),
    ("%w[a b\\ c\nd]", ["a", "b c", "d"]),
    ("%w(a (b))", ["a", "(b)"]),
    ("%W{a b}", ["a", "b"]),
    ("%i[a b]", [Symbol("a"), Symbol("b")]),
    (":name", Symbol("name")),
    (':"a name"', Symbol("a name")),
    (r"/^a\/b.$/mi", Regexp("^a/b.$", 5)),
    (r"%r{a/b{2}\/}", Regexp(r"a/b{2}\/")),
    ("60", 60),
    ("-1_000", -1000),
    ("010", 8),
    ("0x1F", 31),
    ("0b11", 3),
    ("2.5", 2.5),
    ("1e3", 1000.0),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_a_literal_is_what_ruby_makes_of_it(text, expected):
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


def test_symbols_in_a_list_stay_symbols():
    assert [type(word) for word in value("%i[a b]")] == [Symbol, Symbol]


REFUSED = [
    ('"no end', 'x.ddl:1:7: this text does not end: " is missing'),
    ("%w[a b", "this list of words does not end: ] is missing"),
    ("/a", "this regular expression does not end: / is missing"),
    ("/a/n", "the flag n of a regular expression is not used"),
    ("/#{a}/", "in a regular expression is not read: write it out"),
    ('"\\xff"', "is one byte of a character"),
    ('"\\u{110000}"', "is no character"),
    ('"\\ud800"', "is no character"),
    ('"\\C-a"', "write the character itself"),
    ('"#$0"', "#$ is code: a DDL is read, not run"),
    ("12345678901234567890", "a number of more than 18 digits"),
    ("1" * 40, "a number of more than 18 digits"),
    ("1e999", "a number that is too large"),
    ("089", "no number that a DDL has"),
    ("1r", "no number that a DDL has"),
    ("0x_", "no number that a DDL has"),
    ("-", "no number that a DDL has"),
    (":+", "this symbol is not used in a DDL"),
    ("%x(ls)", "% is code"),
    ("%W[a#{1}]", "are not read in this list of words"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_what_is_no_such_literal_is_refused_by_its_place(text, says):
    reason = refusal(text)
    assert says in reason
    assert reason.startswith("x.ddl:")
