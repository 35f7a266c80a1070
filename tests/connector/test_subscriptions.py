from mcollective_py.connector.rabbitmq import RabbitMQTargets
from mcollective_py.connector.subscriptions import Subscriptions
from mcollective_py.connector.targets import PLAIN, TopicTargets
from mcollective_py.message import EVERY_AGENT, Destination, Kind

ECHO, PUPPET = (Destination(Kind.AGENT, "mcollective", name) for name in ("echo", "puppet"))
EVERY = Destination(Kind.AGENT, "mcollective", EVERY_AGENT)
WEB1 = Destination(Kind.NODE, "mcollective", "web1")
TOPIC = {"destination": "/topic/mcollective.echo.agent", "id": "/topic/mcollective.echo.agent", "ack": "auto"}
SHARED = "/topic/mcollective.agents"


def test_one_is_told_once_and_confirmed_by_its_id():
    kept = Subscriptions(PLAIN, "web1")
    assert kept.add(ECHO) == TOPIC
    assert kept.add(ECHO) is None
    assert not kept.is_confirmed
    kept.confirm(TOPIC["id"])
    assert kept.is_confirmed
    assert kept.remove(ECHO) == {"id": TOPIC["id"], "destination": TOPIC["id"]}
    assert kept.remove(ECHO) is None


def test_a_message_is_known_by_its_subscription_or_its_destination():
    kept = Subscriptions(PLAIN, "web1")
    kept.add(ECHO)
    kept.add(WEB1)
    assert kept.find({"subscription": "mcollective_directed_to_identity", "destination": "/queue/mcollective.nodes"}) == WEB1
    assert kept.find({"destination": "/topic/mcollective.echo.agent"}) == ECHO
    assert kept.find({"destination": "/topic/mcollective.other.agent"}) is None


def test_a_message_that_was_sent_to_a_pattern_or_died_elsewhere_is_for_nobody():
    kept = Subscriptions(PLAIN, "web1")
    kept.add(ECHO)
    known = {"subscription": TOPIC["id"], "destination": TOPIC["destination"]}
    assert kept.find(known) == ECHO
    assert kept.find(known | {"destination": "/topic/mcollective.*.agent"}) is None
    assert kept.find(known | {"x-first-death-reason": "expired"}) is None
    assert kept.find({"subscription": TOPIC["id"]}) is None


def test_a_new_connection_is_told_of_all_and_has_confirmed_none():
    kept = Subscriptions(PLAIN, "web1")
    kept.add(ECHO)
    kept.confirm(TOPIC["id"])
    kept.add(WEB1)
    assert [headers["id"] for headers in kept.renew()] == [TOPIC["id"], "mcollective_directed_to_identity"]
    kept.confirm(TOPIC["id"])
    assert not kept.is_confirmed
    assert kept.overdue() == []


def test_a_shared_topic_stays_until_its_last_agent_is_gone():
    kept = Subscriptions(TopicTargets(is_multiplexed=True), "web1")
    headers = kept.add(ECHO)
    assert headers is not None
    assert headers["destination"] == SHARED
    assert kept.add(PUPPET) is None
    assert kept.sources() == [EVERY]
    assert kept.find({"subscription": SHARED, "destination": SHARED}) == EVERY
    assert kept.remove(ECHO) is None
    assert kept.remove(PUPPET) == {"id": SHARED, "destination": SHARED}
    assert kept.sources() == []


def test_what_the_broker_refuses_is_left_out_and_overdue_once_it_may_be_tried():
    now = [0.0]
    targets = RabbitMQTargets(clock=lambda: now[0])
    kept = Subscriptions(targets, "web1")
    kept.add(ECHO)
    kept.add(WEB1)
    targets.is_survivable("NOT_FOUND - no exchange 'mcollective_broadcast' in vhost '/'")
    assert [headers["id"] for headers in kept.renew()] == ["/exchange/mcollective_directed/web1"]
    assert kept.overdue() == []
    assert kept.remove(PUPPET) is None
    now[0] = 301.0
    assert [headers["id"] for headers in kept.overdue()] == ["/exchange/mcollective_broadcast/echo"]
    assert kept.overdue() == []


def test_what_the_broker_refused_and_stays_is_not_taken_back():
    kept = Subscriptions(PLAIN, "web1")
    kept.add(ECHO)
    kept.add(WEB1)
    kept.confirm("mcollective_directed_to_identity")
    kept.refuse("")
    assert not kept.is_confirmed
    kept.refuse(TOPIC["id"])
    assert kept.is_confirmed
    assert kept.overdue() == []
    assert kept.remove(ECHO) is None
    assert kept.remove(WEB1) is not None
