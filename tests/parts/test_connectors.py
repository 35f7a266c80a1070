"""The connector's contract, met by every adapter: loopback in memory, the embedded broker, a real ActiveMQ and a real RabbitMQ."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from mcollective_py.connector.activemq import activemq_targets
from mcollective_py.connector.addresses import AddressBook
from mcollective_py.connector.factory import ObservedConnector
from mcollective_py.connector.link import Link
from mcollective_py.connector.loopback import LoopbackBroker
from mcollective_py.connector.pool import Broker, Options, TLSFiles
from mcollective_py.connector.rabbitmq import RabbitMQTargets
from mcollective_py.connector.stomp import StompConnector
from mcollective_py.connector.stream import open_stream
from mcollective_py.connector.targets import Targets, TopicTargets
from mcollective_py.errors import BrokerRefused, BrokerUnreachable, ConnectorClosed, ConnectorError, NotConnected
from mcollective_py.message import EVERY_AGENT, Delivery, Destination, Kind, Publication
from tests.connector.certificates import Authority
from tests.connector.scripted import LIMIT
from tests.parts.activemq import ActiveMQ
from tests.parts.embedded import EmbeddedBroker
from tests.parts.proxy import Proxy
from tests.parts.rabbitmq import RabbitMQ
from tests.parts.require import require_activemq, require_rabbitmq
from tests.waiting import wait_until

pytestmark = [pytest.mark.parts, pytest.mark.timed]

BEAT = 1.0  # s
VHOST = "/mcollective"
ALL = ["loopback", "embedded", "activemq", "rabbitmq"]
REAL = ALL[1:]
WITH_QUEUES = ALL[:3]  # brokers that keep a request for a host that is not there
TOPIC_KIND = ALL[1:3]  # real brokers of one kind of destinations, so that the embedded one can stand in

AnyBroker = LoopbackBroker | EmbeddedBroker | ActiveMQ | RabbitMQ


class Place:
    """Where connectors meet: one broker, of whatever kind."""

    def __init__(self, broker: AnyBroker, folder: Path) -> None:
        self.broker, self.folder = broker, folder
        self._open: list[ObservedConnector] = []

    @property
    def vhost(self) -> str:
        return VHOST if isinstance(self.broker, RabbitMQ) else "mcollective"

    def targets(self, *, is_multiplexed: bool = False) -> Targets:
        """Of this kind of broker; on RabbitMQ with the reply exchange, so that a reply queue has a name before anybody asks."""
        if isinstance(self.broker, RabbitMQ):
            return RabbitMQTargets(has_reply_exchange=True, is_multiplexed=is_multiplexed)
        if isinstance(self.broker, ActiveMQ):
            return activemq_targets(is_multiplexed=is_multiplexed)
        return TopicTargets(is_multiplexed=is_multiplexed)

    def replies(self, collective: str, token: str = "1.0123456789abcdef") -> Destination:
        return self.targets().reply_destination(collective, "ops1", token)

    def make(
        self,
        identity: str,
        *,
        is_daemon: bool = True,
        pool: list[Broker] | None = None,
        targets: Targets | None = None,
        **options: bool,
    ) -> ObservedConnector:
        """A connector, not connected; closed at the end of the test."""
        made: ObservedConnector
        targets = targets or self.targets()
        if isinstance(self.broker, LoopbackBroker):
            made = self.broker.connector(identity, is_daemon=is_daemon, targets=targets)
        else:
            behaviour = Options(heartbeat=BEAT, vhost=self.vhost, **options)  # type: ignore[arg-type]
            made = StompConnector(pool or [self.address()], identity, is_daemon=is_daemon, targets=targets, options=behaviour)
        self._open.append(made)
        return made

    def address(self, **changes: object) -> Broker:
        assert not isinstance(self.broker, LoopbackBroker)
        known = {"host": self.broker.host, "port": self.broker.port, "user": self.broker.user, "password": self.broker.password}
        return Broker(**(known | changes))  # type: ignore[arg-type]

    def node(self, identity: str, *destinations: Destination, **more: object) -> ObservedConnector:
        """A connected node whose subscriptions the broker has confirmed."""
        made = self.make(identity, **more)  # type: ignore[arg-type]
        made.connect(LIMIT)
        made.subscribe(destinations)
        assert made.wait_subscribed(LIMIT)
        return made

    def client(self, **more: object) -> ObservedConnector:
        made = self.make("ops1", is_daemon=False, **more)  # type: ignore[arg-type]
        made.connect(60)  # it gives up as long after a loss, and a RabbitMQ takes 10 s to start
        return made

    def close(self) -> None:
        for made in self._open:
            made.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Callable[[str], AnyBroker]]:
    """Gives the broker of a kind, started when first asked for; ActiveMQ and RabbitMQ have a port with TLS too."""
    good = authority.issue("good")
    running: dict[str, AnyBroker] = {}

    def make(kind: str) -> LoopbackBroker | contextlib.AbstractContextManager[AnyBroker]:
        folder = tmp_path_factory.mktemp(kind)
        if kind == "loopback":
            return LoopbackBroker()
        if kind == "embedded":
            return EmbeddedBroker(user="mcollective", password="a:long\\password")
        if kind == "activemq":
            require_activemq()
            stores = authority.pkcs12("good")
            return ActiveMQ(folder / "amq", keystore=stores[0], truststore=stores[1], store_password="changeit")
        require_rabbitmq()
        return RabbitMQ(folder, vhost=VHOST, certificate=Path(f"{good}.pem"), key=Path(f"{good}.key"), ca=authority.ca)

    with contextlib.ExitStack() as ends:

        def get(kind: str) -> AnyBroker:
            if kind not in running:
                made = make(kind)
                running[kind] = made if isinstance(made, LoopbackBroker) else ends.enter_context(made)
            return running[kind]

        yield get


@pytest.fixture(scope="module", params=ALL)
def any_broker(request: pytest.FixtureRequest, started: Callable[[str], AnyBroker]) -> AnyBroker:
    return started(request.param)


@pytest.fixture(scope="module", params=REAL)
def real_broker(request: pytest.FixtureRequest, started: Callable[[str], AnyBroker]) -> AnyBroker:
    return started(request.param)


@pytest.fixture
def rabbit(started: Callable[[str], AnyBroker], collective: str, tmp_path: Path) -> Iterator[Place]:
    """A place on RabbitMQ, with the exchanges of the test's collective."""
    broker = started("rabbitmq")
    assert isinstance(broker, RabbitMQ)
    broker.declare(collective)
    made = Place(broker, tmp_path)
    yield made
    made.close()


@pytest.fixture
def place(any_broker: AnyBroker, collective: str, tmp_path: Path) -> Iterator[Place]:
    if isinstance(any_broker, RabbitMQ):
        any_broker.declare(collective, f"{collective}x")
    made = Place(any_broker, tmp_path)
    yield made
    made.close()


@pytest.fixture
def real(real_broker: AnyBroker, collective: str, tmp_path: Path) -> Iterator[Place]:
    if isinstance(real_broker, RabbitMQ):
        real_broker.declare(collective)
    made = Place(real_broker, tmp_path)
    yield made
    made.close()


@pytest.fixture
def collective(request: pytest.FixtureRequest) -> str:
    """A collective of each test's own, so that no test hears another."""
    return f"c{abs(hash(request.node.nodeid)) % 10**9}"


def agent(collective: str, name: str = "echo") -> Destination:
    return Destination(Kind.AGENT, collective, name)


def node(collective: str, identity: str) -> Destination:
    return Destination(Kind.NODE, collective, identity)


def to(
    destination: Destination, payload: bytes = b"hello", *, reply_to: str | None = None, age: float = 0, ttl: float = 60
) -> Publication:
    return Publication(payload, destination, "ops1", time.time() - age, ttl, reply_to)


def payload(connector: ObservedConnector, timeout: float = LIMIT) -> bytes | None:
    delivery = connector.receive(timeout)
    return delivery.payload if delivery is not None else None


# --- on every broker --------------------------------------------------------------------------------------------------------


def test_a_broadcast_reaches_every_node_of_the_collective_with_the_agent(place: Place, collective: str):
    echo = agent(collective)
    nodes = [place.node(f"web{number}", echo) for number in range(3)]
    others = [place.node("web8", agent(collective, "puppet")), place.node("web9", agent(f"{collective}x"))]
    place.client().publish([to(echo)])
    assert [payload(each) for each in nodes] == [b"hello"] * 3
    assert [payload(each, 0.2) for each in others] == [None, None]


def test_a_directed_request_reaches_the_node_it_names_and_no_other(place: Place, collective: str):
    web1, web2 = (place.node(name, node(collective, name), agent(collective)) for name in ("web1", "web2"))
    client = place.client()
    client.publish([to(node(collective, name), name.encode()) for name in ("web2", "web1", "web2")])
    assert [payload(web2), payload(web2), payload(web1)] == [b"web2", b"web2", b"web1"]
    assert [payload(web1, 0.2), payload(web2, 0)] == [None, None]


def test_a_delivery_carries_source_reply_queue_and_sender(place: Place, collective: str):
    web1 = place.node("web1", node(collective, "web1"), agent(collective))
    reply = place.replies(collective)
    client = place.client()
    client.publish([to(agent(collective), b"1", reply_to=reply.name)])
    assert web1.receive(LIMIT) == Delivery(b"1", agent(collective), reply.name, "ops1")
    client.publish([to(node(collective, "web1"), b"2")])
    assert web1.receive(LIMIT) == Delivery(b"2", node(collective, "web1"), None, "ops1")


def test_replies_reach_the_client_that_asked_byte_for_byte(place: Place, collective: str):
    reply = place.replies(collective)
    client, other = place.client(), place.client()
    client.subscribe([reply])
    other.subscribe([place.replies(collective, "2.0")])
    assert client.wait_subscribed(LIMIT)
    web1 = place.node("web1")
    bodies = [bytes(range(256)) * 5, b"", b"\0", b"x" * (2 << 20), "ä".encode("latin-1")]
    web1.publish([to(reply, body) for body in bodies])
    assert [payload(client) for _ in bodies] == bodies
    assert payload(other, 0.1) is None
    client.unsubscribe([reply])


def test_messages_arrive_in_the_order_they_were_handed_over(place: Place, collective: str):
    echo = agent(collective)
    web1 = place.node("web1", echo)
    place.client().publish([to(echo, b"%d" % number) for number in range(500)])
    assert [payload(web1) for _ in range(500)] == [b"%d" % number for number in range(500)]


def test_nothing_comes_after_unsubscribing(place: Place, collective: str):
    first, second = agent(collective, "first"), agent(collective, "second")
    web1 = place.node("web1", first, second)
    web1.unsubscribe([first])
    web1.publish([to(first, b"1"), to(second, b"2")])
    assert payload(web1) == b"2"


def test_subscribing_twice_is_once(place: Place, collective: str):
    echo = agent(collective)
    web1 = place.node("web1", echo, echo)
    web1.subscribe([echo])
    web1.publish([to(echo, b"1"), to(echo, b"2")])
    assert [payload(web1), payload(web1), payload(web1, 0.1)] == [b"1", b"2", None]


@pytest.mark.parametrize("any_broker", WITH_QUEUES, indirect=True)
def test_a_directed_request_that_outlived_its_time_is_not_delivered(place: Place, collective: str):
    client = place.client()
    client.publish([to(node(collective, "web1"), b"old", age=100), to(node(collective, "web1"), b"new")])
    assert payload(place.node("web1", node(collective, "web1"))) == b"new"


def test_a_close_wakes_receive_and_sends_what_was_handed_over(place: Place, collective: str):
    echo = agent(collective)
    web1, client = place.node("web1", echo), place.client()
    woken = threading.Event()

    def read() -> None:
        with pytest.raises(ConnectorClosed):
            client.receive(None)
        woken.set()

    threading.Thread(target=read, daemon=True).start()
    client.publish([to(echo, b"%d" % number) for number in range(100)])
    client.close()
    assert woken.wait(LIMIT)
    assert [payload(web1) for _ in range(100)] == [b"%d" % number for number in range(100)]
    with pytest.raises((ConnectorClosed, NotConnected)):
        client.publish([to(echo)])


def test_the_peer_is_known_while_connected(place: Place):
    web1 = place.make("web1")
    assert web1.peer is None
    web1.connect(LIMIT)
    assert web1.peer is not None
    web1.close()
    assert web1.peer is None
    assert web1.dropped == 0


# --- one topic for all agents -------------------------------------------------------------------------------------------------


def test_where_agents_share_a_topic_each_request_comes_once_and_says_so(place: Place, collective: str):
    echo, puppet = agent(collective), agent(collective, "puppet")
    multiplexed = place.targets(is_multiplexed=True)
    web1 = place.node("web1", echo, puppet, node(collective, "web1"), targets=multiplexed)
    place.client(targets=multiplexed).publish(
        [to(echo, b"1"), to(agent(collective, "nosuch"), b"2"), to(node(collective, "web1"), b"3")]
    )
    every = agent(collective, EVERY_AGENT)
    came = [web1.receive(LIMIT) for _ in range(3)]
    assert {(each.payload, each.source) for each in came if each} == {(b"1", every), (b"2", every), (b"3", node(collective, "web1"))}
    assert payload(web1, 0.1) is None
    web1.unsubscribe([puppet])
    web1.publish([to(puppet, b"4")])
    assert payload(web1) == b"4"  # the echo agent still wants the topic
    web1.unsubscribe([echo])
    web1.publish([to(echo, b"5"), to(node(collective, "web1"), b"6")])
    assert payload(web1) == b"6"


# --- what brokers hand on, frame by frame -----------------------------------------------------------------------------------------


class Watcher:
    """A bare connection that keeps the headers of what it is sent."""

    def __init__(self, place: Place, subscribe: Mapping[str, str]) -> None:
        self.frames: queue.Queue[dict[str, str]] = queue.Queue()
        self.bodies: queue.Queue[bytes] = queue.Queue()
        subscribed = self._subscribed = threading.Event()
        broker = place.address()
        stream = open_stream(broker, AddressBook().find(broker.host, broker.port, LIMIT), LIMIT)
        self.link = Link(broker, stream, self, Options(vhost=place.vhost))
        self.link.login(LIMIT)
        self.link.send("SUBSCRIBE", {**subscribe, "receipt": "subscribed"})
        assert subscribed.wait(LIMIT)

    def on_message(self, headers: Mapping[str, str], body: bytes) -> None:
        self.frames.put(dict(headers))
        self.bodies.put(body)

    def on_receipt(self, receipt: str) -> None:
        self._subscribed.set()

    def on_error(self, text: str, receipt: str) -> bool:
        return False

    def on_lost(self, link: Link) -> None:
        pass


def seen(place: Place, publication: Publication, **options: bool) -> tuple[dict[str, str], bytes]:
    """Headers and body of a message as the broker hands it on to a subscriber."""
    targets = place.targets()
    watcher = Watcher(place, targets.subscribe_headers(publication.destination, "web1"))
    place.client(**options).publish([publication])
    try:
        return watcher.frames.get(timeout=LIMIT), watcher.bodies.get(timeout=LIMIT)
    finally:
        watcher.link.goodbye(LIMIT)


@pytest.mark.parametrize("real_broker", TOPIC_KIND, indirect=True)
def test_a_message_says_when_it_dies_and_whom_it_is_for(real: Place, collective: str):
    headers, _ = seen(real, Publication(b"x", node(collective, "web1"), "ops1", time.time() // 1, 60, "/queue/a.reply.x"))
    assert int(headers["expires"]) - int(headers["timestamp"]) == 70_000
    assert (headers["mc_identity"], headers["mc_sender"], headers["reply-to"]) == ("web1", "ops1", "/queue/a.reply.x")


def test_a_message_on_rabbitmq_says_how_long_it_lives(rabbit: Place, collective: str):
    headers, _ = seen(rabbit, to(node(collective, "web1"), reply_to="/exchange/mcollective_reply/ops1_1.a"))
    known = {name: headers[name] for name in ("destination", "expiration", "mc_sender", "reply-to")}
    assert known == {
        "destination": f"/exchange/{collective}_directed/web1",
        "expiration": "70000",
        "mc_sender": "ops1",
        "reply-to": "/exchange/mcollective_reply/ops1_1.a",
    }
    assert not {"timestamp", "expires", "mc_identity"} & set(headers)


def test_bodies_travel_in_base64_where_both_sides_say_so(real: Place, collective: str):
    _, wrapped = seen(real, to(agent(collective), bytes(range(256))), base64=True)
    assert wrapped.startswith(b"AAECAwQF")
    assert max(len(line) for line in wrapped.splitlines()) <= 76
    web1 = real.node("web1", agent(collective), base64=True)
    real.client(base64=True).publish([to(agent(collective), bytes(range(256)))])
    assert payload(web1) == bytes(range(256))


def test_a_priority_reaches_activemq(started: Callable[[str], AnyBroker], collective: str, tmp_path: Path):
    place = Place(started("activemq"), tmp_path)
    watcher = Watcher(place, {"destination": f"/topic/{collective}.echo.agent", "id": "1"})
    place.client(targets=activemq_targets(7)).publish([to(agent(collective))])
    assert watcher.frames.get(timeout=LIMIT)["priority"] == "7"
    watcher.link.goodbye(LIMIT)
    place.close()


# --- faults, on real brokers ------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_at_once(real: Place):
    client = real.make("ops1", is_daemon=False, pool=[real.address(password="wrong-password")])
    start = time.monotonic()
    with pytest.raises(BrokerUnreachable, match=r"refused the login as mcollective.*check \.user and \.password"):
        client.connect(LIMIT)
    assert time.monotonic() - start < 5


def test_after_kill_9_and_restart_every_node_answers_within_five_seconds(real: Place, collective: str):
    echo, reply = agent(collective), real.replies(collective)
    nodes = [real.node(f"web{number}", echo, node(collective, f"web{number}")) for number in range(20)]
    client = real.client()
    client.subscribe([reply])
    real.broker.kill()
    real.broker.start()
    start = time.monotonic()
    assert all(each.wait_subscribed(LIMIT) for each in [*nodes, client])
    assert time.monotonic() - start < 5
    client.publish([to(echo, b"all", reply_to=reply.name), to(node(collective, "web7"), b"one")])
    assert {payload(nodes[7]), payload(nodes[7])} == {b"all", b"one"}
    assert [payload(each) for each in nodes if each is not nodes[7]] == [b"all"] * 19
    nodes[3].publish([to(reply, b"back")])
    assert payload(client) == b"back"
    assert [payload(each, 0) for each in nodes] == [None] * 20


@pytest.mark.parametrize("real_broker", TOPIC_KIND, indirect=True)
def test_when_the_first_broker_dies_the_second_of_the_pool_is_taken(real: Place, collective: str):
    with EmbeddedBroker(user="mcollective", password="other") as second:
        backup = Broker("127.0.0.1", second.port, "mcollective", "other")
        web1 = real.node("web1", agent(collective), pool=[real.address(), backup])
        assert web1.peer == str(real.address())
        real.broker.kill()
        try:
            start = time.monotonic()
            assert wait_for_peer(web1, str(backup))
            assert web1.wait_subscribed(LIMIT)
            assert time.monotonic() - start < 5
            web1.publish([to(agent(collective), b"here")])
            assert payload(web1) == b"here"
        finally:
            real.broker.start()


@pytest.mark.parametrize("real_broker", TOPIC_KIND, indirect=True)
def test_a_frozen_broker_is_noticed_by_its_heartbeats(real: Place, collective: str):
    with EmbeddedBroker(user="mcollective", password="other") as second:
        backup = Broker("127.0.0.1", second.port, "mcollective", "other")
        web1 = real.node("web1", agent(collective), pool=[real.address(), backup])
        real.broker.freeze()
        try:
            start = time.monotonic()
            assert wait_for_peer(web1, str(backup))
            assert time.monotonic() - start < 2 * BEAT + 3
        finally:
            real.broker.thaw()


def test_a_frozen_broker_that_wakes_up_finds_its_node_again(real: Place, collective: str):
    web1 = real.node("web1", agent(collective))
    real.broker.freeze()
    lost = wait_for_peer(web1, None)
    real.broker.thaw()
    assert lost
    start = time.monotonic()
    assert web1.wait_subscribed(LIMIT)
    assert time.monotonic() - start < 5
    web1.publish([to(agent(collective), b"again")])
    assert payload(web1) == b"again"


@pytest.mark.parametrize("real_broker", TOPIC_KIND, indirect=True)
def test_one_forbidden_destination_costs_no_node_its_connection(real: Place, collective: str):
    reader = real.node("web1", agent(collective), pool=[real.address(user="reader")])
    reader.publish([to(agent(collective), b"may not")])
    real.client().publish([to(agent(collective), b"may")])
    assert payload(reader) == b"may"
    assert reader.reconnects == 0  # type: ignore[attr-defined]


# --- on RabbitMQ alone --------------------------------------------------------------------------------------------------------


def flags(place: Place) -> dict[str, tuple[bool, bool, bool]]:
    """Queue -> exclusive, auto-delete, durable."""
    assert isinstance(place.broker, RabbitMQ)
    return {each["name"]: (each["exclusive"], each["auto_delete"], each["durable"]) for each in place.broker.queues()}


def test_every_queue_is_of_one_connection_and_goes_with_it(rabbit: Place, collective: str):
    assert isinstance(rabbit.broker, RabbitMQ)
    before = set(flags(rabbit))
    temporary = RabbitMQTargets().reply_destination(collective, "ops1", "1.a")
    web1 = rabbit.node("web1", agent(collective), node(collective, "web1"), rabbit.replies(collective))
    many = rabbit.node("web2", agent(collective), targets=rabbit.targets(is_multiplexed=True))
    client = rabbit.client(targets=RabbitMQTargets())
    client.subscribe([temporary])
    client.publish([to(agent(collective), reply_to=temporary.name)])
    assert payload(web1) == b"hello"
    made = {name: found for name, found in flags(rabbit).items() if name not in before}
    assert set(made.values()) == {(True, True, False)}
    assert sorted(name.split("-")[0] for name in made) == ["amq.gen", *["stomp"] * 4]
    assert [key for key, _ in rabbit.broker.bindings(f"{collective}_broadcast")] == ["", "echo"]
    assert [key for key, _ in rabbit.broker.bindings(f"{collective}_directed")] == ["web1"]
    for each in (web1, many, client):
        each.close()
    wait_until("the queues are gone", lambda: not set(made) & set(flags(rabbit)), LIMIT)


def test_replies_come_by_a_temporary_queue_that_nobody_subscribes_to(rabbit: Place, collective: str):
    web1 = rabbit.node("web1", agent(collective))
    clients = [rabbit.client(targets=RabbitMQTargets()) for _ in range(2)]
    place = RabbitMQTargets().reply_destination(collective, "ops1", "1.a")
    for number, client in enumerate(clients):
        client.subscribe([place])
        assert client.wait_subscribed(LIMIT)
        client.publish([to(agent(collective), b"%d" % number, reply_to=place.name)])
    for _ in clients:
        request = web1.receive(LIMIT)
        assert request is not None
        assert request.reply_to is not None
        assert request.reply_to.startswith("/reply-queue/")
        web1.publish([to(Destination(Kind.REPLY, collective, request.reply_to), b"to " + request.payload)])
        reply = clients[int(request.payload)].receive(LIMIT)
        assert reply is not None
        assert (reply.payload, reply.source) == (b"to " + request.payload, place)
    for client in clients:
        client.unsubscribe([place])
    assert all(client.peer is not None for client in clients)


def test_a_temporary_queue_comes_back_with_the_next_request_after_a_reconnect(rabbit: Place, collective: str):
    assert isinstance(rabbit.broker, RabbitMQ)
    place = RabbitMQTargets().reply_destination(collective, "ops1", "1.a")
    with Proxy(rabbit.broker.port) as proxy:
        pool = [rabbit.address(port=proxy.port)]
        web1, client = rabbit.node("web1", agent(collective), pool=pool), rabbit.client(targets=RabbitMQTargets(), pool=pool)
        client.subscribe([place])
        for turn in (0, 1):
            if turn:
                proxy.cut()
                wait_until("both are back", lambda: client.reconnects and web1.reconnects, LIMIT)  # type: ignore[attr-defined]
                assert client.wait_subscribed(LIMIT)
                assert web1.wait_subscribed(LIMIT)
            client.publish([to(agent(collective), reply_to=place.name)])
            request = web1.receive(LIMIT)
            assert request is not None
            web1.publish([to(Destination(Kind.REPLY, collective, request.reply_to or ""), b"back")])
            assert payload(client) == b"back"


def test_a_node_whose_old_connection_is_still_there_is_not_locked_out(rabbit: Place, collective: str):
    mine = [agent(collective), node(collective, "web1")]
    stale, fresh = rabbit.node("web1", *mine), rabbit.node("web1", *mine)
    rabbit.client().publish([to(mine[1], b"one")])
    assert payload(fresh) == b"one"
    assert payload(stale) == b"one"


@pytest.mark.parametrize(
    "name",
    [
        "/queue/results",
        "/topic/results",
        "/temp-queue/results",
        "/exchange/nosuch/results",
        "/exchange/mcollective_reply",
        "/exchange/mcollective_reply/a/b",
        "/reply-queue/" + "x" * 300,
        "/queue/c.reply.ops1_1.a",
    ],
)
def test_no_place_for_replies_can_throw_a_node_off_rabbitmq(rabbit: Place, collective: str, name: str):
    web1 = rabbit.node("web1", agent(collective))
    with pytest.raises(ConnectorError, match="no place for replies on RabbitMQ"):
        web1.publish([to(Destination(Kind.REPLY, collective, name))])
    nobodys = ["/reply-queue/nosuch", "/amq/queue/nosuch", "/exchange/mcollective_reply/nosuch"]
    web1.publish([to(Destination(Kind.REPLY, collective, each)) for each in nobodys])
    web1.publish([to(agent(collective), b"still here")])
    assert payload(web1) == b"still here"
    assert web1.reconnects == 0  # type: ignore[attr-defined]


def test_an_exchange_that_a_node_may_not_answer_to_costs_it_one_connection_and_no_second(rabbit: Place, collective: str):
    web1 = rabbit.node("web1", agent(collective), pool=[rabbit.address(user="reader")])
    answer = Destination(Kind.REPLY, collective, "/exchange/mcollective_reply/ops1_1.a")
    web1.publish([to(answer)])
    wait_until("the connection was lost", lambda: web1.reconnects == 1, LIMIT)  # type: ignore[attr-defined]
    assert web1.wait_subscribed(LIMIT)
    with pytest.raises(ConnectorError, match="it refused the exchange mcollective_reply a while ago"):
        web1.publish([to(answer)])
    rabbit.client().publish([to(agent(collective))])
    assert payload(web1) == b"hello"
    assert web1.reconnects == 1  # type: ignore[attr-defined]


def test_a_node_one_of_whose_collectives_has_no_exchanges_works_in_the_others(rabbit: Place, collective: str):
    nowhere = f"{collective}nosuch"
    web1 = rabbit.node("web1", agent(nowhere), node(nowhere, "web1"), agent(collective))
    wait_until("both exchanges were missed", lambda: web1.reconnects == 2, LIMIT)  # type: ignore[attr-defined]
    assert web1.wait_subscribed(LIMIT)
    rabbit.client().publish([to(agent(collective))])
    assert payload(web1) == b"hello"
    assert web1.reconnects == 2  # type: ignore[attr-defined]


def test_a_client_is_told_which_exchange_is_missing(rabbit: Place, collective: str):
    client = rabbit.client()
    client.publish([to(agent(f"{collective}nosuch"))])
    says = rf"no exchange '{collective}nosuch_broadcast' in vhost '/mcollective'.*--collective {collective}nosuch"
    with pytest.raises(BrokerRefused, match=says):
        client.receive(LIMIT)


def test_a_wrong_vhost_is_named(rabbit: Place):
    behaviour = Options(vhost="/nosuch")
    client = StompConnector([rabbit.address()], "ops1", is_daemon=False, targets=rabbit.targets(), options=behaviour)
    with pytest.raises(BrokerUnreachable, match=r"refused the virtual host /nosuch.*check \.vhost"):
        client.connect(LIMIT)
    client.close()


# --- TLS --------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def secured(kind: str, authority: Authority, folder: Path, certificate: str, **issued: object) -> Iterator[Broker]:
    """The address of a broker that shows this certificate and asks for one of ours."""
    theirs = authority.issue(certificate, **issued)
    ours = authority.issue("web1", "web1")
    tls = TLSFiles((str(authority.ca),), f"{ours}.pem", f"{ours}.key")
    if kind == "embedded":
        files = {"certificate": Path(f"{theirs}.pem"), "key": Path(f"{theirs}.key"), "ca": authority.ca}
        with EmbeddedBroker(user="mcollective", password="secret", **files) as embedded:
            yield Broker("localhost", embedded.port, "mcollective", "secret", tls)
        return
    require_activemq()
    stores = authority.pkcs12(certificate)
    with ActiveMQ(folder / "amq", keystore=stores[0], truststore=stores[1], store_password="changeit") as activemq:
        assert activemq.tls_port is not None
        yield Broker("localhost", activemq.tls_port, activemq.user, activemq.password, tls)


@pytest.fixture(params=REAL)
def tls_address(
    request: pytest.FixtureRequest, started: Callable[[str], AnyBroker], authority: Authority, tmp_path: Path
) -> Iterator[tuple[Place, Broker]]:
    """A place and the address of its port with TLS, which asks for one of our certificates."""
    if request.param == "embedded":
        with secured("embedded", authority, tmp_path, "good") as address:
            yield Place(started("embedded"), tmp_path), address
        return
    broker = started(request.param)
    assert isinstance(broker, ActiveMQ | RabbitMQ)
    assert broker.tls_port is not None
    ours = authority.issue("web1", "web1")
    tls = TLSFiles((str(authority.ca),), f"{ours}.pem", f"{ours}.key")
    yield Place(broker, tmp_path), Broker("localhost", broker.tls_port, broker.user, broker.password, tls)


def test_messages_travel_over_mutual_tls(tls_address: tuple[Place, Broker], collective: str):
    place, broker = tls_address
    if isinstance(place.broker, RabbitMQ):
        place.broker.declare(collective)
    echo = agent(collective)
    web1 = place.node("web1", echo, pool=[broker])
    web1.publish([to(echo, b"\0" * 100_000)] * 20)
    assert [payload(web1) for _ in range(20)] == [b"\0" * 100_000] * 20
    nobody = Broker(broker.host, broker.port, broker.user, broker.password, TLSFiles(broker.tls.ca if broker.tls else ()))
    refused = place.make("web1", is_daemon=False, pool=[nobody])
    with pytest.raises(BrokerUnreachable, match="certificate"):
        refused.connect(LIMIT)
    place.close()


@pytest.mark.parametrize("kind", ["embedded", "activemq"])
@pytest.mark.parametrize(
    ("name", "issued", "words"),
    [
        ("wrongname", {"host": "other.example.net"}, "for another name"),
        ("expired", {"days": (-10, -1)}, "expired"),
        ("selfsigned", {"is_self_signed": True}, "self-signed"),
    ],
)
def test_a_brokers_bad_certificate_is_refused(kind: str, name: str, issued: dict, words: str, authority: Authority, tmp_path: Path):
    with secured(kind, authority, tmp_path, name, **issued) as broker:
        client = StompConnector([broker], "ops1", is_daemon=False)
        with pytest.raises(BrokerUnreachable, match=words):
            client.connect(LIMIT)
        client.close()


def wait_for_peer(connector: ObservedConnector, peer: str | None) -> bool:
    deadline, pause = time.monotonic() + LIMIT, threading.Event()
    while connector.peer != peer and time.monotonic() < deadline:
        pause.wait(0.01)
    return connector.peer == peer
