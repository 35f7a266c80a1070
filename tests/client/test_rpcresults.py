import pytest

from mcollective_py.client.collector import Collector
from mcollective_py.client.replies import Replies
from mcollective_py.client.results import RPCStats, exitcode
from mcollective_py.client.rollout import Rollout, Stopped
from mcollective_py.client.rpcresults import BatchedResults, RPCResults
from mcollective_py.message import Reply


def reply(sender, **fields):
    return Reply("r1", "", sender, "echo", "say", {"n": 1}, 0.0, **fields)


def replies(nodes, answering, pump=lambda timeout: False, now=lambda: 1.0):
    """One request to nodes, of which some answer as soon as they are waited for."""
    collector = Collector("echo", started=now(), window=2.0, expected=nodes, is_closed=True)
    collector.sent("", nodes)
    collector.published(now())
    stats = RPCStats(request_id="r1", agent="echo", action="say", discovered=tuple(nodes))
    made = Replies(collector, stats, pump=pump, monotonic=now)
    for sender in answering:
        made.deliver(reply(sender))
    return made


class Site:
    """Hosts that answer after a second, or as delays has it, and fail where failing names them; a clock that waiting moves."""

    def __init__(self, delays=None, failing=()):
        self.delays, self.failing, self.now, self.due = delays or {}, failing, 0.0, []
        self.events, self.replies = [], None

    def pump(self, timeout):
        self.due.sort()
        if self.due and self.due[0][0] <= self.now + timeout:
            at, name = self.due.pop(0)
            self.now = max(self.now, at)
            code = {"statuscode": 1, "statusmsg": "no"} if name in self.failing else {}
            self.replies.deliver(reply(name, **code))
            return True
        self.now += timeout
        return False

    def ask(self, nodes, after, goes_on):
        self.events.append((self.now, nodes))
        if after is None:
            self.replies = replies(nodes, (), self.pump, lambda: self.now)
        else:
            after.go_on(nodes)
            after.collector.sent("", nodes)
            after.collector.published(self.now)
        for name in nodes:
            delay = self.delays.get(name, 1.0)
            if delay is not None:
                self.due.append((self.now + delay, name))
        return self.replies

    def results(self, nodes, batch="1", canary=0, max_fail=None, pause=10.0):
        return BatchedResults(Rollout(batch, canary, max_fail), tuple(nodes), self.ask, pause=pause, monotonic=lambda: self.now)


def senders(results):
    return [result.sender for result in results]


def test_results_are_the_replies_as_results():
    results = RPCResults(replies(("a", "b"), ("b", "a")))
    assert senders(results) == ["b", "a"]
    assert results.request_id == "r1"
    assert results.stats.ok == 2
    assert (results.ok, results.failed) == (["b", "a"], [])


def test_a_batch_is_asked_when_the_one_before_is_over_and_the_pause_has_passed():
    site = Site()
    results = site.results("abc", "2")
    assert site.events == [(0.0, ("a", "b"))]
    assert [next(results).sender, next(results).sender] == ["a", "b"]
    assert site.events == [(0.0, ("a", "b"))]
    assert next(results).sender == "c"
    assert site.events == [(0.0, ("a", "b")), (11.0, ("c",))]
    assert senders(results) == []
    assert (results.stats.ok, results.stats.not_asked, results.stats.agent_time) == (3, (), 12.0)
    assert (results.batch, results.batches) == (2, 2)


def test_batches_grow():
    site = Site()
    assert len(senders(site.results("abcdefghij", "1,20%,50%", pause=0.0))) == 10
    assert [len(nodes) for _, nodes in site.events] == [1, 2, 5, 2]


def test_a_silent_host_does_not_end_the_call():
    site = Site({"b": None})
    results = site.results("abc", "2")
    assert senders(results) == ["a", "c"]
    assert results.stats.no_response == ("b",)
    assert results.stats.discovered == ("a", "b", "c")
    assert results.stats.late == ()


def test_a_latency_is_from_the_hosts_own_batch():
    results = Site().results("ab")
    assert [result.latency for result in results] == [1.0, 1.0]


def test_an_answer_after_its_batch_counts_and_is_late():
    site = Site({"a": 12.5})  # its window is 2 s; the next batch is asked at 12, and over at 13
    results = site.results("ab")
    assert senders(results) == ["a", "b"]
    assert [at for at, _ in site.events] == [0.0, 12.0]
    assert (results.stats.late, results.stats.no_response, results.stats.ok) == (("a",), (), 2)


def test_an_answer_in_the_pause_is_taken_in_at_once_and_is_late():
    site = Site({"a": 5.0})
    results = site.results("ab")
    assert next(results).sender == "a"
    assert (site.now, len(site.events)) == (5.0, 1)
    assert next(results).sender == "b"
    assert site.events[1][0] == 12.0
    assert results.stats.late == ("a",)


def test_an_answer_twice_over_two_batches_is_a_duplicate_and_not_unexpected():
    site = Site()
    results = site.results("ab")
    next(results)
    site.due.append((11.5, "a"))
    assert senders(results) == ["b"]
    assert (results.stats.duplicates, results.stats.unexpected) == (1, ())


def test_a_host_of_a_later_batch_that_answers_before_it_is_asked_is_unexpected():
    site = Site()
    results = site.results("ab")
    site.due.append((0.5, "b"))
    assert senders(results) == ["a", "b"]
    assert results.stats.unexpected == ("b",)


def test_a_closed_call_asks_nobody_else_and_says_who_was_not_asked():
    site = Site()
    results = site.results("abc")
    assert next(results).sender == "a"
    results.close()
    assert senders(results) == []
    assert len(site.events) == 1
    assert (results.stats.responses, results.stats.not_asked, results.stats.stopped) == (1, ("b", "c"), None)


def test_an_interrupted_pause_counts_no_batch_twice():
    site = Site()
    results = site.results("ab")
    next(results)

    def interrupted(timeout):
        raise KeyboardInterrupt

    results.replies._pump = interrupted
    with pytest.raises(KeyboardInterrupt):
        next(results)
    results.close()
    assert (results.stats.responses, results.stats.not_asked) == (1, ("b",))


def test_too_many_bad_hosts_stop_it_and_the_rest_is_named():
    site = Site({"b": None}, failing=("a", "c"))
    results = site.results("abcdefg", "2", max_fail="1")
    assert senders(results) == ["a"]
    assert results.stats.not_asked == ("c", "d", "e", "f", "g")
    assert results.stats.stopped == Stopped(1, 4, "max_fail", "1", 2, 1, 0, 1, 5)
    assert list(results) == []


def test_as_many_bad_hosts_as_may_be_do_not_stop_it():
    results = Site(failing=("a", "d")).results("abcd", max_fail="50%", pause=0.0)
    assert senders(results) == ["a", "b", "c", "d"]
    assert (results.stats.stopped, results.stats.failed) == (None, 2)


def test_too_many_bad_hosts_in_the_last_batch_are_told_though_nobody_is_left_to_be_spared():
    site = Site({"c": None})
    results = site.results("abc", max_fail="0")
    assert senders(results) == ["a", "b"]
    assert results.stats.stopped == Stopped(3, 3, "max_fail", "0", 3, 0, 0, 1, 0)
    assert exitcode(results.stats) == 2


def test_a_canary_that_fails_stops_it_before_anybody_else_is_asked():
    site = Site(failing=("b",))
    results = site.results("abcdef", "2,4", canary=2)
    assert senders(results) == ["a", "b"]
    assert results.stats.stopped == Stopped(1, 3, "canary", None, 2, 1, 0, 0, 4)
    assert [nodes for _, nodes in site.events] == [("a", "b")]


def test_a_canary_that_is_late_has_failed():
    site = Site({"a": 3.0})
    results = site.results("abc", "100%", canary=1)
    assert senders(results) == []
    assert (results.stats.stopped.reason, results.stats.stopped.silent) == ("canary", 1)


def test_a_canary_that_succeeds_lets_the_rest_be_asked():
    site = Site()
    assert len(senders(site.results("abcdef", "100%", canary=2, pause=0.0))) == 6
    assert [nodes for _, nodes in site.events] == [("a", "b"), ("c", "d", "e", "f")]


def test_a_late_success_no_longer_counts_as_bad():
    site = Site({"a": 12.5, "b": None})
    results = site.results("abc", max_fail="1")
    assert senders(results) == ["a", "c"]
    assert (results.stats.late, results.stats.no_response, results.stats.stopped) == (("a",), ("b",), None)


def test_within_a_running_batch_nothing_more_is_sent():
    site = Site(failing=("a",))
    told = []

    def ask(nodes, after, goes_on):
        told.append([goes_on(0), goes_on(1)])
        made = site.ask(nodes[:2], after, goes_on)
        made.collector.expected.update(dict.fromkeys(nodes))
        made.collector.published(site.now, nodes[2:], is_stopped=True)
        return made

    results = BatchedResults(Rollout("4", 0, "0"), tuple("abcdef"), ask, pause=0.0, monotonic=lambda: site.now)
    assert senders(results) == ["a", "b"]
    assert told == [[True, False]]
    assert results.stats.stopped == Stopped(1, 2, "max_fail", "0", 2, 1, 0, 0, 4, is_within=True)
    assert results.stats.not_asked == ("c", "d", "e", "f")
    assert results.stats.no_response == ()


def test_10000_hosts_one_at_a_time_cost_what_they_cost():
    """A cost that grows with the square, of each host at each batch, would be a hundred million steps."""
    steps = 0

    class Counted(Site):
        def pump(self, timeout):
            nonlocal steps
            steps += 1
            assert steps < 100_000
            at, name = self.due.pop()
            self.now = at
            self.replies.deliver(reply(name))
            return True

    results = Counted().results([f"h{number}" for number in range(10_000)], pause=0.0)
    assert sum(1 for _ in results) == 10_000
    assert (results.stats.ok, results.stats.not_asked) == (10_000, ())
