"""Strict JSON: it refuses or reads; what it reads, Python's reader reads alike; what it writes, it reads back."""

import json

from mcollective_py.errors import Malformed, UnsendableValue
from mcollective_py.wire.strictjson import JSONLimits, dumps, loads
from tests.fuzz.mutation import fuzz

LIMITS = JSONLimits(size=100_000, depth=12, keys=50, string=5_000, digits=40)
SEEDS = (
    b'{"a": [1, 2.5, -0.0, 1e3, true, false, null], "b": {"c": "\\u00e9\\ud83d\\ude00 \\" \\\\ \\/"}, "d": ""}',
    b'["\xc3\xa9", {"x": {"x": {"x": [[[[[]]]]]}}}, 123456789012345678901234567890, 0.1, 5e-324]',
    b'{"p":"mcpy/1","t":"request+json","time":1800000000000,"ttl":60,"to":null,"filter":{"fact":[],"cf_class":[]}}',
    b'  "text"  ',
    b"3.25",
)
WORDS = (b"NaN", b"Infinity", b"-Infinity", b'"a":1,', b"[" * 20, b"{" * 20, b"]" * 20, b"\\ud800", b"\\udfff", b"\\u0000", b"-0",
         b"1E5", b"//", b"1.", b".5", b"01", b"1e400", b"null", b"true", b",", b":", b'""')  # fmt: skip


def check(data: bytes) -> bool:
    try:
        value = loads(data, LIMITS)
    except Malformed:
        return False
    assert repr(value) == repr(json.loads(data)), "Python's own reader reads something else"
    try:
        text = dumps(value, LIMITS)
    except UnsendableValue as error:
        # What is sent is held to a little less, so that a reader with the same limits takes whatever passes.
        is_near = len(json.dumps(value, ensure_ascii=False)) > LIMITS.size - 2_000 or "integer" in str(error)
        assert is_near, f"taken, but it cannot be sent: {error}"
        return True
    assert repr(loads(text, LIMITS)) == repr(value), "written and read again it is something else"
    return True


if __name__ == "__main__":
    fuzz("strictjson", check, SEEDS, WORDS)
