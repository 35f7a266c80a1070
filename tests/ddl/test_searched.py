import re

import pytest

from mcollective_py.ddl.searched import searched
from mcollective_py.ddl.validators import CannotCheck, check_regex
from mcollective_py.wire.symbol import Regexp


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^[a-z]+$", "^[a-z]+$"),
        (r"\A\w+\z", r"\A\w+\z"),
        (r"^a$|\Ab\Z", r"^a$|\Ab\Z"),
        ("(^a$)", "(^a$)"),
        ("(?i)^a$", "(?i)^a$"),
        ("^a", "^a(?m:.*)"),
        ("a$", "(?m:.*)a$"),
        (".", "(?m:.*).(?m:.*)"),
        ("[a-z]+", "(?m:.*)[a-z]+(?m:.*)"),
        ("^a|b$", "(?m:.*)(?:^a|b$)(?m:.*)"),
        ("^a$|b", "(?m:.*)(?:^a$|b)(?m:.*)"),
        ("shellsafe", "(?m:.*)shellsafe(?m:.*)"),
        ("(?i)a", "(?m:.*)(?:(?i)a)(?m:.*)"),
        (Regexp("^a$", 1), "(?i:^a$)"),
        (Regexp("a"), "(?m:.*)a(?m:.*)"),
        (Regexp("a", 5), "(?m:.*)(?im:a)(?m:.*)"),
        (".*", None),
        ("a?", None),
        ("a|", None),
        ("", None),
        ("(?=a)b", "(?=a)b"),
        ("a**********", "a**********"),
    ],
)
def test_a_search_is_written_as_a_whole_match(pattern, expected):
    assert searched(pattern) == expected


SEARCHES = [".", "^.+$", "a", "^a", "a$", "a|b", "^a|b$", "^(a|b)+$", "[^a]", "a.b", r"\w{2}", "^a$|b", "(^a)|(b$)", "a*b", r"^\s*a"]
TEXTS = ["", "a", "b", "ab", "ba", "xax", "bab", "aab b", " a", "c", "a b", "axb"]


@pytest.mark.parametrize("pattern", SEARCHES)
def test_on_one_line_it_takes_exactly_what_the_search_finds(pattern):
    for text in TEXTS:
        try:
            check_regex(text, searched(pattern) or ".*")
            taken = True
        except CannotCheck:
            raise
        except ValueError:
            taken = False
        assert taken == (re.search(pattern, text, re.MULTILINE) is not None), (pattern, text)


def test_an_anchored_expression_takes_no_second_line_and_a_search_does():
    with pytest.raises(ValueError, match="must match"):
        check_regex("good\n; evil", searched("^[a-z]+$") or "")
    check_regex("good\n; evil", searched("[a-z]+") or "")
