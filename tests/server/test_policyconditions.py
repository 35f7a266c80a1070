import pytest

from mcollective_py.compound import read_tokens
from mcollective_py.expression import AllOf, AnyOf, ClassTest, Not
from mcollective_py.facttest import FactTest
from mcollective_py.server.policyconditions import Unreadable, classes_column, facts_column, inputs_column, left_to_right


@pytest.mark.parametrize(
    ("text", "tree", "is_mixed"),
    [
        ("a", "a", False),
        ("a and b and c", "a and b and c", False),
        ("a or b or c", "a or b or c", False),
        ("a and b or c", "(a and b) or c", False),
        ("a or b and c", "(a or b) and c", True),
        ("a or (b and c)", "a or (b and c)", False),
        ("a and b or c and d", "((a and b) or c) and d", True),
        ("not a or b", "not a or b", False),
        ("not (a or b and c) and d", "not ((a or b) and c) and d", True),
        ("(a or b) and (c or d)", "(a or b) and (c or d)", False),
    ],
)
def test_and_and_or_are_taken_from_left_to_right(text, tree, is_mixed):
    found, mixes = left_to_right(read_tokens(text, "column", lambda test: None))
    assert (grouped(found), mixes) == (tree, is_mixed)


def grouped(tree):
    """The tree with parentheses around everything but a chain of one kind."""
    if isinstance(tree, Not):
        return f"not {inner(tree.item)}"
    if isinstance(tree, AllOf | AnyOf):
        return (" and " if isinstance(tree, AllOf) else " or ").join(map(inner, tree.items))
    return str(tree)


def inner(tree):
    return f"({grouped(tree)})" if isinstance(tree, AllOf | AnyOf) else grouped(tree)


def test_a_parenthesis_is_never_taken_into_a_chain():
    (tree,), _ = facts_column("(a=1 and b=2) and c=3", with_classes=False)
    assert str(tree) == "(a==1 and b==2) and c==3"


def test_a_list_is_tests_that_must_all_hold():
    assert facts_column("a=1 b>=2 c=/x(y)/", with_classes=False)[0] == (
        FactTest("a", "==", "1"),
        FactTest("b", ">=", "2"),
        FactTest("c", "=~", "/x(y)/"),
    )
    assert classes_column("apache /^role::(a|b)$/")[0] == (ClassTest("apache"), ClassTest("/^role::(a|b)$/"))
    assert facts_column("a=1 apache", with_classes=True)[0] == (FactTest("a", "==", "1"), ClassTest("apache"))
    assert inputs_column("a=1 b=~/x/")[0] == (FactTest("a", "==", "1"), FactTest("b", "=~", "/x/"))
    assert [column("*")[0] for column in (classes_column, inputs_column)] == [(), ()]


def test_quotes_are_a_part_of_a_historic_value_and_stand_around_one_of_an_input():
    assert facts_column("a='x'", with_classes=False)[0] == (FactTest("a", "==", "'x'"),)
    assert inputs_column("a='x y'")[0] == (FactTest("a", "==", "x y"),)


@pytest.mark.parametrize("word", ["!a=1", "not a=1", "(a=1)", "a=1 or b=2", "fact('x').value=1", "puppet().enabled=true", "! a=1"])
def test_a_field_with_any_word_of_an_expression_is_one(word):
    (tree,), _ = facts_column(word, with_classes=False)
    assert not isinstance(tree, tuple)
    with pytest.raises(Unreadable):
        facts_column(f"{word} z", with_classes=False)
