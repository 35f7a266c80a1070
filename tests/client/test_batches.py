import pytest

from mcollective_py.client.batches import batch_size, check_batch, merged, slices
from mcollective_py.client.results import RPCStats
from mcollective_py.errors import UsageError


@pytest.mark.parametrize(
    ("batch", "total", "size"), [("10", 25, 10), ("10", 3, 10), ("10%", 25, 3), ("25%", 8, 2), ("1%", 5, 1), ("100%", 7, 7)]
)
def test_a_batch_is_a_count_or_a_percentage_rounded_up(batch, total, size):
    assert batch_size(batch, total) == size


@pytest.mark.parametrize("batch", ["0", "0%", "101%", "-1", "1.5", "ten", "", "%", "١", "5 %"])
def test_anything_else_is_refused(batch):
    with pytest.raises(UsageError, match="a batch is a number of hosts above 0 or a percentage up to 100%"):
        check_batch(batch)


def test_slices_keep_the_order_and_lose_nobody():
    assert list(slices(("a", "b", "c", "d", "e"), 2)) == [("a", "b"), ("c", "d"), ("e",)]


def test_the_batches_count_as_one_call():
    before = RPCStats(request_id="x", discovered=("a", "b", "c", "d"), did_discovery=True, discovery_time=2.0, unverified=1)
    first = RPCStats(discovered=("a", "b"), responses=1, ok=1, no_response=("b",), duplicates=1)
    second = RPCStats(discovered=("c",), responses=1, failed=1, denied=1, unverified=2, unexpected=("z",))
    assert merged(before, [first, second], 7.5) == RPCStats(
        request_id="x",
        discovered=("a", "b", "c", "d"),
        did_discovery=True,
        responses=2,
        ok=1,
        failed=1,
        denied=1,
        no_response=("b",),
        not_asked=("d",),
        unexpected=("z",),
        unverified=3,
        duplicates=1,
        discovery_time=2.0,
        agent_time=7.5,
    )
