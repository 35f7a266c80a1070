"""The words of ipset: recorded sets in, entries out, and lines that make and change them."""

from pathlib import Path

import pytest

from agents.iptables.backend import Hold, Timed
from agents.iptables.rulewords import parse_save
from agents.iptables.setwords import (
    Group,
    groups_of,
    holds_of,
    is_as_wanted,
    lines_of,
    mark_of,
    mark_of_text,
    parse_sets,
    rule_of,
    wanted_rules,
)

CASES = Path(__file__).parent / "cases"
SCOPED = Group("block", 6, "tcp", "25,587-590")


def test_our_sets_are_read_with_ends_and_counters_and_those_of_others_are_not():
    found = parse_sets((CASES / "ipset-save.txt").read_text())
    assert set(found.elements) == {"mco-block4", SCOPED.name} and found.odd == ()
    assert holds_of(found, [Group("block", 4), SCOPED]) == {
        ("203.0.113.0/24", "block", "", ""): Hold(None, 0, 0),
        ("198.51.100.7", "block", "", ""): Hold(7199.0, 3, 180),
        ("2001:db8::7", "block", "tcp", "25,587-590"): Hold(None, 0, 0),
    }


def test_a_set_of_another_make_and_a_line_that_is_none_are_told():
    assert parse_sets("create mco-block4 hash:ip family inet\n").odd == ("mco-block4",)
    with pytest.raises(ValueError, match="is none"):
        parse_sets("ipset v7.17: something else\n")


def test_the_scope_of_a_set_is_read_from_its_rule():
    chains = {
        4: parse_save((CASES / "iptables-save-sets.txt").read_text(), "junk_filter"),
        6: parse_save((CASES / "ip6tables-save-sets.txt").read_text(), "junk_filter"),
    }
    assert groups_of(chains.items()) == (Group("block", 4), SCOPED)
    for version, chain in chains.items():
        assert is_as_wanted(chain.rules, wanted_rules([Group("block", 4), SCOPED], version, "DROP"))
        assert not is_as_wanted(chain.rules, wanted_rules([Group("block", 4), SCOPED], version, "REJECT"))
    assert not is_as_wanted((), [rule_of(SCOPED, "DROP")])


def test_names_fit_into_what_a_set_may_be_called():
    assert Group("allow", 6).name == "mco-allow6"
    assert len(Group("block", 4, "udp", ",".join(map(str, range(60000, 60015)))).name) <= 31


def test_exceptions_come_before_blocks():
    rules = wanted_rules([Group("block", 4), Group("allow", 4), Group("block", 6)], 4, "DROP")
    assert [rule.rpartition(" ")[2] for rule in rules] == ["RETURN", "DROP"]


def test_lines_make_sets_take_away_and_put_there_and_an_end_beyond_24_days_is_not_the_sets():
    puts = [Timed(("198.51.100.7", "block", "", ""), 7200.4, Hold(None, 3, 180)), Timed(("203.0.113.0/24", "block", "", ""), 9e6)]
    assert lines_of([Group("block", 6)], puts, [("192.0.2.1", "allow", "", "")], 5000) == [
        "create mco-block6 hash:net family inet6 timeout 0 counters maxelem 5000",
        "del mco-allow4 192.0.2.1",
        "add mco-block4 198.51.100.7 timeout 7200 packets 3 bytes 180",
        "add mco-block4 203.0.113.0/24 timeout 0 packets 0 bytes 0",
    ]


def test_sets_are_known_again_in_whatever_order_they_are_printed():
    text = (CASES / "ipset-save.txt").read_text()
    keys = holds_of(parse_sets(text), [Group("block", 4), SCOPED])
    backwards = "\n".join(reversed(text.splitlines()))
    assert mark_of_text(text) == mark_of_text(backwards) == mark_of(keys) and mark_of(keys).size == len(keys) == 3
    assert mark_of_text(text.replace("198.51.100.7 ", "198.51.100.8 ")) != mark_of(keys)
    assert mark_of_text(text.replace("packets 3", "packets 4")) == mark_of(keys)
