"""The words of iptables: recorded tables in, entries out; and lines that leave the rules of others as they are."""

from pathlib import Path

import pytest

from agents.iptables.rulewords import (
    Chain,
    Rule,
    as_before,
    changed,
    check_rule,
    frame,
    has_rule,
    holds_of,
    key_of,
    leads,
    parse_save,
    removed,
    rule_of,
)

CASES = Path(__file__).parent / "cases"
OURS = "-m comment --comment mcollective"


def chain_of(case: str) -> Chain:
    return parse_save((CASES / case).read_text(), "junk_filter")


def test_our_rules_and_those_of_others_are_told_apart():
    chain = chain_of("iptables-save.txt")
    assert chain.exists and chain.hooks == (f"{OURS} -j junk_filter",)
    assert list(holds_of(chain, ours=True)) == [
        ("203.0.113.9", "allow", "", ""),
        ("198.51.100.7", "block", "", ""),
        ("203.0.113.0/24", "block", "tcp", "25,587-590"),
        ("192.0.2.0/24", "block", "", ""),
    ]
    assert list(holds_of(chain, ours=False)) == [("198.51.100.9", "block", "", "")]


def test_icmp_of_ipv6_is_icmp():
    assert list(holds_of(chain_of("ip6tables-save.txt"), ours=True)) == [("2001:db8::/48", "block", "icmp", "")]


def test_a_rule_is_written_as_iptables_prints_it():
    for case in ("iptables-save.txt", "ip6tables-save.txt"):
        for rule in chain_of(case).rules:
            if rule.is_ours and "REJECT" not in rule.words:
                assert rule_of(key_of(rule), "DROP") == rule.words


def test_another_chain_is_no_chain_of_ours_and_half_a_table_is_refused():
    assert parse_save((CASES / "iptables-save.txt").read_text(), "junk") == Chain()
    assert parse_save("", "junk_filter") == Chain()
    with pytest.raises(ValueError, match="ends in its middle"):
        parse_save("*filter\n:INPUT ACCEPT [0:0]\n", "junk_filter")


def test_what_is_missing_of_chain_and_jump_is_made():
    assert frame(Chain(), "junk_filter") == [":junk_filter - [0:0]", f"-I INPUT 1 {OURS} -j junk_filter"]
    assert frame(Chain(exists=True), "junk_filter") == [f"-I INPUT 1 {OURS} -j junk_filter"]
    assert frame(Chain(True, ("-j junk_filter",)), "junk_filter") == []


def test_a_few_rules_are_taken_away_one_by_one_and_exceptions_come_first():
    chain = Chain(True, ("-j c",), (Rule("-s 192.0.2.1/32 -j DROP"), Rule("-s 192.0.2.2/32 -j DROP", 5, 300)))
    lines = changed(chain, "c", ["-s 192.0.2.3/32 -j RETURN"], ["-s 192.0.2.4/32 -j DROP"], {"-s 192.0.2.1/32 -j DROP"})
    assert lines == ["-D c -s 192.0.2.1/32 -j DROP", "-I c 1 -s 192.0.2.3/32 -j RETURN", "-A c -s 192.0.2.4/32 -j DROP"]


def test_many_rules_are_taken_away_by_writing_the_chain_anew_with_its_counters():
    many = tuple(Rule(f"-s 10.0.0.{number}/32 -j DROP", number, 60) for number in range(100))
    lines = changed(Chain(True, (), many), "c", [], ["-s 192.0.2.4/32 -j DROP"], {rule.words for rule in many[1:]})
    assert lines == [":c - [0:0]", "[0:60] -A c -s 10.0.0.0/32 -j DROP", "-A c -s 192.0.2.4/32 -j DROP"]


def test_a_change_of_one_family_can_be_taken_back():
    assert as_before(Chain(), "c") == [f"-D INPUT {OURS} -j c", "-F c", "-X c"]
    was = Chain(True, ("-j c",), (Rule("-s 192.0.2.1/32 -j DROP", 1, 60),))
    assert as_before(was, "c") == [":c - [0:0]", "[1:60] -A c -s 192.0.2.1/32 -j DROP"]


def test_teardown_leaves_a_chain_of_others_and_what_they_put_into_ours():
    made, mixed = Chain(True, (f"{OURS} -j c",), (Rule(f"-s 192.0.2.1/32 {OURS} -j DROP"),)), Rule("-s 192.0.2.2/32 -j DROP")
    assert removed(made, "c", has_made_chain=True) == [f"-D INPUT {OURS} -j c", "-F c", "-X c"]
    theirs = Chain(True, ("-j c",), made.rules)
    assert removed(theirs, "c", has_made_chain=False) == [f"-D c -s 192.0.2.1/32 {OURS} -j DROP"]
    both = Chain(True, made.hooks, (*made.rules, mixed))
    assert removed(both, "c", has_made_chain=True) == [f"-D c -s 192.0.2.1/32 {OURS} -j DROP"]
    assert removed(Chain(), "c", has_made_chain=True) == []


def test_a_single_rule_is_asked_for_as_ours_and_as_the_agent_in_ruby_puts_it():
    key = ("198.51.100.7", "block", "", "")
    begin = ["/usr/sbin/iptables", "-w", "10", "-C", "junk_filter", "-s", "198.51.100.7/32"]
    assert check_rule("/usr/sbin/iptables", "junk_filter", key, "DROP") == [*begin, *OURS.split(), "-j", "DROP"]
    assert check_rule("/usr/sbin/iptables", "junk_filter", key, "DROP", ours=False) == [*begin, "-j", "DROP"]


def test_a_chain_that_input_does_not_lead_to_is_told():
    hooks = "-P INPUT ACCEPT\n-A INPUT -m comment --comment mcollective -j junk_filter\n"
    assert leads(hooks, "junk_filter") and not leads(hooks, "junk") and not leads("-P INPUT ACCEPT\n", "junk_filter")


def test_a_rule_of_ours_or_of_others_is_found_in_what_is_saved():
    text = (CASES / "iptables-save.txt").read_text().replace("[0:0] ", "")
    asked = {"198.51.100.7": True, "198.51.100.9": True, "198.51.100.70": False, "192.0.2.0/24": False}
    assert {network: has_rule(text, "junk_filter", (network, "block", "", ""), "DROP") for network in asked} == asked
    assert has_rule(text, "junk_filter", ("192.0.2.0/24", "block", "", ""), "REJECT")
    assert not has_rule(text, "other", ("198.51.100.7", "block", "", ""), "DROP")
    assert leads(text, "junk_filter") and not leads(text, "junk")
