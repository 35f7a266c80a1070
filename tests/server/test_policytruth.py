import pytest

from mcollective_py.compound import read_expression
from mcollective_py.matching.regex import Effort
from mcollective_py.node.view import NodeView
from mcollective_py.server.policytruth import Truths, is_whole

VIEW = NodeView(
    "web1", classes=frozenset({"apache"}), facts={"a": "1", "list": ["x", "y"]}, data=lambda name, query: {"v": None, "w": 3}
)


def tree(text):
    return read_expression(text, "column", lambda test: None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", True),
        ("a=2", False),
        ("not a=2", True),
        ("nothere=1", False),
        ("not nothere=1", None),
        ("not not nothere=1", False),
        ("nothere=1 or a=1", True),
        ("not (nothere=1 or a=1)", False),
        ("not (nothere=1 and a=2)", True),
        ("list=x", True),
        ("apache and not nginx", True),
        ("d('q').w=3", True),
        ("d('q').w>3", False),
        ("d('q').v=3", False),
        ("not d('q').v=3", None),
        ("d('q').nosuch=3", None),
        ("d('q').w=x", None),
        ("a=1 or d('q').nosuch=3", True),
        ("a=2 and d('q').nosuch=3", False),
        ("a=1 and d('q').nosuch=3", None),
    ],
)
def test_a_host_says_yes_no_or_does_not_know(text, value):
    assert Truths(VIEW, None).of_host(tree(text)) is value


def test_what_is_not_known_is_neither_true_nor_false():
    truths = Truths(NodeView("web1", classes=None, facts=None), None)
    for text in ("a=1", "not a=1", "apache", "not apache", "d('q').v=1", "not d('q').v=1"):
        assert truths.of_host(tree(text)) is None
    assert truths.of_inputs(tree("a=1")) is None
    assert truths.of_inputs(tree("not a=1")) is None


def test_a_value_of_an_input_is_not_mistaken_for_a_fact_of_the_same_name():
    truths = Truths(VIEW, {"a": "2"})
    assert truths.of_host(tree("a=1")) is True
    assert truths.of_inputs(tree("a=1")) is False
    assert truths.of_inputs(tree("a=2")) is True


def test_what_costs_too_much_is_not_known():
    truths = Truths(VIEW, {"a": "x" * 10_000})
    truths.effort.left = 500
    assert truths.of_inputs(tree("a=/y+x/")) is None
    assert truths.of_host(tree("list=/y/")) is None


@pytest.mark.parametrize(
    ("sign", "value", "compared", "holds"),
    [
        ("<", 5, "10", True),
        ("<", "5", "10", True),
        (">", "10", "9.5", True),
        (">", "-1", "-2.5", True),
        ("<", "1.10", "1.9", False),
        ("<", 1.10, "1.9", True),
        ("<", True, "1.9", None),
        ("<", "abc", "b", None),
        ("<", True, "2", None),
        (">=", "1.2.3", "1.2", True),
        ("!=", "a", "b", True),
        ("!=", "07", "7", False),
    ],
)
def test_inputs_have_an_order_only_as_numbers_and_versions(sign, value, compared, holds):
    assert Truths(VIEW, {"i": value}).of_inputs(tree(f"i{sign}{compared}")) is holds


def test_facts_compare_as_texts_where_that_is_asked_for():
    view = NodeView("web1", facts={"cpus": 10, "list": [10, 9]})
    assert [Truths(view, None, compares_text=on).of_host(tree("cpus>9")) for on in (False, True)] == [True, False]
    assert Truths(view, None, compares_text=True).of_host(tree("list>8")) is True
    assert Truths(view, None, compares_text=True).of_host(tree("cpus=10")) is True
    assert Truths(view, None, compares_text=True).of_host(tree("not nothere>9")) is None


def test_an_expression_matches_whole_in_part_or_not():
    assert [is_whole("a+", text, Effort()) for text in ("aa", "baa", "b", "a\n")] == [True, None, False, None]
