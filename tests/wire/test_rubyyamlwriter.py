import math
from enum import IntEnum, StrEnum

import pytest

from mcollective_py.errors import UnsendableValue
from mcollective_py.wire.rubylimits import RubyLimits
from mcollective_py.wire.rubyyamlwriter import dumps
from mcollective_py.wire.symbol import Regexp, Symbol


class Colour(StrEnum):
    RED = "red"


class Merge(StrEnum):
    KEY = "<<"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "--- ~\n"), (True, "--- true\n"), (False, "--- false\n"), (0, "--- 0\n"), (-12, "--- -12\n"), (Level.HIGH, "--- 3\n"),
        (1.5, "--- 1.5\n"), (1.0, "--- 1.0\n"), (1e16, "--- 1.0e+16\n"), (-1e-05, "--- -1.0e-05\n"), (1.5e300, "--- 1.5e+300\n"),
        (math.inf, "--- .inf\n"), (-math.inf, "--- -.inf\n"), (math.nan, "--- .nan\n"), (-0.0, "--- -0.0\n"),
        ("a b", '--- "a b"\n'), ("", '--- ""\n'), (":a", '--- ":a"\n'), ("1,000", '--- "1,000"\n'), ("žluť 😀", '--- "žluť 😀"\n'),
        ("\0\t\r\n\x1b\"\\/", '--- "\\u0000\\t\\r\\n\\u001b\\"\\\\/"\n'), (Colour.RED, '--- "red"\n'),
        ("\x7f\x85\u2028\ufeff\uffff", '--- "\\u007F\\u0085\\u2028\\uFEFF\\uFFFF"\n'),
        (b"\xff\0", '--- !binary "/wA="\n'), (b"abc", '--- !binary "YWJj"\n'), (b"", '--- !binary ""\n'),
        (Symbol("body"), "--- :body\n"), (Symbol("ok?"), "--- :ok?\n"), (Symbol("a b"), '--- !ruby/symbol "a b"\n'),
        (Symbol(""), '--- !ruby/symbol ""\n'), (Symbol('"a"'), '--- !ruby/symbol "\\"a\\""\n'),
        (Symbol(":a"), '--- !ruby/symbol ":a"\n'),
        (Symbol("a\n"), '--- !ruby/symbol "a\\n"\n'), (Symbol("é"), '--- !ruby/symbol "é"\n'),
        (Regexp("a/b", 5), '--- !ruby/regexp "/a/b/mi"\n'), (Regexp("x", 2 + 16), '--- !ruby/regexp "/x/x"\n'),
        ([], "--- []\n"), ((), "--- []\n"), ({}, "--- {}\n"),
        ([1, (), [2, {}]], "---\n- 1\n- []\n-\n - 2\n - {}\n"),
        ({Symbol("a"): {"b": [1]}, "<<": 1, 2: None}, '---\n:a:\n "b":\n  - 1\n!!str "<<": 1\n2: ~\n'),
        ({Merge.KEY: {}}, '---\n!!str "<<": {}\n'),
        ({Symbol("<<"): {}}, '---\n!ruby/symbol "<<": {}\n'),
        ({"k" * 999: 1}, f'---\n? "{"k" * 999}"\n: 1\n'), ({"k" * 998: 1}, f'---\n"{"k" * 998}": 1\n'),
    ],
)  # fmt: skip
def test_a_value_is_written_so_that_ruby_takes_it_for_nothing_else(value, text):
    assert dumps(value).decode() == text


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": [1, {"b": object()}]}, "an object cannot be sent, at a[1].b"),
        ([{1, 2}], "a set cannot be sent, at [0]"),
        ({"when": Ellipsis}, "an ellipsis cannot be sent, at when"),
        ("\ud800", "half of a surrogate pair is no character, at the top"),
        ({"\udfff": 1}, "half of a surrogate pair is no character"),
        ({Symbol("\ud800"): 1}, "half of a surrogate pair is no character"),
        ([Regexp("\ud800")], "half of a surrogate pair is no character, at [0]"),
        ({"a": {(1, 2): 3}}, "a tuple as a key cannot be sent, at a[(1, 2)]"),
        ({object: 1}, "a type cannot be sent"),
        ([10**128], "an integer of more than 128 digits, at [0]"),
        ({-7: {10**128: 1}}, "an integer of more than 128 digits, at [-7][1000"),
        (bytearray(b"x"), "a bytearray cannot be sent, at the top"),
    ],
)
def test_what_cannot_be_written_is_named_with_its_place(value, says):
    with pytest.raises(UnsendableValue) as caught:
        dumps(value)
    assert says in str(caught.value)


def test_integers_of_as_many_digits_as_may_be_are_written():
    with pytest.raises(UnsendableValue, match="an integer of more than 128 digits"):
        dumps({-(10**5000): 1})  # which Python itself refuses to show
    assert dumps(-(10**128 - 1)) == b"--- -" + b"9" * 128 + b"\n"


def test_what_is_written_keeps_the_limits():
    limits = RubyLimits(size=60, depth=2, values=6, symbols=1)
    assert dumps([[1, Symbol("a")]], limits)
    for value, says in (
        ("x" * 60, "YAML of 67 bytes, the limit is 60"),
        ([[[1]]], "nested deeper than 2, at [0][0]"),
        ([[{}]], "nested deeper than 2, at [0][0]"),
        ([1] * 5, "more than 6 values, at [4]"),
        ([[], [], []], "more than 6 values, at [2]"),
        ([Symbol("a"), Symbol("b")], "more than 1 symbols, at [1]"),
    ):
        with pytest.raises(UnsendableValue) as caught:
            dumps(value, limits)
        assert says in str(caught.value)
    knot: list[object] = []
    knot.append(knot)
    with pytest.raises(UnsendableValue, match="nested deeper than 32"):
        dumps(knot)
