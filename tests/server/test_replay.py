from dataclasses import replace

import pytest

from mcollective_py.errors import Busy, MayBeCopy, Replayed
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.replay import ReplayMemory

FIRST = Request("1" * 32, "cert=alice.mcollective", "ops1", "mcollective", "rpcutil", "ping", {}, Filter(), time=1000.0, ttl=60)
SECOND = replace(FIRST, id="2" * 32)


def test_the_second_copy_of_a_request_is_refused() -> None:
    memory = ReplayMemory()
    memory.remember(FIRST, now=1000.0)
    with pytest.raises(Replayed):
        memory.remember(FIRST, now=1000.5)


def test_a_copy_is_refused_until_no_clock_could_take_it_as_fresh() -> None:
    memory = ReplayMemory()
    memory.remember(FIRST, now=995.0)
    with pytest.raises(Replayed):
        memory.remember(FIRST, now=1070.0)


def test_an_entry_leaves_when_its_request_can_no_longer_pass() -> None:
    memory = ReplayMemory()
    memory.remember(FIRST, now=1000.0)
    memory.remember(replace(SECOND, time=1071.0), now=1070.1)
    assert len(memory) == 1


def test_the_same_id_from_another_caller_is_another_request() -> None:
    memory = ReplayMemory()
    memory.remember(FIRST, now=1000.0)
    memory.remember(replace(FIRST, caller="cert=bob.mcollective"), now=1000.0)
    assert len(memory) == 2


def test_a_signature_that_comes_again_under_another_id_is_refused() -> None:
    memory = ReplayMemory()
    memory.remember_proof(replace(FIRST, proof="a" * 64), now=1000.0)
    memory.remember_proof(replace(SECOND, proof="b" * 64), now=1000.0)
    with pytest.raises(Replayed):
        memory.remember_proof(replace(SECOND, proof="a" * 64), now=1060.0)


def test_where_the_id_is_signed_there_is_no_signature_to_remember() -> None:
    memory = ReplayMemory()
    memory.remember_proof(FIRST, now=1000.0)
    memory.remember_proof(FIRST, now=1000.0)
    assert len(memory) == 0


def test_a_full_memory_refuses_and_keeps_every_live_entry() -> None:
    memory = ReplayMemory(capacity=1)
    memory.remember(FIRST, now=1000.0)
    with pytest.raises(Busy):
        memory.remember(SECOND, now=1000.0)
    with pytest.raises(Replayed):
        memory.remember(FIRST, now=1000.0)


def test_a_full_memory_has_room_again_when_entries_have_expired() -> None:
    memory = ReplayMemory(capacity=1)
    memory.remember(FIRST, now=1000.0)
    memory.remember(replace(SECOND, time=1100.0), now=1100.0)
    assert len(memory) == 1


def test_requests_of_different_lifetimes_expire_each_at_its_own_time() -> None:
    memory = ReplayMemory()
    memory.remember(FIRST, now=1000.0, skew=0.0)
    memory.remember(replace(SECOND, ttl=5), now=1000.0, skew=0.0)
    memory.remember(replace(SECOND, time=1006.0, ttl=5), now=1006.0, skew=0.0)
    with pytest.raises(Replayed):
        memory.remember(FIRST, now=1006.0, skew=0.0)


def test_a_copy_is_refused_though_a_reload_has_raised_the_skew_after_its_entry_was_forgotten() -> None:
    memory = ReplayMemory()
    memory.remember(FIRST, now=1000.0, skew=5.0)
    memory.remember(replace(SECOND, time=1100.0), now=1100.0, skew=5.0)
    assert len(memory) == 1
    with pytest.raises(Replayed):
        memory.remember(FIRST, now=1101.0, skew=300.0)  # fresh until 1360 by now


def test_a_copy_is_refused_though_the_clock_was_set_back_after_its_entry_was_forgotten() -> None:
    memory = ReplayMemory()
    memory.remember(FIRST, now=1000.0)
    memory.remember(replace(SECOND, time=4600.0), now=4600.0)
    with pytest.raises(Replayed):
        memory.remember(FIRST, now=1001.0)


def test_what_is_younger_than_the_floor_is_new() -> None:
    memory = ReplayMemory()
    memory.remember(FIRST, now=1000.0)
    memory.remember(replace(SECOND, time=1100.0), now=1100.0)
    memory.remember(replace(SECOND, id="3" * 32, time=1031.0), now=1101.0, skew=300.0)
    assert len(memory) == 2


def test_a_clock_that_is_set_back_takes_nothing_that_was_old_when_the_last_request_came() -> None:
    memory = ReplayMemory()
    memory.remember(replace(FIRST, time=90_000.0), now=90_000.0)
    with pytest.raises(MayBeCopy, match="may be a copy: what ended before 1970-01-02 00:59:50 UTC is taken no more here"):
        memory.remember(SECOND, now=1000.0)  # never seen, and fresh by this clock


def test_a_request_that_comes_late_as_ruby_lets_it_is_taken_once() -> None:
    memory = ReplayMemory()
    memory.remember(FIRST, now=1061.0, skew=0.0)
    with pytest.raises(Replayed):
        memory.remember(FIRST, now=1061.0, skew=0.0)


def test_what_was_known_before_a_restart_is_known_again() -> None:
    memory = ReplayMemory()
    memory.restore(FIRST.caller, FIRST.id, 1060.0)
    with pytest.raises(Replayed):
        memory.remember(FIRST, now=1001.0)
    assert memory.live() == [(1060.0, (FIRST.caller, FIRST.id))]


def test_a_floor_is_only_raised() -> None:
    memory = ReplayMemory()
    memory.raise_floor(1060.0)
    memory.raise_floor(1000.0)
    with pytest.raises(MayBeCopy):
        memory.remember(FIRST, now=1000.0)
    memory.remember(replace(SECOND, time=1000.1), now=1000.2)
