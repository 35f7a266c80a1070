"""The front itself, as a real process of this user's or nobody's, between a real broker and the test."""

import os
import pwd
import socket
import subprocess
import time

import pytest

from mcollective_py.config import Config
from mcollective_py.connector.factory import open_connector
from mcollective_py.connector.frontstart import start_front
from mcollective_py.connector.frontwire import (
    ASK,
    CLOSE,
    CREDIT,
    DELIVERY,
    FILES,
    SETUP,
    STATE,
    SUBSCRIBE,
    TAKEN,
    WELL,
    Frame,
    Frames,
    State,
    destination_words,
    publication_frame,
    read_delivery,
)
from mcollective_py.connector.privileges import Account
from mcollective_py.message import Destination, Kind, Publication
from tests.connector.certificates import Authority
from tests.parts.embedded import EmbeddedBroker

SERVICE = Destination(Kind.AGENT, "mcollective", "service")
SETTINGS = "connector = stomp\nsecurityprovider = x509\n"


class RealFront:
    """The process, and the daemon's end of its socket."""

    def __init__(self, broker, login=None):
        whom = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(30)
        with theirs:
            self.process = start_front(Account(whom.pw_name, whom.pw_uid, whom.pw_gid, os.geteuid() == 0), theirs)
        self._frames, self._got = Frames(4 << 20), []
        brokers = [login or {"host": broker.host, "port": broker.port, "user": None, "password": None, "tls": None}]
        self.say(Frame(SETUP, words={"identity": "web1", "settings": SETTINGS, "log_level": 20, "brokers": brokers}))
        assert self.next().kind == WELL

    def say(self, *frames):
        self.socket.sendall(b"".join(frame.to_bytes() for frame in frames))

    def next(self):
        while not self._got:
            data = self.socket.recv(1 << 18)
            assert data, f"the front closed its end: {self.process.stderr.read()}"
            self._got += self._frames.feed(data)
        return self._got.pop(0)

    def until(self, kind, holds=lambda frame: True):
        while not ((frame := self.next()).kind == kind and holds(frame)):
            pass
        return frame

    def state(self, holds):
        return State.from_frame(self.until(STATE, lambda frame: holds(State.from_frame(frame))))

    def end(self):
        self.socket.close()
        try:
            assert self.process.wait(20) in (0, 1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stderr.close()


@pytest.fixture(scope="module")
def broker():
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def front(broker):
    front = RealFront(broker)
    yield front
    front.end()


@pytest.fixture
def other(broker):
    pool = f"plugin.stomp.pool.size = 1\nplugin.stomp.pool.1.host = {broker.host}\nplugin.stomp.pool.1.port = {broker.port}\n"
    connector = open_connector(Config.from_text(SETTINGS + pool), "web2", is_daemon=True, environ={})
    connector.connect(20)
    yield connector
    connector.close()


def publication(payload):
    return Publication(payload, SERVICE, "web1", time.time(), 60)


def test_it_connects_subscribes_and_hands_up_what_comes_as_far_as_it_is_read(front, other):
    front.say(Frame(SUBSCRIBE, words=[destination_words(SERVICE)]))
    state = front.state(lambda state: state.is_subscribed and state.seen == 1)
    assert state.peer and state.dropped == state.reconnects == 0
    other.publish(publication(b"%d" % number) for number in range(CREDIT + 10))
    got = [read_delivery(front.until(DELIVERY), {SERVICE}) for _ in range(CREDIT)]
    assert [delivery.payload for delivery in got] == [b"%d" % number for number in range(CREDIT)]
    assert got[0].sender == "web1"
    front.say(Frame(ASK))
    assert front.until(WELL)
    assert not front._got, "it handed over more than it may"
    front.say(Frame(TAKEN, 10))
    assert [front.until(DELIVERY).payload for _ in range(10)] == [b"%d" % number for number in range(CREDIT, CREDIT + 10)]


def test_what_it_is_given_reaches_the_broker_and_it_says_so(front, other):
    other.subscribe([SERVICE])
    assert other.wait_subscribed(20)
    front.say(*(publication_frame(number, publication(b"%d" % number)) for number in (5, 6, 9)))
    assert [other.receive(20).payload for _ in range(3)] == [b"5", b"6", b"9"]
    assert front.state(lambda state: state.sent == 9)


def test_by_tls_it_shows_a_certificate_from_memory_and_comes_back_after_a_renewal(tmp_path):
    """As a user who could not open the files. The broker wants a certificate of its CA, before it is killed and after."""
    authority = Authority(tmp_path)
    broker_files, own, renewed = (authority.issue(name, host) for name, host in (("broker", "127.0.0.1"), ("own", "a"), ("new", "b")))
    tmp_path.chmod(0o700)

    def words(shown):
        texts = {"cert": shown.with_suffix(".pem").read_text(), "key": shown.with_suffix(".key").read_text()}
        return {"ca": [authority.ca.read_text()], **texts, "crl": None, "ciphers": None, "revocation": "off"}

    files = {"certificate": broker_files.with_suffix(".pem"), "key": broker_files.with_suffix(".key"), "ca": authority.ca}
    with EmbeddedBroker(user="mcollective", password="for-this-test", **files) as broker:
        login = {"host": broker.host, "port": broker.port, "user": "mcollective", "password": "for-this-test"}
        front = RealFront(broker, login=login | {"tls": words(own)})
        front.state(lambda state: state.peer)
        front.say(Frame(FILES, words={"brokers": [login | {"tls": words(renewed)}]}), Frame(ASK))
        front.until(WELL)
        broker.kill()
        broker.start()
        assert front.state(lambda state: state.peer and state.reconnects == 1)
        front.end()


def test_at_a_close_it_sends_what_it_has_and_ends(broker, other):
    other.subscribe([SERVICE])
    assert other.wait_subscribed(20)
    front = RealFront(broker)
    front.state(lambda state: state.peer)
    front.say(*(publication_frame(number, publication(b"last")) for number in range(1, 101)), Frame(CLOSE))
    assert front.process.wait(20) == 0
    assert [other.receive(20).payload for _ in range(100)] == [b"last"] * 100
    front.end()
