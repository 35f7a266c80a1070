"""What a list adds to what is there already."""

from agents.iptables.entry import Entry
from agents.iptables.joining import Joined, joined

NOW = Entry("198.51.100.7", reason="burst", by="cert=new", at=100.0, expires=3700.0)
THERE = NOW._replace(reason="of old", by="cert=old", at=1.0, ticket="OPS-1")


def join(wanted: Entry, there: Entry) -> Joined:
    return joined([wanted], {there.key: there})


def test_what_is_not_there_is_put_there():
    assert joined([NOW], {}) == Joined((NOW,), (), 0, 0)


def test_what_ends_earlier_lasts_longer_and_has_the_reason_of_the_list():
    assert join(NOW, THERE._replace(expires=200.0)).changed == (NOW._replace(ticket="OPS-1"),)
    forever = NOW._replace(expires=None, reason="")
    assert join(forever, THERE).changed == (forever._replace(reason="of old", ticket="OPS-1"),)


def test_nothing_ends_earlier():
    silent = NOW._replace(reason="")
    for end in (None, 9000.0):
        assert join(silent, THERE._replace(expires=end)) == Joined((), (), 1, 0)
        assert join(NOW, THERE._replace(expires=end)).changed == (NOW._replace(expires=end, ticket="OPS-1"),)


def test_what_is_as_wanted_is_left_alone():
    assert join(NOW, NOW._replace(by="cert=old", at=1.0, expires=3700.4, origin="edge")) == Joined((), (), 0, 1)


def test_what_somebody_else_has_not_confirmed_yet_is_for_good():
    assert join(NOW, NOW._replace(pending="1")).changed == (NOW,)


def test_the_answer_says_what_was_there_already():
    assert Joined((NOW,), (), 0, 0).summary() == "put there: 1 entry"
    assert Joined((NOW, NOW), (NOW,), 2, 1).summary() == (
        "put there: 2 entries; there already: 1 now with a later end or another reason, "
        "2 with a later end of their own, which they keep, 1 as wanted"
    )
    assert Joined((), (NOW,), 0, 0).summary(is_trial=True) == "there already: 1 would have a later end or another reason"
    assert Joined((), (), 0, 3).summary() == "there already: 3 as wanted"
