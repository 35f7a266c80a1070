import pytest

from mcollective_py.client.collector import Collector
from mcollective_py.client.known import KnownHosts
from mcollective_py.client.recollection import Recollection
from mcollective_py.client.replies import Replies
from mcollective_py.client.results import RPCStats
from mcollective_py.client.whom import Whom, whom
from mcollective_py.filter import Filter
from mcollective_py.message import Reply

HOUR = 3600.0


@pytest.fixture
def known(tmp_path):
    return KnownHosts(tmp_path)


def at(known, now, filter=None, exclude=()):
    """What is recalled at a time, in seconds."""
    meant = whom(filter or Filter(), exclude, lambda name: ())
    return Recollection(known, "mcollective", meant, HOUR, lambda: now)


def discovered(past, *senders, window=2.0, complete=True):
    """The replies to a discovery that these hosts answered, and that has taught what it can."""
    clock = [0.0]
    collector = Collector("discovery", started=0.0, window=window, known=past.enough(window))
    collector.sent("d")
    collector.published(0.0)

    def wait(seconds):
        clock[0] += seconds

    def learn(replies, is_complete):
        past.learn(replies, is_complete, window=window)

    replies = Replies(collector, RPCStats(request_id="a" * 32), pump=wait, monotonic=lambda: clock[0], at_end=learn)
    for sender in senders:
        replies.deliver(Reply("a" * 32, "d", sender, "discovery", None, "pong", 0.0))
    if complete:
        list(replies)
    else:
        replies.close()
    return replies


def test_nothing_is_enough_where_nobody_is_known(known):
    assert at(known, 0.0).is_empty
    assert at(known, 0.0).enough(2.0) is None


def test_who_answered_in_a_whole_window_is_enough_until_that_is_too_old(known):
    assert discovered(at(known, 1000.0), "web1", "web2").age is None
    past = at(known, 1000.0 + 600.0)
    assert (past.is_empty, past.enough(2.0)) == (False, {"web1", "web2"})
    assert past.enough(5.0) is None  # nobody waited so long yet
    assert at(known, 1000.0 + HOUR).enough(2.0) is None


def test_a_discovery_that_ends_early_tells_how_old_that_is_and_who_was_silent(known):
    discovered(at(known, 1000.0), "web1", "web2")
    early = discovered(at(known, 1600.0), "web2", "web1")
    assert (early.ended, early.age, early.silent_known) == ("known", 600.0, ())
    late = discovered(at(known, 1700.0), "web2")
    assert (late.ended, late.age, late.silent_known) == ("window", None, ("web1",))


def test_an_interrupted_discovery_teaches_nothing(known):
    replies = discovered(at(known, 1000.0), "web1", complete=False)
    assert replies.ended == "interrupted"
    assert at(known, 1000.0).is_empty


def test_hosts_that_are_not_meant_are_neither_waited_for_nor_missed(known):
    discovered(at(known, 1000.0), "web1", "web2")
    past = at(known, 1100.0, exclude=["web2"])
    assert past.enough(2.0) == {"web1"}
    assert discovered(past, "web1").silent_known == ()


def test_each_filter_has_its_own_and_without_a_place_there_is_none(known):
    discovered(at(known, 1000.0), "web1")
    assert at(known, 1000.0, Filter.parse(classes=["role::web"])).is_empty
    past = Recollection(None, "mcollective", Whom(Filter()), HOUR, lambda: 1000.0)
    discovered(past, "web1")
    assert past.is_empty
