"""What the store wants against what the kernel has."""

from agents.iptables.backend import Effect, Hold, Timed
from agents.iptables.compared import delta, drift, next_due, overdue
from agents.iptables.entry import Entry
from agents.iptables.state import Pending, State

A, B = Entry("198.51.100.7"), Entry("203.0.113.0/24", at=100.0, expires=1000.0)
FOREVER = float("inf")


def state(*entries: Entry, **more: Pending) -> State:
    return State("nft", entries={entry.key: entry for entry in entries}, pendings=more)


def test_nothing_is_told_where_both_have_the_same():
    assert drift(state(A, B), Effect(True, (), {A.key: Hold(), B.key: Hold(900.0)}), 100.0) == []


def test_what_hands_took_away_and_put_there_is_told():
    found = drift(state(A), Effect(True, ("a fault",), {B.key: Hold()}), 100.0)
    assert found == ["a fault", "taken away by hand: 198.51.100.7", "put there by hand: 203.0.113.0/24"]
    assert drift(state(A), Effect(), 100.0) == ["what setup made is gone"]
    many = [Entry(f"198.51.100.{number}") for number in range(1, 9)]
    assert drift(state(*many), Effect(True), 1.0)[0].endswith("198.51.100.5 and 3 more")


def test_an_entry_at_its_end_may_be_gone_from_either():
    assert drift(state(B), Effect(True), 999.0) == []
    assert drift(state(), Effect(True, (), {B.key: Hold(0.5)}), 1000.5) == []


def test_the_kernel_gets_what_is_missing_other_or_has_another_end_and_keeps_its_counters():
    effect = Effect(True, (), {A.key: Hold(None, 5, 300), B.key: Hold(200.0)})
    assert delta(state(A, B), state(A, B), effect, 100.0, FOREVER).puts == [Timed(B.key, 900.0, Hold(200.0))]
    longer = A._replace(expires=160.0)
    assert delta(state(A), state(longer), effect, 100.0, FOREVER).puts == [Timed(A.key, 60.0, Hold(None, 5, 300))]
    assert delta(state(A, B), state(A), effect, 100.0, FOREVER).drops == {B.key}


def test_an_end_that_the_back_end_does_not_know_is_not_given_to_it():
    assert delta(state(), state(B), Effect(True), 100.0, 0.0).puts == [Timed(B.key)]


def test_what_waits_is_kept_by_the_kernel_no_longer_than_a_little_after_its_deadline():
    waiting = A._replace(pending="1")
    pending = Pending("1", 160.0, "cert=op", 100.0, "block", {A.key: None})
    after = State("nft", entries={A.key: waiting}, pendings={"1": pending})
    assert delta(state(), after, Effect(True), 100.0, FOREVER).puts == [Timed(A.key, 63.0)]


def test_somebody_has_to_look_at_deadlines_and_at_ends_that_are_not_the_kernels():
    pending = Pending("1", 160.0, "cert=op", 100.0, "block")
    assert next_due(state(A, B), FOREVER, 100.0) is None
    assert next_due(state(A, B), 0.0, 100.0) == 1000.0
    assert next_due(state(A, B, first=pending), 0.0, 100.0) == 160.0


def test_the_latest_of_those_whose_deadline_has_passed_is_undone_first():
    one, two, three = (Pending(str(at), 50.0 if at < 3 else 500.0, "", float(at), "") for at in (1, 2, 3))
    assert overdue(State(pendings={"1": one, "2": two, "3": three}), 100.0) == [two, one]
