"""Entries, and what they share."""

from agents.iptables.entry import Entry, Scope, by_scope


def test_keys_are_sorted_by_the_rule_that_meets_them():
    entries = [
        Entry("198.51.100.7"),
        Entry("198.51.100.8"),
        Entry("198.51.100.0/24"),
        Entry("2001:db8::7"),
        Entry("192.0.2.1", "allow"),
        Entry("192.0.2.1", protocol="tcp", ports="25"),
    ]
    found = {scope: [key[0] for key in keys] for scope, keys in by_scope(entry.key for entry in entries).items()}
    assert found == {
        Scope("block", 4, 32): ["198.51.100.7", "198.51.100.8"],
        Scope("block", 4, 24): ["198.51.100.0/24"],
        Scope("block", 6, 128): ["2001:db8::7"],
        Scope("allow", 4, 32): ["192.0.2.1"],
        Scope("block", 4, 32, "tcp", "25"): ["192.0.2.1"],
    }
    assert all(entry.scope in found for entry in entries)
