"""YAML as Ruby has it: it is refused or read, within its limits; what is read can be written, and comes back the same.

The parser in Python reads what is written here as the one in C does; of other texts the two may differ, as long as it does not fail.
"""

from pathlib import Path
from typing import Any

from mcollective_py.errors import Malformed, UnsendableValue
from mcollective_py.wire.rubylimits import RubyLimits
from mcollective_py.wire.rubyyaml import PythonParser, dumps, loads
from mcollective_py.wire.symbol import Regexp, Symbol
from tests.fuzz.mutation import fuzz

LIMITS = RubyLimits(size=100_000, depth=12, values=5_000, symbols=200, digits=40)
SHORT = 3_000  # bytes that the parser in Python is asked to read
RECORDED = Path(__file__).parents[1] / "wire" / "vectors" / "activemq-ssl-yaml"
SEEDS = (
    b"---\n:body: |\n  ---\n  :a: 1\n:filter:\n  fact:\n  - :fact: country\n    :value: uk\n  cf_class: []\n:ttl: 60\n",
    b"- !!str 1\n- !!int '2'\n- ! \"3\"\n- !ruby/regexp /a/i\n- !float 1e3\n- !binary YQ==\n- !ruby/sym a b\n- !!bool y\n- !!null x\n",
    b"--- >-\n a\n b\n\n c\n  d\n",
    b"{a: 'b', c: [d, 1.5, ? f : g, .inf], j: \"h\\u2028\\x41\\\n  i\"}",
    b"? a\n: b\n? |\n  c\n: - - 1\n    - ~\n  -\n    x: 12:30:45\n",
    b"%YAML 1.1\n%TAG !x! !ruby/\n--- !x!sym a # comment\n...\n",
    b'- 1_000\n- 1,000\n- 0x1f\n- 017\n- 0b11\n- -.inf\n- .nan\n- :a\n- :"b c"\n- \':d\'\n- no\n- "\\e\\0"\n',
    "- žluť 😀\n- \u2029\n- :日本\n".encode(),
    *(file.read_bytes() for file in sorted(RECORDED.glob("*.bin")) if file.name != "shared-hash.reply.bin"),
)
WORDS = (b"!ruby/sym ", b"!ruby/object:Object ", b"!!int ", b"!!float ", b"!binary ", b"! ", b"!!str ", b"<<: ", b"? ", b"- ", b": ",
         b"|\n ", b">\n ", b"&a ", b"*a ", b"---\n", b"...\n", b"{", b"}", b"[", b"]", b",", b"#", b"\t", b"  ", b"%TAG ! x\n",
         b"\xe2\x80\xa8", b"\xc2\x85", b"2024-01-01", b":a", b"1,000", b"12:30", b"\\x41", b"\\ud800", b"'",
         b"[" * 20, b"- " * 20, b"!!seq ", b"/")  # fmt: skip


def check(data: bytes) -> bool:
    if len(data) < SHORT:
        read(data, parser=PythonParser)  # nothing but a refusal may leave it
    try:
        value = loads(data, LIMITS)
    except Malformed:
        return False
    assert weight(value) <= LIMITS.values, "more than it may hold"
    try:
        text = dumps(value, LIMITS)
    except UnsendableValue as error:
        assert len(data) > LIMITS.size // 8, f"taken, but it cannot be sent: {error}"
        return True
    assert shape(loads(text, LIMITS)) == shape(value), "written and read again it is something else"
    if len(text) < SHORT:
        assert read(text, parser=PythonParser) == (shape(value),), "the parser in Python reads ours otherwise"
    return True


def read(data: bytes, parser: Any) -> tuple[Any, ...]:
    """The value's shape, or nothing where it is refused."""
    try:
        return (shape(loads(data, LIMITS, parser=parser)),)
    except Malformed:
        return ()


def shape(value: Any) -> Any:
    """Two are equal only where all types are, too. The types are those that may come out."""
    if type(value) is dict:
        return "hash", [(shape(key), shape(item)) for key, item in value.items()]
    if type(value) is list:
        return "array", [shape(item) for item in value]
    assert type(value) in (type(None), bool, int, float, str, bytes, Symbol, Regexp), type(value)
    return type(value).__name__, repr(value)


def weight(value: Any) -> int:
    """How many values there are; only those count here that are certain to have counted."""
    if isinstance(value, dict):
        return 2 + len(value) + sum(weight(item) for item in value.values())
    return 2 + sum(weight(item) for item in value) if isinstance(value, list) else 1


if __name__ == "__main__":
    fuzz("rubyyaml", check, SEEDS, WORDS)
