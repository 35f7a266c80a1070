import pytest

from mcollective_py.errors import FilterError
from mcollective_py.expression import MAX_DEPTH, MAX_TOKENS, AllOf, AnyOf, ClassTest, DataTest, Misplaced, Not, expression, leaves
from mcollective_py.facttest import FactTest

A, B, C, D = (ClassTest(name) for name in "abcd")


@pytest.mark.parametrize(
    ("tokens", "tree"),
    [
        ([A], A),
        (["(", "(", A, ")", ")"], A),
        ([A, "and", B, "and", C], AllOf((A, B, C))),
        ([A, "or", B, "and", C, "or", D], AnyOf((A, AllOf((B, C)), D))),
        (["(", A, "or", B, ")", "and", C], AllOf((AnyOf((A, B)), C))),
        (["not", A, "and", B], AllOf((Not(A), B))),
        (["not", "not", A, "or", B], AnyOf((Not(Not(A)), B))),
        (["not", "(", A, "or", B, ")"], Not(AnyOf((A, B)))),
        ([A, "or", "(", B, "or", C, ")"], AnyOf((A, AnyOf((B, C))))),
    ],
)
def test_not_binds_before_and_and_and_before_or(tokens, tree):
    assert expression(tokens) == tree


@pytest.mark.parametrize(
    ("tokens", "index", "problem"),
    [
        ([], 0, "there is no test"),
        (["and"], 0, "a test is missing before 'and'"),
        ([A, "and"], 2, "after 'and' a test is missing"),
        ([A, "or", "and", B], 2, "a test is missing before 'and'"),
        ([A, B], 1, "'and' or 'or' is missing"),
        ([A, "not", B], 1, "'and' or 'or' is missing"),
        ([A, "(", B, ")"], 1, "'and' or 'or' is missing"),
        (["(", A], 0, "never closed"),
        (["(", A, B, ")"], 2, "'and' or 'or' is missing"),
        ([A, ")"], 1, "closes nothing"),
        ([")"], 0, "closes nothing"),
        (["(", ")"], 1, "no test between"),
        (["not"], 1, "after 'not' a test is missing"),
        (["not", ")"], 1, "a test is missing before"),
    ],
)
def test_a_token_where_none_can_stand_is_named_by_its_place(tokens, index, problem):
    with pytest.raises(Misplaced, match=problem) as error:
        expression(tokens)
    assert error.value.index == index
    assert isinstance(error.value, FilterError)


def test_depth_and_length_are_bounded():
    assert expression([*["("] * MAX_DEPTH, A, *[")"] * MAX_DEPTH]) == A
    with pytest.raises(Misplaced, match="deeper than 32"):
        expression([*["("] * (MAX_DEPTH + 1), A, *[")"] * (MAX_DEPTH + 1)])
    with pytest.raises(Misplaced, match="deeper than 32"):
        expression([*["not"] * (MAX_DEPTH + 1), A])
    with pytest.raises(Misplaced, match="may have 512"):
        expression([A, *["and", A] * (MAX_TOKENS // 2)])


def test_less_or_more_is_unequal():
    less, more = FactTest("os", "<", "8"), FactTest("os", ">", "8")
    assert expression(["(", less, "or", more, ")"]) == FactTest("os", "!=", "8")
    assert expression([A, "and", "(", less, "or", more, ")"]) == AllOf((A, FactTest("os", "!=", "8")))
    assert expression([more, "or", less]) == AnyOf((more, less))
    assert expression([less, "or", FactTest("os", ">", "9")]) == AnyOf((less, FactTest("os", ">", "9")))


def test_the_tests_of_a_tree_stand_in_their_order():
    assert leaves(expression([A, "and", "not", "(", B, "or", C, ")"])) == [A, B, C]


def test_a_tree_is_written_as_one_reads_it():
    data = DataTest("fstat", "/etc/motd", "size", ">", "0")
    tree = expression(["(", A, "or", FactTest("country", "==", "uk"), ")", "and", "not", data])
    assert str(tree) == "(a or country==uk) and not fstat('/etc/motd').size>0"
