import json
import math
from datetime import date

import pytest

from mcollective_py.wire.plainjson import plain_json
from mcollective_py.wire.symbol import Regexp, Symbol


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": [1, 1.5, True, None, "ü"]}, {"a": [1, 1.5, True, None, "ü"]}),
        (b"caf\xc3\xa9", "café"),
        (b"\xff\x00", {"base64": "/wA="}),
        (Symbol("running"), "running"),
        (Regexp("^a", 1), "/^a/"),
        ([math.nan, math.inf, -math.inf], ["NaN", "Infinity", "-Infinity"]),
        (
            {1: "a", None: "b", False: "c", 1.5: "d", b"\xff": "e", Symbol("f"): "g"},
            {"1": "a", "": "b", "false": "c", "1.5": "d", "\\xff": "e", "f": "g"},
        ),
        ({math.nan: 1}, {"NaN": 1}),
        ((1, (2,)), [1, [2]]),
        (date(2024, 2, 29), "2024-02-29"),
    ],
)
def test_what_json_has_not_becomes_what_a_reader_can_use(value: object, shown: object) -> None:
    assert plain_json(value) == shown


def test_nothing_that_comes_out_is_refused_by_a_strict_writer() -> None:
    odd = {"n": [math.nan, {Symbol("s"): b"\xff", (): object}], "deep": None}
    assert json.loads(json.dumps(plain_json(odd), allow_nan=False))["n"][0] == "NaN"


def test_what_contains_itself_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert json.dumps(plain_json(loop)).startswith("[[[[")
