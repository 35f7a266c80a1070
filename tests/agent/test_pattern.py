"""Patterns of callers."""

import pytest

from mcollective_py.agent.pattern import Pattern
from mcollective_py.errors import InvalidRPCData, RPCAborted


def test_a_pattern_is_found_anywhere():
    assert Pattern("ngin[xy]").is_in("/usr/sbin/nginx -g daemon")
    assert not Pattern("^nginx").is_in("/usr/sbin/nginx")


@pytest.mark.parametrize("text", ["(a", "(?=a)", r"(a)\1", "a{99999}"])
def test_what_cannot_be_searched_for_is_an_invalid_input(text):
    with pytest.raises(InvalidRPCData, match="none that can be searched for"):
        Pattern(text)


def test_a_pattern_that_is_slow_elsewhere_is_quick():
    assert not Pattern("(a+)+$").is_in("a" * 4000 + "b")


def test_searching_ends_where_it_costs_too_much():
    pattern = Pattern("[ab]c+d", effort=50_000)
    with pytest.raises(RPCAborted, match="takes too long"):
        for _ in range(100):
            pattern.is_in("ac" * 2000 + "d" * 40)


def test_only_the_beginning_of_a_huge_text_is_searched():
    assert not Pattern("x").is_in("a" * 65_536 + "x")
