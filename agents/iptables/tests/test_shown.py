"""What `mco iptables` says of a host's answer."""

import pytest

from agents.iptables.shown import line_of, time_left


def test_an_entry_is_a_row_with_what_there_is_of_it():
    entries = [
        {"network": "192.0.2.7", "kind": "block", "remaining": 3725, "packets": 12, "reason": "spam burst", "by": "cert=alice"},
        {"network": "2001:db8::/32", "kind": "allow", "protocol": "tcp", "ports": "25", "ticket": "T1", "pending": "ab"},
    ]
    assert line_of("listblocked", {"entries": entries, "blocked": []}) == (
        "       192.0.2.7              1 h 2 min left  12 hits  by cert=alice                     spam burst\n"
        "allow  2001:db8::/32  tcp 25                                          [T1]  unconfirmed"
    )


def test_a_host_of_ruby_has_the_historic_list_and_an_empty_one_is_told():
    assert line_of("listblocked", {"blocked": ["192.0.2.7", "192.0.2.8"]}) == "192.0.2.7\n192.0.2.8"
    assert line_of("listblocked", {"entries": [], "blocked": []}) == "nothing is blocked"
    assert line_of("listblocked", {}) == "nothing is blocked"


def test_a_change_says_what_the_host_says():
    assert line_of("block", {"output": "192.0.2.7 was blocked", "blocked": True}) == "192.0.2.7 was blocked"
    assert line_of("isblocked", {"blocked": False}) == "not blocked"
    assert line_of("reconcile", {"output": "1 added", "changes": ["+ 192.0.2.7"]}) == "1 added\n+ 192.0.2.7"


def test_answers_of_another_form_are_no_traceback():
    for data in ({"entries": "x"}, {"entries": [1, None, {"network": None}]}, {"entries": [{"remaining": "x", "packets": True}]}):
        assert isinstance(line_of("listblocked", data), str)
    assert isinstance(line_of("status", {"entries": [{"a": 1}], "x": {"y": 2}, "ok": True}), str)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (42.9, "42 s"), (3600, "1 h"), (90061, "1 d 1 h"), (None, ""), (-1, ""), (True, ""), ("5", "")]
)
def test_time_is_told_by_its_two_largest_units(seconds: object, text: str):
    assert time_left(seconds) == text
