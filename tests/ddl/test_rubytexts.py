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


HEREDOCS = [
    ("<<A\n one\\n#{1}\nA\n", " one\n1\n"),
    ("<<'A'\n one\\n#{1}\nA\n", " one\\n#{1}\n"),
    ('<<-"A B"\n one\n   A B\n', " one\n"),
    ("<<~A\n    one\n      two\n\n    three\n  A\n", "one\n  two\n\nthree\n"),
    ("<<~A\n\t\tone\n\t        two\nA\n", "one\ntwo\n"),
    ("<<-A.strip\n  one\n  A\n", "one"),
    ("<<-A\nA\n", ""),
    ("<<A + <<B\na\nA\nb\nB\n", "a\nb\n"),
    ("<<A\na \\\nb\nA\n", "a b\n"),
]


@pytest.mark.parametrize(("text", "expected"), HEREDOCS)
def test_a_heredoc_is_the_lines_below(text, expected):
    assert value(text) == expected


def test_what_follows_a_heredoc_on_its_line_and_below_it_is_read():
    first, second = read_calls("usage <<A; other 1\ntext\nA\n", "x", "x.ddl")
    assert (first.args, second.args) == (("text\n",), (1,))
    calls = read_calls("metadata :a => <<A, :b => 2\ntext\nA\nthird 3\n", "x", "x.ddl")
    assert [(call.name, call.args, call.line) for call in calls] == [("metadata", ({"a": "text\n", "b": 2},), 1), ("third", (3,), 4)]


REFUSED = [
    ('"no end', 'x.ddl:1:7: this text does not end: " is missing'),
    ("<<A\ntext\n", "the text of <<A does not end: the line A is missing"),
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
    ("<<x y", "the text of <<x does not end"),
    ('<<A + "over\nlines"\nA\n', "cannot share one with a heredoc"),
    ("%W[a#{1}]", "are not read in this list of words"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_what_is_no_such_literal_is_refused_by_its_place(text, says):
    reason = refusal(text)
    assert says in reason
    assert reason.startswith("x.ddl:")
