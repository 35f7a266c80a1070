import pytest

from mcollective_py.connector.activemq import activemq_targets
from mcollective_py.errors import ConnectorError
from mcollective_py.message import EVERY_AGENT, Destination, Kind, Publication
from tests.connector.recorded import ours, recorded_headers, theirs

ECHO = Destination(Kind.AGENT, "mcollective", "echo")
PUBLICATION = Publication(b"x", ECHO, "ops1", 0, 60)


@pytest.mark.parametrize("name", ["activemq-psk", "activemq-ssl-marshal", "activemq-ssl-yaml"])
def test_every_recorded_message_would_carry_the_same_headers_from_us(name: str):
    recorded = dict(recorded_headers(name, "sent"))
    assert len(recorded) > 50
    for message, headers in recorded.items():
        assert ours(headers, activemq_targets()) == theirs(headers), message


def test_a_recorded_directed_request_literally():
    node1 = Destination(Kind.NODE, "mcollective", "node1.example")
    reply_to = "/queue/mcollective.reply.client.example_14108.9"
    assert activemq_targets().send_headers(Publication(b"x", node1, "client.example", 1795407861.5, 60, reply_to)) == {
        "timestamp": "1795407861000",
        "expires": "1795407931000",
        "reply-to": "/queue/mcollective.reply.client.example_14108.9",
        "mc_identity": "node1.example",
        "mc_sender": "client.example",
        "destination": "/queue/mcollective.nodes",
    }


def test_a_priority_is_sent_only_where_one_is_configured():
    assert "priority" not in activemq_targets().send_headers(PUBLICATION)
    assert activemq_targets(7).send_headers(PUBLICATION)["priority"] == "7"


def test_agents_share_one_topic_where_they_are_told_to():
    multiplexed, every = activemq_targets(is_multiplexed=True), Destination(Kind.AGENT, "mcollective", EVERY_AGENT)
    assert multiplexed.source(ECHO) == every
    assert multiplexed.send_headers(PUBLICATION)["destination"] == "/topic/mcollective.agents"
    assert multiplexed.subscribe_headers(ECHO, "web1") == {
        "destination": "/topic/mcollective.agents",
        "id": "/topic/mcollective.agents",
        "ack": "auto",
    }
    web1 = Destination(Kind.NODE, "mcollective", "web1")
    assert multiplexed.source(web1) == web1
    assert activemq_targets().source(ECHO) == ECHO


def test_what_a_user_may_not_do_does_not_cost_the_connection():
    text = "User reader is not authorized to write to: topic://mcollective.echo.agent"
    assert activemq_targets().is_survivable(text)


def test_any_other_error_does():
    assert not activemq_targets().is_survivable("Unknown STOMP action: NOSUCH")


@pytest.mark.parametrize("place", ["/reply-queue/amq.gen-1", "/exchange/mcollective_reply/a", "/temp-queue/a", "/amq/queue/a"])
def test_replies_do_not_go_where_activemq_would_end_the_connection(place: str):
    with pytest.raises(ConnectorError, match="no place for replies on this broker"):
        activemq_targets().send_headers(Publication(b"x", Destination(Kind.REPLY, "mcollective", place), "web1", 0, 60))


@pytest.mark.parametrize("place", ["/queue/mcollective.custom.target", "/topic/results"])
def test_replies_go_to_a_queue_or_topic_of_somebodys_own(place: str):
    headers = activemq_targets().send_headers(Publication(b"x", Destination(Kind.REPLY, "mcollective", place), "web1", 0, 60))
    assert headers["destination"] == place
