"""Changes that wait for their confirmation: nothing that somebody else did meanwhile is lost with them."""

from dataclasses import replace

import pytest

from agents.iptables.entry import Entry
from agents.iptables.pending import begin, confirm, undo
from agents.iptables.state import Pending, State

A, B = Entry("198.51.100.7", at=1.0), Entry("203.0.113.0/24", at=1.0, expires=500.0)


def state(*entries: Entry, installed: str = "nft") -> State:
    return State(installed, entries={entry.key: entry for entry in entries})


def after(before: State, *, adds: tuple[Entry, ...] = (), removes: tuple[Entry, ...] = (), id: str, at: float = 10.0) -> State:
    """A change that waits, begun on what was there before."""
    gone = {entry.key for entry in removes}
    entries = {key: entry for key, entry in before.entries.items() if key not in gone} | {entry.key: entry for entry in adds}
    return begin(before, replace(before, entries=entries), Pending(id, at + 60, "cert=op", at, "change"))


def test_a_block_that_nobody_confirms_is_gone_and_an_unblock_is_blocked_again():
    waiting = after(state(A), adds=(B,), removes=(A,), id="1")
    assert waiting.entries == {B.key: B._replace(pending="1")}
    assert undo(waiting, "1", 100.0) == state(A)


def test_what_was_over_meanwhile_does_not_come_back():
    assert undo(after(state(B), removes=(B,), id="1"), "1", 501.0).entries == {}


def test_what_is_confirmed_is_for_good():
    assert confirm(after(state(A), adds=(B,), id="1"), "1") == state(A, B)
    with pytest.raises(KeyError):
        confirm(state(A), "1")


def test_what_another_operator_changed_since_stays_as_that_one_wants_it():
    waiting = after(state(), adds=(A,), id="1")
    extended = A._replace(expires=900.0, by="cert=other")
    changed = replace(waiting, entries={A.key: extended})
    assert undo(changed, "1", 100.0).entries == {A.key: extended}


@pytest.mark.parametrize("order", [("1", "2"), ("2", "1")])
def test_two_that_wait_are_undone_in_any_order(order: tuple[str, str]):
    first = after(state(A), adds=(A._replace(expires=300.0),), id="1", at=10.0)
    second = after(first, removes=(A,), id="2", at=20.0)
    undone = second
    for id in order:
        undone = undo(undone, id, 100.0)
    assert undone == state(A)


def test_the_first_undone_and_the_second_confirmed_leaves_what_the_second_wants():
    first = after(state(A), removes=(A,), id="1", at=10.0)
    second = after(first, adds=(A._replace(reason="again"),), id="2", at=20.0)
    assert confirm(undo(second, "1", 100.0), "2").entries == {A.key: A._replace(reason="again")}
    assert undo(undo(second, "1", 100.0), "2", 100.0) == state(A)


def test_a_teardown_that_nobody_confirms_is_set_up_again():
    up = state(A)
    waiting = begin(up, replace(up, installed="down"), Pending("1", 70.0, "cert=op", 10.0, "teardown"))
    assert waiting.pendings["1"].installed == "nft"
    assert undo(waiting, "1", 100.0).installed == "nft"
