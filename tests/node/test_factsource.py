import logging
import threading
import time

import pytest

from mcollective_py.errors import PluginError
from mcollective_py.node.factsource import CachedFacts
from tests.waiting import wait_until


class Source:
    """Facts that a test sets; a lock held by the test makes loading take as long as the test wants."""

    def __init__(self, facts=None, fingerprint=None):
        self.answer = {"country": "uk"} if facts is None else facts
        self.print = fingerprint
        self.loads = 0
        self.gate = threading.Lock()
        self.loaded = threading.Semaphore(0)

    def load(self):
        with self.gate:
            self.loads += 1
            self.loaded.release()
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

    def fingerprint(self):
        return self.print


def warnings(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_the_first_facts_are_waited_for_and_then_kept():
    source = Source()
    cache = CachedFacts(source, max_age=300)
    first = cache.facts(1000)
    assert first == {"country": "uk"}
    assert cache.facts(1299) is first
    assert source.loads == 1


def test_old_facts_are_served_while_a_slow_source_is_asked_again():
    source = Source()
    cache = CachedFacts(source, max_age=300)
    cache.facts(1000)
    source.answer = {"country": "de"}
    with source.gate:  # the source now hangs
        begun = time.monotonic()
        for _ in range(100):
            assert cache.facts(1301) == {"country": "uk"}
        assert time.monotonic() - begun < 2
    wait_until("the new facts are there", lambda: cache.facts(1302) == {"country": "de"})
    assert source.loads == 2


def test_a_changed_fingerprint_is_seen_by_the_very_next_request():
    source = Source(fingerprint=1)
    cache = CachedFacts(source, max_age=300, patience=5)
    assert cache.facts(1000) == {"country": "uk"}
    source.answer, source.print = {"country": "de"}, 2
    assert cache.facts(1002) == {"country": "de"}


def test_a_changed_source_that_hangs_delays_a_request_by_its_patience_only():
    source = Source(fingerprint=1)
    cache = CachedFacts(source, max_age=300, patience=0.05)
    cache.facts(1000)
    source.print = 2
    with source.gate:
        begun = time.monotonic()
        assert cache.facts(1002) == {"country": "uk"}
        assert 0.04 < time.monotonic() - begun < 2


def test_equal_facts_stay_the_same_object():
    source = Source(fingerprint=1)
    cache = CachedFacts(source, patience=5)
    first = cache.facts(1000)
    source.answer, source.print = {"country": "uk"}, 2
    assert cache.facts(1002) is first
    assert source.loads == 2


def test_a_source_that_changes_all_the_time_is_not_loaded_all_the_time():
    source = Source(fingerprint=0)
    cache = CachedFacts(source, patience=5)
    cache.facts(1000)
    cache._rest_until = 1004  # as after a load of one second
    for number in range(1, 50):
        source.print = number
        cache.facts(1000 + number / 20)
    assert source.loads == 1
    cache.facts(1004)
    assert source.loads == 2


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (PluginError("yaml", "the file is gone"), "the file is gone"),
        (KeyError("a site's own bug"), "KeyError"),
        ({}, "there are no facts"),
        ([], "not list"),
    ],
)
def test_the_last_good_facts_are_kept_for_a_time_and_then_none_are_known(trouble, reason, caplog):
    source = Source(fingerprint=1)
    cache = CachedFacts(source, max_age=300, keep_for=1800, name="factsource yaml", patience=5)
    assert cache.facts(1000) == {"country": "uk"}
    source.answer, source.print = trouble, 2
    assert cache.facts(2000) == {"country": "uk"}
    assert cache.trouble
    assert reason in cache.trouble
    for now in (2100, 2900, 3799):
        assert cache.facts(now) == {"country": "uk"}
    assert cache.facts(3800) is None
    assert cache.facts(9999) is None
    told = warnings(caplog)
    assert len(told) == 2
    assert told[0].startswith("factsource yaml: ")
    assert "the last facts stay in use for 1800 s" in told[0]
    assert "no fact filter matches" in told[1]


def test_facts_that_can_be_had_again_are_used_again(caplog):
    caplog.set_level(logging.INFO)
    source = Source(fingerprint=1)
    cache = CachedFacts(source, keep_for=1800, patience=5)
    cache.facts(1000)
    source.answer, source.print = PluginError("yaml", "gone"), 2
    cache.facts(2000)
    assert cache.facts(5000) is None
    source.answer, source.print = {"country": "de"}, 3
    wait_until("the new facts are there", lambda: cache.facts(5100) == {"country": "de"})
    assert cache.trouble is None
    assert caplog.records[-1].getMessage() == "facts source: facts can be had again"


def test_a_source_that_never_worked_gives_none_and_is_not_asked_for_every_request():
    source = Source(PluginError("facter", "there is no facter"))
    cache = CachedFacts(source)
    for _ in range(100):
        assert cache.facts(1000) is None
    assert source.loads == 1
    source.answer = {"country": "uk"}
    cache.facts(1030)
    wait_until("the new facts are there", lambda: cache.facts(1030) == {"country": "uk"})


def test_a_cache_time_of_nothing_does_not_load_without_rest():
    source = Source()
    cache = CachedFacts(source, max_age=0)
    cache.facts(1000)
    cache._rest_until = 1004
    for _ in range(20):
        cache.facts(1003)
    assert source.loads == 1
    cache.facts(1004)
    wait_until("the source is asked", lambda: source.loads == 2)


def test_many_threads_share_one_load():
    source = Source()
    cache = CachedFacts(source)
    seen: list = []
    with source.gate:
        threads = [threading.Thread(target=lambda: seen.append(cache.facts(1000))) for _ in range(20)]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(5)
    assert len(seen) == 20
    assert all(facts is seen[0] for facts in seen)
    assert seen[0] == {"country": "uk"}
    assert source.loads == 1


def test_a_fingerprint_that_fails_leaves_it_to_age():
    class Broken(Source):
        def fingerprint(self):
            raise OSError("no")

    cache = CachedFacts(Broken(), max_age=300)
    assert cache.facts(1000) == {"country": "uk"}
    assert cache.facts(1001) == {"country": "uk"}


def test_facts_are_made_plain():
    assert CachedFacts(Source({1: (True, b"x")})).facts(1000) == {"1": [True, "x"]}
