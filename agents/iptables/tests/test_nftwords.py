"""The words of nft: a recorded table in, entries out, and transactions that leave it as it is wanted."""

from pathlib import Path

import pytest

from agents.iptables.backend import Effect, Hold, Timed
from agents.iptables.entry import Scope
from agents.iptables.nftwords import (
    get_element,
    is_met,
    parse_element,
    parse_table,
    probe_text,
    rule_text,
    scope_of_set,
    set_name,
    transaction,
)

CASES = Path(__file__).parent / "cases"
HOST, NET = ("198.51.100.7", "block", "", ""), ("203.0.113.0/24", "block", "", "")
SCOPED = ("2001:db8::7", "block", "tcp", "25,587-590")


def table(case: str, target: str = "DROP") -> Effect:
    return parse_table((CASES / case).read_text(), target)


def test_a_table_as_we_make_it_has_entries_with_ends_and_counters_and_no_fault():
    found = table("nft-table.json")
    assert (found.is_set_up, found.faults) == (True, ())
    assert found.holds[HOST][1:] == (12, 1008) and 7000 < (found.holds[HOST].remaining or 0) <= 7200
    assert {key: hold.remaining for key, hold in found.holds.items() if key not in (HOST, NET)} == {
        ("198.51.100.8", "block", "", ""): None,
        SCOPED: None,
        ("203.0.113.9", "allow", "", ""): None,
    }
    assert set(found.sets) == {"block4_32", "block4_24", "block6_128_tcp_25_587to590", "allow4_32"}


def test_what_hands_changed_in_the_table_is_told():
    assert table("nft-table-by-hand.json").faults == ("the set mine is not ours", "the rules of the chain block were changed")
    assert "the rules of the chain block were changed" in table("nft-table.json", "REJECT").faults


@pytest.mark.parametrize("text", ["", "[]", '{"nftables": 7}', "Error"])
def test_what_is_no_table_is_refused(text: str):
    with pytest.raises(ValueError):
        parse_table(text, "DROP")


@pytest.mark.parametrize(
    ("scope", "name", "rule"),
    [
        (Scope("block", 4, 32), "block4_32", "ip saddr @block4_32 drop"),
        (Scope("block", 4, 20), "block4_20", "ip saddr & 255.255.240.0 @block4_20 drop"),
        (Scope("allow", 6, 64), "allow6_64", "ip6 saddr & ffff:ffff:ffff:ffff:: @allow6_64 accept"),
        (Scope("block", 6, 128, "icmp"), "block6_128_icmp", "ip6 saddr @block6_128_icmp icmpv6 type echo-request drop"),
        (Scope("block", 4, 32, "udp"), "block4_32_udp", "ip saddr @block4_32_udp meta l4proto udp drop"),
        (
            Scope("block", 4, 32, "tcp", "25,587-590"),
            "block4_32_tcp_25_587to590",
            "ip saddr @block4_32_tcp_25_587to590 tcp dport { 25, 587-590 } drop",
        ),
    ],
)
def test_a_scope_has_a_set_whose_name_tells_it_and_a_rule(scope: Scope, name: str, rule: str):
    assert (set_name(scope), rule_text(scope, "DROP"), scope_of_set(name)) == (name, rule, scope)


@pytest.mark.parametrize("name", ["mine", "block4_33", "block5_32", "block4_32_sctp", "block4_32_tcp_x", "block4_32 "])
def test_other_names_are_no_sets_of_ours(name: str):
    assert scope_of_set(name) is None


def test_the_first_block_makes_the_table_and_its_chains_with_it():
    text = transaction(Effect(), [Timed(HOST, 60.0)], (), {Scope("block", 4, 32)}, "REJECT")
    assert text.splitlines() == [
        "add table inet mcollective",
        "add chain inet mcollective block",
        "add chain inet mcollective allow",
        "add chain inet mcollective input { type filter hook prerouting priority -310; policy accept; }",
        "flush chain inet mcollective input",
        "flush chain inet mcollective block",
        "flush chain inet mcollective allow",
        "add rule inet mcollective input jump allow",
        "add rule inet mcollective input jump block",
        "add set inet mcollective block4_32 { type ipv4_addr; flags timeout; counter; }",
        "add rule inet mcollective block ip saddr @block4_32 reject",
        "add element inet mcollective block4_32 { 198.51.100.7 timeout 60000ms }",
    ]


def test_a_further_block_touches_its_set_alone_and_an_extension_keeps_its_counters():
    there = Effect(True, (), {HOST: Hold(10.0, 3, 180)}, {}, ("block4_32",))
    scopes = {Scope("block", 4, 32)}
    new = transaction(there, [Timed(("198.51.100.9", "block", "", ""))], (), scopes, "DROP")
    assert new == "add element inet mcollective block4_32 { 198.51.100.9 }\n"
    extended = transaction(there, [Timed(HOST, 1.5, there.holds[HOST])], (), scopes, "DROP")
    assert extended.splitlines() == [
        "add element inet mcollective block4_32 { 198.51.100.7 }",
        "delete element inet mcollective block4_32 { 198.51.100.7 }",
        "add element inet mcollective block4_32 { 198.51.100.7 counter packets 3 bytes 180 timeout 1500ms }",
    ]


def test_what_goes_may_have_gone_by_itself_and_a_set_that_nobody_needs_goes_too():
    there = Effect(True, (), {HOST: Hold(), NET: Hold()}, {}, ("block4_32", "block4_24"))
    both = {Scope("block", 4, 32), Scope("block", 4, 24)}
    assert transaction(there, (), {NET}, both, "DROP").splitlines() == [
        "add element inet mcollective block4_24 { 203.0.113.0 }",
        "delete element inet mcollective block4_24 { 203.0.113.0 }",
    ]
    lines = transaction(there, (), {NET}, {Scope("block", 4, 32)}, "DROP").splitlines()
    assert lines[-1] == "delete set inet mcollective block4_24"
    assert "add rule inet mcollective block ip saddr @block4_32 drop" in lines and not any("element" in line for line in lines)


def test_one_element_is_asked_for_by_its_own_set_and_whether_something_leads_there():
    assert probe_text(SCOPED).splitlines() == [
        "delete element inet mcollective block6_128_tcp_25_587to590 { 2001:db8::7 }",
        "delete set inet mcollective block6_128_tcp_25_587to590",
        "delete chain inet mcollective block",
    ]


@pytest.mark.parametrize(("case", "holds"), [("met", True), ("no-element", False), ("no-jump", False)])
def test_an_element_is_met_where_rule_and_chain_lead_to_it(case: str, holds: bool):
    assert is_met((CASES / f"nft-probe-{case}.txt").read_text()) is holds


def test_a_table_that_sleeps_is_a_fault():
    text = (CASES / "nft-table.json").read_text()
    asleep = text.replace('"name": "mcollective", "handle"', '"name": "mcollective", "flags": "inet", "handle"', 1)
    assert asleep != text and parse_table(text, "DROP").faults == ()
    assert parse_table(asleep, "DROP").faults == ("the table is dormant, or has another flag",)


def test_the_counters_of_one_element_are_read():
    assert parse_element((CASES / "nft-element.txt").read_text()) == Hold(None, 5, 300)
    assert parse_element("") == Hold()
    assert get_element("/usr/sbin/nft", NET)[-2:] == ["block4_24", "{ 203.0.113.0 }"]
