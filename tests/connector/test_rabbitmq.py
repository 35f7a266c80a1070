import logging

import pytest

from mcollective_py.connector.pool import Options
from mcollective_py.connector.rabbitmq import RabbitMQTargets
from mcollective_py.errors import ConnectorError
from mcollective_py.message import EVERY_AGENT, Delivery, Destination, Kind, Publication
from mcollective_py.names import is_place_for_replies
from tests.connector.recorded import ours, recorded_headers, theirs
from tests.connector.scripted import LIMIT, ScriptedBroker
from tests.connector.test_stomp import connector

ECHO = Destination(Kind.AGENT, "mcollective", "echo")
NODE1 = Destination(Kind.NODE, "mcollective", "node1.example")
EVERY = Destination(Kind.AGENT, "mcollective", EVERY_AGENT)
TEMPORARY = Destination(Kind.REPLY, "mcollective", "/temp-queue/mcollective_reply_mcollective")
PLAIN = RabbitMQTargets()


def reply(name: str) -> Publication:
    return Publication(b"x", Destination(Kind.REPLY, "mcollective", name), "node1.example", 0, 60)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


# --- as it was recorded -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rabbitmq-psk", "rabbitmq-ssl-marshal"])
def test_every_recorded_message_would_carry_the_same_headers_from_us(name: str):
    recorded = dict(recorded_headers(name, "sent"))
    assert len(recorded) > 50
    for message, headers in recorded.items():
        assert ours(headers, PLAIN) == theirs(headers), message


def test_a_recorded_broadcast_literally():
    discovery = Destination(Kind.AGENT, "mcollective", "discovery")
    assert PLAIN.send_headers(Publication(b"x", discovery, "client.example", 1.5, 60, "/temp-queue/mcollective_reply_discovery")) == {
        "reply-to": "/temp-queue/mcollective_reply_discovery",
        "expiration": "70000",
        "mc_sender": "client.example",
        "destination": "/exchange/mcollective_broadcast/discovery",
    }


def test_a_recorded_directed_request_and_its_reply_literally():
    assert PLAIN.send_headers(Publication(b"x", NODE1, "client.example", 0, 60, "/temp-queue/mcollective_reply_rpcutil")) == {
        "reply-to": "/temp-queue/mcollective_reply_rpcutil",
        "expiration": "70000",
        "mc_sender": "client.example",
        "destination": "/exchange/mcollective_directed/node1.example",
    }
    assert PLAIN.send_headers(reply("/reply-queue/amq.gen-xCmLWWDnGClOxniEh_9eEQ")) == {
        "expiration": "70000",
        "mc_sender": "node1.example",
        "destination": "/reply-queue/amq.gen-xCmLWWDnGClOxniEh_9eEQ",
    }


def test_a_recorded_delivery_of_a_reply_is_known_by_its_temporary_queue():
    recorded = dict(recorded_headers("rabbitmq-psk", "delivered"))["ping-direct.reply"]
    assert recorded["subscription"] == "/temp-queue/mcollective_reply_rpcutil"
    mine = Destination(Kind.REPLY, "mcollective", "/temp-queue/mcollective_reply_rpcutil")
    with ScriptedBroker() as broker, connector(broker, is_daemon=False, targets=RabbitMQTargets()) as client:
        client.subscribe([mine])
        lines = "".join(f"{name}:{value}\n" for name, value in recorded.items() if name != "content-length")
        broker.send(f"MESSAGE\n{lines}content-length:4\n\nbody\0".encode())
        assert client.receive(LIMIT) == Delivery(b"body", mine, None, "node1.example")


def test_a_recorded_request_brings_the_place_that_rabbitmq_made_for_its_replies():
    recorded = dict(recorded_headers("rabbitmq-psk", "delivered"))["ping-direct.request"]
    with ScriptedBroker() as broker, connector(broker, targets=RabbitMQTargets()) as node:
        name = "/exchange/mcollective_directed/web1"
        node.subscribe([Destination(Kind.NODE, "mcollective", "web1")])
        assert node.wait_subscribed(LIMIT)
        headers = recorded | {"subscription": name, "destination": name, "content-length": "4"}
        broker.send(f"MESSAGE\n{''.join(f'{name}:{value}{chr(10)}' for name, value in headers.items())}\nbody\0".encode())
        delivery = node.receive(LIMIT)
        assert delivery is not None
        assert (delivery.reply_to, delivery.sender) == ("/reply-queue/amq.gen-xCmLWWDnGClOxniEh_9eEQ", "client.example")
        assert is_place_for_replies(delivery.reply_to)


# --- subscribing ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("destination", "name"),
    [
        (ECHO, "/exchange/mcollective_broadcast/echo"),
        (EVERY, "/exchange/mcollective_broadcast"),
        (NODE1, "/exchange/mcollective_directed/node1.example"),
        (
            Destination(Kind.REPLY, "mcollective", "/exchange/mcollective_reply/ops1_1.a"),
            "/exchange/mcollective_reply/ops1_1.a",
        ),
    ],
)
def test_a_queue_belongs_to_its_connection_and_goes_with_it(destination: Destination, name: str):
    assert PLAIN.subscribe_headers(destination, "node1.example") == {
        "destination": name,
        "id": name,
        "ack": "auto",
        "exclusive": "true",
        "auto-delete": "true",
    }


def test_nobody_subscribes_to_another_nodes_requests():
    with pytest.raises(ConnectorError, match="may not subscribe"):
        PLAIN.subscribe_headers(NODE1, "node2.example")


def test_a_temporary_queue_is_never_subscribed_to_and_never_unsubscribed_from():
    with ScriptedBroker() as broker, connector(broker, is_daemon=False, targets=RabbitMQTargets()) as client:
        client.subscribe([TEMPORARY])
        assert client.wait_subscribed(0)
        client.publish([Publication(b"x", ECHO, "ops1", 2e9, 60, TEMPORARY.name)])
        client.unsubscribe([TEMPORARY])
        client.subscribe([ECHO])
        broker.wait("CONNECT")
        assert [broker.frames.get(timeout=LIMIT).command for _ in range(2)] == ["SEND", "SUBSCRIBE"]


def test_agents_share_one_key_where_they_are_told_to():
    multiplexed = RabbitMQTargets(is_multiplexed=True)
    assert multiplexed.source(ECHO) == EVERY
    assert multiplexed.send_headers(Publication(b"x", ECHO, "ops1", 0, 60))["destination"] == "/exchange/mcollective_broadcast"
    assert multiplexed.subscribe_headers(ECHO, "web1")["destination"] == "/exchange/mcollective_broadcast"
    assert multiplexed.source(NODE1) == NODE1


# --- places for replies -----------------------------------------------------------------------------------------------------------


def test_replies_come_by_a_temporary_queue_or_by_the_exchange():
    assert PLAIN.reply_destination("mcollective", "ops1", "17.0f") == TEMPORARY
    by_exchange = RabbitMQTargets(has_reply_exchange=True).reply_destination("uk", "ops1.example", "17.0f")
    assert by_exchange == Destination(Kind.REPLY, "uk", "/exchange/mcollective_reply/ops1.example_17.0f")
    with pytest.raises(ConnectorError):
        PLAIN.reply_destination("mcollective", "ops1", "a/b")


@pytest.mark.parametrize(
    "name",
    [
        "/queue/mcollective.reply.ops1_1.a",
        "/topic/results",
        "/temp-queue/results",
        "/exchange/results/x",
        "/exchange/mcollective_reply",
        "/exchange/mcollective_reply/a/b",
        "/exchange/mcollective_broadcast/echo",
        "/reply-queue/",
        "/reply-queue/" + "x" * 201,
    ],
)
def test_a_node_sends_no_reply_that_rabbitmq_could_end_its_connection_for(name: str):
    with pytest.raises(ConnectorError, match=r"no place for replies on RabbitMQ|is no reply"):
        PLAIN.send_headers(reply(name))


@pytest.mark.parametrize("name", ["/queue/results", "/topic/results", "/exchange/results/x", "results"])
def test_a_client_is_told_at_once_that_nobody_would_answer_there(name: str):
    with pytest.raises(ConnectorError, match="those are /reply-queue/NAME, /amq/queue/NAME and /exchange/mcollective_reply/KEY"):
        PLAIN.send_headers(Publication(b"x", ECHO, "ops1", 0, 60, name))


@pytest.mark.parametrize(
    "name", ["/reply-queue/amq.gen-1", "/reply-queue/stomp.gen-1", "/amq/queue/results", "/exchange/mcollective_reply/a"]
)
def test_the_other_forms_are_answered(name: str):
    assert PLAIN.send_headers(reply(name))["destination"] == name


@pytest.mark.parametrize(
    ("said", "shunned", "others"),
    [
        ("NOT_FOUND - no exchange 'mcollective_reply' in vhost '/'", "/exchange/mcollective_reply/a", "/reply-queue/a"),
        (
            "ACCESS_REFUSED - access to exchange 'amq.default' in vhost '/' refused for user 'nodes'",
            "/reply-queue/a",
            "/exchange/mcollective_reply/a",
        ),
    ],
)
def test_an_exchange_that_was_refused_is_left_alone_for_five_minutes(said: str, shunned: str, others: str, caplog):
    clock = Clock()
    targets = RabbitMQTargets(clock=clock)
    assert not targets.is_survivable(said)
    assert "is left alone for the next 300 s" in caplog.text
    with pytest.raises(ConnectorError, match="a while ago"):
        targets.send_headers(reply(shunned))
    targets.send_headers(reply(others))
    clock.now += 301
    targets.send_headers(reply(shunned))


def test_a_host_that_may_not_send_registrations_still_hears_requests(caplog):
    clock = Clock()
    targets = RabbitMQTargets(clock=clock)
    registration = Publication(b"x", Destination(Kind.AGENT, "mcollective", "registration"), "web1", 0, 60)
    targets.send_headers(registration)
    targets.is_survivable("ACCESS_REFUSED - access to exchange 'mcollective_broadcast' in vhost '/' refused for user 'nodes'")
    assert "`mco broker setup rabbitmq --registration`" in caplog.text
    assert targets.needs_subscribe(ECHO)
    with pytest.raises(ConnectorError, match="a while ago"):
        targets.send_headers(registration)
    clock.now += 301
    targets.send_headers(registration)


def test_a_subscription_whose_exchange_is_missing_is_left_out_and_made_again_later(caplog: pytest.LogCaptureFixture):
    clock = Clock()
    targets = RabbitMQTargets(clock=clock)
    beats = {"version": "1.1", "heart-beat": "0,100"}  # so that the connector looks every 80 ms
    with ScriptedBroker(connected=beats) as broker, connector(broker, targets=targets, options=Options(heartbeat=0.1)) as node:
        node.subscribe([Destination(Kind.AGENT, "uk", "echo"), ECHO])
        broker.wait("CONNECT")
        broker.send(b"ERROR\nmessage:not_found\nversion:1.0,1.1,1.2\n\nNOT_FOUND - no exchange 'uk_broadcast' in vhost '/'\0")
        broker.wait("CONNECT")
        assert broker.wait("SUBSCRIBE").headers["destination"] == "/exchange/mcollective_broadcast/echo"
        assert node.wait_subscribed(LIMIT)
        clock.now += 301
        assert broker.wait("SUBSCRIBE").headers["destination"] == "/exchange/uk_broadcast/echo"
        assert node.reconnects == 1
    assert "no exchange 'uk_broadcast'" in caplog.text
    assert "for the next 300 s; is the collective uk set up there? `mco broker setup rabbitmq --collective uk`" in caplog.text


def test_other_errors_are_survived_no_more_than_rabbitmq_survives_them(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING)
    assert not RabbitMQTargets().is_survivable("ACCESS_REFUSED - access to queue 'x' in vhost '/' refused for user 'nodes'")
    assert caplog.text == ""
