import pytest

from mcollective_py.expression import DataTest
from mcollective_py.matching.datavalues import Incomparable, data_holds
from mcollective_py.matching.regex import Effort
from mcollective_py.node.ordered import OrderedText


def asked(operator, value):
    return DataTest("plugin", "query", "output", operator, value)


@pytest.mark.parametrize(
    ("value", "operator", "wanted", "holds"),
    [
        # texts
        ("uk", "==", "uk", True),
        ("uk", "!=", "uk", False),
        ("5", "==", "5", True),
        ("5", "==", "5.0", False),
        ("5", ">", "4", False),
        ("uk", "<", "zz", False),
        ("uk", "=~", "/^u/", True),
        ("uk", "!=~", "/^u/", False),
        ("uk", "!=~", "/^d/", True),
        # booleans
        (True, "==", "true", True),
        (True, "==", " true ", True),
        (True, "!=", "true", False),
        (False, "==", "false", True),
        (True, ">", "false", False),
        (True, "=~", "/t/", False),
        (True, "!=~", "/t/", False),
        # numbers
        (5, "==", "5", True),
        (5, "==", "5.0", True),
        (5, ">=", " 5 ", True),
        (5, "<", "10", True),
        (5, "!=", "6", True),
        (-5, "<", "-4", True),
        (2.5, ">", "2", True),
        (2.5, "==", "25e-1", True),
        (10**30, ">", "5", True),
        (5, "=~", "/5/", False),
        (5, "!=~", "/6/", False),
        # no value
        (None, "==", "", False),
        (None, "!=", "x", False),
        (None, "!=~", "/x/", False),
    ],
)
def test_a_value_is_compared_by_its_own_type(value, operator, wanted, holds):
    assert data_holds(asked(operator, wanted), value, Effort()) is holds


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (True, "yes"),
        (True, "1"),
        (False, ""),
        (5, "five"),
        (5, ""),
        (5, "010"),
        (5, "0x5"),
        (5, "1_0"),
        (5.0, "nan"),
        (5, "1" * 400),
        ([5], "5"),
    ],
)
def test_what_cannot_be_compared_is_no_plain_no(value, wanted):
    for operator in ("==", "!="):
        with pytest.raises(Incomparable):
            data_holds(asked(operator, wanted), value, Effort())


class Length(OrderedText):
    """In the order of their lengths."""

    def order(self, other):
        if not other:
            raise ValueError("nothing to compare with")
        return len(self) - len(other)


@pytest.mark.parametrize(
    ("operator", "wanted", "holds"),
    [
        ("<", "bbb", True),
        ("<", "b", False),
        (">", " b ", True),
        ("<=", "bb", True),
        (">=", "bb", True),
        ("==", "aa", True),
        ("==", "bb", False),
        ("!=", "bb", True),
        ("=~", "/^a/", True),
    ],
)
def test_a_text_with_an_order_of_its_own_is_compared_by_it(operator, wanted, holds):
    assert data_holds(asked(operator, wanted), Length("aa"), Effort()) is holds


def test_what_has_no_place_in_that_order_fails():
    with pytest.raises(Incomparable, match="nothing to compare with"):
        data_holds(asked("<", ""), Length("aa"), Effort())
