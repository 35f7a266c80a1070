"""Filters: a filter is refused or means the same after the wire, never more hosts than its words, and matching ends in time."""

import json

from mcollective_py.errors import FilterError, Malformed
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import explain, matches
from mcollective_py.node.view import NodeView
from mcollective_py.wire import strictjson
from tests.fuzz.mutation import fuzz


def data(plugin: str, query: str | None) -> dict[str, object] | None:
    """The data plugins of the host."""
    if plugin == "fact" and query:
        return {"exists": True, "value": query, "value_encoding": "text/plain"}
    if plugin == "fstat":
        return {"size": 12, "present": 1, "md5": None, "age": 0.5}
    return None


VIEW = NodeView(
    "web1.example.com",
    classes=frozenset({"settings", "role::web", "mail"}),
    agents=frozenset({"rpcutil", "discovery", "echo"}),
    facts={"country": "uk", "os": {"family": "Debian", "release": {"major": 12}}, "ips": ["10.0.0.1", "fe80::1"], "long": "ab" * 2_000},
    data_plugins=("fact", "fstat"),
    data=data,
)
SEEDS = (
    b"W country=uk role::web",
    b"F os.release.major>=12\nF country=/^(u|d)[ke]$/i\nC /web/\nI /^web\\d+\\./\nA rpcutil",
    b"F country!=de\nC mail",
    b"F long=/(a|b|ab)*c/\nF ips=~10.0",
    b"F os.family==Debian\nF country<=zz\nF country<x",
    json.dumps(Filter.parse(facts=["country=uk"], classes=["/web/"], identities=["web1.example.com"]).to_wire()).encode(),
    json.dumps(Filter.parse(classes=["mail"], agents=["echo"]).to_wire()).encode(),
    b"S (country=uk and role::web) or not /^mail/\nS os.release.major>=12",
    b"S not (country!=de or long=/(a|b|ab)*c/) and !mail\nF country=uk",
    b"S fstat('/etc/hosts').size > 5 and fact(\"country\").value!=/^u/ or puppet().enabled = true",
    b"S country='United \\'Kingdom\\'' and path=\"/usr/bin\" or x='a=b' and y=~'c=d' or z!=''",
    json.dumps(Filter.parse(compound=["(a and b) or not country=uk", "fact('x').value=/^y/ or c!=d"]).to_wire()).encode(),
    json.dumps(Filter.parse(compound=["fstat('/x').size>=5.5 and fstat('/x').md5!=~z"]).to_wire()).encode(),
)
WORDS = (b"=~", b"!=", b">=", b"<=", b"==", b"=", b"/", b"(a*)*", b"(?i)", b"[[:alpha:]]", b"{1,1000}", b"(?<x>", b"\\k<x>", b"\\p{L}",
         b"$", b"^", b"|", b"(((((((((", b".*.*.*.*.*x", b"\nF ", b"\nC ", b"\nI ", b"\nW ", b'"fact":', b'"compound":', b"[]",
         b"null", b"\nS ", b" and ", b" or ", b"not ", b"!", b"(", b")", b"(" * 40, b"fstat('/x').size>1", b"fact('country').value=uk",
         b'{"statement": "x"}', b'{"and": "and"}', b'{"not": "not"}', b'{"(": "("}', b'"fstatement"', b"=~", b"'", b"/")  # fmt: skip
KINDS = {"F": "facts", "C": "classes", "A": "agents", "I": "identities", "W": "combined", "S": "compound"}


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
    if not found.fits_wire:  # more names than a message has room for: they are asked by name, the filter is never sent so
        return True
    wire = found.to_wire()
    try:
        wire = strictjson.loads(strictjson.dumps(wire, strictjson.REPLY), strictjson.REPLY)
    except Malformed:
        raise AssertionError("a filter that was taken cannot be read again") from None
    again = Filter.from_wire(wire)
    assert (again, again.expressions) == (found, found.expressions)
    assert explain(found, VIEW) is None or not matches(again, VIEW)
    return True


if __name__ == "__main__":
    fuzz("filters", check, SEEDS, WORDS)
