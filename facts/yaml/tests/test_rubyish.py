import importlib
import sys
from pathlib import Path

import pytest
import yaml

from mcollective_py.plugins.loader import load_facts_source

FOLDER = Path(__file__).parents[1]

PUPPET_FACTS = """\
--- !ruby/object:Puppet::Node::Facts
  name: web1.example.com
  values:
    osfamily: Debian
    !ruby/sym _timestamp: 2026-01-02 03:04:05 +00:00
    uptime_seconds: "77"
  expiration: 2026-01-02 03:34:05.123456 +00:00
"""

ODD = """\
---
:symbol: :value
:"two words": :"quoted value"
!ruby/sym tagged: !ruby/sym also
"quoted": ":no symbol"
object: !ruby/object:Some::Class
  name: x
  nested: !ruby/object:Other {a: 1}
struct: !ruby/struct:Point {x: 1, y: 2}
hash: !ruby/hash:Mash {a: 1}
ivars: !ruby/hash-with-ivars:Mash
  elements: {a: 1}
  ivars: {'@b': 2}
array: !ruby/array:List [1, 2]
regexp: !ruby/regexp /a/i
range: !ruby/range 1..2
string: !ruby/string:Sub text
class: !ruby/class 'File'
binary: !binary aGVsbG8=
bad_binary: !binary "%"
"""


def facts_in(text: str, tmp_path: Path):
    path = tmp_path / "facts.yaml"
    path.write_text(text)
    return load_facts_source("yaml", FOLDER, {"": str(path)}).load()


def test_symbols_and_objects_survive_as_what_they_hold(tmp_path):
    assert facts_in(ODD, tmp_path) == {
        "symbol": "value",
        "two words": "quoted value",
        "tagged": "also",
        "quoted": ":no symbol",
        "object": {"name": "x", "nested": {"a": 1}},
        "struct": {"x": 1, "y": 2},
        "hash": {"a": 1},
        "ivars": {"a": 1},
        "array": [1, 2],
        "regexp": "/a/i",
        "range": "1..2",
        "string": "text",
        "class": "File",
        "binary": "hello",
        "bad_binary": "%",
    }


def test_a_puppet_facts_object_gives_its_values(tmp_path):
    assert facts_in(PUPPET_FACTS, tmp_path) == {
        "osfamily": "Debian",
        "_timestamp": "2026-01-02 03:04:05 +00:00",
        "uptime_seconds": "77",
    }


def test_both_parsers_give_the_same():
    source = load_facts_source("yaml", FOLDER, {})
    rubyish = importlib.import_module(f"{sys.modules[type(source).__module__].__package__}.rubyish")
    for text in (ODD, PUPPET_FACTS, "a: 0.10\nb: yes\nc: '4'\n:d: :e\n", "x: &x {a: 1}\ny: {<<: *x}\n"):
        assert rubyish.read_yaml(text, yaml.SafeLoader) == rubyish.read_yaml(text)
    for text in ("[" * 5000, "a: [", "\0", "a: &a [*a]"):
        with pytest.raises(rubyish.OddYAML):
            rubyish.read_yaml(text, yaml.SafeLoader)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("text", "text"),
        ("4", 4),
        ("-4", -4),
        ("1_000", 1000),
        ("0.10", 0.1),
        ("1.5e3", 1500.0),
        ("true", True),
        ("Yes", True),
        ("off", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("'4'", "4"),
        ('"true"', "true"),
        ("!!str 4", "4"),
        ("0644", "0644"),
        ("0x1f", "0x1f"),
        ("1:30:00", "1:30:00"),
        ("2026-01-02", "2026-01-02"),
        ("00:16:3e:00:00:01", "00:16:3e:00:00:01"),
        ("1.2.3", "1.2.3"),
        (".inf", ".inf"),
        ("9" * 400, "9" * 400),
        ("|\n  two\n  lines", "two\nlines\n"),
        ("{}", {}),
        ("[]", []),
    ],
)
def test_a_scalar_is_read_as_people_mean_it(tmp_path, written, value):
    assert facts_in(f"fact: {written}\n", tmp_path) == {"fact": value}


def test_keys_are_text(tmp_path):
    assert facts_in("1: a\ntrue: b\n~: c\n1.50: d\n", tmp_path) == {"1": "a", "true": "b", "~": "c", "1.50": "d"}


def test_aliases_and_merges_are_taken(tmp_path):
    text = "base: &base {a: 1, b: 1}\ncopy: *base\nmerged:\n  <<: *base\n  b: 2\nboth: {<<: [{a: 3}, *base]}\n&k key: *k\n"
    assert facts_in(text, tmp_path) == {
        "base": {"a": 1, "b": 1},
        "copy": {"a": 1, "b": 1},
        "merged": {"a": 1, "b": 2},
        "both": {"a": 3, "b": 1},
        "key": "key",
    }


def test_only_the_first_document_counts(tmp_path):
    assert facts_in("a: 1\n---\nb: 2\n", tmp_path) == {"a": 1}
