import random
import threading
import time
from dataclasses import replace

import pytest

from mcollective_py.client.audience import Audience
from mcollective_py.client.discovery.base import Discovered
from mcollective_py.errors import BrokerUnreachable, FilterError, NotConnected, UsageError
from mcollective_py.filter import Filter
from mcollective_py.message import Delivery, Destination, Kind, Reply


def silent(node, request):
    return None


def only_discovered(node, request):
    return "pong" if request.agent == "discovery" else None


def test_a_plain_message_comes_back_from_every_host_with_its_type(fleet):
    fleet.node("web1")
    fleet.node("web2")
    with fleet.client() as mco:
        replies = mco.request("echo", 2.5)
        assert sorted((reply.sender, reply.body) for reply in replies) == [("web1", 2.5), ("web2", 2.5)]
    stats = replies.stats
    assert (stats.discovered, stats.did_discovery, stats.responses, stats.ok) == (("web1", "web2"), True, 2, 2)
    assert stats.agent_time < 1.0 < mco.discovery_timeout + 5


def test_the_request_is_what_the_nodes_take_for_the_clients(fleet):
    node = fleet.node("web1")
    with fleet.client() as mco:
        list(mco.request("echo", "hello", nodes=["web1"], ttl=30))
    (request,) = node.requests
    assert (request.caller, request.sender, request.agent, request.action) == ("cert=alice.mcollective", "desk", "echo", None)
    assert (request.targets, request.ttl, request.filter) == (("web1",), 30, Filter(agents=("echo",)))
    assert request.reply_to.startswith("/queue/mcollective.reply.desk_")


def test_a_client_names_its_brokers(fleet):
    hosts = "plugin.stomp.pool.1.host = b1.example.net\nplugin.stomp.pool.2.host = 192.0.2.2\n"
    listed = f"connector = stomp\nplugin.stomp.pool.size = 2\n{hosts}"
    assert fleet.client(listed).brokers == ("b1.example.net", "192.0.2.2")


def test_named_hosts_are_asked_without_a_discovery(fleet):
    web1, web2 = fleet.node("web1"), fleet.node("web2")
    with fleet.client() as mco:
        assert [reply.sender for reply in mco.request("echo", 1, filter=Filter.parse(identities=["web1"]))] == ["web1"]
    assert [request.agent for request in web1.requests] == ["echo"]
    assert web2.requests == []


def test_a_compound_filter_goes_out_as_rubys_call_stack_and_its_data_plugins_get_their_time(fleet):
    node = fleet.node("web1")
    text = "(role::web or country=uk) and fstat('/etc/motd').size>0"
    with fleet.client() as mco:
        replies = mco.ping(Filter.parse(compound=[text]))
        assert replies.collector.window == 1.3  # the plugin's DDL says one second
        assert [reply.sender for reply in replies] == ["web1"]
    (request,) = node.requests
    assert request.filter == Filter.parse(compound=[text])
    assert request.filter.compound[0][-1] == {
        "fstatement": {"r_compare": "0", "operator": ">", "value": "size", "name": "fstat", "params": "/etc/motd"}
    }


def test_a_data_function_that_nobody_knows_is_refused_before_anything_is_sent(fleet):
    node = fleet.node("web1")
    with fleet.client() as mco:
        with pytest.raises(FilterError, match="no such data plugin"):
            mco.discover(Filter.parse(compound=["nosuch().x=1"]))
        with pytest.raises(FilterError, match="has no output sise"):
            mco.request("echo", 1, compound="fstat('/x').sise=1")
    assert node.requests == []


def test_a_silent_host_is_named(fleet):
    fleet.node("web1")
    fleet.node("web2", only_discovered)
    with fleet.client() as mco:
        replies = mco.request("echo", 1, timeout=0.3)
        assert [reply.sender for reply in replies] == ["web1"]
    assert replies.stats.no_response == ("web2",)


def test_a_filter_goes_out_with_the_discovery_and_many_hosts_get_a_broadcast(fleet):
    nodes = [fleet.node(f"web{number}") for number in range(11)]
    with fleet.client() as mco:
        assert len(list(mco.request("echo", 1, filter=Filter.parse(classes=["webserver"])))) == 11
    discovery, request = nodes[0].requests
    assert discovery.filter == Filter(classes=("webserver",), agents=("echo",))
    assert (request.filter, request.targets) == (Filter(classes=("webserver",), agents=("echo",)), None)


def test_an_empty_discovery_sends_nothing_more(fleet):
    node = fleet.node("web1", silent)
    with fleet.client() as mco:
        replies = mco.request("echo", 1)
        assert list(replies) == []
        assert replies.stats.discovered == ()
        assert list(mco.request("echo", 1, nodes=[])) == []
        with pytest.raises(UsageError):
            mco.send("echo", None, 1, Audience(()))
        with pytest.raises(UsageError):
            mco.send("echo", None, 1, Audience((), Discovered()))
    assert [request.agent for request in node.requests] == ["discovery"]


def test_an_unknown_collective_is_refused_before_anything_is_sent(fleet):
    node = fleet.node("web1")
    with fleet.client() as mco, pytest.raises(UsageError, match="unknown collective 'dc9'"):
        mco.request("echo", 1, collective="dc9")
    assert node.requests == []


def test_a_second_discovery_ends_when_the_known_hosts_have_answered(fleet):
    fleet.node("web1")
    fleet.node("web2")
    config = "discovery_timeout = 0.4\n"
    with fleet.client(config) as mco:
        first, second = mco.discover(), mco.discover()
        whole = mco.discover(full=True)
    assert first.nodes == second.nodes == whole.nodes == ("web1", "web2")
    assert second.seconds < 0.3 < first.seconds
    assert whole.seconds >= 0.4


def test_a_known_host_that_is_silent_is_waited_for_and_named(fleet):
    fleet.node("web1")
    web2 = fleet.node("web2")
    with fleet.client() as mco:
        mco.discover()
        web2.answer = silent
        found = mco.discover()
        assert (found.nodes, found.silent_known) == (("web1",), ("web2",))
        assert found.seconds >= 0.3
        assert mco.discover().silent_known == ("web2",)


def test_a_discovery_that_was_cut_short_teaches_nothing(fleet):
    fleet.node("web1")
    with fleet.client("discovery_timeout = 20\n") as mco:
        replies = mco.ping()
        assert next(replies).sender == "web1"
        replies.close()
        assert list(replies) == []
    assert list(fleet.folder.glob("*")) == []


def test_a_refusal_is_no_discovered_host_and_is_told(fleet):
    fleet.node("web1")
    fleet.node(
        "web2", lambda node, request: {"reply": {"statuscode": 5, "statusmsg": "5 s fast", "refusal": "clockskew"}, "body": None}
    )
    with fleet.client() as mco:
        replies = mco.request("echo", 1, timeout=0.3)
        assert [reply.sender for reply in replies] == ["web1"]
    (refusal,) = replies.stats.refusals
    assert (refusal.sender, refusal.refusal, refusal.statusmsg) == ("web2", "clockskew", "5 s fast")


def sealed(fleet, request, sender, body="pong"):
    security = fleet.site.security(sender)
    reply = Reply(request.id, request.digest, sender, request.agent, request.action, body, time.time())
    (payload,) = security.seal_reply(reply, request)
    return payload


def test_a_reply_whose_bytes_were_changed_is_dropped_and_counted(fleet):
    def tampered(node, request):
        payload = sealed(fleet, request, "web1")
        changed = b"A" if payload[200:201] != b"A" else b"B"
        node.send_bytes(request, payload[:200] + changed + payload[201:])

    fleet.node("web1", tampered)
    with fleet.client() as mco:
        replies = mco.request("echo", 1, nodes=["web1"], timeout=0.3)
        assert list(replies) == []
    assert (replies.stats.unverified, replies.stats.no_response) == (1, ("web1",))


def test_a_reply_to_another_request_is_dropped_and_counted(fleet):
    def other(node, request):
        node.send(replace(request, digest="0" * 64), "evil")

    fleet.node("web1", other)
    with fleet.client() as mco:
        replies = mco.request("echo", 1, nodes=["web1"], timeout=0.3)
        assert list(replies) == []
    assert (replies.stats.unverified, replies.stats.no_response) == (1, ("web1",))


@pytest.mark.parametrize("garbage", [b"", b"{}", b"\x00\xff" * 100, b'{"p":"mcpy/1"}', b"[" * 100_000])
def test_garbage_in_the_reply_queue_is_counted_and_never_a_result(fleet, garbage):
    def answer(node, request):
        node.send_bytes(request, garbage)
        return "pong"

    fleet.node("web1", answer)
    with fleet.client() as mco:
        replies = mco.request("echo", 1, nodes=["web1"], timeout=2)
        assert [reply.body for reply in replies] == ["pong"]
    assert replies.stats.unverified == 1


def test_a_reply_is_taken_once(fleet):
    def thrice(node, request):
        node.send(request, "a")
        node.send(request, "b")
        return "c"

    fleet.node("web1", thrice)
    fleet.node("web2", silent)
    with fleet.client() as mco:
        replies = mco.request("echo", 1, nodes=["web1", "web2"], timeout=0.3)
        assert [reply.body for reply in replies] == ["a"]
    assert replies.stats.duplicates == 2


def test_a_directed_request_takes_no_answer_of_others(fleet):
    def in_web2(node, request):
        fleet.nodes["web2"].send(request, "me too")
        return "mine"

    fleet.node("web2", silent)
    fleet.node("web1", in_web2)
    with fleet.client() as mco:
        replies = mco.request("echo", 1, nodes=["web1"], timeout=0.3)
        assert [reply.body for reply in replies] == ["mine"]
    assert replies.stats.unexpected == ("web2",)


def test_a_large_reply_arrives_whole(fleet):
    large = "x" * (3 * 1024 * 1024)
    fleet.node("web1", lambda node, request: large)
    with fleet.client() as mco:
        (reply,) = mco.request("echo", 1, nodes=["web1"])
    assert reply.body == large


def test_two_requests_may_be_open_at_once(fleet):
    fleet.node("web1")
    with fleet.client() as mco:
        outer, inner = mco.request("echo", "outer", nodes=["web1"]), mco.request("echo", "inner", nodes=["web1"])
        assert [reply.body for reply in inner] == ["inner"]
        assert [reply.body for reply in outer] == ["outer"]


def test_a_request_is_sent_though_nobody_looks_at_its_replies(fleet):
    node = fleet.node("web1", silent)
    seen = threading.Event()
    node.answer = lambda node, request: seen.set()
    with fleet.client() as mco:
        mco.request("echo", 1, nodes=["web1"])
    assert seen.wait(5)


def test_sending_without_results_asks_for_no_reply(fleet):
    seen = threading.Event()
    node = fleet.node("web1", lambda node, request: seen.set())
    with fleet.client() as mco:
        request_id = mco.send("echo", None, 1, Audience(("web1",)))
    assert seen.wait(5)
    assert (node.requests[0].id, node.requests[0].reply_to) == (request_id, None)


def test_a_late_reply_does_not_disturb_the_next_request(fleet):
    late = []

    def answer(node, request):
        if request.body == "first":
            late.append(request)
            return None
        for old in late:
            node.send(old, "late")
        return "now"

    fleet.node("web1", answer)
    with fleet.client() as mco:
        assert list(mco.request("echo", "first", nodes=["web1"], timeout=0.1)) == []
        replies = mco.request("echo", "second", nodes=["web1"])
        assert [reply.body for reply in replies] == ["now"]
    assert (replies.stats.unverified, replies.stats.duplicates) == (0, 0)


def test_250_named_hosts_are_signed_in_two_chunks_under_one_id(fleet):
    names = [f"db{number}" for number in range(249)] + ["web1"]
    node = fleet.node("web1")
    with fleet.client() as mco:
        replies = mco.request("echo", "hi", nodes=names, timeout=1)
        assert [reply.sender for reply in replies] == ["web1"]
        assert len(replies.stats.no_response) == 249
    (request,) = node.requests
    assert (request.id, len(request.targets)) == (replies.request_id, 50)


def test_an_unreachable_broker_is_an_error_of_the_operators_kind(fleet):
    fleet.broker.stop()
    with pytest.raises(BrokerUnreachable, match="loopback:0"):
        fleet.client().connect()


def test_a_broker_lost_while_sending_is_told_to_who_waits(fleet):
    with fleet.client() as mco:
        fleet.broker.stop()
        replies = mco.request("echo", 1, nodes=["web1"])
        with pytest.raises(NotConnected):
            list(replies)
        assert list(replies) == []


def test_closing_gives_up_the_reply_queue(fleet):
    node = fleet.node("web1")
    with fleet.client() as mco:
        list(mco.request("echo", 1, nodes=["web1"]))
    assert not any(".reply." in name for name in fleet.broker._subscribers)
    assert node.requests[0].reply_to not in fleet.broker._subscribers


class Slow:
    """A connector in a time of its own: hosts answer a broadcast after the delay set for each, and waiting only turns the clock."""

    def __init__(self, security, delays):
        self.security = security
        self.delays, self.now, self.due = delays, 1000.0, []
        self.published = threading.Event()

    def clock(self):
        return self.now

    def connect(self, timeout=None):
        pass

    subscribe = unsubscribe = lambda self, destinations: None

    def publish(self, publications, *, confirm=None):
        for publication in publications:
            for name, delay in self.delays.items():
                security = self.security[name]
                request = security.open_request(security.read(publication.payload))
                reply = Reply(request.id, request.digest, name, "discovery", None, "pong", time.time())
                (payload,) = security.seal_reply(reply, request)
                self.due.append((self.now + delay, payload))
        self.due.sort()
        self.published.set()

    def receive(self, timeout=None):
        assert self.published.wait(5)
        if self.due and self.due[0][0] <= self.now + timeout:
            at, payload = self.due.pop(0)
            self.now = max(self.now, at)
            return Delivery(payload, Destination(Kind.REPLY, "mcollective", "/queue/x"))
        self.now += timeout
        return None

    def close(self):
        pass


def test_discoveries_of_hosts_delayed_at_random_miss_none_and_end_early(fleet):
    chance = random.Random(11)
    names = [f"web{number}" for number in range(6)]
    security = {name: fleet.site.security(name) for name in names}
    spent = []
    for _ in range(500):
        slow = Slow(security, {name: chance.uniform(0.0, 1.9) for name in names})
        client = fleet.client("discovery_timeout = 2\n", connector=slow, monotonic=slow.clock)
        spent.append(client.discover())
    assert all(found.nodes == tuple(names) for found in spent)
    assert spent[0].seconds == pytest.approx(2.0, abs=0.2)
    assert [found.ended for found in spent] == ["window"] + ["known"] * 499
    assert sum(found.seconds < 1.9 for found in spent[1:]) > 100


def test_a_host_that_appears_is_found_at_the_latest_when_the_full_window_is_next_used(fleet):
    security = {name: fleet.site.security(name) for name in ("web1", "web2")}
    config = "discovery_timeout = 2\nplugin.discovery.full_window_interval = 600\n"
    delays = {"web1": 0.1}

    def discover(minutes, **words):
        slow = Slow(security, delays)
        return fleet.client(config, connector=slow, monotonic=slow.clock, clock=lambda: 1e9 + minutes * 60).discover(**words)

    first = discover(0)
    assert (first.nodes, first.ended, first.age) == (("web1",), "window", None)
    delays["web2"] = 1.5  # it begins to be there
    early = discover(9)
    assert (early.nodes, early.ended, early.age) == (("web1",), "known", 540.0)
    assert discover(9, full=True).nodes == ("web1", "web2")
    for file in fleet.folder.glob("*.json"):
        file.write_text(file.read_text().replace('"web2":', '"web3":'))  # as if nobody had asked that way
    del delays["web2"]
    security["web2"], delays["web2"] = fleet.site.security("web2"), 1.5
    late = discover(20)
    assert (late.nodes, late.ended, late.silent_known) == (("web1", "web2"), "window", ("web3",))


def test_a_window_shorter_than_usual_does_not_stand_for_a_full_one(fleet):
    security = {name: fleet.site.security(name) for name in ("web1", "web2")}

    def discover(**words):
        slow = Slow(security, {"web1": 0.1, "web2": 1.5})
        return fleet.client("discovery_timeout = 2\n", connector=slow, monotonic=slow.clock).discover(**words)

    assert (discover(timeout=0.5).nodes, discover(timeout=0.5).ended) == (("web1",), "known")
    found = discover()
    assert (found.nodes, found.ended) == (("web1", "web2"), "window")
    assert discover(timeout=30).ended == "known"  # a longer wait is a bound


def test_the_wait_where_nobody_is_known_may_be_longer(fleet):
    security = {name: fleet.site.security(name) for name in ("web1", "web2")}
    delays = {"web1": 0.1, "web2": 0.1}

    def ping(**words):
        slow = Slow(security, delays)
        replies = fleet.client("discovery_timeout = 2\n", connector=slow, monotonic=slow.clock).ping(unknown_timeout=5.0, **words)
        list(replies)
        return replies.stats

    assert ping().agent_time == pytest.approx(5.0, abs=0.2)
    delays["web2"] = 60.0
    silent = ping()
    assert (silent.silent_known, silent.discovery_ended) == (("web2",), "window")
    assert silent.agent_time == pytest.approx(2.0, abs=0.2)
    assert ping(full=True).agent_time == pytest.approx(5.0, abs=0.2)
    named = ping(filter=Filter.parse(identities=["web1", "web2"]))
    assert (named.no_response, named.discovery_ended) == (("web2",), "named")
    assert named.agent_time == pytest.approx(2.0, abs=0.2)


def test_a_ping_of_named_hosts_ends_when_they_have_answered_and_names_who_has_not(fleet):
    fleet.node("web1")
    with fleet.client("discovery_timeout = 20\n") as mco:
        replies = mco.ping(Filter.parse(identities=["web1"]))
        assert [reply.sender for reply in replies] == ["web1"]
        replies = mco.ping(Filter.parse(identities=["web1", "web9"]), timeout=0.3)
        assert [reply.sender for reply in replies] == ["web1"]
    assert replies.stats.no_response == ("web9",)
    assert list(fleet.folder.glob("*")) == []


def test_the_words_of_a_request_say_whom_it_is_for(fleet):
    nodes = [fleet.node(name) for name in ("web1", "web2", "web3")]
    with fleet.client() as mco:
        assert sorted(reply.sender for reply in mco.request("echo", 1, identity=["web1", "web2"], timeout=0.3)) == ["web1", "web2"]
        list(mco.request("echo", 1, with_class="role::web", filter=Filter(classes=("a",)), timeout=0.3))
    asked = [request.filter for node in nodes for request in node.requests if request.agent == "discovery"]
    assert asked == [Filter(classes=("a", "role::web"), agents=("echo",))] * 3
    assert len(nodes[2].requests) == 2  # the discovery of the second request, and that request


def test_a_host_that_no_longer_matches_a_filter_is_waited_for_three_times_only(fleet):
    web2 = fleet.node("web2")
    fleet.node("web1")
    webs = Filter(classes=("role::web",))
    with fleet.client() as mco:
        assert mco.discover(webs).nodes == ("web1", "web2")
        assert mco.discover().nodes == ("web1", "web2")
        web2.answer = lambda node, request: None
        assert [mco.discover(webs).silent_known for _ in range(4)] == [("web2",), ("web2",), ("web2",), ()]
        assert [mco.discover().silent_known for _ in range(4)] == [("web2",)] * 4  # no filter can have left it out


def test_a_filter_that_no_host_could_apply_is_an_error_before_anything_is_sent(fleet):
    node = fleet.node("web1")
    with fleet.client() as mco:
        for call in (lambda: mco.ping(Filter(classes=("/web(/",))), lambda: mco.request("echo", 1, identity="/[/")):
            with pytest.raises(FilterError, match="regular expression that is not taken"):
                call()
        assert [reply.sender for reply in mco.request("echo", 1, nodes=["web1"])] == ["web1"]
    assert len(node.requests) == 1
