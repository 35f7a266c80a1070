import contextlib
import logging
import queue
import threading
from collections.abc import Iterator, Mapping

import pytest

from mcollective_py.connector.addresses import AddressBook
from mcollective_py.connector.link import Link
from mcollective_py.connector.pool import Broker, Options
from mcollective_py.connector.stream import AttemptFailed, open_stream
from tests.connector.scripted import LIMIT, ScriptedBroker


class Events:
    """Keeps what a link tells."""

    def __init__(self) -> None:
        self.messages: queue.Queue[tuple[Mapping[str, str], bytes]] = queue.Queue()
        self.errors: queue.Queue[str] = queue.Queue()
        self.receipts: queue.Queue[str] = queue.Queue()
        self.lost = threading.Event()
        self.keeps = False

    def on_message(self, headers: Mapping[str, str], body: bytes) -> None:
        self.messages.put((headers, body))

    def on_receipt(self, receipt: str) -> None:
        self.receipts.put(receipt)

    def on_error(self, text: str, receipt: str) -> bool:
        self.errors.put(text)
        return self.keeps

    def on_lost(self, link: Link) -> None:
        self.lost.set()


def make(broker: ScriptedBroker, options: Options | None = None, **credentials: str) -> tuple[Link, Events]:
    where = Broker("127.0.0.1", broker.port, **credentials)
    events = Events()
    return Link(where, open_stream(where, AddressBook().find(where.host, where.port, 1), LIMIT), events, options or Options()), events


@contextlib.contextmanager
def linked(broker: ScriptedBroker, options: Options | None = None) -> Iterator[tuple[Link, Events]]:
    link, events = make(broker, options)
    link.login(LIMIT)
    yield link, events
    link.stop("test is over")
    assert events.lost.wait(LIMIT)


def refusal(broker: ScriptedBroker, options: Options | None = None, limit: float = LIMIT, **credentials: str) -> AttemptFailed:
    link, events = make(broker, options, **credentials)
    with pytest.raises(AttemptFailed) as caught:
        link.login(limit)
    link.stop("refused")
    assert events.lost.wait(LIMIT)
    return caught.value


def test_connect_says_what_ruby_says_and_the_login():
    with ScriptedBroker() as broker:
        link, events = make(broker, user="mcollective", password="se:cret\\x")
        link.login(LIMIT)
        assert broker.wait("CONNECT").headers == {
            "accept-version": "1.1,1.0",
            "host": "mcollective",
            "heart-beat": "30500,29500",
            "login": "mcollective",
            "passcode": "se:cret\\x",  # CONNECT has no escapes
        }
        link.stop("over")
        assert events.lost.wait(LIMIT)


def test_a_message_arrives_byte_for_byte_with_its_headers_unescaped():
    with ScriptedBroker() as broker, linked(broker) as (_link, events):
        broker.message("a", bytes(range(256)) * 3, reply_to="/queue/a\\cb\\\\c\\nd")
        headers, body = events.messages.get(timeout=LIMIT)
        assert body == bytes(range(256)) * 3
        assert headers["reply-to"] == "/queue/a:b\\c\nd"


def test_headers_of_stomp_1_1_are_escaped_and_those_of_1_0_are_not():
    with ScriptedBroker() as broker, linked(broker) as (link, _events):
        link.send("SEND", {"destination": "/queue/a:b\\c", "content-length": "2"}, b"\0\xff")
        frame = broker.wait("SEND")
        assert (frame.headers["destination"], frame.body) == ("/queue/a\\cb\\\\c", b"\0\xff")
    with ScriptedBroker(connected={}) as broker, linked(broker) as (link, _events):
        link.send("SEND", {"destination": "/queue/a:b\\c"}, b"x")
        assert broker.wait("SEND").headers["destination"] == "/queue/a:b\\c"


def test_a_broker_of_stomp_1_0_is_refused_where_the_settings_say_so():
    with ScriptedBroker(connected={}) as broker:
        assert "STOMP '1.0'" in refusal(broker, Options(accepts_stomp_1_0=False)).reason
        assert broker.wait("CONNECT").headers["accept-version"] == "1.1"


def test_a_version_that_was_not_offered_is_refused():
    with ScriptedBroker(connected={"version": "1.2"}) as broker:
        failed = refusal(broker)
        assert "'1.2', which was not offered" in failed.reason
        assert failed.lasting


def test_a_broker_that_accepts_and_says_nothing_is_given_up_at_the_limit():
    with ScriptedBroker(answers=False) as broker:
        assert "did not answer CONNECT within 0.2 s" in refusal(broker, limit=0.2).reason


def test_a_refused_login_is_told_as_one_that_waiting_does_not_mend():
    error = b"ERROR\nmessage:User name [me] or password is invalid.\n\njava.lang.SecurityException\0"
    with ScriptedBroker(greeting=error) as broker:
        failed = refusal(broker, user="me", password="secret")
        assert failed.lasting
        assert failed.reason == (
            "the broker refused the login as me: User name [me] or password is invalid.: check .user and .password"
        )


def test_any_other_error_on_connect_is_told_with_the_brokers_words():
    with ScriptedBroker(greeting=b"ERROR\n\ntoo many connections\x07\nsecond line\0") as broker:
        failed = refusal(broker)
        assert (failed.reason, failed.lasting) == ("the broker refused the connection: too many connections", False)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (b"message:access_refused\n\nACCESS_REFUSED - access to exchange 'x'\0", "ACCESS_REFUSED - access to exchange 'x'"),
        (b"message:Unknown destination\n\n'/x' is not valid.\nValid are\0", "Unknown destination: '/x' is not valid."),
        (b"message:User bob is not authorized\n\njava.lang.SecurityException: User bob\n\0", "User bob is not authorized"),
        (b"message:bob may not send\n\nbob may not send there\0", "bob may not send"),
        (b"message:no\n\n\0", "no"),
        (b"\n\0", "no reason given"),
    ],
)
def test_what_each_kind_of_broker_says_is_told_in_full_and_once(frame: bytes, text: str):
    with ScriptedBroker() as broker, linked(broker) as (_, events):
        broker.send(b"ERROR\n" + frame)
        assert events.errors.get(timeout=LIMIT) == text


def test_a_virtual_host_that_is_not_there_is_told_as_one():
    error = b"ERROR\nmessage:Bad CONNECT\n\nVirtual host 'mcollective' access denied\0"
    with ScriptedBroker(greeting=error) as broker:
        failed = refusal(broker, user="me", password="secret")
        assert failed.lasting
        assert failed.reason == (
            "the broker refused the virtual host mcollective: Bad CONNECT: Virtual host 'mcollective' access denied: "
            "check .vhost and the user's rights in it"
        )


@pytest.mark.parametrize("greeting", [b"\x15\x03\x01\x00\x02\x02\x46", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_another_protocol_is_recognized(greeting: bytes):
    with ScriptedBroker(greeting=greeting) as broker:
        assert refusal(broker).reason.startswith("broken frame: ")


def test_a_broker_that_hangs_up_on_connect_may_want_tls():
    with ScriptedBroker(answers=False) as broker:
        threading.Thread(target=lambda: (broker.wait("CONNECT"), broker.cut()), daemon=True).start()
        assert "want TLS" in refusal(broker).reason


@pytest.mark.parametrize("beats", ["1", "a,b", "1,2,3", "-1,5", "9999999999999,1"])
def test_a_broken_heart_beat_header_is_refused(beats: str):
    with ScriptedBroker(connected={"version": "1.1", "heart-beat": beats}) as broker:
        refusal(broker)


def test_heartbeats_are_those_both_sides_agree_to():
    with (
        ScriptedBroker(connected={"version": "1.1", "heart-beat": "2000,3000"}) as broker,
        linked(broker, Options(heartbeat=1.0)) as (link, _events),
    ):
        assert broker.wait("CONNECT").headers["heart-beat"] == "1000,1000"
        assert link.beat_every == pytest.approx(2.4)  # sooner than the 3 s it asks for
        assert link._stream.silence == pytest.approx(4.25)  # twice the 2 s it promises, and a little


def test_without_heartbeats_of_the_broker_the_kernel_looks_after_it():
    with ScriptedBroker(connected={}) as broker, linked(broker) as (link, _events):
        assert link.beat_every is None
        assert link._stream.silence is None
        assert link._stream._socket.getsockopt(1, 9) == 1  # SOL_SOCKET, SO_KEEPALIVE


def test_a_receipt_is_told_and_goodbye_waits_for_its_own():
    with ScriptedBroker() as broker, linked(broker) as (link, events):
        link.send("SUBSCRIBE", {"id": "a", "destination": "/queue/a", "receipt": "a"})
        assert events.receipts.get(timeout=LIMIT) == "a"
        link.goodbye(LIMIT)
        assert broker.wait("DISCONNECT").headers == {"receipt": "goodbye"}
        assert events.lost.wait(LIMIT)
        assert link.reason == "closed"


@pytest.mark.parametrize("keeps", [True, False])
def test_an_error_ends_the_link_unless_its_owner_keeps_it(keeps: bool):
    with ScriptedBroker() as broker, linked(broker) as (link, events):
        events.keeps = keeps
        broker.send(b"ERROR\nmessage:no\n\n\0")
        assert events.errors.get(timeout=LIMIT) == "no"
        broker.message("a", b"still here")
        if keeps:
            assert events.messages.get(timeout=LIMIT)[1] == b"still here"
        else:
            assert events.lost.wait(LIMIT)
            assert link.reason == "it said ERROR: no"


@pytest.mark.parametrize("frame", [b"RECEIPT\nno-id:1\n\n\0", b"CONNECTED\nversion:1.1\nheart-beat:x\n\n\0", b"MESSAGE\0"])
def test_a_frame_that_makes_no_sense_ends_the_link_and_not_the_process(frame: bytes):
    with ScriptedBroker() as broker, linked(broker) as (link, events):
        broker.send(frame)
        assert events.lost.wait(LIMIT)
        assert str(link.reason).startswith("broken frame")


def test_no_password_and_no_body_reaches_the_log(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG), ScriptedBroker() as broker:
        link, events = make(broker, user="me", password="hunter2-secret")
        link.login(LIMIT)
        link.send("SEND", {"destination": "/queue/a"}, b"private-body")
        broker.wait("SEND")
        link.stop("over")
        assert events.lost.wait(LIMIT)
    assert "hunter2" not in caplog.text
    assert "private-body" not in caplog.text
