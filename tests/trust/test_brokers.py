"""S-35, S-37, S-40, S-60, S-63: brokers and servers that are not who they should be, and frames that are none."""

import itertools
import os
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from socket import create_connection, create_server, socket

import pytest

from mcollective_py.broker.frames import FrameReader, RefusedFrame, encode_frame
from mcollective_py.client.discovery.puppetdbhttp import Conversation
from mcollective_py.client.discovery.puppetdbplace import Server
from mcollective_py.config import Config
from mcollective_py.connector.factory import open_connector
from mcollective_py.connector.pool import Broker, TLSFiles
from mcollective_py.connector.stomp import StompConnector
from mcollective_py.errors import BrokerUnreachable, DiscoveryError
from mcollective_py.message import Destination, Kind, Publication
from tests.client.discovery.answering import Answering
from tests.connector.certificates import Authority, server_context
from tests.parts.embedded import EmbeddedBroker


class Listening:
    """A broker that shows one certificate, says nothing, and keeps whatever is said to it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.heard, self.connections = b"", 0
        self._context, self._server = context, create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            with closing(peer):
                self._hear(peer)

    def _hear(self, peer: socket) -> None:
        peer.settimeout(10)
        try:
            with self._context.wrap_socket(peer, server_side=True) as tls:
                self.heard += tls.recv(65536)
        except OSError:  # ssl.SSLError is one: whoever does not trust us hangs up
            pass

    def stop(self) -> None:
        # A thread in accept() would hold the socket open.
        with closing(socket()) as last:
            last.connect(("127.0.0.1", self.port))
            self._server.close()
        self._thread.join(20)


@contextmanager
def listening(context: ssl.SSLContext) -> Iterator[Listening]:
    server = Listening(context)
    try:
        yield server
    finally:
        server.stop()


def login(server: Listening, tls: TLSFiles) -> None:
    client = StompConnector([Broker("localhost", server.port, "mcollective", "aiJah3ooquai", tls)], "ops1", is_daemon=False)
    try:
        client.connect(3)
    finally:
        client.close()


BAD = {
    "another name": {"host": "other.example.net"},
    "an address": {"host": "127.0.0.1"},
    "expired": {"days": (-10, -1)},
    "not valid yet": {"days": (1, 10)},
    "self-signed": {"is_self_signed": True},
}


@pytest.mark.parametrize("kind", [*BAD, "another CA", "revoked"])
def test_s35_s60_a_broker_with_a_bad_certificate_hears_no_login(kind: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = TLSFiles((str(authority.ca),))
    if kind == "another CA":
        (tmp_path / "other").mkdir()
        tls = TLSFiles((str(Authority(tmp_path / "other", "Other CA").ca),))
    shown = authority.issue("shown", **BAD.get(kind, {}))  # type: ignore[arg-type]  # a table of different words
    if kind == "revoked":
        tls = TLSFiles(tls.ca, crl=str(authority.revoke(shown)), revocation="leaf")
    with listening(server_context(shown)) as server:
        with pytest.raises(BrokerUnreachable):
            login(server, tls)
        assert server.connections >= 1
    assert server.heard == b""


def test_s35_the_listener_would_hear_a_login(tmp_path: Path) -> None:
    """The twin of the test above: to a good certificate name and password are told."""
    authority = Authority(tmp_path)
    with listening(server_context(authority.issue("good"))) as server, pytest.raises(BrokerUnreachable):
        login(server, TLSFiles((str(authority.ca),)))
    assert server.heard.startswith((b"CONNECT\n", b"STOMP\n")) and b"aiJah3ooquai" in server.heard


FRAMES = {
    "a header of a mebibyte": b"SEND\na:" + b"x" * (1 << 20) + b"\n\n\0",
    "a head without an end": b"SEND\n" + b"a" * (1 << 20),
    "100,000 headers": b"SEND\n" + b"a:b\n" * 100_000 + b"\n\0",
    "a negative length": b"SEND\ncontent-length:-1\n\nabc\0",
    "a huge length": b"SEND\ncontent-length:99999999999999999999\n\nabc\0",
    "a length that is none": b"SEND\ncontent-length:0x10\n\nabc\0",
    "a length in other digits": "SEND\ncontent-length:٣\n\nabc\0".encode(),
    "NUL in a header": b"SEND\na:b\0c\n\n\0",
    "no NUL at the end": b"SEND\ncontent-length:3\n\nabcd",
    "no colon": b"SEND\nabc\n\n\0",
    "a command that is none": b"\xff\xfe\n\n\0",
}


@pytest.mark.parametrize("data", FRAMES.values(), ids=list(FRAMES))
def test_s37_hostile_frames_are_refused_in_little_memory(data: bytes) -> None:
    reader = FrameReader(max_head=16_384, max_headers=100, max_body=1 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(RefusedFrame):
            for start in range(0, len(data), 4096):
                reader.feed(data[start : start + 4096])
                while reader.next() is not None:
                    pass
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2 << 20


@pytest.mark.parts
def test_s37_a_broker_that_gets_them_ends_their_connections_and_serves_the_others() -> None:
    """The embedded one, as a process: each kind before the login and after it, ten times."""
    pool = "connector = stomp\nplugin.stomp.pool.size = 1\nplugin.stomp.pool.1.host = 127.0.0.1\nplugin.stomp.pool.1.port = {}\n"
    topic = Destination(Kind.AGENT, "mcollective", "discovery")
    with EmbeddedBroker() as broker:
        honest = open_connector(Config.from_text(pool.format(broker.port)), "web1", is_daemon=True, environ={})
        honest.connect(20)
        honest.subscribe([topic])
        assert honest.wait_subscribed(20)
        before = resident(broker)
        for data, login in itertools.product(FRAMES.values(), (b"", b"CONNECT\naccept-version:1.2\nhost:x\n\n\0")):
            for _ in range(10):
                with create_connection((broker.host, broker.port), timeout=20) as hostile, suppress(ConnectionError):
                    hostile.sendall(login + data)
                    while hostile.recv(65536):  # an ERROR, and then the end; a broker that keeps it open runs into the timeout
                        pass
        honest.publish([Publication(b"still here", topic, "web1", time.time(), 60)])
        delivery = honest.receive(20)
        assert delivery is not None and delivery.payload == b"still here"
        assert honest.reconnects == 0
        assert resident(broker) - before < 8 << 20
        honest.close()


def resident(broker: EmbeddedBroker) -> int:
    """Bytes of the broker's process."""
    with open(f"/proc/{broker.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_s40_a_redirect_of_puppetdb_is_told_and_nobody_else_is_asked() -> None:
    """Neither the query nor a certificate goes to where another host would have it."""
    with Answering(lambda query: (200, [{"certname": "stolen"}])) as other:
        head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:{other.port}/pdb/query/v4\r\nContent-Length: 0\r\n\r\n"
        with Answering(lambda query: head.encode()) as server:
            with Conversation([Server("127.0.0.1", server.port)], 10.0) as asked, pytest.raises(DiscoveryError, match="redirect"):
                asked.rows(["from", "nodes"])
            assert len(server.queries) == 1
        assert (other.connections, other.queries) == (0, [])


VALUES = ("a\nx:stolen", "a\r\nx:stolen", "a:b", "a\\nb", "a\\", "\\c", "\n\n\0SEND\ndestination:/queue/x\n\n\0", "a\0b", "\r", "")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("value", VALUES)
def test_s63_a_value_with_line_ends_stays_one_header_or_is_refused(value: str, version: str) -> None:
    """What cannot be written in a version of STOMP is left out, and makes no second header nor a second frame."""
    reader = FrameReader(max_head=16_384, max_headers=100, max_body=1 << 20)
    reader.version = version
    reader.feed(encode_frame("SEND", {"first": "1", "value": value, "last": "2"}, b"body", version))
    try:
        frame = reader.next()
    except RefusedFrame:
        assert "\0" in value, "only NUL, which no version can carry, costs the frame"
        return
    assert frame is not None and reader.next() is None
    assert frame.body == b"body"
    assert {name: text for name, text in frame.headers.items() if name != "content-length"} in (
        {"first": "1", "value": value, "last": "2"},
        {"first": "1", "last": "2"},
    )
