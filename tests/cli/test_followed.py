"""What is started on hosts and followed to its end, so many at a time."""

from collections import deque
from dataclasses import dataclass, field

from mcollective_py.cli.followed import FollowedResults, Following
from mcollective_py.client.audience import Audience
from mcollective_py.client.results import RPCResult


def result(host, data=None, code=0, words="OK", action="runonce"):
    return RPCResult(host, "puppet", action, code, words, data or {})


@dataclass
class Fleet:
    """Hosts by hand: each run takes so many polls; `script` says what a start gives where it is no success."""

    takes: dict[str, int]
    script: dict[str, deque] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    ends: dict[str, bool] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    most: int = 0
    now: float = 0.0

    def __post_init__(self):
        self.rest = {}

    def start(self, hosts):
        found = []
        for host in hosts:
            if self.script.get(host):
                found.append(self.script[host].popleft())
                continue
            self.started.append(host)
            self.rest[host] = self.takes[host]
            self.most = max(self.most, len(self.rest))
            found.append(result(host, {"run": "r1"}))
        return Called(found)

    def poll(self, key, hosts):
        assert key == "r1"
        for host in hosts:
            if host in self.silent:
                continue
            self.rest[host] -= 1
            if self.rest[host] <= 0:
                self.rest.pop(host)
                yield result(host, {"state": "finished"}, 0 if self.ends.get(host, True) else 1, action="run_result")
            else:
                yield result(host, {"state": "running"}, action="run_result")

    def sleep(self, seconds):
        self.now += seconds

    def follow(self, **options):
        following = Following(
            start=self.start,
            key=lambda found: found["run"],
            poll=self.poll,
            judge=lambda found: found if found.data.get("state") == "finished" else None,
            is_put_off=lambda found: found.statusmsg == "later",
        )
        options = {"limit": 60.0, **options}
        nodes = tuple(self.takes)
        return FollowedResults(
            Audience(nodes), following, "puppet", "run_result", monotonic=lambda: self.now, sleep=self.sleep, **options
        )


class Called(list):
    request_id = "a" * 32


def senders(results):
    return [(found.sender, found.is_ok) for found in results]


def test_all_are_started_at_once_and_told_as_they_end():
    fleet = Fleet({"slow": 5, "quick": 1})
    results = fleet.follow()
    assert senders(results) == [("quick", True), ("slow", True)]
    assert (fleet.most, results.ok, results.stats.responses, results.request_id) == (2, ["quick", "slow"], 2, "a" * 32)


def test_no_more_run_at_a_time_than_may():
    fleet = Fleet(dict.fromkeys(("a", "b", "c", "d", "e"), 3))
    assert len(list(fleet.follow(at_once=2))) == 5
    assert (fleet.most, fleet.started) == (2, ["a", "b", "c", "d", "e"])


def test_when_too_many_fail_no_more_are_started_and_the_running_are_seen_to_their_end():
    fleet = Fleet(dict.fromkeys(("a", "b", "c", "d", "e"), 1) | {"b": 3}, ends={"a": False})
    results = fleet.follow(at_once=2, max_fail=0)
    assert senders(results) == [("a", False), ("b", True)]
    assert results.has_stopped and results.not_started == ("c", "d", "e")
    assert results.stats.not_asked == ("c", "d", "e")


def test_some_may_fail_where_that_is_allowed():
    fleet = Fleet(dict.fromkeys(("a", "b", "c"), 1), ends={"a": False})
    assert len(list(fleet.follow(at_once=1, max_fail=1))) == 3


def test_a_host_that_is_busy_is_tried_again_later():
    fleet = Fleet({"a": 1, "b": 1}, script={"a": deque([result("a", None, 1, "later")])})
    assert senders(fleet.follow(at_once=1)) == [("b", True), ("a", True)]


def test_a_host_is_waited_for_as_long_as_what_keeps_it_busy_may_take():
    fleet = Fleet({"a": 1}, script={"a": deque([result("a", None, 1, "later")] * 12)})
    assert senders(fleet.follow(limit=600.0)) == [("a", True)]
    assert 30 < fleet.now < 60


def test_a_host_that_is_always_busy_is_given_up():
    fleet = Fleet({"a": 1}, script={"a": deque([result("a", None, 1, "later")] * 99)})
    (found,) = fleet.follow()
    assert (found.is_ok, found.statusmsg) == (False, "later")
    assert 60 < fleet.now < 70


def test_a_start_that_is_refused_is_the_hosts_result():
    fleet = Fleet({"a": 1, "b": 1}, script={"a": deque([result("a", None, 1, "Puppet is disabled")])})
    assert senders(fleet.follow()) == [("a", False), ("b", True)]


def test_a_host_that_falls_silent_blocks_nobody():
    fleet = Fleet({"a": 1, "b": 1, "c": 1}, silent={"a"})
    found = {one.sender: one for one in fleet.follow(at_once=2)}
    assert (found["b"].is_ok, found["c"].is_ok, found["a"].is_ok) == (True, True, False)
    assert "no answer since it was started" in found["a"].statusmsg


def test_a_host_that_never_starts_is_missing():
    fleet = Fleet({"a": 1, "b": 1})
    fleet.start = lambda hosts, start=fleet.start: start([host for host in hosts if host != "a"])
    results = fleet.follow()
    assert senders(results) == [("b", True)]
    assert results.stats.no_response == ("a",)


def test_a_run_without_an_end_is_told_as_such():
    fleet = Fleet({"a": 10_000})
    (found,) = fleet.follow(limit=30.0)
    assert not found.is_ok and found.statusmsg == "has not ended within 30 s: it may go on"
    assert 30 < fleet.now < 60


def test_closed_it_waits_for_nothing_and_says_where_it_goes_on():
    fleet = Fleet({"a": 1, "b": 99, "c": 1})
    results = fleet.follow(at_once=2)
    assert next(results).sender == "a"
    results.close()
    assert list(results) == []
    assert (results.unfinished, results.not_started) == (("b",), ("c",))
    assert results.stats.no_response == ("b",)


def test_nobody_is_asked_where_nobody_is():
    fleet = Fleet({})
    assert list(fleet.follow()) == []
