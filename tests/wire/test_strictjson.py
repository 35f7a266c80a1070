import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcollective_py.errors import Malformed, UnsendableValue
from mcollective_py.wire.strictjson import REPLY, JSONLimits, dumps, loads
from tests.cputime import cpu_seconds

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**90), 10**90) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"null", None),
        (b'{"a":[1,2.5,true,"x"]}', {"a": [1, 2.5, True, "x"]}),
        (b' { "a" : -0.0 } ', {"a": -0.0}),
        ('"žluťoučký"', "žluťoučký"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"[[[[{{{{\\"["', '[[[[{{{{"['),
        (b"1" * 128, int("1" * 128)),
    ],
)
def test_a_plain_text_gives_its_value(text, value):
    assert loads(text) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nul",
        b"{}{}",
        b"[1,]",
        b"{'a':1}",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"c":2,"b":3}}',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"1" * 129,
        b"1" * 5000,
        b"01",
        b'"\\ud800"',
        b'"\\uDC00 low half alone"',
        b'{"\\uD800":1}',
        b'"\xff"',
        b'"\xed\xa0\x80"',  # a surrogate in what would be UTF-8
        b'\xef\xbb\xbf"x"',
        b'"a\nb"',
        b'"\x00"',
        b"[" * 5000 + b"]" * 5000,
        b"[" * 1_000_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'"\\',
        "\ud800",
    ],
)
def test_a_text_with_two_meanings_or_none_is_malformed(text):
    with pytest.raises(Malformed):
        loads(text)


def test_nesting_is_taken_up_to_the_depth_and_not_beyond():
    assert loads(b"[" * 32 + b"]" * 32)
    assert loads(b'{"a":[' * 16 + b"]}" * 16)
    assert loads(b"[" + b"[]," * 400 + b"[]]")
    with pytest.raises(Malformed, match="deeper than 32"):
        loads(b"[" * 33 + b"]" * 33)
    with pytest.raises(Malformed, match="deeper than 32"):
        loads(b'{"a":[' * 16 + b"{}" + b"]}" * 16)


def test_keys_strings_and_size_are_taken_up_to_the_limit_and_not_beyond():
    limits = JSONLimits(size=100, keys=2, string=10)
    assert loads(b'{"a":1,"b":2}', limits) == {"a": 1, "b": 2}
    with pytest.raises(Malformed, match="3 keys"):
        loads(b'{"a":1,"b":2,"c":3}', limits)
    assert loads(b'["%s","0123456789"]' % (b"a" * 10), limits)
    for text in (b'["01234567890"]', b'{"01234567890":1}'):
        with pytest.raises(Malformed, match="11 characters"):
            loads(text, limits)
    assert loads(b'"' + b" " * 0 + b'"' + b" " * 98, limits) == ""
    with pytest.raises(Malformed, match="101 bytes"):
        loads(b'""' + b" " * 99, limits)


@pytest.mark.parametrize("text", [b'"' + b'\\"' * 500_000, b'"\\' * 350_000, b"[{" * 350_000, b'"a"' * 340_000, b"[[]," * 250_000])
def test_hostile_texts_of_a_mebibyte_are_refused_in_no_time(text):
    def refused():
        with pytest.raises(Malformed):
            loads(text, JSONLimits(keys=6))

    assert cpu_seconds(refused, 0.5) < 0.5


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:\\u0dD8eE+-.1nulltrfas ', max_size=60))
@settings(max_examples=1500, deadline=None)
def test_any_bytes_give_a_value_or_malformed(text):
    try:
        value = loads(text)
    except Malformed:
        return
    assert loads(dumps(value)) == value


@given(VALUES)
@settings(max_examples=400, deadline=None)
def test_what_is_sent_comes_back_the_same_type_and_all(value):
    back = loads(dumps(value))
    assert back == value
    assert repr(back) == repr(value)


def test_the_text_is_the_shortest_and_floats_keep_their_point():
    assert dumps({"a": [1.0, 1, None, True, "ž"], "b": ()}) == '{"a":[1.0,1,null,true,"ž"],"b":[]}'


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"x", "a bytes cannot be sent, at the top"),
        ({"a": [1, {"b": b"x"}]}, "a bytes cannot be sent, at a[1].b"),
        ({"a": float("nan")}, "nan is no JSON number, at a"),
        ([float("-inf")], "-inf is no JSON number, at [0]"),
        ({1: "x"}, "the key 1 is not text, at the top"),
        ({"a": {None: 1}}, "the key None is not text, at a"),
        ({"when": object()}, "an object cannot be sent, at when"),
        ([{1, 2}], "a set cannot be sent, at [0]"),
        (["\ud800"], "half of a surrogate pair is no character, at [0]"),
        ({"\ud800": 1}, "half of a surrogate pair is no character"),
        (10**200, "an integer of more than 384 bits, at the top"),
    ],
)
def test_a_value_that_json_does_not_have_is_named_with_its_place(value, says):
    with pytest.raises(UnsendableValue) as caught:
        dumps(value)
    assert says in str(caught.value)


def test_what_is_sent_keeps_the_limits():
    limits = JSONLimits(size=20, depth=2, keys=1, string=3)
    assert dumps({"abc": ["abc"]}, limits) == '{"abc":["abc"]}'
    for value in ([[[]]], {"a": 1, "b": 2}, "abcd", {"abcd": 1}, ["žžž", "žžž", "ž"]):
        with pytest.raises(UnsendableValue):
            dumps(value, limits)
    knot: list[object] = []
    knot.append(knot)
    with pytest.raises(UnsendableValue, match="nested deeper than 32"):
        dumps(knot)


def test_reply_limits_take_a_string_of_a_mebibyte():
    text = "x" * (1024 * 1024)
    assert loads(dumps(text, REPLY), REPLY) == text


def test_pythons_own_reader_would_have_taken_some_of_these():
    # The reason for this module: when this fails, it may be slimmer.
    assert json.loads('{"a":1,"a":2}') == {"a": 2}
    assert json.loads("1e999") == float("inf")


def test_so_many_values_cost_more_than_their_text_and_are_refused():
    few = JSONLimits(size=10_000, values=100)
    assert loads("[" + "1," * 98 + "1]", few)[0] == 1
    with pytest.raises(Malformed, match="102 values, the limit is 100"):
        loads("[" + "1," * 100 + "1]", few)
    with pytest.raises(Malformed, match="the limit is 100"):
        loads("[" + "[]," * 99 + "[]]", few)
    with pytest.raises(UnsendableValue, match="the limit is 100"):
        dumps([[]] * 101, few)


def test_a_long_text_is_one_text_wherever_its_strings_lie():
    for shift in range(4):
        text = json.dumps(["x" * shift, '[{,"\\' * 30_000, ["]" * 70_000, {"[": 1}]] * 2)
        assert loads(text, REPLY) == json.loads(text)
        with pytest.raises(Malformed):
            loads(text + "[" * 40, REPLY)


def test_commas_and_brackets_within_strings_are_no_values():
    few = JSONLimits(size=100_000, values=100)
    text = '","[{' + "\\\\" * 3 + "," * 5000
    assert loads(dumps({"csv": text}, few), few) == {"csv": text}
