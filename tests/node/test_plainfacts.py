from datetime import date
from types import MappingProxyType

import pytest

from mcollective_py.node.plainfacts import MAX_DEPTH, MAX_VALUES, OddFacts, plain_facts


def test_odd_values_become_plain_ones():
    given = MappingProxyType({1: (1, 2.5, None, True), b"b\xff": b"x\xff", "day": date(2026, 1, 2), "set": {"one"}})
    assert plain_facts(given) == {"1": [1, 2.5, None, True], "b�": "x�", "day": "2026-01-02", "set": ["one"]}


def test_the_copy_shares_nothing_with_what_was_given():
    given = {"os": {"family": "Debian"}, "roles": ["web"]}
    copied = plain_facts(given)
    given["os"]["family"] = "changed"
    given["roles"].append("db")
    assert copied == {"os": {"family": "Debian"}, "roles": ["web"]}


@pytest.mark.parametrize(("given", "reason"), [(None, "mapping"), ([], "mapping"), ("x", "mapping"), ({}, "no facts")])
def test_what_holds_no_facts_is_refused(given, reason):
    with pytest.raises(OddFacts, match=reason):
        plain_facts(given)


def nested(levels: int) -> dict:
    facts: dict = {"end": 1}
    for _ in range(levels - 1):
        facts = {"next": facts}
    return facts


def test_the_deepest_facts_are_taken_and_one_level_more_is_refused():
    assert plain_facts(nested(MAX_DEPTH))
    with pytest.raises(OddFacts, match="deeper"):
        plain_facts(nested(MAX_DEPTH + 1))


def test_a_bomb_of_shared_values_is_refused_by_count():
    bomb: list = ["x"] * 10
    for _ in range(8):
        bomb = [bomb] * 10
    with pytest.raises(OddFacts, match=str(MAX_VALUES)):
        plain_facts({"bomb": bomb})


def test_facts_that_hold_themselves_are_refused():
    facts: dict = {}
    facts["self"] = facts
    with pytest.raises(OddFacts):
        plain_facts(facts)
