import pytest

from mcollective_py.matching.regex import Effort
from mcollective_py.matching.regexsyntax import RegexRefused
from mcollective_py.matching.words import is_among, pattern_of

CLASSES = frozenset({"settings", "role::web", "common"})


@pytest.mark.parametrize(
    ("word", "is_one"),
    [
        ("role::web", True),
        ("role", False),
        ("Common", False),
        ("/^role::/", True),
        ("/com/mon/", True),
        ("/db$/", False),
        ("/mon", True),
    ],
)
def test_a_word_is_a_name_or_an_expression_without_its_slashes(word, is_one):
    assert is_among(word, CLASSES, Effort()) is is_one


def test_all_slashes_go():
    assert pattern_of("/ro/le/") == "role"


def test_an_expression_that_is_not_run_is_refused():
    with pytest.raises(RegexRefused):
        is_among("/(/", CLASSES, Effort())


def test_many_long_names_are_paid_for():
    names = [f"role::{number}" * 100 for number in range(100)]
    effort = Effort()
    assert not is_among("/^nosuch$/", names, effort)
    spent = Effort().left - effort.left
    assert spent > 50_000
