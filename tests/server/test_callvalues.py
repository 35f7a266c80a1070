import json
import math
from types import MappingProxyType

import pytest

from mcollective_py.errors import Malformed, UnsendableValue
from mcollective_py.server.callvalues import MAX_DEPTH, from_json, to_json
from mcollective_py.wire.strictjson import JSONLimits, dumps
from mcollective_py.wire.symbol import Regexp, Symbol


def through(value):
    return from_json(json.loads(json.dumps(to_json(value), allow_nan=False)))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1, 1.5, True, "text", None, []],
        {"a": {"b": [{}]}},
        b"",
        b"\x00\xff",
        {"blob": b"plain", b"\xff": 1},
        {1: "a", None: 2, 1.5: 3, False: 4},
        {"": 1},
        {"": ["bytes", "AA=="]},
        {"a": {"": ["symbol", "x"]}},
        math.inf,
        [-math.inf],
        Regexp("^a.*", 5),
    ],
)
def test_a_value_of_either_wire_comes_back_as_it_was(value):
    assert through(value) == value


def test_symbols_come_back_as_symbols_and_words_as_words():
    found = through({"state": Symbol("running"), "text": "running", "map": {Symbol("utime"): 1.5}})
    assert [type(found["state"]), type(found["text"])] == [Symbol, str]
    assert [type(key) for key in found["map"]] == [Symbol]


def test_no_number_is_still_none():
    assert math.isnan(through({"load": math.nan})["load"])


def test_tuples_and_read_only_mappings_come_back_as_lists_and_dicts():
    assert through(MappingProxyType({"a": (1, (2,))})) == {"a": [1, [2]]}


def test_plain_values_are_written_as_they_are():
    value = {"a": [1, 1.5, "x", None, True], "b": {"c": ""}}
    assert to_json(value) == value


def test_what_has_no_end_is_refused_by_the_writer():
    loop = []
    loop.append(loop)
    with pytest.raises(UnsendableValue, match="nested deeper"):
        dumps(to_json(loop), JSONLimits(depth=MAX_DEPTH))


@pytest.mark.parametrize(
    "value",
    [
        {"": None},
        {"": []},
        {"": ["bytes"]},
        {"": ["bytes", "???"]},
        {"": ["bytes", 5]},
        {"": ["float", "1e999"]},
        {"": ["hash", 5]},
        {"": ["hash", [[1]]]},
        {"": ["hash", [[[], 1]]]},
        {"": ["regexp", "a", "b"]},
        {"": ["symbol", "a", 1, 2]},
        {"": ["object", "os.system"]},
        {"": ["symbol", "a"], "b": 1},
    ],
)
def test_a_mark_that_nobody_makes_is_malformed(value):
    with pytest.raises(Malformed):
        from_json([value])
