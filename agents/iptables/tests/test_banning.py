"""Bans that hosts send for each other: they block, and let nobody go."""

import pytest

from agents.iptables.banning import banned, check_ban
from agents.iptables.entry import Entry
from mcollective_py.errors import InvalidRPCData

THERE = {entry.key: entry for entry in [Entry("192.0.2.7", reason="by alice", expires=1000.0), Entry("192.0.2.8", by="cert=alice")]}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Entry("192.0.2.7", "allow"), "a ban lets nobody through"),
        (Entry("192.0.0.0/16"), "too wide for a ban: prefixes from /24 on"),
        (Entry("2001:db8::/32"), "too wide for a ban: prefixes from /48 on"),
    ],
)
def test_an_exception_and_a_wide_network_are_no_ban(entry: Entry, why: str):
    with pytest.raises(InvalidRPCData, match=why):
        check_ban(entry)


def test_an_address_and_a_small_network_are():
    for network in ("192.0.2.7", "192.0.2.0/24", "2001:db8::7", "2001:db8::/48"):
        check_ban(Entry(network))


@pytest.mark.parametrize(
    ("ban", "changes"),
    [
        (Entry("192.0.2.9", expires=50.0), [Entry("192.0.2.9", expires=50.0)]),
        (Entry("192.0.2.7", reason="mine", expires=5.0), []),  # an earlier end would let it go
        (Entry("192.0.2.7", reason="mine", expires=2000.0), [Entry("192.0.2.7", reason="by alice", expires=2000.0)]),
        (Entry("192.0.2.7"), [Entry("192.0.2.7", reason="by alice")]),
        (Entry("192.0.2.8", expires=5.0), []),
    ],
)
def test_a_ban_moves_no_end_forward_and_changes_no_reason(ban: Entry, changes: list[Entry]):
    assert banned([ban], THERE) == changes
