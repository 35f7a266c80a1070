"""Lists of many hosts side by side."""

from agents.iptables.spread import difference_lines, hosts_by_line, union_lines

LISTS = {
    "web1": ["192.0.2.7 until=2026-11-24T03:00:00Z reason=spam", "192.0.2.8"],
    "web2": ["192.0.2.7 until=2026-11-24T03:00:01Z reason=spam", "192.0.2.8"],
    "db1": ["192.0.2.7 until=2026-11-24T03:00:01Z reason=spam"],
    "db2": ["192.0.2.7 until=2026-11-24T03:00:01Z reason=spam", "192.0.2.9"],
}


def fold(names):
    return ",".join(names)


def test_ends_that_are_seconds_apart_are_the_same_entry():
    assert hosts_by_line(LISTS)["192.0.2.7 until=2026-11-24T03:00:01Z reason=spam"] == ("db1", "db2", "web1", "web2")


def test_a_reason_that_speaks_of_an_end_is_no_end():
    lists = {"a": ['192.0.2.7 reason="until=now is over"'], "b": ['192.0.2.7 reason="until=then is over"']}
    assert len(hosts_by_line(lists)) == 2


def test_the_union_says_where_what_is():
    assert union_lines(LISTS, fold) == [
        "192.0.2.7 until=2026-11-24T03:00:01Z reason=spam",
        "192.0.2.9  # only db2",
        "192.0.2.8  # only web1,web2",
    ]


def test_the_difference_is_folded_and_has_what_is_common_as_a_number():
    assert difference_lines(LISTS, fold) == [
        "web1,web2 (2), not db1,db2 (2):",
        "  192.0.2.8",
        "db2 (1), not db1,web1,web2 (3):",
        "  192.0.2.9",
        "1 entry on all 4 hosts, 2 entries on some of them",
    ]
    assert difference_lines({"a": ["192.0.2.7"], "b": ["192.0.2.7"]}, fold) == ["2 hosts, all with the same 1 entry"]
    assert difference_lines({"a": []}, fold) == ["1 host, all with the same 0 entries"]
