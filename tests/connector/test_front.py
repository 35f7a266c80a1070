"""The daemon's side: it tells a front all it needs, believes it nothing, and outlives it. The front is played by the test."""

import contextlib
import logging
import threading
import time

import pytest

from mcollective_py.connector import front as module
from mcollective_py.connector.frontwire import (
    CLOSE,
    CREDIT,
    PUBLISH,
    SUBSCRIBE,
    TAKEN,
    UNSUBSCRIBE,
    Frame,
    State,
    delivery_frame,
    line_frame,
    read_publication,
)
from mcollective_py.errors import ConnectorClosed, ConnectorError, NoRoomToSend
from mcollective_py.message import Delivery, Destination, Kind, Publication
from tests.connector.frontsocket import Played
from tests.waiting import wait_until

SERVICE, PACKAGE = (Destination(Kind.AGENT, "mcollective", name) for name in ("service", "package"))
PEER = "mq.example.com:61613"


def publication(payload: bytes = b"x", age: float = 0.0) -> Publication:
    return Publication(payload, Destination(Kind.REPLY, "mcollective", "/queue/x"), "web1", time.time() - age, 60)


def connect(connector: module.FrontConnector) -> None:
    with contextlib.suppress(ConnectorClosed):  # at the test's end
        connector.connect()


@pytest.fixture
def played():
    played = Played()
    yield played
    played.close()


@pytest.fixture
def connected(played):
    """A connector whose front says that it is connected; both."""
    thread = threading.Thread(target=played.connector.connect)
    thread.start()
    front = played.front()
    front.begin()
    front.say(State(PEER).to_frame())
    thread.join(20)
    assert played.connector.peer == PEER
    return played.connector, front


def test_it_is_told_the_brokers_and_what_was_subscribed_and_published_before(played):
    played.connector.subscribe([SERVICE, PACKAGE, SERVICE])
    played.connector.publish([publication(b"1"), publication(b"2")])
    threading.Thread(target=connect, args=(played.connector,), daemon=True).start()
    front = played.front()
    setup = front.begin()
    assert setup.words["identity"] == "web1"
    assert setup.words["brokers"] == [{"host": "mq.example.com", "port": 61613, "user": "u", "password": "p", "tls": None}]
    subscribe, one, two = front.next(), front.next(), front.next()
    assert (subscribe.kind, subscribe.words) == (SUBSCRIBE, [["agent", "mcollective", "service"], ["agent", "mcollective", "package"]])
    assert [(frame.kind, frame.number, read_publication(frame).payload) for frame in (one, two)] == [
        (PUBLISH, 1, b"1"),
        (PUBLISH, 2, b"2"),
    ]


def test_subscriptions_are_confirmed_when_the_front_has_seen_them(connected):
    connector, front = connected
    connector.subscribe([SERVICE])
    front.say(State(PEER, is_subscribed=True).to_frame())
    assert not connector.wait_subscribed(0.2)
    front.say(State(PEER, is_subscribed=True, seen=1).to_frame())
    assert connector.wait_subscribed(20)
    connector.unsubscribe([SERVICE, PACKAGE])
    front.next()
    gone = front.next()
    assert (gone.kind, gone.words) == (UNSUBSCRIBE, [["agent", "mcollective", "service"]])


def test_deliveries_are_read_in_their_order_and_make_room_for_others(connected):
    connector, front = connected
    connector.subscribe([SERVICE])
    front.next()
    for number in range(3 * CREDIT):
        front.say(delivery_frame(Delivery(b"%d" % number, SERVICE, "/queue/r", "desk")))
        assert connector.receive(20) == Delivery(b"%d" % number, SERVICE, "/queue/r", "desk")
        taken = front.next()
        assert (taken.kind, taken.number) == (TAKEN, 1)
    assert connector.receive(0.01) is None


@pytest.mark.parametrize(
    "frames",
    [
        [Frame(b"e", 0, None, b"no kind")],
        [Frame(b"d", 0, {"source": ["agent", "mcollective", "package"], "reply_to": None, "sender": None}, b"x")],
        [Frame(b"d", 0, "words", b"x")],
        [Frame(b"s", 0, [1])],
        [Frame(b"l", 20, [])],
        [delivery_frame(Delivery(b"x", SERVICE))] * (CREDIT + 1),
    ],
)
def test_a_front_that_says_what_it_may_not_is_ended_and_another_started(connected, played, frames, caplog):
    connector, front = connected
    connector.subscribe([SERVICE])
    front.say(*frames)
    assert front.is_dropped()
    front.end()
    other = played.front()
    assert other.begin() and other.next().kind == SUBSCRIBE
    assert connector.peer is None and connector.reconnects == 1
    assert "lost the front" in caplog.text


def test_bytes_that_are_no_frames_are_its_end_too(connected, played):
    front = connected[1]
    front.socket.sendall(b"\xff" * 4096)
    assert front.is_dropped()
    front.end()
    assert played.front().begin()


def test_what_was_not_sent_goes_to_the_next_front_and_what_was_does_not(connected, played):
    connector, front = connected
    connector.publish([publication(b"sent"), publication(b"lost"), publication(b"old", age=100), publication(b"lost too")])
    assert [front.next().number for _ in range(4)] == [1, 2, 3, 4]
    front.say(State(PEER, sent=1).to_frame())
    wait_until("it is forgotten", lambda: len(connector._unsent) == 3, 20)
    front.end()
    other = played.front()
    other.begin()
    assert [read_publication(other.next()).payload for _ in range(2)] == [b"lost", b"lost too"]


def test_what_was_received_and_not_read_stays_and_does_not_count_against_the_next_front(connected, played):
    connector, front = connected
    connector.subscribe([SERVICE])
    front.say(*[delivery_frame(Delivery(b"old", SERVICE))] * CREDIT)
    wait_until("they are here", lambda: len(connector._inbox) == CREDIT, 20)
    front.end()
    other = played.front()
    other.begin()
    other.say(State(PEER).to_frame(), *[delivery_frame(Delivery(b"new", SERVICE))] * CREDIT)
    wait_until("they are here", lambda: len(connector._inbox) == 2 * CREDIT, 20)
    assert [connector.receive(20).payload for _ in range(2 * CREDIT)] == [b"old"] * CREDIT + [b"new"] * CREDIT


def test_lines_are_bounded_and_cannot_end(connected, caplog):
    connector, front = connected
    with caplog.at_level(logging.INFO):
        front.say(*[line_frame(20, "a\nb\x1b[31m")] * 500, State(PEER, dropped=7).to_frame())
        wait_until("they are read", lambda: connector.dropped == 7, 20)
    lines = [record.getMessage() for record in caplog.records if record.name.endswith("front")]
    assert len(lines) == 100 and not any("\n" in line or "\x1b" in line for line in lines)


def test_counts_of_fronts_that_are_gone_are_kept(connected, played):
    connector, front = connected
    front.say(State(PEER, dropped=3, reconnects=2).to_frame())
    wait_until("it is told", lambda: connector.dropped == 3, 20)
    front.end()
    played.front().begin()
    assert (connector.dropped, connector.reconnects) == (3, 3)


def test_a_full_queue_and_an_overlong_message_are_refused(played, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.1)
    monkeypatch.setattr(module, "_MOST_UNSENT", 3)
    played.connector.publish([publication()] * 3)
    with pytest.raises(NoRoomToSend):
        played.connector.publish([publication()])
    with pytest.raises(ConnectorError, match="the limit is"):
        played.connector.publish([publication(bytes(5 << 20))])


def test_close_says_goodbye_and_wakes_who_waits(connected):
    connector, front = connected
    told = []

    def wait():
        try:
            connector.receive()
        except ConnectorClosed as closed:
            told.append(closed)

    waiting = threading.Thread(target=wait)
    waiting.start()
    closing = threading.Thread(target=connector.close)
    closing.start()
    assert front.next().kind == CLOSE
    front.end()
    closing.join(20)
    waiting.join(20)
    assert told and not closing.is_alive()
    with pytest.raises(ConnectorClosed):
        connector.publish([publication()])
    connector.close()


def test_one_that_cannot_be_started_is_tried_again(caplog):
    tries = []

    def fails(theirs):
        tries.append(1)
        raise PermissionError(13, "Permission denied")

    connector = module.FrontConnector(fails, {}, [])
    threading.Thread(target=connect, args=(connector,), daemon=True).start()
    wait_until("it has tried twice", lambda: len(tries) > 1, 20)
    connector.close()
    assert "the front cannot be started" in caplog.text
