from pathlib import Path

import pytest

from mcollective_py.errors import InvalidRPCData
from mcollective_py.plugins.modules import load_module

blocklist = load_module("exim", Path(__file__).parents[1], "blocklist")
Entry = blocklist.Entry
OWN = "mallory: 2026-11-23T18:00:00Z cert=operator spam: since noon\n"
HANDWRITTEN = """\
# do not touch
old@example.org
*@bad.example:  listed since 2019
    and longer
"quoted key"@x.org: yes
"""


def test_a_file_is_read_as_exim_reads_it():
    assert blocklist.entries(HANDWRITTEN + OWN) == [
        Entry("old@example.org"),
        Entry("*@bad.example", reason="listed since 2019"),
        Entry("quoted key", reason="yes"),
        Entry("mallory", "2026-11-23T18:00:00Z", "cert=operator", "spam: since noon"),
    ]


def test_a_new_entry_leaves_all_others_as_they_are():
    entry = Entry("mallory", "2026-11-23T18:00:00Z", "cert=operator", "spam: since noon")
    assert blocklist.with_entry("", entry) == blocklist.HEAD + OWN
    assert blocklist.with_entry(HANDWRITTEN, entry) == HANDWRITTEN + OWN
    assert blocklist.with_entry(HANDWRITTEN.rstrip("\n"), entry) == HANDWRITTEN + OWN
    assert blocklist.with_entry(HANDWRITTEN + OWN, Entry("mallory")) == HANDWRITTEN + OWN


def test_an_entry_goes_with_all_of_its_lines():
    left = blocklist.without_entry(HANDWRITTEN + OWN, "*@bad.example")
    assert left == HANDWRITTEN.replace("*@bad.example:  listed since 2019\n    and longer\n", "") + OWN
    assert blocklist.without_entry(HANDWRITTEN, "nobody") == HANDWRITTEN
    assert blocklist.without_entry(OWN, "mallory") == ""


@pytest.mark.parametrize(
    ("address", "key", "words"),
    [
        ("Mallory@Example.ORG", "mallory@example.org", "the address mallory@example.org"),
        ("@example.org", "*@example.org", "the domain example.org"),
        ("*@example.org.", "*@example.org", "the domain example.org"),
        ("john.doe", "john.doe", "the login john.doe"),
        ("SRS0=ab=cd=x.org=u@y.org", "srs0=ab=cd=x.org=u@y.org", "the address srs0=ab=cd=x.org=u@y.org"),
    ],
)
def test_what_can_be_blocked(address, key, words):
    assert blocklist.key_of(address) == key
    assert blocklist.kind_of(key) == words


@pytest.mark.parametrize("address", ["*", "a@-b.org", "a b@c.org", "#a", "a:b", "x" * 65, "@" + "a" * 300])
def test_what_exims_lookup_could_misread_is_refused(address):
    with pytest.raises(InvalidRPCData):
        blocklist.key_of(address)


def test_what_blocks_an_address_beside_itself():
    found = blocklist.entries(HANDWRITTEN)
    assert blocklist.covering(found, "x@bad.example").address == "@bad.example"
    assert blocklist.covering(found, "x@good.example") is None


def test_a_line_ends_where_it_does_for_exim():
    text = "old@example.org: a\u2028mallory: b\x85c\x0cmallory\n"
    assert blocklist.without_entry(text + OWN, "mallory") == text
