import random
import re
import time

import pytest

from mcollective_py.matching.regex import EFFORT, MAX_TEXT, Effort, Regex, compile_regex
from mcollective_py.matching.regexsyntax import RegexRefused


def found(pattern: str, text: str) -> bool:
    return Regex(pattern).search(text, Effort())


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("web", "profile::web::server", True),
        ("web", "WEB", False),
        ("(?i)web", "WEB1", True),
        ("(?i:w)EB", "WEB", True),
        ("(?i:w)EB", "Web", False),
        ("^web\\d+$", "web01", True),
        ("^web\\d+$", "web01a", False),
        ("^web", "a\nweb", True),  # Ruby's ^ and $ are a line's edges
        ("\\Aweb", "a\nweb", False),
        ("web$", "web\nb", True),
        ("web\\z", "web\n", False),
        ("web\\Z", "web\n", True),
        ("web\\Z", "web\n\n", False),
        ("a.b", "a\nb", False),
        ("(?m)a.b", "a\nb", True),
        ("\\bdb\\b", "my db-1", True),
        ("\\bdb\\b", "mydb", False),
        ("\\Bdb", "mydb", True),
        ("deb|ubu", "ubuntu", True),
        ("^(?:deb|ubu)$", "ubuntu", False),
        ("(?<os>deb)ian", "debian", True),
        ("a{2,3}b", "aab", True),
        ("^a{2,3}b", "aaaab", False),
        ("^a{,2}$", "aa", True),
        ("^a{,2}$", "aaa", False),
        ("a+?b", "aaab", True),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("[]a]", "]", True),
        ("[a-]", "-", True),
        ("[\\d.]+z", "1.2z", True),
        ("[[:upper:]][[:digit:]]", "aB1", True),
        ("[[:^digit:]]", "12", False),
        ("\\h+z", "deadbeefz", True),
        ("\\x41\\u0042\\u{43}", "ABC", True),
        ("10\\.0\\.0\\.", "10.0.0.7", True),
        ("10\\.0\\.0\\.", "1000.0.7", False),
        ("(?x) a b # remark", "ab", True),
        ("()", "", True),
        ("é+", "caféé", True),
        ("\\w", "é", False),
        ("\\bé", "é", True),  # though \\w is ASCII, a word's edge is not
        ("caf\\b", "café", False),
        ("x*", "", True),
        ("x", "", False),
    ],
)
def test_a_pattern_is_searched_as_ruby_would(pattern, text, matches):
    assert found(pattern, text) is matches


def random_pattern(chance: random.Random, depth: int) -> str:
    kind = chance.randrange(12)
    if depth <= 0 or kind < 4:
        atoms = [
            "a",
            "b",
            "1",
            ".",
            "\\d",
            "\\w",
            "\\s",
            "[ab]",
            "[^a]",
            "[a-c1]",
            "\\b",
            "^",
            "$",
            "\\.",
            "\n",
            "(?i:A)",
            "\\A",
            "\\W",
        ]
        return chance.choice(atoms)
    if kind < 7:
        return random_pattern(chance, depth - 1) + random_pattern(chance, depth - 1)
    if kind < 8:
        return f"(?:{random_pattern(chance, depth - 1)}|{random_pattern(chance, depth - 1)})"
    return f"(?:{random_pattern(chance, depth - 1)}){chance.choice(['*', '+', '?', '{2}', '{1,2}', '{,2}', '*?', '{2,}'])}"


def test_4000_random_patterns_are_found_where_pythons_own_engine_finds_them():
    chance = random.Random(20)
    for _ in range(4000):
        pattern = random_pattern(chance, 3)
        text = "".join(chance.choice("ab1- A\n.c") for _ in range(chance.randrange(12)))
        assert found(pattern, text) is (re.search(pattern, text, re.MULTILINE | re.ASCII) is not None), (pattern, text)


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|a)*$", "(a|aa)+$", "(.*a){12}$", ".*.*.*.*=$", "(a*)*b", "^(\\w+\\s?)*$"])
def test_a_pattern_that_stops_others_is_done_in_no_time(pattern):
    text = "a" * 50_000 + "!"
    begun = time.perf_counter()
    assert not found(pattern, text)
    assert time.perf_counter() - begun < 1  # Python's own engine: hours


@pytest.mark.parametrize("pattern", ["(a{1000}){1000}", "(a?){1000}", "(((){9999}){9999}){9999}", "((a?){30}){30}"])
def test_a_pattern_that_would_grow_too_large_is_refused(pattern):
    begun = time.perf_counter()
    with pytest.raises(RegexRefused, match="too large"):
        Regex(pattern)
    assert time.perf_counter() - begun < 1


def test_a_search_that_costs_too_much_gives_up_with_a_reason():
    chance = random.Random(1)
    text = "".join(chance.choice("ab") for _ in range(60_000))
    begun = time.perf_counter()
    with pytest.raises(RegexRefused, match="too long"):
        found("a.{300}c", text)
    assert time.perf_counter() - begun < 1


def test_a_text_of_the_longest_length_is_searched_and_one_more_is_not():
    assert found("x$", "a" * (MAX_TEXT - 1) + "x")
    with pytest.raises(RegexRefused, match="too long to search"):
        found("x$", "a" * MAX_TEXT + "x")


def test_several_searches_share_one_effort():
    effort = Effort(20)
    assert not Regex("x").search("aaaaaa", effort)
    with pytest.raises(RegexRefused, match="too long"):
        Regex("x").search("aaaaaa", effort)
    assert Effort().left == EFFORT


def test_what_is_remembered_is_forgotten_before_it_grows():
    regex = Regex("[^x]x")
    for start in range(0, 60_000, 1000):
        assert not regex.search("".join(chr(0x4E00 + code) for code in range(start, start + 1000)), Effort())
    assert regex.search("中x", Effort())
    assert len(regex._first.table) <= 2_000


def test_a_pattern_is_compiled_once():
    assert compile_regex("web[0-9]") is compile_regex("web[0-9]")


@pytest.mark.parametrize(
    ("pattern", "names", "is_found"),
    [
        ("^role::web", ["settings", "role::db", "role::web1"], True),
        ("^role::(web|db)[0-9]$", ["role::web", "role::db7x", "xrole::db7"], False),
        ("^role::(web|db)[0-9]$", ["role::web", "role::db7"], True),
        ("(?i)^ROLE", ["role::db"], True),
        ("(ro)(le)::", ["role::db"], True),
        ("ab?c", ["ac"], True),
        ("ab{2}c", ["abbc"], True),
        ("(abc)?", ["x"], True),
        ("a|b", ["b"], True),
        (r"a\bb|c", ["c"], True),
        (r"x\b-y", ["x-y"], True),
        ("abc", [], False),
    ],
)
def test_names_without_the_letters_that_every_match_has_are_passed_over(pattern, names, is_found):
    assert Regex(pattern).is_in_any(names, Effort()) is is_found
    assert any(Regex(pattern).search(name, Effort()) for name in names) is is_found


def test_a_text_that_is_passed_over_is_paid_for():
    effort = Effort(1000)
    with pytest.raises(RegexRefused, match="takes too long"):
        Regex("^abc[0-9]").is_in_any(["x" * 200] * 10, effort)
