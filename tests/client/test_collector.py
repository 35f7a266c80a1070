import random

import pytest

from mcollective_py.client.collector import Collector, Verdict
from mcollective_py.message import Reply


def reply(sender, **fields):
    fields = {"body": "pong", **fields}
    return Reply(request_id="a" * 32, request_digest="d1", agent="discovery", action=None, time=0.0, **fields, sender=sender)


def collector(**fields):
    made = Collector("discovery", started=100.0, window=2.0, **fields)
    made.sent("d1")
    made.published(100.0)
    return made


def test_a_request_is_over_as_soon_as_everybody_expected_has_answered():
    waiting = collector(expected=("web1", "web2"))
    waiting.accept(reply("web1"), 100.1)
    assert waiting.remaining(100.1) > 0
    assert waiting.silent == ("web2",)
    waiting.accept(reply("web2"), 100.2)
    assert waiting.remaining(100.2) == 0
    assert waiting.silent == ()


def test_a_request_is_over_when_its_window_has_passed_and_names_who_was_silent():
    waiting = collector(expected=("web2", "web1"))
    assert waiting.remaining(101.5) == 0.5
    assert waiting.remaining(102.0) == 0
    assert waiting.silent == ("web1", "web2")


def test_the_window_runs_from_the_moment_that_all_is_published():
    waiting = Collector("discovery", started=100.0, window=2.0, expected=("web1",))
    assert waiting.remaining(1000.0) > 0
    waiting.published(1000.0)
    assert waiting.remaining(1000.0) == 2.0


def test_a_discovery_without_knowledge_uses_its_whole_window():
    waiting = collector()
    waiting.accept(reply("web1"), 100.1)
    assert waiting.remaining(100.1) == pytest.approx(1.9)
    assert waiting.remaining(102.0) == 0
    assert waiting.was_full_window


def test_a_discovery_ends_a_moment_after_the_last_known_host_has_answered():
    waiting = collector(known={"web1", "web2"}, settle=0.1)
    waiting.accept(reply("web1"), 100.1)
    waiting.accept(reply("web2"), 100.2)
    assert waiting.remaining(100.2) == pytest.approx(0.1)
    waiting.accept(reply("new1"), 100.25)
    assert waiting.remaining(100.25) == pytest.approx(0.1)
    assert waiting.remaining(100.36) == 0
    assert not waiting.was_full_window


def test_a_discovery_waits_its_window_for_a_known_host_that_is_silent():
    waiting = collector(known={"web1", "web2"})
    waiting.accept(reply("web1"), 100.1)
    assert waiting.remaining(101.9) > 0
    assert waiting.remaining(102.0) == 0
    assert waiting.silent == ("web2",)
    assert waiting.was_full_window


def test_the_settling_never_outlasts_the_window():
    waiting = collector(known={"web1"}, settle=0.1)
    waiting.accept(reply("web1"), 101.99)
    assert waiting.remaining(101.99) == pytest.approx(0.01)


def test_a_second_reply_of_a_host_is_a_duplicate_and_counted():
    waiting = collector(expected=("web1",))
    first, second = waiting.accept(reply("web1"), 100.1), waiting.accept(reply("web1"), 100.2)
    assert (first[0], second) == (Verdict.ANSWER, (Verdict.DUPLICATE, None))
    assert waiting.duplicates == {"web1": 1}
    assert waiting.answered == {"web1": pytest.approx(0.1)}


def test_a_directed_request_takes_no_reply_of_a_node_that_was_not_asked():
    waiting = Collector("discovery", started=100.0, window=2.0, expected=("web1",), is_closed=True)
    waiting.sent("d1", ("web1",))
    assert waiting.accept(reply("db1"), 100.1) == (Verdict.UNEXPECTED, None)
    assert list(waiting.unexpected) == ["db1"]
    assert list(waiting.answered) == []


def test_a_broadcast_takes_the_reply_of_a_node_that_was_not_discovered_and_lists_it():
    waiting = collector(expected=("web1",))
    assert waiting.accept(reply("web9"), 100.1)[0] is Verdict.ANSWER
    assert list(waiting.unexpected) == ["web9"]


def test_a_reply_bound_to_another_request_is_not_verified():
    waiting = collector(expected=("web1",))
    other = Reply("a" * 32, "d2", "web1", "discovery", None, "pong", 0.0)
    assert waiting.accept(other, 100.1) == (Verdict.UNVERIFIED, None)
    assert waiting.unverified == 1
    assert waiting.silent == ("web1",)


def test_a_reply_in_the_name_of_another_agent_is_not_verified():
    waiting = collector(expected=("web1",))
    other = Reply("a" * 32, "d1", "web1", "shell", None, "pong", 0.0)
    assert waiting.accept(other, 100.1) == (Verdict.UNVERIFIED, None)


def test_each_node_of_a_directed_request_answers_the_chunk_that_names_it():
    waiting = Collector("discovery", started=100.0, window=2.0, expected=("web1", "web2"), is_closed=True)
    waiting.sent("d1", ("web1",))
    waiting.sent("d2", ("web2",))
    assert waiting.accept(reply("web1"), 100.1)[0] is Verdict.ANSWER
    assert waiting.accept(reply("web2"), 100.1)[0] is Verdict.UNVERIFIED  # it answers d1, which does not name it


def test_a_reply_that_comes_before_anything_was_sent_is_not_verified():
    waiting = Collector("discovery", started=100.0, window=2.0, expected=("web1",))
    assert waiting.accept(reply("web1"), 100.0)[0] is Verdict.UNVERIFIED


def test_plugins_that_bind_replies_by_id_alone_are_taken_at_their_word():
    waiting = Collector("discovery", started=100.0, window=2.0, expected=("web1",))
    waiting.sent("")
    assert waiting.accept(reply("web1"), 100.1)[0] is Verdict.ANSWER


def test_a_reply_in_parts_counts_when_its_last_missing_part_is_here():
    waiting = collector(expected=("web1",))
    second, first = reply("web1", body='"}', seq=1), reply("web1", body='{"a": "b', seq=0, last=False)
    assert waiting.accept(second, 100.1) == (Verdict.PART, None)
    assert waiting.remaining(100.1) > 0
    verdict, whole = waiting.accept(first, 100.2)
    assert (verdict, whole.body, whole.is_whole) == (Verdict.ANSWER, {"a": "b"}, True)
    assert waiting.remaining(100.2) == 0


def test_parts_that_are_no_reply_together_are_not_verified():
    waiting = collector(expected=("web1",))
    waiting.accept(reply("web1", body='{"a"', seq=0, last=False), 100.1)
    assert waiting.accept(reply("web1", body=":", seq=1), 100.1) == (Verdict.UNVERIFIED, None)
    assert waiting.silent == ("web1",)


def test_an_empty_audience_is_over_at_once():
    assert collector(expected=()).remaining(100.0) == 0


def test_200_runs_with_hosts_delayed_at_random_miss_no_known_host():
    chance = random.Random(7)
    hosts = [f"web{number}" for number in range(30)]
    early = 0
    for _ in range(200):
        arrivals = sorted((100.0 + chance.uniform(0.0, 1.9), host) for host in hosts)
        waiting, now = collector(known=hosts), 100.0
        for at, host in arrivals:
            assert now + waiting.remaining(now) >= at  # still waiting when it comes
            now = at
            waiting.accept(reply(host), now)
        end = now + waiting.remaining(now)
        assert sorted(waiting.answered) == sorted(hosts)
        assert waiting.remaining(end) == 0
        early += end < 101.99
    assert early > 50
