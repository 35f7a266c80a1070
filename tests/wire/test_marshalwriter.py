import math
from enum import IntEnum, StrEnum
from types import MappingProxyType

import pytest

from mcollective_py.errors import UnsendableValue
from mcollective_py.wire.marshal import loads
from mcollective_py.wire.marshalwriter import dumps, packed
from mcollective_py.wire.rubylimits import REPLY, RubyLimits
from mcollective_py.wire.symbol import Regexp, Symbol


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "body"),
    [
        (None, b"0"),
        (True, b"T"),
        (False, b"F"),
        (0, b"i\x00"),
        (122, b"i\x7f"),
        (123, b"i\x01\x7b"),
        (256, b"i\x02\x00\x01"),
        (2**30 - 1, b"i\x04\xff\xff\xff\x3f"),
        (2**30, b"l+\x07\x00\x00\x00\x40"),
        (2**64, b"l+\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00"),
        (-1, b"i\xfa"),
        (-123, b"i\x80"),
        (-124, b"i\xff\x84"),
        (-256, b"i\xff\x00"),
        (-257, b"i\xfe\xff\xfe"),
        (-(2**30), b"i\xfc\x00\x00\x00\xc0"),
        (-(2**30) - 1, b"l-\x07\x01\x00\x00\x40"),
        (3.25, b"f\x093.25"),
        (0.0, b"f\x060"),
        (-0.0, b"f\x07-0"),
        (1.0, b"f\x061"),
        (10.0, b"f\x081e1"),
        (12.0, b"f\x0712"),
        (0.0001, b"f\x0b0.0001"),
        (0.00001, b"f\x091e-5"),
        (1e100, b"f\n1e100"),
        (1.5e-7, b"f\x0b1.5e-7"),
        (123456789012345680.0, b"f\x1a1.2345678901234568e17"),
        (math.inf, b"f\x08inf"),
        (-math.inf, b"f\t-inf"),
        (math.nan, b"f\x08nan"),
        (b"a\xff", b'"\x07a\xff'),
        ("abc", b'I"\x08abc\x06:\x06ET'),
        ("é", b'I"\x07\xc3\xa9\x06:\x06ET'),
        (Symbol("body"), b":\tbody"),
        (Symbol(""), b":\x00"),
        (Symbol("é"), b"I:\x07\xc3\xa9\x06:\x06ET"),
        (Regexp("a/b", 1), b"I/\x08a/b\x01\x06:\x06EF"),
        (Regexp("é", 64 + 4), b"I/\x07\xc3\xa9\x04\x06:\x06ET"),
        ([], b"[\x00"),
        ((1, [None]), b"[\x07i\x06[\x060"),
        ({Symbol("b"): 1, Symbol("a"): (), 3: None}, b"{\x08:\x06bi\x06:\x06a[\x00i\x080"),
        # A symbol that was there before, E among them, is a link as Ruby writes it.
        (["a", "b", Symbol("E"), Symbol("x"), Symbol("x")], b'[\x0aI"\x06a\x06:\x06ETI"\x06b\x06;\x00T;\x00:\x06x;\x06'),
        ([Symbol("é"), "a", Symbol("é")], b'[\x08I:\x07\xc3\xa9\x06:\x06ETI"\x06a\x06;\x06T;\x00'),
        ([{"k": "k"}] * 2, b'[\x07{\x06I"\x06k\x06:\x06ETI"\x06k\x06;\x00T{\x06I"\x06k\x06;\x00TI"\x06k\x06;\x00T'),
        (Colour.RED, b'I"\x08red\x06:\x06ET'),
        (Level.HIGH, b"i\x08"),
    ],
)
def test_each_value_is_written_as_ruby_writes_it(value, body):
    assert dumps(value) == b"\x04\x08" + body


def test_the_same_value_gives_the_same_bytes_and_the_order_of_a_dict_is_kept():
    assert dumps({"b": 1, "a": 2}) == dumps({"b": 1, "a": 2}) != dumps({"a": 2, "b": 1})


def test_a_packed_integer_takes_the_fewest_bytes():
    assert [packed(number) for number in (0, 1, 122, 123, 65_536, -1, -123, -124)] == [
        b"\x00", b"\x06", b"\x7f", b"\x01\x7b", b"\x03\x00\x00\x01", b"\xfa", b"\x80", b"\xff\x84",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (object(), "a value of the type object cannot be sent, at the top"),
        ({1, 2}, "a value of the type set cannot be sent, at the top"),
        (bytearray(b"a"), "a value of the type bytearray cannot be sent"),
        (MappingProxyType({}), "a value of the type mappingproxy cannot be sent"),
        ({"a": [1, {Symbol("b"): 1j}]}, "a value of the type complex cannot be sent, at a[1].b"),
        ({7: [object()]}, "a value of the type object cannot be sent, at [7][0]"),
        ({(1, 2): 3}, "a tuple cannot be a key, at [(1, 2)]"),
        ({frozenset(): 3}, "a value of the type frozenset cannot be sent, at [frozenset()]"),
        (["\ud800"], "half of a surrogate pair is no character, at [0]"),
        ({"\ud800": 1}, "half of a surrogate pair is no character, at \ud800"),
        ([Symbol("\udfff")], "half of a surrogate pair is no character, at [0]"),
        ([Regexp("\udfff")], "half of a surrogate pair is no character, at [0]"),
        (10**128, "an integer of more than 128 digits, at the top"),
        (-(10**128), "an integer of more than 128 digits, at the top"),
    ],
)
def test_a_value_that_ruby_would_not_know_is_named_with_its_place(value, says):
    with pytest.raises(UnsendableValue) as caught:
        dumps(value)
    assert says in str(caught.value)


def test_what_is_sent_keeps_the_limits_and_is_taken_by_a_reader_with_the_same():
    few = RubyLimits(size=60, depth=2, values=6, symbols=2, digits=20)
    for value in ([[]], {"a": 1, "b": 2}, [None] * 5, [Symbol("a"), Symbol("b")], "x" * 47, b"x" * 56, 10**20 - 1, -(10**20) + 1):
        assert loads(dumps(value, few), few) == value
    for value, says in (
        ([[[]]], "nested deeper than 2, at [0][0]"),
        ([None] * 6, "more than 6 values, at the top"),
        ([[], [], []], "more than 6 values, at [2]"),
        ({1: 2, 3: 4, 5: 6}, "more than 6 values, at the top"),
        ([Symbol("a"), Symbol("b"), Symbol("c")], "more than 2 different symbols, at [2]"),
        ([Regexp("a")], "more than 6 values, regular expressions counted sixteen times, at [0]"),
        ("x" * 61, "more than 60 bytes, at the top"),
        (b"x" * 57, "the limit is 60, at the top"),
        (["x" * 40, "x" * 21], "more than 60 bytes, at [1]"),
        (10**20, "more than 20 digits"),
    ):
        with pytest.raises(UnsendableValue) as caught:
            dumps(value, few)
        assert says in str(caught.value)
    text = "x" * 2_000_000
    assert loads(dumps(text, REPLY), REPLY) == text


def test_a_value_that_holds_itself_and_one_that_doubles_at_each_level_are_refused():
    knot: list[object] = []
    knot.append(knot)
    with pytest.raises(UnsendableValue, match="nested deeper than 32"):
        dumps(knot)
    doubled: list[object] = []
    for _ in range(30):
        doubled = [doubled, doubled]
    with pytest.raises(UnsendableValue, match="more than 200000 values"):
        dumps(doubled)


def test_as_many_known_symbols_as_one_likes_are_one_each():
    rows = [{Symbol("pid"): number, Symbol("name"): "x"} for number in range(12_000)]
    assert loads(dumps(rows)) == rows
