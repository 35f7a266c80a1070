import pytest

from mcollective_py.client.collector import Collector
from mcollective_py.client.replies import Replies
from mcollective_py.client.results import RPCStats
from mcollective_py.client.rpcresults import BatchedResults, RPCResults
from mcollective_py.message import Reply


def reply(sender):
    return Reply("r1", "", sender, "echo", "say", {"n": 1}, 0.0)


def replies(nodes, answering):
    """One request to nodes, of which some answer as soon as they are waited for."""
    collector = Collector("echo", started=0.0, window=0.0, expected=nodes, is_closed=True)
    collector.sent("", nodes)
    collector.published(0.0)
    stats = RPCStats(request_id="r1", agent="echo", action="say", discovered=tuple(nodes))
    made = Replies(collector, stats, pump=lambda timeout: None, monotonic=lambda: 1.0)
    for sender in answering:
        made.deliver(reply(sender))
    return made


class Site:
    """Hosts that answer, but those in silent; tells what was asked and when it paused."""

    def __init__(self, silent=()):
        self.silent, self.events = silent, []

    def ask(self, nodes):
        self.events.append(nodes)
        return replies(nodes, [name for name in nodes if name not in self.silent])

    def results(self, *batches):
        everybody = tuple(name for batch in batches for name in batch)
        before = RPCStats(request_id="r1", agent="echo", action="say", discovered=everybody)
        return BatchedResults(batches, self.ask, before, pause=lambda: self.events.append("pause"), monotonic=lambda: 5.0)


def test_results_are_the_replies_as_results():
    results = RPCResults(replies(("a", "b"), ("b", "a")))
    assert [result.sender for result in results] == ["b", "a"]
    assert results.request_id == "r1"
    assert results.stats.ok == 2


def test_a_batch_is_asked_when_the_one_before_is_over():
    site = Site()
    results = site.results(("a", "b"), ("c",))
    assert site.events == [("a", "b")]
    assert [next(results).sender, next(results).sender] == ["a", "b"]
    assert site.events == [("a", "b")]
    assert next(results).sender == "c"
    assert site.events == [("a", "b"), "pause", ("c",)]
    assert list(results) == []
    assert (results.stats.ok, results.stats.not_asked) == (3, ())


def test_a_silent_host_does_not_end_the_call():
    site = Site(silent=("b",))
    results = site.results(("a", "b"), ("c",))
    assert [result.sender for result in results] == ["a", "c"]
    assert results.stats.no_response == ("b",)
    assert results.stats.discovered == ("a", "b", "c")


def test_a_closed_call_asks_nobody_else_and_says_who_was_not_asked():
    site = Site()
    results = site.results(("a",), ("b",), ("c",))
    assert next(results).sender == "a"
    results.close()
    assert list(results) == []
    assert site.events == [("a",)]
    assert (results.stats.responses, results.stats.not_asked) == (1, ("b", "c"))


def test_an_interrupted_pause_counts_no_batch_twice():
    site = Site()
    results = site.results(("a",), ("b",))

    def interrupted():
        raise KeyboardInterrupt

    results._pause = interrupted
    next(results)
    with pytest.raises(KeyboardInterrupt):
        next(results)
    results.close()
    assert (results.stats.responses, results.stats.not_asked) == (1, ("b",))
