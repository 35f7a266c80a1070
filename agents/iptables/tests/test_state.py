"""What a host keeps, as text."""

import pytest

from agents.iptables.entry import Entry
from agents.iptables.state import Pending, State, around, holding, parse_state, state_text, within

ENTRIES = (
    Entry("198.51.100.7", reason='a "},{" in it', by="cert=op", at=1.5),
    Entry("198.51.100.0/24", expires=99.0),
    Entry("198.51.100.7", protocol="tcp", ports="25,587-590", pending="1"),
    Entry("198.51.100.70"),
    Entry("2001:db8::7", kind="allow"),
    Entry("2001:db8::/32", origin="list"),
)
STATE = State(
    "nft",
    ("chain4",),
    {entry.key: entry for entry in ENTRIES},
    {"1": Pending("1", 70.0, "cert=op", 10.0, "block", {ENTRIES[2].key: None, ENTRIES[0].key: ENTRIES[0]}, None)},
    "boot",
)


def test_what_is_written_is_read_again():
    assert parse_state(state_text(STATE)) == STATE
    assert parse_state(state_text(State())) == State()


def test_a_text_has_a_line_for_each_entry_and_one_before_them():
    lines = state_text(STATE).splitlines()
    assert len(lines) == 1 + len(ENTRIES)
    assert lines[2] == '{"network":"198.51.100.0/24","kind":"block","at":0.0,"expires":99.0}'


@pytest.mark.parametrize(
    ("network", "found"),
    [
        ("198.51.100.7", [ENTRIES[1], ENTRIES[0], ENTRIES[2]]),
        ("198.51.100.8", [ENTRIES[1]]),
        ("198.51.100.0/25", [ENTRIES[1]]),
        ("198.51.0.0/16", []),
        ("2001:db8::7", [ENTRIES[5], ENTRIES[4]]),
        ("203.0.113.1", []),
    ],
)
def test_what_holds_an_address_is_found_without_reading_all(network: str, found: list[Entry]):
    assert around(state_text(STATE), network) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]\n",
        '{"version":2,"installed":"","made":[],"boot":"","scopes":[],"soonest":null,"pendings":[]}\n',
        '{"version":1,"installed":"","made":[],"boot":"","scopes":[],"soonest":null,"pendings":[]}\n{"network":7}\n',
        '{"version":1,"installed":"","made":[],"boot":"","scopes":[],"soonest":null,"pendings":[]}\n{"network":"1.2.3.4","kind":"open"}\n',
        '{"version":1,"installed":"","made":[],"boot":"","scopes":[],"soonest":null,"pendings":[]}\n{"network":"1.2.3.4","at":"now"}\n',
        '{"version":1,"installed":"","made":[],"boot":"","scopes":[],"soonest":null,"pendings":[]}\n{"network":"1.2.3.4","other":1}\n',
    ],
)
def test_what_is_no_store_is_refused(text: str):
    with pytest.raises(ValueError):
        parse_state(text)


def test_what_is_over_is_left_out():
    assert ENTRIES[1].key not in STATE.swept(99.0).entries and STATE.swept(98.9) is STATE


def test_the_entries_around_a_network_are_found_the_narrowest_first():
    entries = [Entry("203.0.113.0/24"), Entry("203.0.0.0/16"), Entry("203.0.113.0/28", "block", "tcp"), Entry("203.0.113.9")]
    found = holding({entry.key: entry for entry in entries}, ("203.0.113.9", "block", "", ""))
    assert [key[0] for key in found] == ["203.0.113.0/24", "203.0.0.0/16"]


def test_the_blocks_in_a_network_are_found():
    keys = [Entry(*words).key for words in (("203.0.113.9",), ("203.0.113.0/28",), ("203.0.114.1",), ("203.0.113.7", "allow"))]
    assert within(keys, "203.0.113.0/24") == keys[:2]
    assert within(keys, "2001:db8::/32") == []
