import re

import pytest

from mcollective_py.matching.charclass import POSIX, CharacterClass, cases_of, is_word
from mcollective_py.matching.regexsyntax import Char, parse_regex


def parsed(pattern: str) -> Char:
    tree = parse_regex(pattern)
    while not isinstance(tree, Char):
        tree = tree.items[-1]
    return tree


@pytest.mark.parametrize(
    "pattern",
    [
        "[abc]",
        "[^abc]",
        "[a-cx-z_]",
        "[c-ea-d]",
        "[\\d_]",
        "[\\W\\d]",
        "[^\\s\\w]",
        "[a-z0-9.\\-]",
        "(?i)[abc]",
        "(?i)[^abc]",
        "(?i)[A-F0-9]",
        "(?i)[^g-z]",
        "(?i)[\\Wq]",
    ],
)
def test_a_class_takes_the_characters_that_pythons_own_engine_takes(pattern):
    own = re.compile(pattern, re.ASCII)
    accepts = parsed(pattern).accepts
    assert [chr(code) for code in range(128) if accepts(chr(code))] == [chr(code) for code in range(128) if own.search(chr(code))]


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("[a[bc]]", "abc"),
        ("[^a[bc]]", "de "),
        ("[a[^abc]]", "ade "),
        ("[^a[^abc]]", "bc"),
        ("[^[^[^abc]]]", "de "),
        ("(?i)[^A[^ABC]]", "bc"),
        ("[[:alpha:][^a-d]]", "abcde "),
        ("[[:^alpha:]]", " "),
    ],
)
def test_a_class_in_a_class_adds_to_it(pattern, taken):
    accepts = parsed(pattern).accepts
    assert "".join(ch for ch in "abcde " if accepts(ch)) == taken


def test_the_sharp_s_is_no_capital_letter_of_two():
    assert not CharacterClass([("A", "Z")], ignores_case=True).accepts("ß")
    assert cases_of("ß") == ("ß",)
    assert cases_of("a") == ("a", "A")


@pytest.mark.parametrize(
    ("pattern", "cost"), [("[abc]", 8), ("[[[[abc]]]]", 8), ("(?i)[[[[abc]]]]", 16), ("[\\d\\d\\d]", 9), ("[a[^b]]", 16)]
)
def test_a_class_costs_what_it_asks(pattern, cost):
    assert parsed(pattern).cost == cost


def test_a_long_class_of_nested_ones_costs_no_more_than_its_length():
    assert parsed("(?i)[" + "[^[:alpha:]a]" * 70 + "]").cost < 1500


def test_a_named_class_has_its_opposite():
    assert POSIX["alpha"]("a")
    assert not POSIX["^alpha"]("a")
    assert POSIX["^alpha"]("1")


def test_a_word_is_made_of_letters_of_all_alphabets():
    assert [is_word(character) for character in "a_1é"] == [True] * 4
    assert [is_word(character) for character in "- .\n"] == [False] * 4
