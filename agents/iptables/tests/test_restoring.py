"""What is put back at the daemon's start."""

from ipaddress import ip_network

from agents.iptables.entry import Entry
from agents.iptables.guard import Guard, Protected
from agents.iptables.restoring import without_refused
from agents.iptables.state import State


def test_what_this_host_has_become_is_not_blocked_again_and_that_is_said():
    gateway, other, allowed = Entry("192.0.2.1"), Entry("192.0.2.9"), Entry("192.0.2.1", kind="allow")
    state = State("nft", entries={entry.key: entry for entry in (gateway, other, allowed)})
    said: list[str] = []
    guard = Guard([Protected(ip_network("192.0.2.1"), "the default gateway")])
    assert [*without_refused(state, guard, said.append).entries.values()] == [other, allowed]
    assert said == ["192.0.2.1 is not blocked again: 192.0.2.1 is the default gateway"]
    assert without_refused(state, Guard(), said.append) is state
