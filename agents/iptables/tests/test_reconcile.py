"""What a desired list changes of what is there."""

from agents.iptables.entry import Entry
from agents.iptables.reconcile import difference

HAND, OURS, THEIRS = Entry("192.0.2.1", reason="by hand"), Entry("192.0.2.2", origin="default"), Entry("192.0.2.3", origin="edge")
PRESENT = {entry.key: entry for entry in (HAND, OURS, THEIRS)}


def test_what_the_list_brought_goes_with_it_and_what_others_did_stays():
    found = difference([Entry("192.0.2.9", reason="new")], PRESENT, "default")
    assert found.adds == (Entry("192.0.2.9", reason="new", origin="default"),)
    assert (found.removes, found.changes, found.same, found.others) == ((OURS,), (), 0, 2)
    assert found.lines(10) == ["- 192.0.2.2", "+ 192.0.2.9 reason=new"]


def test_an_exact_list_takes_all_else_away():
    found = difference([Entry("192.0.2.2")], PRESENT, "default", is_exact=True)
    assert (found.adds, found.removes, found.same, found.others) == ((), (HAND, THEIRS), 1, 0)


def test_what_is_as_it_should_be_is_left_alone():
    ends = {**PRESENT, HAND.key: HAND._replace(expires=1000.4, origin="default", by="cert=alice", at=5.0)}
    found = difference([Entry("192.0.2.1", reason="by hand", expires=1001.0), Entry("192.0.2.2")], ends, "default")
    assert (found.is_empty, found.same, found.others) == (True, 2, 1)


def test_other_options_are_a_change_and_so_is_a_list_that_takes_over_what_was_done_by_hand():
    later = Entry("192.0.2.2", expires=500.0)
    found = difference([later, HAND], PRESENT, "default")
    assert found.changes == ((OURS, later._replace(origin="default")), (HAND, HAND._replace(origin="default")))
    assert found.lines(10) == ["~ 192.0.2.2 until=1970-01-01T00:08:20Z", '~ 192.0.2.1 reason="by hand"']
    unconfirmed = {OURS.key: OURS._replace(pending="a1")}
    assert difference([Entry("192.0.2.2")], unconfirmed, "default").changes[0][1].pending == ""


def test_another_kind_protocol_or_port_is_another_entry():
    desired = [Entry("192.0.2.2", "allow"), Entry("192.0.2.2", "block", "tcp", "25")]
    found = difference(desired, PRESENT, "default")
    assert (len(found.adds), found.removes) == (2, (OURS,))


def test_a_long_difference_is_cut_and_says_so():
    found = difference([Entry(f"192.0.2.{n}") for n in range(10, 20)], {}, "default")
    assert found.lines(3) == ["+ 192.0.2.10", "+ 192.0.2.11", "+ 192.0.2.12", "... and 7 more"]
