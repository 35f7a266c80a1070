"""What a host's login must not reach by any trick of a broker: who is root on one host has it, and the key of psk with it."""

import itertools
import time

import pytest

from mcollective_py.connector.activemq import activemq_targets
from mcollective_py.connector.pool import Broker, Options
from mcollective_py.connector.rabbitmq import RabbitMQTargets
from mcollective_py.connector.stomp import StompConnector
from mcollective_py.errors import ConnectorError
from mcollective_py.message import Destination, Kind, Publication
from tests.parts.rabbitmq import RabbitMQ
from tests.parts.require import require_activemq, require_programs
from tests.parts.test_broker_setup import NODE, OPERATOR, Login, OwnActiveMQ, read_passwords, setup
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

LIMIT = 20.0
RPCUTIL = "/topic/mcollective.rpcutil.agent"
# Words that the destinations of a fleet have, and the wildcards: what a pattern can be made of that means one of them.
WORDS = ("*", ">", "mcollective", "agent", "nodes", "reply", "registration")


class Attacker(Login):
    """A login that sends what it likes, and keeps what it is sent."""

    def __init__(self, port: int, user: str, password: str, vhost: str) -> None:
        self.got: list[bytes] = []
        super().__init__(port, user, password, vhost)

    def send(self, destination: str, body: str, **headers: str) -> str:
        """RECEIPT, ERROR or CLOSED."""
        head = "".join(f"{name}:{value}\n" for name, value in {"destination": destination, "receipt": "9", **headers}.items())
        self._socket.sendall(f"SEND\n{head}\n{body}\0".encode())
        while (answer := self._frame()).strip().startswith(b"MESSAGE"):
            self.got.append(answer)
        return answer.strip().split(b"\n")[0].decode()

    def bodies_until(self, last: str) -> list[str]:
        """Bodies of the messages that came, up to this one, which is left out."""
        deadline = time.monotonic() + LIMIT
        while True:
            bodies = [message.split(b"\n\n", 1)[1].decode() for message in self.got]
            if last in bodies:
                return bodies[: bodies.index(last)]
            assert time.monotonic() < deadline, f"{last} did not come, only {bodies}"
            frame = self._frame()
            assert frame != b"CLOSED"
            if frame.strip().startswith(b"MESSAGE"):
                self.got.append(frame.lstrip())


class RegisteringActiveMQ(OwnActiveMQ):
    more = ("--registration",)


def patterns() -> list[str]:
    names = [".".join(words) for count in (1, 2, 3) for words in itertools.product(WORDS, repeat=count)]
    odd = ["mcollective.*.agent.>", "*.*.*.*", "mcollective.reply.>", "mcollective.reply.*.*", "mcollective.*.>"]
    return [f"/{kind}/{name}" for kind in ("topic", "queue") for name in [*names, *odd] if "*" in name or ">" in name]


@pytest.fixture(scope="module")
def activemq(tmp_path_factory):
    require_activemq()
    with OwnActiveMQ(tmp_path_factory.mktemp("activemq") / "broker") as broker:
        yield lambda login: Attacker(broker.port, login, read_passwords(broker.passwords)[login], "mcollective")


def test_a_host_reaches_no_other_by_a_pattern_on_activemq(activemq):
    operator, before = activemq(OPERATOR), activemq(NODE)
    reply = "/queue/mcollective.reply.alice.example.com_1.f00"
    assert operator.may("SUBSCRIBE", destination=reply, id="1")
    mine = {"destination": "/queue/mcollective.nodes", "selector": "mc_identity = 'web1'"}
    assert before.may("SUBSCRIBE", destination=RPCUTIL, id="1")
    assert before.may("SUBSCRIBE", id="2", **mine)
    attacker = activemq(NODE)
    # A destination is made by the first message; whoever subscribes later is attached to it.
    taken = [name for name in patterns() if attacker.send(name, f"evil {name}", mc_identity="web1") == "RECEIPT"]
    after = activemq(NODE)
    assert after.may("SUBSCRIBE", destination=RPCUTIL, id="1")
    for name in [*taken, RPCUTIL, "/queue/mcollective.nodes"]:
        attacker.send(name, f"evil {name}", mc_identity="web1")
    assert operator.send(RPCUTIL, "a request") == "RECEIPT"
    assert before.bodies_until("a request") == []
    assert after.bodies_until("a request") == []
    assert operator.send("/queue/mcollective.nodes", "by name", mc_identity="web1") == "RECEIPT"
    assert before.bodies_until("by name") == ["a request"]
    assert taken == []
    assert attacker.send(reply, "an answer") == "RECEIPT"
    assert operator.bodies_until("an answer") == []


def test_a_host_makes_no_queue_on_activemq_and_reads_no_replies_by_a_pattern(activemq):
    attacker, operator = activemq(NODE), activemq(OPERATOR)
    assert operator.may("SUBSCRIBE", destination="/queue/mcollective.reply.bob_1.f00", id="1")
    places = ("/queue/mcollective.reply.x", "/queue/x", "/temp-queue/x", "/temp-topic/x")
    assert [attacker.send(place, "x") for place in places] == ["ERROR"] * 4
    for number, name in enumerate(name for name in patterns() if name.startswith("/queue/")):
        attacker.may("SUBSCRIBE", destination=name, id=str(number))
    assert activemq(NODE).send("/queue/mcollective.reply.bob_1.f00", "secret") == "RECEIPT"
    assert operator.bodies_until("secret") == []
    assert attacker.send("/queue/x", "x") == "ERROR"
    assert attacker.got == []


def test_a_host_of_ours_takes_nothing_by_a_pattern_where_registrations_are_let_in(tmp_path):
    require_activemq()
    with RegisteringActiveMQ(tmp_path / "broker") as broker:
        passwords = read_passwords(broker.passwords)
        attacker = Attacker(broker.port, NODE, passwords[NODE], "mcollective")
        # Ruby hosts take this: what --registration opens.
        assert attacker.send("/topic/mcollective.*.agent", "first") == "RECEIPT"
        pool = [Broker("127.0.0.1", broker.port, user=NODE, password=passwords[NODE])]
        victim = StompConnector(pool, "web1", is_daemon=True, targets=activemq_targets())
        try:
            victim.connect(LIMIT)
            victim.subscribe([Destination(Kind.AGENT, "mcollective", "rpcutil")])
            assert victim.wait_subscribed(LIMIT)
            assert attacker.send("/topic/mcollective.*.agent", "evil") == "RECEIPT"
            operator = Attacker(broker.port, OPERATOR, passwords[OPERATOR], "mcollective")
            assert operator.send(RPCUTIL, "a request") == "RECEIPT"
            assert victim.receive(LIMIT).payload == b"a request"
            assert victim.dropped == 1
        finally:
            victim.close()


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory):
    require_programs("rabbitmq-server")
    folder = tmp_path_factory.mktemp("rabbitmq")
    with RabbitMQ(folder / "broker") as broker:
        yield broker, folder / "passwords"


def set_up(rabbitmq, *words):
    broker, passwords = rabbitmq
    api = ["--api", f"http://127.0.0.1:{broker.api_port}", "--api-user", broker.user, "--passwords", str(passwords)]
    setup("rabbitmq", *api, "--vhost", "/fleet", *words, answer=f"{broker.password}\n")
    return lambda login: Attacker(broker.port, login, read_passwords(passwords)[login], "/fleet")


OWN = {"exclusive": "true", "auto_delete": "true"}
DEAD_LETTERS = {
    **OWN,
    "ack": "client",
    "prefetch_count": "1",
    "x_queue_name": "stomp-subscription-0123456789abcdefghijkl",
    "x_message_ttl": "50",
}


@pytest.mark.parametrize(
    ("exchange", "key"),
    [("mcollective_broadcast", "rpcutil"), ("mcollective_directed", "web1"), ("mcollective_broadcast", "registration")],
)
def test_a_host_reaches_no_other_by_dead_letters_on_rabbitmq(rabbitmq, exchange, key):
    login = set_up(rabbitmq)
    victim, attacker = login(NODE), login(NODE)
    assert victim.may("SUBSCRIBE", destination=f"/exchange/{exchange}/{key}", id="1", **OWN)
    asked = {**DEAD_LETTERS, "x_dead_letter_exchange": exchange, "x_dead_letter_routing_key": key}
    assert not attacker.may("SUBSCRIBE", destination="/exchange/mcollective_broadcast/registration", id="5", **asked)
    for _ in range(3):
        assert login(NODE).send("/exchange/mcollective_broadcast/registration", "evil") == "ERROR"
    assert login(OPERATOR).send(f"/exchange/{exchange}/{key}", "a request") == "RECEIPT"
    assert victim.bodies_until("a request") == []


def test_a_host_makes_no_queue_of_another_name_on_rabbitmq_and_none_that_stays(rabbitmq):
    login = set_up(rabbitmq)
    broker, _ = rabbitmq
    odd = {"durable": "true", "auto_delete": "false", "x_queue_name": "evil"}
    for name in ("evil", "stomp-subscription-evil"):
        asked = {"destination": "/exchange/mcollective_broadcast/#", "id": "1", **odd, "x_queue_name": name}
        assert not login(NODE).may("SUBSCRIBE", **asked)
    (policy,) = broker.api("GET", "policies/%2Ffleet")
    assert policy["definition"] == {"message-ttl": 70_000, "expires": 600_000, "max-length-bytes": 64 << 20}


def test_a_registration_that_is_not_let_in_costs_a_host_no_request(rabbitmq, caplog):
    login = set_up(rabbitmq)
    broker, passwords = rabbitmq
    pool = [Broker("127.0.0.1", broker.port, user=NODE, password=read_passwords(passwords)[NODE])]
    host = StompConnector(pool, "web1", is_daemon=True, targets=RabbitMQTargets(), options=Options(vhost="/fleet"))
    registration = Publication(b"x", Destination(Kind.AGENT, "mcollective", "registration"), "web1", time.time(), 60)
    try:
        host.connect(LIMIT)
        host.subscribe([Destination(Kind.AGENT, "mcollective", "rpcutil")])
        assert host.wait_subscribed(LIMIT)
        host.publish([registration])
        wait_until("it is back", lambda: host.reconnects == 1 and host.wait_subscribed(0), LIMIT)
        with pytest.raises(ConnectorError, match="RabbitMQ refused what was sent to the exchange mcollective_broadcast"):
            host.publish([registration])
        assert login(OPERATOR).send("/exchange/mcollective_broadcast/rpcutil", "a request") == "RECEIPT"
        assert host.receive(LIMIT).payload == b"a request"
        assert "`mco broker setup rabbitmq --registration`" in caplog.text
    finally:
        host.close()


def test_a_host_of_ours_takes_no_dead_letter_where_registrations_are_let_in(rabbitmq):
    login = set_up(rabbitmq, "--registration")
    broker, passwords = rabbitmq
    pool = [Broker("127.0.0.1", broker.port, user=NODE, password=read_passwords(passwords)[NODE])]
    victim = StompConnector(pool, "web1", is_daemon=True, targets=RabbitMQTargets(), options=Options(vhost="/fleet"))
    try:
        victim.connect(LIMIT)
        victim.subscribe([Destination(Kind.AGENT, "mcollective", "rpcutil")])
        assert victim.wait_subscribed(LIMIT)
        attacker = login(NODE)
        asked = {**DEAD_LETTERS, "x_dead_letter_exchange": "mcollective_broadcast", "x_dead_letter_routing_key": "rpcutil"}
        assert attacker.may("SUBSCRIBE", destination="/exchange/mcollective_broadcast/registration", id="5", **asked)
        for _ in range(3):
            assert attacker.send("/exchange/mcollective_broadcast/registration", "evil") == "RECEIPT"
        deadline = time.monotonic() + LIMIT
        while victim.dropped < 2:
            delivery = victim.receive(0.1)
            assert delivery is None, delivery
            assert time.monotonic() < deadline
        assert login(OPERATOR).send("/exchange/mcollective_broadcast/rpcutil", "a request") == "RECEIPT"
        assert victim.receive(LIMIT).payload == b"a request"
    finally:
        victim.close()
