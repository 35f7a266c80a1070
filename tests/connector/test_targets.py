import pytest

from mcollective_py.connector.targets import broker_destination, reply_destination, send_headers, subscribe_headers
from mcollective_py.errors import ConnectorError
from mcollective_py.message import Destination, Kind, Publication
from mcollective_py.names import is_reply_destination

ECHO = Destination(Kind.AGENT, "mcollective", "echo")
WEB1 = Destination(Kind.NODE, "uk", "web1.example.net")


def test_a_broadcast_goes_to_the_topic_of_the_agent():
    assert broker_destination(ECHO) == "/topic/mcollective.echo.agent"


def test_directed_requests_of_a_collective_share_one_queue():
    assert broker_destination(WEB1) == "/queue/uk.nodes"


def test_a_reply_goes_where_the_request_says():
    assert broker_destination(Destination(Kind.REPLY, "uk", "/queue/uk.reply.ops_17.1")) == "/queue/uk.reply.ops_17.1"


def test_a_reply_queue_carries_collective_identity_and_token():
    destination = reply_destination("uk", "ops.example.net", "4711.0f1e")
    assert destination == Destination(Kind.REPLY, "uk", "/queue/uk.reply.ops.example.net_4711.0f1e")
    assert is_reply_destination(destination.name)


def test_a_topic_subscription_has_its_destination_as_its_id():
    assert subscribe_headers(ECHO, "web1.example.net") == {
        "destination": "/topic/mcollective.echo.agent",
        "id": "/topic/mcollective.echo.agent",
        "ack": "auto",
    }


def test_a_node_selects_its_own_requests_from_the_shared_queue():
    assert subscribe_headers(WEB1, "web1.example.net") == {
        "destination": "/queue/uk.nodes",
        "id": "uk_directed_to_identity",
        "ack": "auto",
        "selector": "mc_identity = 'web1.example.net'",
    }


def test_nobody_subscribes_to_another_nodes_requests():
    with pytest.raises(ConnectorError, match="may not subscribe"):
        subscribe_headers(WEB1, "web2.example.net")


def test_a_broadcast_says_when_it_was_sent_when_it_dies_and_where_replies_go():
    publication = Publication(b"x", ECHO, "ops1", 1700000000.987, 60, "/queue/mcollective.reply.ops1_1.a")
    assert send_headers(publication) == {
        "destination": "/topic/mcollective.echo.agent",
        "timestamp": "1700000000000",
        "expires": "1700000070000",
        "mc_sender": "ops1",
        "reply-to": "/queue/mcollective.reply.ops1_1.a",
    }


def test_a_directed_request_names_its_node_for_the_selector():
    headers = send_headers(Publication(b"x", WEB1, "ops1", 1700000000.0, 30))
    assert headers["mc_identity"] == "web1.example.net"
    assert headers["destination"] == "/queue/uk.nodes"
    assert "reply-to" not in headers


@pytest.mark.parametrize(
    "destination",
    [
        Destination(Kind.AGENT, "mcollective", "Echo>"),
        Destination(Kind.AGENT, "uk.>", "echo"),
        Destination(Kind.NODE, "uk", "web1' OR '1'='1"),
        Destination(Kind.NODE, "uk", "web1\nx:y"),
        Destination(Kind.REPLY, "uk", "/queue/uk.>"),
        Destination(Kind.REPLY, "uk", "uk.reply.ops"),
        Destination(Kind.REPLY, "uk", "/queue/a\n\nbody"),
    ],
)
def test_a_name_that_could_mean_more_than_itself_is_refused(destination: Destination):
    with pytest.raises(ConnectorError):
        broker_destination(destination)


@pytest.mark.parametrize("value", ["a\nselector:x", "a\r", "a\0", "a" * 5000, "\ud800"])
def test_a_header_value_that_stomp_cannot_carry_is_refused(value: str):
    with pytest.raises(ConnectorError, match="mc_sender"):
        send_headers(Publication(b"x", ECHO, value, 0, 60))


@pytest.mark.parametrize("token", ["", "a/b", "a b", "a>", "x" * 101])
def test_a_reply_token_is_a_plain_word(token: str):
    with pytest.raises(ConnectorError):
        reply_destination("uk", "ops1", token)
