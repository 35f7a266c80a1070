from dataclasses import replace

from mcollective_py.errors import Denied, Filtered, Replayed, TTLExpired
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.endings import Ending, Endings, reason_of

ALICES = Request("1" * 32, "cert=alice.mcollective", "ops1", "mcollective", "service", "restart", {}, Filter(), 1_700_000_000.0, 60)


def test_a_refused_request_is_found_by_its_caller_with_stage_and_reason():
    endings = Endings()
    endings.refused(ALICES, Filtered(ALICES.id, "class role::web: not on this host"), 1_700_000_001.0)
    assert endings.find(ALICES.caller, ALICES.id) == Ending("filter", "class role::web: not on this host", 1_700_000_001.0)


def test_nobody_learns_of_anothers_requests():
    endings = Endings()
    endings.accepted(ALICES, 1.0)
    assert endings.find("cert=bob.mcollective", ALICES.id) is None


def test_a_copy_that_is_refused_does_not_hide_how_the_first_one_ended():
    endings = Endings()
    endings.accepted(ALICES, 1.0)
    endings.refused(ALICES, Replayed("request x from y was accepted before"), 2.0)
    assert endings.find(ALICES.caller, ALICES.id) == Ending("accepted", "", 1.0)


def test_the_oldest_are_forgotten():
    endings = Endings(capacity=2)
    for number in "123":
        endings.accepted(replace(ALICES, id=number * 32), 1.0)
    found = [number for number in "123" if endings.find(ALICES.caller, number * 32)]
    assert found == ["2", "3"]


def test_a_reason_is_told_without_the_id_of_the_request():
    assert reason_of(TTLExpired("abc", age=70, ttl=60)) == "the request is 70.0 s old, its ttl is 60 s: check the clocks of both hosts"
    assert reason_of(Denied("cert=x may not call echo")) == "cert=x may not call echo"
    assert reason_of(Filtered("abc", "fact os=Debian: does not hold")) == "fact os=Debian: does not hold"
