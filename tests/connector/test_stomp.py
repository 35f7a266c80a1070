import contextlib
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mcollective_py.connector.activemq import activemq_targets
from mcollective_py.connector.addresses import AddressBook, SocketAddress
from mcollective_py.connector.pool import Broker, Options, TLSFiles
from mcollective_py.connector.stomp import StompConnector
from mcollective_py.connector.targets import PLAIN
from mcollective_py.errors import BrokerRefused, BrokerUnreachable, ConnectorClosed, ConnectorError, NotConnected
from mcollective_py.message import Destination, Kind, Publication
from tests.connector.certificates import Authority, server_context
from tests.connector.scripted import LIMIT, ScriptedBroker, free_port
from tests.waiting import wait_until

_STARVING = """
import logging, resource, threading, time
from mcollective_py.connector.pool import Broker
from mcollective_py.connector.stomp import StompConnector
logging.basicConfig()
node = StompConnector([Broker("127.0.0.1", {port})], "web1", is_daemon=True)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
connect = threading.Thread(target=node.connect)
before = time.process_time()
connect.start()
connect.join(1.0)
assert connect.is_alive() and time.process_time() - before < 0.5
print("starved", flush=True)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
connect.join(10)
assert node.peer is not None
print("healed", flush=True)
node.close()
"""

ECHO = Destination(Kind.AGENT, "mcollective", "echo")
ECHO_ID = "/topic/mcollective.echo.agent"
WEB1 = Destination(Kind.NODE, "mcollective", "web1")
REPLY = Destination(Kind.REPLY, "mcollective", "/queue/mcollective.reply.ops1_1.a")
BEATS = {"version": "1.1", "heart-beat": "200,200"}


@contextlib.contextmanager
def connector(
    *brokers: ScriptedBroker | Broker, connect: bool = True, is_daemon: bool = True, **more: object
) -> Iterator[StompConnector]:
    pool = [each if isinstance(each, Broker) else Broker("127.0.0.1", each.port) for each in brokers]
    made = StompConnector(pool, "web1", is_daemon=is_daemon, **more)  # type: ignore[arg-type]
    try:
        if connect:
            made.connect(LIMIT)
        yield made
    finally:
        made.close()
    assert [thread.name for thread in threading.enumerate() if thread.name == "connector"] == []


def to(destination: Destination, payload: bytes = b"x", ttl: float = 60) -> Publication:
    return Publication(payload, destination, "web1", time.time(), ttl)


# --- coming back ------------------------------------------------------------------------------------------------------------


def test_a_lost_connection_is_made_again_with_its_subscriptions():
    with ScriptedBroker() as broker, connector(broker) as node:
        node.subscribe([ECHO, WEB1])
        assert node.wait_subscribed(LIMIT)
        broker.connections.get(timeout=LIMIT)
        broker.cut()
        broker.connections.get(timeout=LIMIT)
        broker.wait("CONNECT")
        assert broker.wait("SUBSCRIBE").headers["id"] == ECHO_ID
        assert broker.wait("SUBSCRIBE").headers["selector"] == "mc_identity = 'web1'"
        assert node.wait_subscribed(LIMIT)
        broker.message(ECHO_ID, b"again")
        assert node.receive(LIMIT).payload == b"again"
        assert node.reconnects == 1


def test_what_was_unsubscribed_does_not_come_back():
    with ScriptedBroker() as broker, connector(broker) as node:
        node.subscribe([ECHO, ECHO, REPLY])
        node.unsubscribe([ECHO, ECHO])
        assert broker.wait("UNSUBSCRIBE").headers == {"id": ECHO_ID, "destination": ECHO_ID}
        broker.connections.get(timeout=LIMIT)
        broker.cut()
        broker.connections.get(timeout=LIMIT)
        broker.wait("CONNECT")
        assert broker.wait("SUBSCRIBE").headers["id"] == REPLY.name
        node.publish([to(REPLY)])
        assert broker.frames.get(timeout=LIMIT).command == "SEND"


def test_subscriptions_made_before_connecting_are_made_at_the_connect():
    with ScriptedBroker() as broker, connector(broker, connect=False) as node:
        node.subscribe([ECHO])
        node.connect(LIMIT)
        assert broker.wait("SUBSCRIBE").headers["id"] == ECHO_ID


def test_messages_handed_over_while_a_daemon_is_alone_are_sent_when_the_broker_is_back():
    with ScriptedBroker() as broker, connector(broker) as node:
        broker.close()
        wait_until("the broker is gone", lambda: node.peer is None, LIMIT)
        node.publish([to(REPLY, b"late"), Publication(b"dead", REPLY, "web1", time.time() - 100, 60)])
        with ScriptedBroker(port=broker.port) as reborn:
            assert reborn.wait("SEND").body == b"late"
            node.publish([to(REPLY, b"new")])
            assert reborn.wait("SEND").body == b"new"


def test_an_error_of_the_broker_leads_to_a_new_connection():
    with ScriptedBroker() as broker, connector(broker):
        broker.connections.get(timeout=LIMIT)
        broker.wait("CONNECT")
        broker.send(b"ERROR\nmessage:internal\n\n\0")
        broker.connections.get(timeout=LIMIT)
        broker.wait("CONNECT")


def test_activemqs_no_to_one_destination_costs_no_connection(caplog: pytest.LogCaptureFixture):
    with ScriptedBroker() as broker, connector(broker, targets=activemq_targets()) as node:
        node.subscribe([ECHO])
        assert node.wait_subscribed(LIMIT)
        broker.send(b"ERROR\nmessage:User web1 is not authorized to write to\\c queue\\c//secret\n\n\0")
        broker.message(ECHO_ID, b"still here")
        assert node.receive(LIMIT).payload == b"still here"
        assert node.reconnects == 0
    assert "is not authorized to write to: queue://secret" in caplog.text


@pytest.mark.parametrize("targets", [PLAIN, activemq_targets()], ids=["plain", "activemq"])
def test_a_client_whose_request_or_replies_are_refused_is_told_at_once_and_does_not_come_back(
    targets, caplog: pytest.LogCaptureFixture
):
    said = b"ERROR\nmessage:ops1 is not authorized to read from\\c queue\n\n\0"
    with ScriptedBroker() as broker, connector(broker, targets=targets, is_daemon=False) as client:
        broker.connections.get(timeout=LIMIT)
        client.subscribe([REPLY])
        broker.wait("SUBSCRIBE")
        broker.send(said)
        with pytest.raises(
            BrokerRefused, match=r"refuses this client: ops1 is not authorized to read from: queue\. It may want a login"
        ):
            client.receive(LIMIT)
        with pytest.raises(BrokerRefused):
            client.publish([to(ECHO)])
        with pytest.raises(queue.Empty):
            broker.connections.get(timeout=0.3)
    assert caplog.records == []


def test_a_message_that_shall_be_confirmed_is_waited_for_and_only_the_last_asks_for_a_receipt():
    with ScriptedBroker() as broker, connector(broker, is_daemon=False) as client:
        client.publish([to(ECHO, b"1"), to(ECHO, b"2")], confirm=LIMIT)
        assert [broker.wait("SEND").headers.get("receipt") for _ in range(2)] == [None, "sent-1"]
        client.publish([to(ECHO, b"3")])
        assert "receipt" not in broker.wait("SEND").headers


@pytest.mark.parametrize("targets", [PLAIN, activemq_targets()], ids=["plain", "activemq"])
@pytest.mark.parametrize("words", ["ops1 may not have replies at /topic/bad", "the store is full"])
def test_a_message_that_the_broker_refuses_instead_of_confirming_it_is_an_error_in_its_words(targets, words, caplog):
    def refuse(broker: ScriptedBroker) -> None:
        frame = broker.wait("SEND")
        broker.send(f"ERROR\nmessage:{words}\nreceipt-id:{frame.headers['receipt']}\n\n\0".encode())

    with ScriptedBroker() as broker, connector(broker, targets=targets, is_daemon=False) as client:
        broker.wait("CONNECT")
        broker.answers = False
        threading.Thread(target=refuse, args=(broker,), daemon=True).start()
        with pytest.raises(BrokerRefused, match=f"refuses this client: {words}"):
            client.publish([to(ECHO)], confirm=LIMIT)
    assert caplog.records == []


def test_a_broker_that_does_not_confirm_is_a_warning(caplog: pytest.LogCaptureFixture):
    with ScriptedBroker() as broker, connector(broker, is_daemon=False) as client:
        broker.wait("CONNECT")
        broker.answers = False
        client.publish([to(ECHO)], confirm=0.2)
        broker.answers = True
    assert [record.getMessage() for record in caplog.records] == ["the broker has not confirmed within 0.2 s that it took the message"]


def test_a_broker_that_is_lost_before_it_confirms_is_an_error():
    def end(broker: ScriptedBroker) -> None:
        broker.wait("SEND")
        broker.close()

    with ScriptedBroker() as broker, connector(broker, connect=False, is_daemon=False) as client:
        client.connect(0.5)
        broker.wait("CONNECT")
        broker.answers = False
        threading.Thread(target=end, args=(broker,), daemon=True).start()
        with pytest.raises(ConnectorClosed, match="the broker was lost and did not come back"):
            client.publish([to(ECHO)], confirm=LIMIT)


def test_a_client_that_was_refused_can_try_again():
    with ScriptedBroker() as broker, connector(broker, is_daemon=False) as client:
        broker.connections.get(timeout=LIMIT)
        broker.send(b"ERROR\nmessage:ops1 may not send there\n\n\0")
        with pytest.raises(BrokerRefused):
            client.receive(LIMIT)
        client.connect(LIMIT)
        client.publish([to(ECHO)])
        broker.wait("SEND")


def test_a_silent_broker_is_noticed_by_its_missing_heartbeats_and_its_neighbour_taken():
    with (
        ScriptedBroker(connected=BEATS) as silent,
        ScriptedBroker() as neighbour,
        connector(silent, neighbour, options=Options(heartbeat=0.2)) as node,
    ):
        assert node.peer == f"127.0.0.1:{silent.port}"
        start = time.monotonic()
        neighbour.wait("CONNECT")
        assert time.monotonic() - start < 2 * 0.2 + 3
        wait_until("the neighbour is taken", lambda: node.peer == f"127.0.0.1:{neighbour.port}", LIMIT)


def test_we_send_heartbeats_when_there_is_nothing_else_to_send():
    with (
        ScriptedBroker(connected={"version": "1.1", "heart-beat": "0,100"}) as broker,
        connector(broker, options=Options(heartbeat=0.1)),
    ):
        wait_until("heartbeats come", lambda: broker.received.count(b"\n\n\0\n\n\n") == 1, LIMIT)


def test_the_next_broker_of_the_pool_is_taken_when_the_first_refuses():
    with ScriptedBroker() as second, connector(Broker("127.0.0.1", free_port()), second) as node:
        assert node.peer == f"127.0.0.1:{second.port}"


def test_a_broker_that_says_nothing_does_not_keep_the_next_one_waiting_for_long():
    with (
        ScriptedBroker(answers=False) as mute,
        ScriptedBroker() as second,
        connector(mute, second, connect=False, is_daemon=False) as client,
    ):
        client.connect(1.0)
        assert client.peer == f"127.0.0.1:{second.port}"


def test_many_lost_connections_leave_no_threads_and_no_descriptors():
    with ScriptedBroker() as broker, connector(broker, options=Options(longest_delay=0.01)) as node:
        broker.connections.get(timeout=LIMIT)
        before = threading.active_count(), len(os.listdir("/proc/self/fd"))
        for _ in range(50):
            broker.cut()
            broker.connections.get(timeout=LIMIT)
        wait_until("a broker is connected", lambda: node.peer is not None, LIMIT)
        wait_until(
            "threads and files are given back",
            lambda: (threading.active_count(), len(os.listdir("/proc/self/fd"))) <= (before[0] + 2, before[1] + 4),
            LIMIT,
        )


# --- giving up --------------------------------------------------------------------------------------------------------------


def test_a_client_gives_up_in_time_and_names_every_broker_and_its_reason():
    with ScriptedBroker(answers=False) as mute:
        ports = mute.port, free_port()
        start = time.monotonic()
        with (
            connector(*(Broker("127.0.0.1", port) for port in ports), connect=False, is_daemon=False) as client,
            pytest.raises(BrokerUnreachable, match=r"^no broker reachable within 0\.6 s \(") as caught,
        ):
            client.connect(0.6)
        assert time.monotonic() - start < 6
        (first, why_first), (second, why_second) = caught.value.attempts
        assert (first, second) == (f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}")
        assert "did not answer CONNECT" in why_first
        assert why_second == "connection refused: is the broker running, and is the port right?"


def test_a_client_does_not_wait_for_a_wrong_password_to_become_right():
    with (
        ScriptedBroker(greeting=b"ERROR\nmessage:User name or password is invalid\n\n\0") as broker,
        connector(broker, connect=False, is_daemon=False) as client,
        pytest.raises(BrokerUnreachable, match=r"check \.user and \.password"),
    ):
        client.connect(None)


def test_a_client_gives_up_after_the_attempts_that_the_file_allows_and_a_daemon_does_not():
    nowhere = Broker("127.0.0.1", free_port())
    with (
        connector(nowhere, connect=False, is_daemon=False, options=Options(most_attempts=3)) as client,
        pytest.raises(BrokerUnreachable, match=r"^no broker reachable \("),
    ):
        client.connect(None)
    with connector(nowhere, connect=False, options=Options(most_attempts=3)) as node, ScriptedBroker(port=nowhere.port) as broker:
        node.connect(LIMIT)
        broker.wait("CONNECT")


def test_a_login_is_asked_for_when_somebody_connects_and_only_then():
    asked: list[str] = []

    def ask(broker: Broker) -> Broker:
        asked.append(str(broker))
        return replace(broker, user="ops", password="typed")

    with ScriptedBroker() as broker, connector(broker, connect=False, is_daemon=False, login=ask) as client:
        assert asked == []
        client.connect(LIMIT)
        client.connect(LIMIT)
        headers = broker.wait("CONNECT").headers
        assert (headers["login"], headers["passcode"]) == ("ops", "typed")
        assert asked == [f"127.0.0.1:{broker.port}"]


def test_a_client_that_gave_up_can_try_again():
    port = free_port()
    with connector(Broker("127.0.0.1", port), connect=False, is_daemon=False) as client:
        with pytest.raises(BrokerUnreachable):
            client.connect(0.1)
        with ScriptedBroker(port=port) as broker:
            client.subscribe([REPLY])
            client.connect(LIMIT)
            assert client.wait_subscribed(LIMIT)
            broker.message(REPLY.name, b"yes")
            assert client.receive(LIMIT).payload == b"yes"


def test_a_client_whose_broker_does_not_come_back_is_told_in_receive():
    with ScriptedBroker() as broker, connector(broker, connect=False, is_daemon=False) as client:
        client.connect(0.5)
        broker.close()
        with pytest.raises(ConnectorClosed, match="did not come back"):
            client.receive(LIMIT)
        with pytest.raises(NotConnected, match="connection refused"):
            client.publish([to(ECHO)])


def test_a_name_that_is_never_resolved_costs_no_more_than_the_time_given():
    hang = threading.Event()

    def never(host: str, port: int) -> list[SocketAddress]:
        hang.wait(60)
        return []

    book = AddressBook(never)
    with connector(Broker("mq1.example.net"), connect=False, is_daemon=False, addresses=book) as client:
        start = time.monotonic()
        with pytest.raises(BrokerUnreachable, match="was not resolved"):
            client.connect(0.3)
        assert time.monotonic() - start < 3
    hang.set()


def test_publishing_before_connecting_is_refused():
    with connector(Broker("127.0.0.1", 1), connect=False) as node, pytest.raises(NotConnected, match="connect was not called"):
        node.publish([to(ECHO)])


def test_without_descriptors_it_keeps_trying_and_heals_when_there_are_some():
    """In a process of its own, so that only the connector feels it."""
    with ScriptedBroker() as broker:
        script = _STARVING.format(port=broker.port)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert done.stdout.split() == ["starved", "healed"], done.stderr
        assert "too many files open" in done.stderr


# --- closing ----------------------------------------------------------------------------------------------------------------


def test_a_close_wakes_who_waits_and_a_second_one_does_nothing():
    with ScriptedBroker() as broker, connector(broker) as node:
        woken = threading.Event()

        def read() -> None:
            with pytest.raises(ConnectorClosed):
                node.receive(None)
            woken.set()

        threading.Thread(target=read, daemon=True).start()
        node.close()
        node.close()
        assert woken.wait(LIMIT)
        for call in (lambda: node.publish([to(ECHO)]), lambda: node.connect(1)):
            with pytest.raises(ConnectorClosed):
                call()


def test_what_was_handed_over_is_sent_before_goodbye():
    with ScriptedBroker() as broker:
        with connector(broker, is_daemon=False) as client:
            client.publish([to(ECHO, b"%d" % number) for number in range(500)])
        assert [broker.wait("SEND").body for _ in range(500)] == [b"%d" % number for number in range(500)]
        assert broker.wait("DISCONNECT").headers["receipt"] == "goodbye"


def test_a_close_while_connecting_ends_the_connect():
    with ScriptedBroker(answers=False) as mute, connector(mute, connect=False) as node:
        ended = threading.Event()

        def connect() -> None:
            with pytest.raises(ConnectorClosed):
                node.connect(None)
            ended.set()

        threading.Thread(target=connect, daemon=True).start()
        mute.wait("CONNECT")
        start = time.monotonic()
        node.close()
        assert ended.wait(LIMIT)
        assert time.monotonic() - start < 2


# --- messages ---------------------------------------------------------------------------------------------------------------


def test_a_message_says_by_which_subscription_it_came():
    with ScriptedBroker() as broker, connector(broker) as node:
        node.subscribe([ECHO, WEB1])
        assert node.wait_subscribed(LIMIT)
        there, back = "/queue/mcollective.nodes", "/queue/mcollective.reply.ops1_1.a"
        broker.message("mcollective_directed_to_identity", b"1", destination=there, mc_sender="ops1", reply_to=back)
        delivery = node.receive(LIMIT)
        assert (delivery.source, delivery.sender, delivery.reply_to) == (WEB1, "ops1", "/queue/mcollective.reply.ops1_1.a")
        broker.message(ECHO_ID, b"2")
        delivery = node.receive(LIMIT)
        assert (delivery.source, delivery.sender, delivery.reply_to) == (ECHO, None, None)


def test_a_message_of_stomp_1_0_is_told_by_its_destination():
    with ScriptedBroker(connected={}) as broker, connector(broker) as node:
        node.subscribe([ECHO])
        broker.wait("SUBSCRIBE")
        broker.send(f"MESSAGE\ndestination:{ECHO_ID}\nmc_sender:ops1\n\nold\0".encode())
        delivery = node.receive(LIMIT)
        assert (delivery.source, delivery.payload, delivery.sender) == (ECHO, b"old", "ops1")


def test_a_message_that_was_sent_to_a_pattern_is_dropped_counted_and_told_once(caplog):
    with ScriptedBroker() as broker, connector(broker) as node:
        node.subscribe([ECHO])
        assert node.wait_subscribed(LIMIT)
        for body in (b"1", b"2"):
            broker.message(ECHO_ID, body, destination="/topic/mcollective.*.agent")
        broker.message(ECHO_ID, b"!")
        assert node.receive(LIMIT).payload == b"!"
        assert node.dropped == 2
        assert caplog.text.count("dropped a message to /topic/mcollective.*.agent") == 1


def test_a_message_for_a_subscription_nobody_knows_is_dropped_and_counted():
    with ScriptedBroker() as broker, connector(broker) as node:
        node.subscribe([ECHO])
        assert node.wait_subscribed(LIMIT)
        broker.message("/topic/other", b"?")
        broker.message(ECHO_ID, b"!")
        assert node.receive(LIMIT).payload == b"!"
        assert node.dropped == 1


def test_an_oversize_message_is_counted_and_costs_no_connection():
    with ScriptedBroker() as broker, connector(broker) as node:
        node.subscribe([ECHO])
        assert node.wait_subscribed(LIMIT)
        broker.message(ECHO_ID, b"\0" * (5 << 20))
        broker.message(ECHO_ID, b"next")
        assert node.receive(LIMIT).payload == b"next"
        assert (node.dropped, node.reconnects) == (1, 0)


def test_what_is_too_large_or_has_an_impossible_name_is_not_sent():
    with ScriptedBroker() as broker, connector(broker) as node:
        with pytest.raises(ConnectorError, match="the limit is"):
            node.publish([to(REPLY, b"x" * (5 << 20))])
        with pytest.raises(ConnectorError):
            node.publish([to(REPLY, b"first"), to(Destination(Kind.REPLY, "mcollective", "/queue/a\nb"))])
        node.publish([to(REPLY, b"good")])
        assert broker.wait("SEND").body == b"good"  # and not "first": all or none


def test_bodies_can_be_wrapped_in_base64():
    with ScriptedBroker() as broker, connector(broker, options=Options(base64=True)) as node:
        node.subscribe([ECHO])
        node.publish([to(REPLY, b"\0\xff")])
        assert broker.wait("SEND").body == b"AP8=\n"
        node.publish([to(REPLY, bytes(100))])
        assert broker.wait("SEND").body == b"A" * 76 + b"\n" + b"A" * 58 + b"==\n"  # RFC 2045, 6.8
        broker.message(ECHO_ID, b"!")
        broker.message(ECHO_ID, b"AP8=\n")
        assert node.receive(LIMIT).payload == b"\0\xff"
        assert node.dropped == 1


def test_answering_two_thousand_messages_over_tls_locks_nothing(tmp_path: Path):
    """The library's own TLS thread deadlocks when as many are sent from its listener."""
    authority = Authority(tmp_path)
    with ScriptedBroker(tls=server_context(authority.issue("good"))) as broker:
        where = Broker("localhost", broker.port, tls=TLSFiles((str(authority.ca),)))
        with connector(where) as node:
            node.subscribe([ECHO])
            assert node.wait_subscribed(LIMIT)
            threading.Thread(target=lambda: [broker.message(ECHO_ID, b"%d" % number) for number in range(2000)], daemon=True).start()
            for _ in range(2000):
                node.publish([to(REPLY, node.receive(LIMIT).payload)])
            assert [broker.wait("SEND").body for _ in range(2000)] == [b"%d" % number for number in range(2000)]


def test_a_tls_broker_that_dies_is_noticed_at_once_without_spinning(tmp_path: Path):
    authority = Authority(tmp_path)
    with ScriptedBroker(tls=server_context(authority.issue("good"))) as broker:
        where = Broker("localhost", broker.port, tls=TLSFiles((str(authority.ca),)))
        with connector(where, random=lambda: 0.9) as node:
            broker.connections.get(timeout=LIMIT)
            before = time.process_time()
            broker.cut()
            broker.connections.get(timeout=LIMIT)
            wait_until("a broker is connected", lambda: node.peer is not None, LIMIT)
            assert time.process_time() - before < 0.5


def test_a_renewed_ca_file_counts_at_the_next_attempt_without_a_restart(tmp_path: Path):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old, new = Authority(tmp_path / "old", "Old CA"), Authority(tmp_path / "new", "New CA")
    with ScriptedBroker(tls=server_context(new.issue("broker"))) as broker:
        where = Broker("localhost", broker.port, tls=TLSFiles((str(old.ca),)))
        with connector(where, connect=False) as node:
            connected = threading.Event()
            threading.Thread(target=lambda: (node.connect(None), connected.set()), daemon=True).start()
            assert broker.handshakes.get(timeout=LIMIT).startswith("failed")
            old.ca.write_bytes(new.ca.read_bytes())
            assert connected.wait(LIMIT)
            assert b"CONNECT\n" in broker.received


def test_an_idle_connector_costs_nothing():
    with ScriptedBroker() as broker, connector(broker) as node:
        node.subscribe([ECHO])
        assert node.wait_subscribed(LIMIT)
        reader = threading.Thread(target=lambda: node.receive(1.0), daemon=True)
        before = time.process_time()
        reader.start()
        reader.join(LIMIT)
        assert time.process_time() - before < 0.5


def test_the_same_trouble_is_logged_once_and_not_at_each_attempt(caplog: pytest.LogCaptureFixture):
    nowhere = Broker("127.0.0.1", free_port())
    with (
        caplog.at_level(logging.DEBUG),
        connector(nowhere, connect=False, is_daemon=False) as client,
        pytest.raises(BrokerUnreachable),
    ):
        client.connect(0.5)
    assert [record.getMessage() for record in caplog.records if "refused" in record.getMessage()] == [
        f"broker {nowhere}: connection refused: is the broker running, and is the port right?"
    ]
