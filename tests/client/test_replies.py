import threading

import pytest

from mcollective_py.client.collector import Collector
from mcollective_py.client.replies import Replies
from mcollective_py.client.results import RPCStats
from mcollective_py.errors import ConnectorError, NotConnected, NotSigned
from mcollective_py.message import Reply


def reply(sender, **fields):
    return Reply("a" * 32, "d", sender, "echo", None, **{"body": 1, "time": 1.0, **fields})


class Hand:
    """A broker and a clock that the test turns: each wait hands over what is due, or lets the time pass."""

    def __init__(self, expected, at_end=lambda replies, complete: None):
        self.now, self.due, self.waits = 0.0, [], []
        self.collector = Collector("echo", started=0.0, window=5.0, expected=expected)
        self.collector.sent("d")
        self.replies = Replies(self.collector, RPCStats(request_id="a" * 32), pump=self.pump, monotonic=lambda: self.now, at_end=at_end)

    def pump(self, timeout):
        self.waits.append(timeout)
        if self.due:
            self.replies.deliver(self.due.pop(0))
        else:
            self.now += timeout


def test_replies_come_in_order_of_arrival_and_end_when_all_are_there():
    ended = []
    hand = Hand(("web1", "web2"), at_end=lambda replies, complete: ended.append(complete))
    hand.collector.published(0.0)
    hand.due = [reply("web2"), reply("web1")]
    assert [one.sender for one in hand.replies] == ["web2", "web1"]
    assert (hand.now, ended, hand.replies.is_complete) == (0.0, [True], True)
    assert list(hand.replies) == []


def test_the_wait_is_what_is_left_of_the_window():
    hand = Hand(("web1", "web2"))
    hand.collector.published(0.0)
    hand.due = [reply("web1")]
    assert len(list(hand.replies)) == 1
    assert hand.waits == [5.0, 5.0, 0.0]
    assert hand.replies.stats.no_response == ("web2",)
    assert hand.replies.stats.agent_time == 5.0


def test_answers_failures_and_denials_are_counted():
    hand = Hand(("a", "b", "c"))
    hand.collector.published(0.0)
    hand.due = [reply("a"), reply("b", statuscode=4), reply("c", statuscode=1, refusal="denied")]
    list(hand.replies)
    stats = hand.replies.stats
    assert (stats.responses, stats.ok, stats.failed, stats.denied) == (3, 1, 2, 1)


def test_closing_stops_the_wait_and_keeps_what_came():
    ended = []
    hand = Hand(("web1", "web2"), at_end=lambda replies, complete: ended.append(complete))
    hand.collector.published(0.0)
    hand.due = [reply("web1")]
    next(hand.replies)
    hand.replies.close()
    hand.replies.close()
    assert (list(hand.replies), ended, hand.replies.stats.responses) == ([], [False], 1)


def test_an_unverified_reply_is_counted_and_the_wait_goes_on():
    hand = Hand(("web1",))
    hand.collector.published(0.0)
    hand.replies.reject(NotSigned("no"))
    hand.due = [reply("web1")]
    assert [one.sender for one in hand.replies] == ["web1"]
    assert hand.replies.stats.unverified == 1


def test_what_publishing_raised_is_told_to_who_waits():
    hand = Hand(("web1",))

    def broken():
        raise NotConnected("gone")

    hand.replies.publish(broken)
    hand.replies._publisher.join(5)
    with pytest.raises(NotConnected):
        next(hand.replies)


def test_replies_are_taken_while_the_rest_is_still_being_published():
    hand, go_on = Hand(("web1", "web2")), threading.Event()
    hand.replies.publish(lambda: go_on.wait(10) and None)
    hand.due = [reply("web1")]
    assert next(hand.replies).sender == "web1"
    with pytest.raises(ConnectorError, match="could not be handed"):
        hand.replies.wait_published(0.01)
    go_on.set()
    hand.replies.wait_published(10)
    hand.due = [reply("web2")]
    assert next(hand.replies).sender == "web2"


def test_the_latency_is_from_the_start_to_the_arrival():
    hand = Hand(("web1",))
    hand.collector.published(0.0)
    hand.now, hand.due = 0.25, [reply("web1")]
    next(hand.replies)
    assert hand.replies.latency("web1") == 0.25


def test_a_fault_of_ours_while_sending_is_raised_where_the_replies_are_awaited():
    def publish():
        raise KeyError("ours")

    hand = Hand(("web1",))
    hand.replies.publish(publish)
    with pytest.raises(KeyError, match="ours"):
        list(hand.replies)


def test_what_came_within_the_window_is_taken_in_after_it():
    """Whoever iterates may take longer over one result than the window is."""
    hand = Hand(("web1", "web2", "web3"))
    hand.collector.published(0.0)
    hand.due = [reply("web1"), reply("web2")]
    assert next(hand.replies).sender == "web1"
    hand.now = 60.0
    assert [one.sender for one in hand.replies] == ["web2"]
    assert hand.replies.stats.no_response == ("web3",)


def test_hosts_that_could_not_be_sent_to_are_named_and_not_waited_for():
    hand = Hand(("web1", "web2"))
    hand.collector.published(0.0, ("web2",))
    hand.due = [reply("web1")]
    assert [one.sender for one in hand.replies] == ["web1"]
    assert hand.now == 0.0
    assert (hand.replies.stats.not_sent, hand.replies.stats.no_response) == (("web2",), ())
