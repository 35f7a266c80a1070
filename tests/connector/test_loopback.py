import pytest

from mcollective_py.connector.loopback import LoopbackBroker
from mcollective_py.errors import BrokerUnreachable, ConnectorClosed, ConnectorError, NotConnected
from mcollective_py.message import Destination, Kind, Publication

ECHO = Destination(Kind.AGENT, "mcollective", "echo")
WEB1 = Destination(Kind.NODE, "mcollective", "web1")
REPLY = Destination(Kind.REPLY, "mcollective", "/queue/mcollective.reply.ops1_1.a")


def to(destination: Destination, payload: bytes = b"x", time: float = 0.0) -> Publication:
    return Publication(payload, destination, "ops1", time, 60)


def connected(broker: LoopbackBroker, identity: str, *destinations: Destination):
    connector = broker.connector(identity)
    connector.connect()
    connector.subscribe(destinations)
    return connector


def test_a_directed_request_waits_for_its_node_until_its_time_is_over():
    now = 0.0
    broker = LoopbackBroker(clock=lambda: now)
    client = connected(broker, "ops1")
    client.publish([to(WEB1, b"early")])
    now = 70.0
    client.publish([to(WEB1, b"in time", 60.0)])
    now = 71.0
    node = connected(broker, "web1", WEB1)
    assert node.receive(0).payload == b"in time"
    assert node.receive(0) is None


def test_a_queues_message_goes_to_one_reader_in_turn():
    broker = LoopbackBroker(clock=lambda: 0.0)
    readers = [connected(broker, "ops1", REPLY) for _ in range(2)]
    connected(broker, "web1").publish([to(REPLY, b"1"), to(REPLY, b"2")])
    assert sorted(reader.receive(0).payload for reader in readers) == [b"1", b"2"]
    assert [reader.receive(0) for reader in readers] == [None, None]


def test_a_stopped_broker_takes_nothing_and_one_that_is_back_does():
    broker = LoopbackBroker(clock=lambda: 0.0)
    node = connected(broker, "web1", ECHO)
    broker.stop()
    assert node.peer is None
    with pytest.raises(NotConnected):
        node.publish([to(ECHO)])
    with pytest.raises(BrokerUnreachable, match="stopped"):
        broker.connector("web2").connect()
    broker.start()
    node.publish([to(ECHO)])
    assert node.receive(0).payload == b"x"


def test_subscriptions_made_before_connecting_count():
    broker = LoopbackBroker(clock=lambda: 0.0)
    node = broker.connector("web1")
    node.subscribe([ECHO])
    node.connect()
    connected(broker, "ops1").publish([to(ECHO)])
    assert node.receive(0).source == ECHO


def test_a_closed_connector_receives_nothing_more():
    broker = LoopbackBroker(clock=lambda: 0.0)
    node = connected(broker, "web1", ECHO)
    node.close()
    node.close()
    connected(broker, "ops1").publish([to(ECHO)])
    for call in (node.connect, node.receive, lambda: node.publish([to(ECHO)])):
        with pytest.raises(ConnectorClosed):
            call()


def test_it_refuses_what_a_real_broker_could_not_carry():
    client = connected(LoopbackBroker(), "ops1")
    with pytest.raises(ConnectorError):
        client.publish([to(Destination(Kind.AGENT, "a.b", "echo"))])
    with pytest.raises(ConnectorError, match="may not subscribe"):
        client.subscribe([WEB1])


def test_publishing_needs_a_connection():
    with pytest.raises(NotConnected):
        LoopbackBroker().connector("ops1").publish([to(ECHO)])
