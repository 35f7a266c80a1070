"""Entries that are read one by one, and changed without touching the rest."""

import pytest

from agents.iptables.entries import FEW, Entries, as_entries, differing, lines_of, parse_lines, scope_counts, scope_rows
from agents.iptables.entry import Entry, Scope

A, B, C = Entry("198.51.100.7", reason='a "},{" in it'), Entry("203.0.113.0/24", expires=1000.0), Entry("2001:db8::7", kind="allow")
NARROW = Entry("198.51.100.7", protocol="tcp", ports="25,587-590")
MANY = [Entry(f"198.18.{number // 256}.{number % 256}", reason="burst") for number in range(5 * FEW)]
KEPT = Entries.of([A, B, C, NARROW])


def unread(entries: Entries) -> Entries:
    """The same entries, as text that nobody has read yet."""
    return Entries.of_lines(entries.lines, entries.scopes, entries.soonest)


@pytest.fixture(params=[lambda entries: entries, unread], ids=["read", "unread"])
def kept(request: pytest.FixtureRequest) -> Entries:
    return request.param(KEPT)


def test_one_of_them_is_found(kept: Entries):
    assert kept[A.key] == A and kept[NARROW.key] == NARROW and kept.get(Entry("198.51.100.70").key) is None
    assert B.key in kept and Entry("203.0.113.0").key not in kept and len(kept) == 4
    with pytest.raises(KeyError):
        kept[Entry("192.0.2.1").key]


def test_all_of_them_are_found_in_their_order(kept: Entries):
    assert [*kept.values()] == [A, B, C, NARROW] and [*kept] == [one.key for one in (A, B, C, NARROW)]
    assert kept == KEPT == {one.key: one for one in (A, B, C, NARROW)}


def test_a_change_leaves_what_it_is_a_change_of_as_it_was(kept: Entries):
    other = B._replace(expires=500.0)
    after = kept.changed([other, MANY[0]], [A.key, MANY[1].key])
    assert [*after.values()] == [other, C, NARROW, MANY[0]] and len(after) == 4
    assert [*kept.values()] == [A, B, C, NARROW] and len(kept) == 4
    assert after.soonest == 500.0 and kept.soonest == 1000.0
    assert after.scopes == Entries.of(after.values()).scopes
    assert {*differing(kept, after)} == {A.key, B.key, MANY[0].key}


def test_the_text_of_a_change_is_the_text_of_what_it_becomes(kept: Entries):
    changes = ([MANY[0]], []), ([B._replace(expires=None)], [NARROW.key]), ([], [A.key, C.key]), (MANY, [A.key]), ([], [*KEPT])
    for puts, drops in changes:
        after = kept.changed(puts, drops)
        assert parse_lines(after.lines) == dict(after.items()) == parse_lines(Entries.of(after.values()).lines)


def test_changes_of_changes_are_told_apart(kept: Entries):
    first = kept.changed([MANY[0]])
    second = first.changed([], [MANY[0].key])
    assert differing(kept, second) == [] and differing(first, second) == [MANY[0].key] and len(second) == 4
    assert second.lines == kept.lines


def test_entries_that_have_nothing_to_do_with_each_other_are_compared_one_by_one():
    assert {*differing(KEPT, {A.key: A, B.key: B._replace(reason="x")})} == {B.key, C.key, NARROW.key}


def test_many_questions_are_answered_as_few_are():
    some = unread(Entries.of(MANY))
    assert all(some[one.key] == one for one in MANY) and len(some) == len(MANY)


def test_what_is_over_goes(kept: Entries):
    assert kept.swept(999.0) is kept
    left = kept.swept(1000.0)
    assert B.key not in left and left.soonest is None and len(left) == 3 and left.swept(5000.0) is left


def test_exceptions_are_told_from_blocks(kept: Entries):
    assert kept.of_kind("allow") == [C] and Entries.of(MANY).of_kind("allow") == []


def test_two_lines_of_one_key_become_one():
    lines = Entries.of([A]).lines + Entries.of([A._replace(reason="later")]).lines
    found = Entries.of(parse_lines(lines).values(), lines)
    assert parse_lines(found.changed([B]).lines) == {A.key: A._replace(reason="later"), B.key: B}


def test_lines_of_one_network_are_found_wherever_they_stand():
    lines = KEPT.lines
    assert [*lines_of(lines, "198.51.100.7")] == [A, NARROW] and [*lines_of(lines, "2001:db8::7")] == [C]
    assert [*lines_of(lines, "198.51.100.")] == [] and [*lines_of("", "198.51.100.7")] == []


@pytest.mark.parametrize(
    "line", ['{"network":7}', "[]", '{"network":"1.2.3.4 "}', '{"kind":"block","network":"1.2.3.4"}', '{"network":"1.2']
)
def test_a_line_that_is_none_is_refused(line: str):
    with pytest.raises(ValueError):
        parse_lines(f"{KEPT.lines}{line}\n")
    with pytest.raises(ValueError):
        parse_lines(KEPT.lines[:-1])


def test_scopes_are_read_as_they_were_written():
    rows = scope_rows(KEPT.scopes)
    assert rows[0] == ["allow", 6, 128, "", "", 1] and scope_counts(rows) == KEPT.scopes
    assert KEPT.scopes[Scope("block", 4, 32, "tcp", "25,587-590")] == 1
    assert as_entries({A.key: A}) == {A.key: A} and as_entries(KEPT) is KEPT
