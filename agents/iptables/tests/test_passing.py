"""Blocks that hold nobody, since an exception lets the same addresses through."""

import pytest

from agents.iptables.entry import Entry
from agents.iptables.passing import in_vain, passing, vain_words

BLOCKS = [Entry("192.0.2.7"), Entry("192.0.2.8", "block", "tcp", "25"), Entry("198.51.100.0/24"), Entry("2001:db8::7")]


@pytest.mark.parametrize(
    ("exception", "vain"),
    [
        (Entry("192.0.2.0/24", "allow"), ["192.0.2.7", "192.0.2.8"]),
        (Entry("192.0.2.7", "allow"), ["192.0.2.7"]),
        (Entry("192.0.2.0/24", "allow", "tcp", "25"), ["192.0.2.8"]),
        (Entry("198.51.100.9", "allow"), []),  # the rest of the network is still kept out
        (Entry("2001:db8::/32", "allow"), ["2001:db8::7"]),
    ],
)
def test_a_block_is_in_vain_where_an_exception_holds_all_of_it(exception: Entry, vain: list[str]):
    entries = {entry.key: entry for entry in [*BLOCKS, exception]}
    for added in (BLOCKS, [exception]):
        assert in_vain(entries, added) == [(block, exception) for block in BLOCKS if block.network in vain]
    assert in_vain(entries, []) == []


def test_it_is_told_of_one_by_name_and_of_the_rest_by_number():
    exception = Entry("192.0.2.0/24", "allow")
    assert vain_words([]) == ""
    assert vain_words([(BLOCKS[0], exception)]) == "192.0.2.7 is let through all the same: allow 192.0.2.0/24"
    assert vain_words([(block, exception) for block in BLOCKS[:2]]).endswith("allow 192.0.2.0/24 (and 1 block more)")


def test_of_the_entries_around_an_address_an_exception_of_the_same_protocol_and_ports_counts_too():
    mail, web = Entry("192.0.2.8", "allow", "tcp", "25"), Entry("192.0.2.8", "allow", "tcp", "80")
    assert passing(BLOCKS[1], [web, mail]) == mail
    assert passing(BLOCKS[1], [web]) is None
