"""The plan of a desired list, and what is told of it."""

from ipaddress import ip_network

import pytest

from agents.iptables.entry import Entry
from agents.iptables.guard import Guard, Protected
from agents.iptables.reconcile import difference
from agents.iptables.reconciling import Steps, own_list, sparing, summary
from agents.iptables.state import State
from mcollective_py.agent import InvalidRPCData

NOW = 1_700_000_000.0
THERE = [Entry("192.0.2.1", reason="by hand"), Entry("192.0.2.2", origin="default"), Entry("192.0.2.3", origin="default")]
STATE = State(installed="nft", entries={entry.key: entry for entry in THERE})


def test_a_plan_names_who_wanted_it_and_when_and_leaves_out_what_is_over_by_then():
    desired = [Entry("192.0.2.2"), Entry("192.0.2.8"), Entry("192.0.2.9", expires=NOW - 1)]
    steps = Steps(desired, "default", "cert=alice")
    changes = steps.plan(STATE, NOW)
    assert changes.adds == [Entry("192.0.2.8", by="cert=alice", at=NOW, origin="default")]
    assert changes.removes == [THERE[2].key]
    assert (steps.difference.same, steps.difference.others) == (1, 1)


def test_an_exact_plan_takes_away_what_others_put_there():
    assert Steps([Entry("192.0.2.2")], "default", "x", is_exact=True).plan(STATE, NOW).removes == [THERE[0].key, THERE[2].key]


@pytest.mark.parametrize(
    ("desired", "is_trial", "text"),
    [
        ([Entry("192.0.2.2")], False, "1 taken away, 1 as they should be; 1 other is left alone"),
        (
            [Entry("192.0.2.2"), Entry("192.0.2.8")],
            True,
            "1 to be added, 1 to be taken away, 1 as they should be; 1 other is left alone",
        ),
        ([*THERE[1:], THERE[0]], False, "1 changed, 2 as they should be"),
        ([Entry("192.0.2.2"), Entry("192.0.2.3")], True, "nothing to change, 2 as they should be; 1 other is left alone"),
    ],
)
def test_a_summary_says_what_was_done_and_what_stays(desired: list[Entry], is_trial: bool, text: str):
    assert summary(difference(desired, STATE.entries, "default"), is_trial=is_trial) == text


def test_a_list_that_would_cut_a_host_off_is_refused_and_its_exceptions_are_not():
    check = sparing(Guard([Protected(ip_network("192.0.2.1"), "the default gateway")]))
    check(Entry("192.0.2.1", "allow"))
    check(Entry("192.0.2.9"))
    with pytest.raises(InvalidRPCData, match=r"192\.0\.2\.0/24 holds 192\.0\.2\.1, the default gateway: it is never blocked here"):
        check(Entry("192.0.2.0/24"))


def test_without_a_list_and_a_file_there_is_nothing_to_make_true():
    with pytest.raises(InvalidRPCData, match=r"plugin\.iptables\.list names none"):
        own_list({}, Guard())
