"""Patterns written to stop a host: each is refused or searched for within a deadline."""

import random

import pytest

from mcollective_py.errors import FilterError
from mcollective_py.facttest import OPERATORS, FactTest
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import check, explain, matches
from mcollective_py.matching.regex import Effort, Regex, compile_regex
from mcollective_py.matching.regexsyntax import RegexRefused
from mcollective_py.node.view import NodeView
from tests.cputime import cpu_seconds

DEADLINE = 0.05  # seconds of CPU for one pattern
TEXTS = ("a" * 300 + "!", "aAbB01_-.: \n" * 40, "".join(chr(0x4E00 + number * 7 % 900) for number in range(400)), "ſKßİ" * 50)

ATTACKS = [
    *("(?i)" + "[" * depth + "a" + "]" * depth for depth in (2, 8, 9, 26, 40, 400)),
    *("(?i)" + "[^" * depth + "a" + "]" * depth for depth in (2, 8, 9, 26, 40, 300)),
    "(?i)[" + "[^[:alpha:]a]" * 70 + "]",
    "(?i)([" + "[^[:alpha:]a]" * 70 + "]|b){400}",
    "[" + "[:alpha:]" * 100 + "[:^alpha:]" * 4 + "]{90}x",
    "[" + "".join(chr(0x4E00 + 3 * number) + "-" + chr(0x4E01 + 3 * number) for number in range(320)) + "]{400}x",
    "[" + "\\W" * 490 + "]{99}x",
    "(?i)[\\x00-\\u{10ffff}]{300}x",
    "((a{0,99}){0,99}){0,99}",
    "(((a{0,9}){0,9}){0,9}){0,9}",
    "a{0,500}{0,500}{0,500}",
    "(a{9999}){9999}",
    "(()){9999}",
    "((((()|()){9}){9}){9}){9}",
    "(|" * 19 + ")" * 19,
    "|" * 990,
    "a|" * 490 + "b",
    "(" + "a|" * 100 + "b){4}",
    "(?:a?){300}a{100}",
    "(a*)*" * 180,
    "(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
    "(\\b|^|$|\\B)*x",
    "(?i)" * 240 + "a",
    "{" * 1000,
    "{1" * 500,
    "a{" + "1" * 990,
    "[[:" * 300,
    "(?#" * 300,
    "(?x)" + "#" * 900 + "\na",
    "\\u{0" * 200,
    "a.{300}c",
    "(a|b|c).{20}(x|y)",
]


def search(pattern: str, text: str) -> None:
    try:
        Regex(pattern).search(text, Effort())
    except RegexRefused:
        pass


def quickest(pattern: str, text: str) -> float:
    return cpu_seconds(lambda: search(pattern, text), DEADLINE)


@pytest.mark.parametrize("pattern", ATTACKS)
def test_an_attack_ends_in_time(pattern):
    for text in TEXTS:
        assert quickest(pattern, text) < DEADLINE


def test_a_class_of_26_levels_is_refused_and_one_of_8_is_searched_for():
    with pytest.raises(RegexRefused, match="nested deeper"):
        Regex("(?i)" + "[" * 26 + "a" + "]" * 26)
    assert Regex("(?i)" + "[" * 9 + "a" + "]" * 9).search("A", Effort())


ATOMS = (
    *("a", "B", "é", "ſ", ".", "\\d", "\\W", "\\R", "\\b", "\\B", "^", "$", "\\A", "\\z", "\\Z", "\\u{4e01}", "()", "|"),
    *("(?i)", "(?m)", "(?x)", "(?-i)", "(?:", "(?i:", "(?=", "(?#", "(", ")", "[a-", "[", "]", "\\", "{2"),
    *("[a-z]", "[^\\W]", "[[:alpha:]]", "[[:^upper:]x]", "[\\x00-\\u{10ffff}]", "[^[^a]]"),
)
COUNTS = ("*", "+", "?", "{2}", "{0,9}", "{,99}", "{99}", "{400}", "{0,999}", "{9999}", "{3,}", "*?", "{,}", "*+")


def hostile(chance: random.Random, depth: int) -> str:
    kind = chance.randrange(10)
    if depth <= 0 or kind < 2:
        return chance.choice(ATOMS)
    inner = hostile(chance, depth - 1)
    if kind < 4:
        return inner + hostile(chance, depth - 1)
    if kind < 5:
        return f"({inner}|{hostile(chance, depth - 1)}|)"
    if kind < 6:
        return f"[{chance.choice(('', '^'))}{inner}{hostile(chance, depth - 1)}]"
    if kind < 7:
        return inner * chance.choice((2, 10, 100))
    return f"({inner}){chance.choice(COUNTS)}"


def test_2000_hostile_patterns_are_refused_or_searched_for_in_time():
    chance = random.Random(49)
    taken = 0
    for _ in range(2000):
        pattern = hostile(chance, chance.choice((3, 5, 8)))[:1000]
        text = chance.choice(TEXTS)
        assert quickest(pattern, text) < DEADLINE, (pattern, text)
        try:
            Regex(pattern)
        except RegexRefused:
            continue
        taken += 1
    assert taken > 300


def test_64_large_patterns_in_one_filter_cost_no_more_than_one_filter_may():
    host = NodeView("web1", classes=frozenset(f"role::{number}" for number in range(200)), facts={"list": ["1.1rc" * 40] * 500})
    filters = [
        Filter(identities=tuple("/" + f"[a{number}]" * 150 + "/" for number in range(64))),
        Filter(identities=tuple(f"/(()){{{9000 + number}}}/" for number in range(64))),
        Filter(classes=tuple(f"/(?i)(.*[a-z{number % 10}]){{{10 + number}}}$/" for number in range(64))),
        Filter(facts=tuple(FactTest("list", "<", "1." + "1a" * 100 + str(number)) for number in range(64))),
        Filter(facts=tuple(FactTest(".".join([f"x{number}"] * 32), "==", "x") for number in range(64))),
    ]
    for filter in filters:
        assert cpu_seconds(lambda filter=filter: matches(filter, host), 0.25) < 0.25  # 0.04 s at rest


def test_what_was_asked_before_makes_a_pattern_no_cheaper():
    first, second = Effort(), Effort()
    compile_regex("^db[0-9]+$", first)
    compile_regex("^db[0-9]+$", second)
    assert first.left == second.left < Effort().left
    for effort in (first, second):
        before = effort.left
        with pytest.raises(RegexRefused):
            compile_regex("(db[0-9]+$", effort)
        assert effort.left < before


ODD_FACTS = {
    "huge": 1 << 20_000,
    "nan": float("nan"),
    "inf": float("inf"),
    "none": None,
    "yes": True,
    "text": "a\ud800\0\n",
    "empty": {},
    "list": [1 << 20_000, None, [1], {"a": 1}, "1.2.3", "", "9" * 5000, "0." + "9" * 400],
    "map": {1 << 20_000: 1, None: 2, "": 3, "a.b": {"": [0]}},
    "": {"": {"": "deep"}},
    "a.b": {"c": (1, 2)},
    "long": "x" * 100_000,
}
ODD_VALUES = (
    *("", "/", "//", "/(/", "[", "(?i)[[a]]", "/" * 400, "\\", "\\u{0}", "=", "~", "a\nb", "x" * 4096),
    *("1", "-1", "1.5", "1.2.3", "9" * 4000, "1." * 2000, "v1:2~", "٣", "²", "\ud800", "\0", "NaN", "Infinity", "0x1"),
)
ODD_NAMES = (
    *ODD_FACTS,
    *("map.", "map.a.b..0", ".", "..", "list.0", "list.9", "list.٣", "list.²", "list." + "9" * 4000),
    *("a.b.c.1", "." * 31, "x." * 2000, "\ud800", "huge.0", "text.0"),
)


def test_5000_odd_tests_on_odd_facts_never_end_in_an_error():
    chance = random.Random(5)
    host = NodeView("web1", classes=frozenset(("", "a", "\ud800")), agents=frozenset(("x",)), facts=ODD_FACTS)
    held = 0
    for _ in range(5000):
        tests = tuple(FactTest(chance.choice(ODD_NAMES), chance.choice(OPERATORS), chance.choice(ODD_VALUES)) for _ in range(2))
        word = chance.choice(("/", "", "/./")) + chance.choice(ODD_VALUES)
        for filter in (
            Filter(facts=tests[:1]),
            Filter(facts=tests),
            Filter(classes=(word,)),
            Filter(agents=(word,)),
            Filter(identities=(word,)),
        ):
            reason = explain(filter, host)
            assert reason is None or isinstance(reason, str)
            held += reason is None
            try:
                check(filter)
            except FilterError as error:
                assert str(error)
    assert held > 500
