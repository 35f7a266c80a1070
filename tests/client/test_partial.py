import pytest

from mcollective_py.client.partial import PartialReplies
from mcollective_py.errors import Malformed
from mcollective_py.message import Reply


def part(seq, body, *, last=False, sender="web1"):
    return Reply("a" * 32, "d1", sender, "rpcutil", "inventory", body, 5.0, seq=seq, last=last)


def test_parts_join_in_any_order():
    partial = PartialReplies()
    assert partial.add(part(2, "]", last=True)) is None
    assert partial.add(part(0, "[1,")) is None
    assert partial.add(part(1, "2")).body == [1, 2]


def test_the_first_of_two_parts_with_one_number_wins():
    partial = PartialReplies()
    partial.add(part(0, "[1"))
    assert partial.add(part(0, "[9")) is None
    assert partial.add(part(1, "]", last=True)).body == [1]


def test_senders_do_not_mix():
    partial = PartialReplies()
    partial.add(part(0, "[1", sender="web1"))
    assert partial.add(part(1, "]", last=True, sender="web2")) is None


def test_more_than_the_limit_is_refused_and_forgotten():
    partial = PartialReplies(limit=10)
    partial.add(part(0, "[1,2,3,"))
    with pytest.raises(Malformed):
        partial.add(part(1, "4,5,6]", last=True))
    partial.add(part(0, "[1,2,3,", sender="web2"))
    assert partial.add(part(1, "4]", last=True, sender="web2")).body == [1, 2, 3, 4]


@pytest.mark.parametrize("bad", [part(5000, "x"), part(1, {"a": 1})])
def test_a_part_that_is_none_is_refused(bad):
    with pytest.raises(Malformed):
        PartialReplies().add(bad)


def test_a_part_beyond_the_last_one_is_refused():
    partial = PartialReplies()
    partial.add(part(3, "x"))
    partial.add(part(0, "x"))
    with pytest.raises(Malformed):
        partial.add(part(1, "]", last=True))
