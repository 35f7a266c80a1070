"""Facts and classes files, as Puppet, cron or a person leaves them: refused with a reason, or plain values for every filter."""

import importlib
from pathlib import Path

from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import matches
from mcollective_py.node.classes import parse_classes
from mcollective_py.node.plainfacts import OddFacts, plain_facts
from mcollective_py.node.view import NodeView
from mcollective_py.plugins.loader import load_facts_source
from mcollective_py.regularfile import UnusableFile
from mcollective_py.wire import strictjson
from tests.fuzz.mutation import fuzz

FOLDER = Path(__file__).parents[2] / "facts/yaml"
FACTS, CLASSES = b"F", b"C"  # the first byte of an input says what reads it
WANTED = Filter.parse(facts=["os.family=Debian", "n>=3", "uk=/a|b/"], classes=["role::web", "/^x/"])
SEEDS = (
    CLASSES + b"settings\nrole::web\nmail\n",
    FACTS + b'{"os": {"family": "Debian", "release": {"major": 12}}, "n": 1.5, "ips": ["10.0.0.1", null], "up": true}',
    FACTS + b"---\n:symbol: :value\nos:\n  family: Debian\nips:\n- 10.0.0.1\n- 2026-01-02\nn: 0x1f\nuk: ~\n",
    FACTS
    + b"--- !ruby/object:Puppet::Node::Facts\n  name: web1\n  values:\n    a: b\n"
    + b"    !ruby/sym _timestamp: 2026-01-02 03:04:05 +00:00\n",
    FACTS + b"a: &x [1, 2]\nb: *x\nc: {d: *x}\n? e\n: |\n  f\n  g\n",
)
WORDS = (b"!ruby/sym ", b"!ruby/object:X ", b"!!python/object/apply:os.system ", b"&a ", b"*a", b"<<: *a\n", b"- ", b": ", b"? ",
         b"{", b"}",
         b"[" * 40, b"- " * 40, b"1e999", b"9" * 400, b".inf", b".nan", b"NaN", b"Infinity", b"2024-01-01", b"!!binary ",
         b"!!float ", b"!!int x",
         b"\xef\xbb\xbf", b"\\ud800", b"|\n", b"%YAML 1.1\n", b"---\n", b"null", b"x" * 1100, b"\x1b[2J")  # fmt: skip


def main() -> None:
    package = type(load_facts_source("yaml", FOLDER, {"": "/nowhere.yaml"})).__module__.rpartition(".")[0]
    parse_facts = importlib.import_module(f"{package}.source").parse_facts
    odd = importlib.import_module(f"{package}.rubyish").OddYAML

    def check(data: bytes) -> bool:
        kind, content = data[:1], data[1:]
        if kind == CLASSES:
            try:
                names = parse_classes("classes.txt", content)
            except UnusableFile:
                return False
            assert names and all(name.isprintable() and name.strip() == name for name in names)
            matches(WANTED, NodeView("web1", classes=names))
            return True
        try:
            facts = plain_facts(parse_facts(content))
        except (odd, OddFacts):
            return False
        assert plain_facts(facts) == facts, "what is plain is not plain"
        if len(content) < 10_000:
            strictjson.dumps(facts, strictjson.REPLY)
        matches(WANTED, NodeView("web1", facts=facts))
        return True

    fuzz("facts", check, SEEDS, WORDS)


if __name__ == "__main__":
    main()
