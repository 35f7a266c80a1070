"""Filters: a filter is refused or means the same after the wire, never more hosts than its words, and matching ends in time."""

import json

from mcollective_py.errors import FilterError, Malformed
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import matches
from mcollective_py.node.view import NodeView
from mcollective_py.wire import strictjson
from tests.fuzz.mutation import fuzz

VIEW = NodeView(
    "web1.example.com",
    classes=frozenset({"settings", "role::web", "mail"}),
    agents=frozenset({"rpcutil", "discovery", "echo"}),
    facts={"country": "uk", "os": {"family": "Debian", "release": {"major": 12}}, "ips": ["10.0.0.1", "fe80::1"], "long": "ab" * 2_000},
)
SEEDS = (
    b"W country=uk role::web",
    b"F os.release.major>=12\nF country=/^(u|d)[ke]$/i\nC /web/\nI /^web\\d+\\./\nA rpcutil",
    b"F country!=de\nC mail",
    b"F long=/(a|b|ab)*c/\nF ips=~10.0",
    b"F os.family==Debian\nF country<=zz\nF country<x",
    json.dumps(Filter.parse(facts=["country=uk"], classes=["/web/"], identities=["web1.example.com"]).to_wire()).encode(),
    json.dumps(Filter.parse(classes=["mail"], agents=["echo"]).to_wire()).encode(),
)
WORDS = (b"=~", b"!=", b">=", b"<=", b"==", b"=", b"/", b"(a*)*", b"(?i)", b"[[:alpha:]]", b"{1,1000}", b"(?<x>", b"\\k<x>", b"\\p{L}",
         b"$", b"^", b"|", b"(((((((((", b".*.*.*.*.*x", b"\nF ", b"\nC ", b"\nI ", b"\nW ", b'"fact":', b'"compound":', b"[]",
         b"null")  # fmt: skip
KINDS = {"F": "facts", "C": "classes", "A": "agents", "I": "identities", "W": "combined"}


def of_wire(data: bytes) -> Filter | None:
    """The filter of a message."""
    try:
        return Filter.from_wire(strictjson.loads(data))
    except (Malformed, FilterError):
        return None


def of_words(data: bytes) -> Filter | None:
    """The filter of a command line: one option a line, its letter and its word."""
    words: dict[str, list[str]] = {}
    for line in data.decode("utf-8", "replace").split("\n"):
        if line[:1] in KINDS and line[1:2] == " ":
            words.setdefault(KINDS[line[0]], []).append(line[2:])
    try:
        found = Filter.parse(**words)
    except FilterError:
        return None
    said = any(word.strip() for kind, given in words.items() if kind != "agents" for word in given)
    assert not (said and found.is_empty), "words were given, and the filter means everybody"
    return found


def check(data: bytes) -> bool:
    found = of_wire(data) if data[:1] == b"{" else of_words(data)
    if found is None:
        return False
    matches(found, VIEW)
    matches(found, NodeView("bare"))
    wire = found.to_wire()
    try:
        wire = strictjson.loads(strictjson.dumps(wire, strictjson.REPLY), strictjson.REPLY)
    except Malformed:
        raise AssertionError("a filter that was taken cannot be read again") from None
    assert Filter.from_wire(wire) == found
    return True


if __name__ == "__main__":
    fuzz("filters", check, SEEDS, WORDS)
