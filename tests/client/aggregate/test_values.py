import math
from array import array

import pytest

from mcollective_py.client.aggregate.values import MAX_NUMBERS, MAX_PARTS, Counted, Numbers, label_of, number_of, parts_of
from mcollective_py.wire.symbol import Symbol


@pytest.mark.parametrize("value", ["1", True, None, math.nan, math.inf, 10**400, b"1", [1], {}], ids=repr)
def test_only_finite_numbers_are_numbers(value):
    assert number_of(value) is None


def test_a_list_has_its_elements_and_all_else_itself():
    assert (list(parts_of([1, None, "a"])), list(parts_of("ab")), list(parts_of(None))) == ([1, "a"], ["ab"], [])


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (b"caf\xc3\xa9", "café"),
        (b"\xff", "\\xff"),
        (True, "true"),
        (1.5, "1.5"),
        (Symbol("running"), "running"),
        ({"b": math.nan, "a": b"x"}, '{"a":"x","b":"NaN"}'),
        (1 << 20000, "a number of 20001 bits"),
        ([1 << 20000], "a list that cannot be shown"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_label_is_text_for_whatever_a_wire_carries(value, label):
    assert label_of(value) == label


def test_long_values_are_cut_and_still_told_apart():
    first, second = label_of("x" * 100_000 + "1"), label_of("x" * 100_000 + "2")
    assert len(first) < 220
    assert first != second
    assert "100001 characters" in first


def test_half_of_a_surrogate_pair_is_no_obstacle():
    assert "300 characters" in label_of("\ud800" * 300)


def test_counts_are_ordered_by_count_then_name():
    counted = Counted()
    for value in ("b", "c", "a", "c"):
        counted.add(value)
    assert counted.ordered() == [("c", 2), ("a", 1), ("b", 1)]


def test_numbers_say_whose_values_were_left_out():
    numbers = Numbers()
    for host in range(1, 6):
        numbers.add("x", f"web{host}")
    assert numbers.remark() == ("(5 values that are no number left out, of web1, web2, web3 and others)",)


def test_numbers_beyond_the_bound_are_said_to_be_left_out_and_not_to_be_none():
    numbers = Numbers()
    numbers.add([1] * (MAX_PARTS + 7), "web1")
    assert (numbers.total, numbers.unkept, numbers.left_out) == (10_000, 7, 0)
    numbers.values = array("d", bytes(8 * MAX_NUMBERS))
    numbers.add([1, 2, "x"], "web2")
    assert numbers.remark() == (
        "(1 value that is no number left out, of web2)",
        "(9 more values than are taken left out)",
    )
