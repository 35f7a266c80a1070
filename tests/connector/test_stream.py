import contextlib
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.connector.addresses import AddressBook
from mcollective_py.connector.pool import Broker, TLSFiles
from mcollective_py.connector.stream import AttemptFailed, Stream, explain, open_stream
from tests.connector.certificates import Authority, server_context
from tests.connector.scripted import LIMIT, ScriptedBroker, free_port

MESSAGE = b"MESSAGE\nsubscription:a\ncontent-length:5\n\nhello\0"


@contextlib.contextmanager
def pair(**options: float) -> Iterator[tuple[Stream, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(LIMIT)
    stream = Stream(ours, **options)
    yield stream, theirs
    theirs.close()
    stream.close()


def reach(broker: Broker, limit: float = LIMIT) -> Stream:
    return open_stream(broker, AddressBook().find(broker.host, broker.port, LIMIT), limit)


def refusal(broker: Broker, limit: float = LIMIT) -> AttemptFailed:
    with pytest.raises(AttemptFailed) as caught:
        reach(broker, limit)
    return caught.value


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_whole_frames_come_out_whatever_the_pieces():
    with pair() as (stream, peer):
        peer.sendall(b"\n" + MESSAGE + MESSAGE[:7])
        assert stream.read_frame() == MESSAGE
        peer.sendall(MESSAGE[7:])
        assert stream.read_frame() == MESSAGE


def test_the_end_of_the_connection_is_the_end_and_has_a_reason():
    with pair() as (stream, peer):
        peer.sendall(MESSAGE)
        peer.close()
        assert [stream.read_frame(), stream.read_frame(), stream.read_frame()] == [MESSAGE, b"", b""]
        assert stream.reason == "it closed the connection"
        with pytest.raises(OSError, match="it closed the connection"):
            stream.write(b"x")


def test_silence_beyond_what_was_agreed_ends_it():
    with pair() as (stream, _peer):
        stream.silence = 0.05
        assert stream.read_frame() == b""
        assert stream.reason == "silent for 0.05 s, no heartbeat"


def test_any_byte_counts_as_a_sign_of_life():
    with pair() as (stream, peer):
        stream.silence = 1.0

        def trickle() -> None:
            for at in range(len(MESSAGE)):
                peer.sendall(MESSAGE[at : at + 1])
                select.select([], [], [], 0.04)

        threading.Thread(target=trickle, daemon=True).start()
        assert stream.read_frame() == MESSAGE  # which takes almost twice as long


def test_what_is_no_stomp_ends_it_in_words():
    with pair() as (stream, peer):
        peer.sendall(b"220 mail.example.net ESMTP\r\n")
        assert stream.read_frame() == b""
        assert "does not speak STOMP" in str(stream.reason)


def test_a_peer_that_takes_nothing_is_given_up():
    with pair(write_timeout=0.1) as (stream, _peer):
        with pytest.raises(OSError, match="took no data for"):
            stream.write(b"x" * (8 << 20))
        assert stream.reason == "it took no data for 0.1 s"


def test_a_stop_wakes_the_reader():
    with pair() as (stream, _peer):
        read = []
        reader = threading.Thread(target=lambda: read.append(stream.read_frame()))
        reader.start()
        stream.stop("enough")
        reader.join(LIMIT)
        assert (read, stream.reason) == ([b""], "enough")


def test_frames_of_several_threads_do_not_mix():
    with pair() as (stream, peer):
        frames = [letter * 50_000 + b"\0" for letter in (b"a", b"b", b"c", b"d")]
        writers = [threading.Thread(target=lambda frame=frame: [stream.write(frame) for _ in range(10)]) for frame in frames]
        for writer in writers:
            writer.start()
        data = b""
        while len(data) < 40 * 50_001:
            data += peer.recv(1 << 20)
        assert sorted(set(data.split(b"\0"))) == [b"", *(frame[:-1] for frame in frames)]


def test_a_refused_connection_says_what_to_check():
    failed = refusal(Broker("127.0.0.1", free_port()))
    assert failed.reason == "connection refused: is the broker running, and is the port right?"
    assert failed.lasting is False


def test_all_addresses_of_a_name_are_tried():
    with ScriptedBroker() as broker:
        addresses = [(int(socket.AF_INET), ("127.0.0.1", free_port())), (int(socket.AF_INET), ("127.0.0.1", broker.port))]
        open_stream(Broker("name", broker.port), addresses, LIMIT).close()
        assert broker.connections.get(timeout=LIMIT)


def test_a_broker_with_a_good_certificate_is_reached_by_tls_1_2_or_newer(authority: Authority):
    with ScriptedBroker(tls=server_context(authority.issue("good"))) as broker:
        stream = reach(Broker("localhost", broker.port, tls=TLSFiles((str(authority.ca),))))
        stream.write(b"CONNECT\n\n\0")
        assert broker.wait("CONNECT").command == "CONNECT"
        assert broker.connections.get(timeout=LIMIT).version() in ("TLSv1.2", "TLSv1.3")
        stream.close()


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ({"host": "other.example.net"}, "for another name"),
        ({"days": (-10, -1)}, "expired"),
        ({"is_self_signed": True}, "self-signed"),
    ],
)
def test_a_broker_whose_certificate_does_not_hold_gets_not_one_byte_of_ours(authority: Authority, certificate: dict, words: str):
    with ScriptedBroker(tls=server_context(authority.issue("bad", **certificate))) as broker:
        failed = refusal(Broker("localhost", broker.port, "me", "secret", TLSFiles((str(authority.ca),))))
        assert words in failed.reason
        assert failed.lasting is True
        assert broker.handshakes.get(timeout=LIMIT).startswith("failed")
        assert broker.received == b""


def test_a_broker_without_tls_gets_no_plain_text_from_a_tls_client(authority: Authority):
    with ScriptedBroker(answers=False) as broker:
        failed = refusal(Broker("localhost", broker.port, "me", "secret", TLSFiles((str(authority.ca),))), limit=0.5)
        assert "port speak TLS" in failed.reason
        assert broker.received[:2] == b"\x16\x03"  # a TLS handshake
        assert b"CONNECT" not in broker.received
        assert b"secret" not in broker.received


def test_the_client_certificate_is_shown_and_without_one_the_broker_says_no(authority: Authority):
    mine = authority.issue("mine", "web1")
    with ScriptedBroker(tls=server_context(authority.issue("good"), authority.ca)) as broker:
        ca = (str(authority.ca),)
        reach(Broker("localhost", broker.port, tls=TLSFiles(ca, f"{mine}.pem", f"{mine}.key"))).close()
        assert broker.handshakes.get(timeout=LIMIT) == "done"
        stream = reach(Broker("localhost", broker.port, tls=TLSFiles(ca)))  # TLS 1.3 tells us only afterwards
        assert stream.read_frame() == b""
        assert stream.reason == "TLS failed: it wants a client certificate: set .ssl.cert and .ssl.key"


def test_the_end_of_a_tls_stream_is_seen_at_once_and_costs_no_time(authority: Authority):
    with ScriptedBroker(tls=server_context(authority.issue("good"))) as broker:
        stream = reach(Broker("localhost", broker.port, tls=TLSFiles((str(authority.ca),))))
        broker.connections.get(timeout=LIMIT)
        before = time.process_time()
        ended = threading.Event()
        threading.Thread(target=lambda: (stream.read_frame(), ended.set()), daemon=True).start()
        broker.cut()
        assert ended.wait(LIMIT)
        assert stream.reason is not None
        assert time.process_time() - before < 0.5


def test_tls_reads_and_writes_at_the_same_time_from_two_threads(authority: Authority):
    """The library's own TLS either fails at this (8.x) or deadlocks (9.0)."""
    with ScriptedBroker(tls=server_context(authority.issue("good"))) as broker:
        stream = reach(Broker("localhost", broker.port, tls=TLSFiles((str(authority.ca),))))
        broker.connections.get(timeout=LIMIT)
        body = os.urandom(3000)
        sent = b"SEND\ndestination:/queue/a\ncontent-length:3000\n\n" + body + b"\0"
        writer = threading.Thread(target=lambda: [stream.write(sent) for _ in range(1000)])
        feeder = threading.Thread(target=lambda: [broker.message("a", body) for _ in range(1000)])
        writer.start()
        feeder.start()
        for _ in range(1000):
            assert stream.read_frame().endswith(body + b"\0")
        for _ in range(1000):
            assert broker.wait("SEND").body == body
        stream.close()


def test_a_socket_that_is_waited_on_can_be_shut_down_by_another_thread():
    """A full listen queue swallows the SYN, as a firewall would."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = server.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        waiting: list[socket.socket] = []
        began, ended = threading.Event(), threading.Event()

        def connect() -> None:
            with contextlib.suppress(AttemptFailed):
                open_stream(Broker("127.0.0.1", address[1]), [(2, address)], 60, lambda sock: (waiting.append(sock), began.set()))
            ended.set()

        threading.Thread(target=connect, daemon=True).start()
        assert began.wait(LIMIT)
        deadline = time.monotonic() + LIMIT
        while not ended.wait(0.05) and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                waiting[0].shutdown(socket.SHUT_RDWR)
        assert ended.is_set()
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError("timed out"), "no answer: is the host up"),
        (ConnectionResetError(104, "x"), "it closed the connection"),
        (OSError(113, "x"), "no route to the host"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (ssl.SSLEOFError(8, "x"), "it closed the connection"),
    ],
)
def test_errors_are_told_in_words_an_operator_can_act_on(error: OSError, words: str):
    assert words in explain(error)
