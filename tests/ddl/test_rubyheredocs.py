import pytest

from mcollective_py.ddl.rubycalls import read_calls
from mcollective_py.errors import DDLError


def value(text):
    (call,) = read_calls(f"usage {text}\n", "x", "x.ddl")
    return call.args[0]


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
    ("<<A\ntext\n", "the text of <<A does not end: the line A is missing"),
    ("<<x y", "the text of <<x does not end"),
    ('<<A + "over\nlines"\nA\n', "cannot share one with a heredoc"),
    ('<<A\n#{"over\n  A\n"}\nA\n', "x.ddl:"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_what_is_no_heredoc_is_refused_by_its_place(text, says):
    with pytest.raises(DDLError) as found:
        value(text)
    assert says in found.value.reason
    assert found.value.reason.startswith("x.ddl:")
