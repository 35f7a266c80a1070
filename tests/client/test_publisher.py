import time

import pytest

from mcollective_py.client.audience import Audience
from mcollective_py.client.discovery.base import Discovered
from mcollective_py.client.publisher import Left, Publisher
from mcollective_py.config import Config
from mcollective_py.connector.targets import reply_destination
from mcollective_py.errors import FilterError, NoRoomToSend, UsageError
from mcollective_py.filter import Filter
from mcollective_py.message import Destination, Kind
from mcollective_py.security.load import security_plugin


@pytest.fixture
def desk(fleet):
    """A publisher, and a connector of hosts that hears all it sends to web1 and web2, and to the agent echo."""
    hosts = {name: fleet.broker.connector(name) for name in ("web1", "web2")}
    for name, connector in hosts.items():
        connector.connect()
        connector.subscribe([Destination(Kind.NODE, "mcollective", name), Destination(Kind.AGENT, "mcollective", "echo")])
    own = fleet.broker.connector("desk", is_daemon=False)
    own.connect()
    publisher = Publisher(
        Config.from_text("ttl = 30\n", "client"),
        own,
        fleet.site.security("alice.mcollective"),
        identity="desk",
        clock=time.time,
        reply_destination=reply_destination,
    )
    yield publisher, hosts, fleet.site.security("web1")
    for connector in (own, *hosts.values()):
        connector.close()


def opened(connector, security):
    delivery = connector.receive(5)
    return delivery, security.open_request(security.read(delivery.payload))


def test_a_draft_is_not_addressed_and_wants_no_reply(desk):
    publisher, _, _ = desk
    draft = publisher.draft("echo", "say", {"text": "hi"}, collective="mcollective")
    assert (draft.caller, draft.sender, draft.ttl) == ("cert=alice.mcollective", "desk", 30)
    assert (draft.targets, draft.reply_to, draft.wants_reply, draft.filter) == (None, None, False, Filter())
    assert publisher.draft("echo", None, 1, collective="mcollective", ttl=5, request_id=draft.id).id == draft.id


def test_named_hosts_are_sent_to_one_by_one_under_one_signature(desk):
    publisher, hosts, security = desk
    draft = publisher.draft("echo", "say", {}, collective="mcollective")
    where = publisher.address("echo", Filter(), Audience(("web1", "web2")))
    sealed = []
    publisher.publish(draft, where, reply_to="/queue/mcollective.reply.desk_1.a", on_sealed=lambda *told: sealed.append(told))
    got = [opened(connector, security) for connector in hosts.values()]
    assert sealed == [(got[0][1].digest, ("web1", "web2"))]
    assert got[0][0].payload == got[1][0].payload
    assert {request.id for _, request in got} == {draft.id}
    assert {(request.wants_reply, request.reply_to) for _, request in got} == {(True, "/queue/mcollective.reply.desk_1.a")}


def test_a_broadcast_carries_its_filter_and_goes_out_once(desk):
    publisher, hosts, security = desk
    where, seconds = publisher.checked(publisher.address("echo", Filter(classes=("web",)), broadcast_audience(12)))
    publisher.publish(publisher.draft("echo", None, "hi", collective="mcollective"), where, reply_to=None)
    for connector in hosts.values():
        _, request = opened(connector, security)
        assert (request.filter, request.targets, request.reply_to) == (Filter(classes=("web",), agents=("echo",)), None, None)
    assert seconds == 0.0


def broadcast_audience(count):
    names = tuple(f"web{number}" for number in range(count))
    return Audience(names, Discovered(names, 1.0))


def test_more_than_a_chunk_of_hosts_are_several_requests_of_one_id(desk):
    publisher, _, _ = desk
    where = publisher.address("echo", Filter(), Audience(tuple(f"h{number}" for number in range(450))))
    told = []
    draft = publisher.draft("echo", None, "hi", collective="mcollective")
    publisher.publish(draft, where, reply_to=None, on_sealed=lambda digest, targets: told.append((digest, len(targets))))
    assert [count for _, count in told] == [200, 200, 50]
    assert len({digest for digest, _ in told}) == 3


def test_data_functions_make_hosts_slower_and_their_queries_typed(desk):
    publisher, _, _ = desk
    filter = Filter.parse(compound=["fstat('/etc/motd').size>0"])
    where, seconds = publisher.checked(publisher.address("echo", filter, broadcast_audience(12)))
    assert seconds == 1.0
    assert where.filter.compound == filter.compound


def test_a_filter_that_no_host_could_apply_is_refused(desk):
    publisher, _, _ = desk
    where = publisher.address("echo", Filter(classes=("/(?=x)/",)), broadcast_audience(12))
    with pytest.raises(FilterError, match="look-ahead"):
        publisher.checked(where)


def test_nobody_is_not_sent_to(desk):
    publisher, _, _ = desk
    with pytest.raises(UsageError, match="nobody was named or discovered"):
        publisher.address("echo", Filter(), Audience(()))


def test_replies_of_a_collective_come_to_one_place_that_nobody_can_guess(desk):
    publisher, _, _ = desk
    place = publisher.place_for_replies("mcollective")
    assert publisher.place_for_replies("mcollective") == place
    assert place.startswith("/queue/mcollective.reply.desk_") and len(place.rpartition(".")[2]) == 32
    publisher.forget_replies()
    assert publisher.place_for_replies("mcollective") == place


def test_a_sending_that_is_told_to_end_gives_who_was_left(desk):
    publisher, _, _ = desk
    where = publisher.address("echo", Filter(), Audience(("web1", "web2", "web3")))
    draft = publisher.draft("echo", None, "hi", collective="mcollective")
    answers = [True, False]
    left = publisher.publish(draft, where, reply_to=None, goes_on=lambda: answers.pop(0))
    assert left == Left(("web2", "web3"), is_stopped=True)
    assert publisher.publish(draft, where, reply_to=None, goes_on=lambda: False) == Left(("web1", "web2", "web3"), is_stopped=True)
    assert publisher.publish(draft, where, reply_to=None) == Left()


@pytest.mark.parametrize(("hosts", "seconds"), [(3, 2.0), (1001, 4.0)])
def test_a_sending_has_its_time_for_each_thousand_hosts(desk, hosts, seconds):
    publisher, _, _ = desk
    names = tuple(f"h{number}" for number in range(hosts))
    ticks = iter([0.0, *([seconds] * (hosts - 2)), seconds + 0.1])
    publisher._monotonic = lambda: next(ticks)
    draft = publisher.draft("echo", None, "hi", collective="mcollective")
    left = publisher.publish(draft, publisher.address("echo", Filter(), Audience(names)), reply_to=None)
    assert left == Left(names[-1:])


def test_who_cannot_be_handed_over_to_a_broker_that_takes_no_more_is_left(desk):
    publisher, _, _ = desk
    taken = []

    class Full:
        def publish(self, publications, *, confirm=None):
            if len(taken) == 2:
                raise NoRoomToSend("full")
            taken.extend(publications)

    publisher._connector = Full()
    where = publisher.address("echo", Filter(), Audience(("web1", "web2", "web3", "web4")))
    draft = publisher.draft("echo", None, "hi", collective="mcollective")
    assert publisher.publish(draft, where, reply_to=None) == Left(("web3", "web4"))
    with pytest.raises(NoRoomToSend):
        publisher.publish(draft, where, reply_to=None)


@pytest.mark.parametrize(("place", "confirm"), [(None, [None, 7.0]), ("/queue/elsewhere", [None, 7.0]), ("ours", [None, None])])
def test_the_last_message_is_confirmed_where_no_replies_of_ours_would_tell_of_a_refusal(desk, place, confirm):
    publisher, _, _ = desk
    asked = []

    class Taking:
        def subscribe(self, destinations):
            pass

        def publish(self, publications, *, confirm=None):
            asked.append(confirm)

    publisher._connector = Taking()
    reply_to = publisher.place_for_replies("mcollective") if place == "ours" else place
    where = publisher.address("echo", Filter(), Audience(("web1", "web2")))
    publisher.publish(publisher.draft("echo", None, "hi", collective="mcollective"), where, reply_to=reply_to, timeout=7.0)
    assert asked == confirm


def test_a_draft_on_behalf_of_another_names_both(desk):
    publisher, _, _ = desk
    publisher.on_behalf_of = "sso=bob"
    draft = publisher.draft("echo", "say", {}, collective="mcollective")
    assert (draft.caller, draft.delegate) == ("sso=bob", "cert=alice.mcollective")
    publisher.on_behalf_of = None
    draft = publisher.draft("echo", "say", {}, collective="mcollective")
    assert (draft.caller, draft.delegate) == ("cert=alice.mcollective", "")


@pytest.mark.parametrize("caller", ["", "bob", "sso=", "sso=bo b", "sso=bob\n"])
def test_nobody_asks_on_behalf_of_what_is_no_caller(desk, caller):
    publisher, _, _ = desk
    publisher.on_behalf_of = caller
    with pytest.raises(UsageError, match="is no caller: write KIND=NAME, such as sso=alice"):
        publisher.draft("echo", "say", {}, collective="mcollective")


def test_on_the_wire_of_ruby_nobody_asks_on_behalf_of_another(desk):
    config = Config.from_text(f"securityprovider = psk\nplugin.psk = {'k3y' * 12}\n", "client")
    publisher = Publisher(
        config,
        desk[0]._connector,
        security_plugin(config, "client", time.time),
        identity="desk",
        clock=time.time,
        reply_destination=print,
    )
    publisher.on_behalf_of = "sso=bob"
    with pytest.raises(UsageError, match="only securityprovider = x509 can ask on behalf of sso=bob"):
        publisher.draft("echo", "say", {}, collective="mcollective")
