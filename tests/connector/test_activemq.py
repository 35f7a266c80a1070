from mcollective_py.connector.activemq import activemq_targets
from mcollective_py.message import Destination, Kind, Publication

PUBLICATION = Publication(b"x", Destination(Kind.AGENT, "mcollective", "echo"), "ops1", 0, 60)


def test_a_priority_is_sent_only_where_one_is_configured():
    assert "priority" not in activemq_targets().send_headers(PUBLICATION)
    assert activemq_targets(7).send_headers(PUBLICATION)["priority"] == "7"


def test_what_a_user_may_not_do_does_not_cost_the_connection():
    text = "User reader is not authorized to write to: topic://mcollective.echo.agent"
    assert activemq_targets().is_survivable(text)


def test_any_other_error_does():
    assert not activemq_targets().is_survivable("Unknown STOMP action: NOSUCH")
