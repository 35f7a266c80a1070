import pytest

from mcollective_py.client.audience import Audience
from mcollective_py.client.discovery.base import Discovered
from mcollective_py.client.limit import limit_count, limited
from mcollective_py.errors import UsageError


@pytest.mark.parametrize(("limit", "total", "count"), [("1", 9, 1), ("5", 9, 5), ("25%", 9, 2), ("1%", 9, 1), ("100%", 9, 9)])
def test_a_limit_is_a_number_or_a_percentage(limit, total, count):
    assert limit_count(limit, total) == count


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "%", "0%", "101%", "1.5", "\u0665"])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(UsageError):
        limit_count(limit, 9)


def test_a_part_of_what_was_discovered_is_addressed_by_name():
    everybody = Audience(("a", "b", "c"), Discovered(("a", "b", "c")))
    assert limited(everybody, "2").nodes == ("a", "b")
    assert limited(everybody, "2").is_part
    assert limited(everybody, None) is everybody
    assert limited(everybody, "5") is everybody
    chosen = limited(everybody, "2", is_random=True)
    assert len(chosen.nodes) == 2
    assert set(chosen.nodes) < {"a", "b", "c"}
