from itertools import islice

import pytest

from mcollective_py.client.batches import batch_size, batch_sizes, check_batch, slices
from mcollective_py.errors import UsageError


@pytest.mark.parametrize(
    ("batch", "total", "size"), [("10", 25, 10), ("10", 3, 10), ("10%", 25, 3), ("25%", 8, 2), ("1%", 5, 1), ("100%", 7, 7)]
)
def test_a_batch_is_a_count_or_a_percentage_rounded_up(batch, total, size):
    assert batch_size(batch, total) == size


@pytest.mark.parametrize(
    "batch", ["0", "0%", "101%", "-1", "1.5", "ten", "", "%", "١", "5 %", "1,", ",1", "1,,2", "1, 2", "1,0", "1,x", "1000000000"]
)
def test_anything_else_is_refused(batch):
    with pytest.raises(UsageError, match="a batch is a number of hosts above 0 or a percentage up to 100%"):
        check_batch(batch)


def test_a_row_of_sizes_has_an_end():
    check_batch(",".join(["1"] * 100))
    with pytest.raises(UsageError, match="a batch grows in 100 steps at most, not 101"):
        check_batch(",".join(["1"] * 101))


@pytest.mark.parametrize(
    ("batch", "total", "sizes"),
    [
        ("10", 25, [10, 10, 10, 10, 10, 10]),
        ("1,5,25%,100%", 40, [1, 5, 10, 40, 40, 40]),
        ("1,10%", 25, [1, 3, 3, 3, 3, 3]),
        ("50%,1", 5, [3, 1, 1, 1, 1, 1]),
    ],
)
def test_the_last_size_repeats_and_percentages_are_of_all(batch, total, sizes):
    assert list(islice(batch_sizes(batch, total), 6)) == sizes


@pytest.mark.parametrize(
    ("batch", "first", "expected"),
    [
        ("2", 0, [("a", "b"), ("c", "d"), ("e",)]),
        ("1,3", 0, [("a",), ("b", "c", "d"), ("e",)]),
        ("1,40%", 0, [("a",), ("b", "c"), ("d", "e")]),
        ("100%", 2, [("a", "b"), ("c", "d", "e")]),
        ("1", 4, [("a", "b", "c", "d"), ("e",)]),
        ("3", 5, [("a", "b", "c", "d", "e")]),
        ("3", 9, [("a", "b", "c", "d", "e")]),
    ],
)
def test_slices_keep_the_order_and_lose_nobody(batch, first, expected):
    assert slices(("a", "b", "c", "d", "e"), batch, first=first) == expected


def test_nobody_is_in_no_batch():
    assert slices((), "10", first=3) == []
