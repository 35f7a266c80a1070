import logging
import threading

import pytest

from mcollective_py.connector.inbox import Inbox
from mcollective_py.errors import ConnectorClosed
from mcollective_py.message import Delivery, Destination, Kind

ECHO = Destination(Kind.AGENT, "mcollective", "echo")


def delivery(payload: bytes) -> Delivery:
    return Delivery(payload, ECHO)


def test_what_came_first_is_taken_first():
    inbox = Inbox()
    assert inbox.put(delivery(b"1"))
    assert inbox.put(delivery(b"2"))
    assert [inbox.get(0), inbox.get(0), inbox.get(0)] == [delivery(b"1"), delivery(b"2"), None]


def test_where_it_is_full_the_oldest_is_dropped_so_that_a_flood_shuts_nobody_out():
    inbox = Inbox(most=3)
    for number in range(100):
        assert inbox.put(delivery(b"rubbish %d" % number))
    assert inbox.put(delivery(b"a good one"))
    assert [inbox.get(0).payload for _ in range(3)] == [b"rubbish 98", b"rubbish 99", b"a good one"]
    assert inbox.dropped == 98


def test_a_flood_is_logged_once_when_it_begins_and_once_when_it_is_over(caplog: pytest.LogCaptureFixture):
    inbox = Inbox(most=4)
    with caplog.at_level(logging.WARNING):
        for _ in range(9):
            inbox.put(delivery(b"x"))
        assert [record.getMessage() for record in caplog.records] == ["messages come faster than they are read: dropping the oldest"]
        inbox.get(0)
        assert len(caplog.records) == 1
        inbox.get(0)
    assert [record.getMessage() for record in caplog.records][1:] == ["reading again; 5 messages were dropped"]


def test_one_that_comes_and_goes_is_logged_at_most_once_in_ten_seconds(caplog: pytest.LogCaptureFixture):
    now = [1000.0]
    inbox = Inbox(most=2, clock=lambda: now[0])
    with caplog.at_level(logging.WARNING):
        for _ in range(500):
            for _ in range(3):
                inbox.put(delivery(b"x"))
            inbox.get(0)
        assert len(caplog.records) == 2
        now[0] += 10
        for _ in range(3):
            inbox.put(delivery(b"x"))
        inbox.get(0)
    assert inbox.dropped == 2 + 2 * 499 + 1
    assert [record.getMessage() for record in caplog.records][2:] == [
        "messages come faster than they are read: dropping the oldest",
        f"reading again; {inbox.dropped - 1} messages were dropped",
    ]


def test_bytes_are_bounded_too_and_come_free_again():
    inbox = Inbox(most_bytes=10)
    assert inbox.put(delivery(b"12345678"))
    assert inbox.put(delivery(b"1234"))
    assert inbox.put(delivery(b"123456"))
    assert not inbox.put(delivery(b"12345678901"))
    assert [inbox.get(0), inbox.get(0), inbox.get(0)] == [delivery(b"1234"), delivery(b"123456"), None]
    assert inbox.dropped == 2
    assert inbox.put(delivery(b"1234567890"))


def test_a_close_wakes_all_who_wait():
    inbox, ended = Inbox(), threading.Barrier(3)

    def read() -> None:
        with pytest.raises(ConnectorClosed, match="over"):
            inbox.get(None)
        ended.wait(10)

    for _ in range(2):
        threading.Thread(target=read, daemon=True).start()
    inbox.close("over")
    ended.wait(10)


def test_what_was_there_before_the_close_can_still_be_taken():
    inbox = Inbox()
    inbox.put(delivery(b"last"))
    inbox.close("over")
    assert not inbox.put(delivery(b"too late"))
    assert inbox.get(None) == delivery(b"last")
    with pytest.raises(ConnectorClosed):
        inbox.get(None)


def test_an_inbox_opened_again_takes_messages():
    inbox = Inbox()
    inbox.close("over")
    inbox.open()
    assert inbox.put(delivery(b"1"))
