from datetime import date
from enum import IntEnum
from types import MappingProxyType

import pytest

from mcollective_py.node.plainfacts import MAX_DEPTH, MAX_VALUES, OddFacts, plain_facts
from mcollective_py.wire import strictjson


def test_odd_values_become_plain_ones():
    given = MappingProxyType({1: (1, 2.5, None, True), b"b\xff": b"x\xff", "day": date(2026, 1, 2), "set": {"one"}})
    assert plain_facts(given) == {"1": [1, 2.5, None, True], "b�": "x�", "day": "2026-01-02", "set": ["one"]}


def test_a_number_that_no_message_carries_becomes_text():
    given = {"large": 2**384 - 1, "larger": 2**384, "huge": 1 << 20_000, "inf": float("-inf"), "nan": float("nan"), 1 << 20_000: 1}
    copied = plain_facts(given)
    assert copied == {
        "large": 2**384 - 1,
        "larger": str(2**384),
        "huge": "0x1" + "0" * 5000,
        "inf": "-Infinity",
        "nan": "NaN",
        "0x1" + "0" * 5000: 1,
    }
    assert strictjson.dumps(copied)


def test_half_a_surrogate_pair_becomes_a_question_mark():
    assert plain_facts({"a\ud800": "\udfffé"}) == {"a?": "?é"}


def test_numbers_and_texts_of_classes_of_their_own_become_plain():
    class Count(IntEnum):
        ONE = 1

    class Word(str):
        pass

    class Share(float):
        pass

    copied = plain_facts({"count": Count.ONE, "word": Word("x"), "share": Share(0.5), "yes": True})
    assert copied == {"count": 1, "word": "x", "share": 0.5, "yes": True}
    assert [type(value) for value in copied.values()] == [int, str, float, bool]


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
