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


def test_what_does_not_fit_is_dropped_and_counted_and_logged_once_a_burst(caplog: pytest.LogCaptureFixture):
    inbox = Inbox(most=2)
    with caplog.at_level(logging.WARNING):
        assert [inbox.put(delivery(b"x")) for _ in range(5)] == [True, True, False, False, False]
        assert inbox.dropped == 3
        assert len(caplog.records) == 1
        inbox.get(0)
        assert inbox.put(delivery(b"x"))
    assert [record.getMessage() for record in caplog.records][1:] == ["reading again; 3 messages were dropped"]


def test_bytes_are_bounded_too_and_come_free_again():
    inbox = Inbox(most_bytes=10)
    assert inbox.put(delivery(b"12345678"))
    assert not inbox.put(delivery(b"123"))
    inbox.get(0)
    assert inbox.put(delivery(b"123"))


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
