"""Rows of entries."""

from agents.iptables.backend import Effect, Hold
from agents.iptables.entry import Entry
from agents.iptables.looking import row_of, rows_of


def test_many_rows_are_what_each_alone_would_be():
    alike = {"reason": "spam", "by": "cert=alice", "at": 1000.0}
    first, second = Entry("198.51.100.7", **alike), Entry("198.51.100.8", **alike, expires=1600.0)
    third = Entry("198.51.100.9", **alike, expires=1600.0)
    effect = Effect(holds={second.key: Hold(500.0, 7, 420), third.key: Hold(500.0)})
    rows = rows_of([first, second, third], effect, 1100.0)
    assert rows == [row_of(entry, effect.holds.get(entry.key), 1100.0) for entry in (first, second, third)]
    assert rows[1] == {
        "network": "198.51.100.8",
        "kind": "block",
        **alike,
        "expires": 1600.0,
        "remaining": 500,
        "packets": 7,
        "bytes": 420,
    }
