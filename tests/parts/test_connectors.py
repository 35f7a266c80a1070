"""The connector's contract, met by every adapter: loopback in memory, the embedded broker and a real ActiveMQ."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.connector.activemq import activemq_targets
from mcollective_py.connector.factory import ObservedConnector
from mcollective_py.connector.loopback import LoopbackBroker
from mcollective_py.connector.pool import Broker, Options, TLSFiles
from mcollective_py.connector.stomp import StompConnector
from mcollective_py.connector.targets import PLAIN, reply_destination
from mcollective_py.errors import BrokerUnreachable, ConnectorClosed, NotConnected
from mcollective_py.message import Delivery, Destination, Kind, Publication
from tests.connector.certificates import Authority
from tests.connector.scripted import LIMIT
from tests.parts.activemq import ActiveMQ
from tests.parts.embedded import EmbeddedBroker
from tests.parts.require import require_activemq

pytestmark = pytest.mark.parts

BEAT = 1.0  # s


class Place:
    """Where connectors meet: one broker, of whatever kind."""

    def __init__(self, broker: LoopbackBroker | EmbeddedBroker | ActiveMQ, folder: Path) -> None:
        self.broker, self.folder = broker, folder
        self._open: list[ObservedConnector] = []

    def make(self, identity: str, *, is_daemon: bool = True, pool: list[Broker] | None = None) -> ObservedConnector:
        """A connector, not connected; closed at the end of the test."""
        made: ObservedConnector
        if isinstance(self.broker, LoopbackBroker):
            made = self.broker.connector(identity, is_daemon=is_daemon)
        else:
            targets = activemq_targets() if isinstance(self.broker, ActiveMQ) else PLAIN
            made = StompConnector(
                pool or [self.address()], identity, is_daemon=is_daemon, targets=targets, options=Options(heartbeat=BEAT)
            )
        self._open.append(made)
        return made

    def address(self, **changes: object) -> Broker:
        assert not isinstance(self.broker, LoopbackBroker)
        known = {"host": self.broker.host, "port": self.broker.port, "user": self.broker.user, "password": self.broker.password}
        return Broker(**(known | changes))  # type: ignore[arg-type]

    def node(self, identity: str, *destinations: Destination, pool: list[Broker] | None = None) -> ObservedConnector:
        """A connected node whose subscriptions the broker has confirmed."""
        made = self.make(identity, pool=pool)
        made.connect(LIMIT)
        made.subscribe(destinations)
        assert made.wait_subscribed(LIMIT)
        return made

    def client(self) -> ObservedConnector:
        made = self.make("ops1", is_daemon=False)
        made.connect(LIMIT)
        return made

    def close(self) -> None:
        for made in self._open:
            made.close()


@contextlib.contextmanager
def running(kind: str, folder: Path, **tls: Path) -> Iterator[LoopbackBroker | EmbeddedBroker | ActiveMQ]:
    if kind == "loopback":
        yield LoopbackBroker()
    elif kind == "embedded":
        with EmbeddedBroker(user="mcollective", password="a:long\\password") as embedded:
            yield embedded
    else:
        require_activemq()
        with ActiveMQ(folder / "activemq") as activemq:
            yield activemq


@pytest.fixture(scope="module", params=["loopback", "embedded", "activemq"])
def any_broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as broker:
        yield broker


@pytest.fixture(scope="module", params=["embedded", "activemq"])
def real_broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as broker:
        yield broker


@pytest.fixture
def place(any_broker, tmp_path: Path) -> Iterator[Place]:
    made = Place(any_broker, tmp_path)
    yield made
    made.close()


@pytest.fixture
def real(real_broker, tmp_path: Path) -> Iterator[Place]:
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
    reply = reply_destination(collective, "ops1", "1.a")
    client = place.client()
    client.publish([to(agent(collective), b"1", reply_to=reply.name)])
    assert web1.receive(LIMIT) == Delivery(b"1", agent(collective), reply.name, "ops1")
    client.publish([to(node(collective, "web1"), b"2")])
    assert web1.receive(LIMIT) == Delivery(b"2", node(collective, "web1"), None, "ops1")


def test_replies_reach_the_client_that_asked_byte_for_byte(place: Place, collective: str):
    reply = reply_destination(collective, "ops1", "1.0123456789abcdef")
    client, other = place.client(), place.client()
    client.subscribe([reply])
    other.subscribe([reply_destination(collective, "ops1", "2.0")])
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


# --- faults, on real brokers ------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_at_once(real: Place):
    client = real.make("ops1", is_daemon=False, pool=[real.address(password="wrong-password")])
    start = time.monotonic()
    with pytest.raises(BrokerUnreachable, match=r"refused the login as mcollective.*check \.user and \.password"):
        client.connect(LIMIT)
    assert time.monotonic() - start < 5


def test_after_kill_9_and_restart_every_node_answers_within_five_seconds(real: Place, collective: str):
    echo, reply = agent(collective), reply_destination(collective, "ops1", "1.a")
    nodes = [real.node(f"web{number}", echo, node(collective, f"web{number}")) for number in range(20)]
    client = real.client()
    client.subscribe([reply])
    real.broker.kill()
    real.broker.start()
    start = time.monotonic()
    assert all(each.wait_subscribed(LIMIT) for each in [*nodes, client])
    assert time.monotonic() - start < 5
    client.publish([to(echo, b"all", reply_to=reply.name), to(node(collective, "web7"), b"one")])
    assert [payload(each) for each in nodes] == [b"all"] * 20
    assert payload(nodes[7]) == b"one"
    nodes[3].publish([to(reply, b"back")])
    assert payload(client) == b"back"
    assert [payload(each, 0) for each in nodes] == [None] * 20


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


def test_one_forbidden_destination_costs_no_node_its_connection(real: Place, collective: str):
    reader = real.node("web1", agent(collective), pool=[real.address(user="reader")])
    reader.publish([to(agent(collective), b"may not")])
    real.client().publish([to(agent(collective), b"may")])
    assert payload(reader) == b"may"
    assert reader.reconnects == 0  # type: ignore[attr-defined]


# --- TLS --------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


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


@pytest.mark.parametrize("kind", ["embedded", "activemq"])
def test_messages_travel_over_mutual_tls(kind: str, authority: Authority, tmp_path: Path, collective: str):
    with secured(kind, authority, tmp_path, "good") as broker:
        echo = agent(collective)
        web1 = StompConnector([broker], "web1", is_daemon=True, targets=activemq_targets(), options=Options(heartbeat=BEAT))
        web1.connect(LIMIT)
        web1.subscribe([echo])
        assert web1.wait_subscribed(LIMIT)
        web1.publish([to(echo, b"\0" * 100_000)] * 20)
        assert [payload(web1) for _ in range(20)] == [b"\0" * 100_000] * 20
        web1.close()
        nobody = Broker(broker.host, broker.port, broker.user, broker.password, TLSFiles((str(authority.ca),)))
        refused = StompConnector([nobody], "web1", is_daemon=False)
        with pytest.raises(BrokerUnreachable, match="certificate"):
            refused.connect(LIMIT)
        refused.close()


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
