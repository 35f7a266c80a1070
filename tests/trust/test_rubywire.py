"""S-13, S-14, S-15 and S-49 on Ruby's wire: what its plugins do not sign, a host of ours still refuses, and what it cannot."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import permutations
from secrets import token_bytes
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from mcollective_py.errors import (
    BadFilter,
    ClockSkew,
    Filtered,
    Inconsistent,
    Malformed,
    NotACaller,
    NotSigned,
    Rejected,
    Replayed,
    TTLExpired,
    TTLTooLong,
)
from mcollective_py.filter import Filter
from mcollective_py.message import EVERY_AGENT, Delivery, Destination, Kind, Request
from mcollective_py.node.view import NodeView
from mcollective_py.security.aes import AES, Own
from mcollective_py.security.aescipher import wrap_by_private
from mcollective_py.security.base import SecurityPlugin
from mcollective_py.security.keyring import FixedKeys
from mcollective_py.server.audit import NullAudit
from mcollective_py.server.pipeline import Rules, admit, open_delivery
from mcollective_py.server.replay import ReplayMemory
from mcollective_py.wire import marshal
from tests.wire.recorded import plugins, serializer

NOW = 1_800_000_000.0
RULES = Rules(60.0, 300.0, "plugin.psk.max_ttl", 1.0)
NODE = NodeView("node1.example", agents=frozenset({"rpcutil", "discovery", "package"}))
ANSWERS = "/queue/mcollective.reply.client.example_1.1"
TOPIC = Destination(Kind.AGENT, "mcollective", "rpcutil")
BY_NAME = Destination(Kind.NODE, "mcollective", "node1.example")
WIRES = ("activemq-psk", "activemq-ssl-marshal", "activemq-ssl-yaml", "aes")
WITH_HASH = [name for name in WIRES if name != "aes"]  # aes_security has no proof of a body: whoever has the public key makes one


@cache
def aes() -> tuple[AES, AES]:
    """A node's plugin and a client's."""
    key, server = generate_private_key(65537, 2048), generate_private_key(65537, 2048)
    callers = FixedKeys({"alice": key.public_key()})
    node = AES(Own("cert=server", server, None), serializer=marshal, random=token_bytes, callers=callers)
    return node, AES(Own("cert=alice", key, wrap_by_private(key)), serializer=marshal, random=token_bytes)


class Wire:
    """A client and a node with the keys of a recorded fleet, and a node's memory of what it has accepted."""

    def __init__(self, name: str) -> None:
        self.serializer: Any = serializer(name)
        pair: tuple[SecurityPlugin, SecurityPlugin] = aes() if name == "aes" else plugins(name)
        self.node, self.client = pair
        self.replay = ReplayMemory()

    def request(self, **changes: Any) -> Request:
        made = Request(
            id="0123456789abcdef" * 2,
            caller=self.client.caller,
            sender="client.example",
            collective="mcollective",
            agent="rpcutil",
            action="ping",
            body={},
            filter=Filter(agents=("rpcutil",)),
            time=NOW,
            ttl=60,
            reply_to=ANSWERS,
        )
        return replace(made, **changes)

    def sealed(self, **changes: Any) -> bytes:
        return self.client.seal_request(self.request(**changes)).payload

    def changed(self, payload: bytes, **fields: Any) -> bytes:
        """What somebody on the way can make of a message without any key: other values in its envelope, the proof as it was."""
        found = self.serializer.loads(payload)
        known = {str(key): key for key in found}
        return bytes(self.serializer.dumps(found | {known[name]: value for name, value in fields.items()}))

    def admit(self, payload: bytes, source: Destination = TOPIC, *, now: float = NOW, reply_to: str | None = ANSWERS) -> Request:
        return self.admit_delivery(Delivery(payload, source, reply_to), NODE, now)

    def admit_delivery(self, delivery: Delivery, view: NodeView, now: float = NOW) -> Request:
        request = open_delivery(delivery, self.node, view.identity)
        admit(request, delivery, view, self.replay, RULES, NullAudit(), now)
        return request

    def runs(self, payload: bytes, source: Destination = TOPIC, *, now: float = NOW) -> bool:
        try:
            self.admit(payload, source, now=now)
        except Rejected:
            return False
        return True


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    yield Wire(request.param)


# --- S-13: a captured request -----------------------------------------------------------------------------------------


def test_a_captured_request_runs_once_however_often_when_and_by_which_way_it_comes_again(wire: Wire) -> None:
    payload = wire.sealed()
    ways = [TOPIC, BY_NAME, Destination(Kind.AGENT, "mcollective", EVERY_AGENT), Destination(Kind.AGENT, "uk", "rpcutil")]
    runs = sum(wire.runs(payload, way, now=NOW + later) for later in (0, 0, 5, 59, 60, 61, 62, 3600) for way in ways for _ in range(30))
    assert runs == 1
    with pytest.raises(Replayed):
        wire.admit(payload)


def test_a_directed_one_runs_once_too(wire: Wire) -> None:
    payload = wire.sealed(targets=("node1.example",))
    assert [wire.runs(payload, BY_NAME), wire.runs(payload, BY_NAME), wire.runs(payload, TOPIC)] == [True, False, False]


def test_in_another_collective_it_does_not_run(wire: Wire) -> None:
    with pytest.raises(Inconsistent):
        wire.admit(wire.sealed(), Destination(Kind.AGENT, "uk", "rpcutil"))
    with pytest.raises(Inconsistent):
        wire.admit(wire.changed(wire.sealed(), collective="uk"), Destination(Kind.AGENT, "uk", "rpcutil"))


@pytest.mark.parametrize("name", WITH_HASH)
def test_with_another_id_a_question_is_answered_again_while_its_ttl_lasts_which_these_plugins_cannot_prevent(name: str) -> None:
    """Written down so that nobody relies on it: neither plugin signs the request id. docs/ruby-differences.md, and the warning."""
    wire = Wire(name)
    payload = wire.sealed()
    other = wire.changed(payload, requestid="f" * 32)
    assert [wire.runs(payload), wire.runs(other), wire.runs(other)] == [True, True, False]
    assert not wire.runs(wire.changed(payload, requestid="e" * 32), now=NOW + 62)


def test_with_another_id_nothing_is_obeyed_twice_where_each_message_has_a_key_of_its_own() -> None:
    wire = Wire("aes")
    payload = wire.sealed()
    assert wire.runs(payload)
    assert not any(wire.runs(wire.changed(payload, requestid=f"{number:032x}")) for number in range(5))
    assert wire.runs(wire.sealed(id="f" * 32))  # the same question, asked again


@pytest.mark.parametrize("name", [name for name in WITH_HASH if "psk" not in name])
def test_with_another_id_an_order_is_refused_where_the_signature_covers_its_time(name: str) -> None:
    wire = Wire(name)
    payload = wire.sealed()
    for copy, way in ((payload, TOPIC), (wire.changed(payload, requestid="f" * 32), BY_NAME)):
        order = wire.admit(copy, way)
        if way is TOPIC:
            wire.replay.remember_proof(order, NOW)
        else:
            with pytest.raises(Replayed):
                wire.replay.remember_proof(order, NOW)


def test_psk_has_nothing_to_know_a_copy_of_an_order_by_but_its_id() -> None:
    wire = Wire("activemq-psk")
    payload = wire.sealed()
    wire.replay.remember_proof(wire.admit(payload), NOW)
    wire.replay.remember_proof(wire.admit(wire.changed(payload, requestid="f" * 32)), NOW)


# --- S-51: what a host's key may say ----------------------------------------------------------------------------------

OWN_KEY = [name for name in WITH_HASH if "psk" not in name]
REGISTRATIONS = Destination(Kind.AGENT, "mcollective", "registration")


def by_a_host(wire: Wire, **changes: Any) -> bytes:
    """A message signed by the key that each host has."""
    plain = {"agent": "registration", "action": None, "body": ["echo"], "filter": Filter(agents=("registration",))}
    return wire.node.seal_request(wire.request(caller=wire.node.caller, **(plain | changes))).payload


@pytest.mark.parametrize("name", OWN_KEY)
def test_a_registration_of_a_host_is_heard_and_no_answer_goes_where_its_frame_says(name: str) -> None:
    wire = Wire(name)
    registers = replace(NODE, agents=NODE.agents | {"registration"})
    delivery = Delivery(by_a_host(wire), REGISTRATIONS, ANSWERS)
    request = wire.admit_delivery(delivery, registers)
    assert (request.caller, request.body, request.reply_to) == ("cert=server-public", ["echo"], None)


@pytest.mark.parametrize("name", OWN_KEY)
def test_with_the_key_of_the_hosts_nobody_is_a_caller_of_a_host(name: str) -> None:
    wire = Wire(name)
    for order in (wire.request(), wire.request(agent="discovery", action=None, body="ping")):
        payload = wire.node.seal_request(replace(order, caller=wire.node.caller)).payload
        with pytest.raises(NotACaller):
            wire.admit(payload, Destination(Kind.AGENT, "mcollective", order.agent))
    # The envelope is anybody's: it makes no call out of a registration, and none goes to another agent by it.
    with pytest.raises(NotSigned):
        wire.admit(wire.changed(by_a_host(wire), agent="rpcutil"))
    with pytest.raises(NotSigned):
        wire.admit(wire.changed(by_a_host(wire), callerid="cert=testuser-public"), REGISTRATIONS)


# --- S-14: times ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"time": NOW - 62}, TTLExpired),
        ({"time": NOW - 86_400}, TTLExpired),
        ({"time": NOW + 61}, ClockSkew),
        ({"time": NOW + 31_536_000}, ClockSkew),
        ({"ttl": 301}, TTLTooLong),
        ({"ttl": 10**9}, TTLTooLong),
    ],
)
def test_a_request_outside_its_time_is_refused(wire: Wire, changes: Mapping[str, Any], refusal: type[Rejected]) -> None:
    with pytest.raises(refusal):
        wire.admit(wire.sealed(**changes))
    assert len(wire.replay) == 0


def test_the_setting_that_would_allow_a_longer_life_is_named(wire: Wire) -> None:
    with pytest.raises(TTLTooLong, match=r"plugin\.psk\.max_ttl"):
        wire.admit(wire.sealed(ttl=301))


@pytest.mark.parametrize("at", [NOW, NOW + 60, NOW + 61])
def test_it_runs_within_its_time(wire: Wire, at: float) -> None:
    assert wire.runs(wire.sealed(), now=at)


@pytest.mark.parametrize("value", [0, -1, 2**63, "60", 60.5, None, True, [60]])
@pytest.mark.parametrize("field", ["ttl", "msgtime"])
def test_times_of_any_other_kind_are_refused(wire: Wire, field: str, value: object) -> None:
    if field == "msgtime" and value == 60.5:
        value = float("inf")  # a fraction is a time, an endless one is not
    assert not wire.runs(wire.changed(wire.sealed(), **{field: value}))


@pytest.mark.parametrize("name", WIRES[1:])
def test_with_ssl_and_aes_times_that_are_not_those_signed_are_refused(name: str) -> None:
    wire = Wire(name)
    old = wire.sealed(time=NOW - 300)
    for change in ({"msgtime": int(NOW)}, {"ttl": 300}, {"msgtime": int(NOW), "ttl": 300}):
        with pytest.raises((NotSigned, TTLExpired)):
            wire.admit(wire.changed(old, **change))


# --- S-15: agents that do not agree -----------------------------------------------------------------------------------


@pytest.mark.parametrize("agents", list(permutations(("rpcutil", "discovery", "package"), 2)))
def test_a_body_for_one_agent_does_not_run_as_another(wire: Wire, agents: tuple[str, str]) -> None:
    inner, outer = agents
    payload = wire.sealed(agent=inner, filter=Filter())
    redirected = wire.changed(payload, agent=outer)
    for topic in (*agents, EVERY_AGENT):
        with pytest.raises(Rejected):
            wire.admit(redirected, Destination(Kind.AGENT, "mcollective", topic))
    with pytest.raises(NotSigned):
        wire.admit(redirected, BY_NAME)
    with pytest.raises(Inconsistent):
        wire.admit(payload, Destination(Kind.AGENT, "mcollective", outer))


@pytest.mark.parametrize("agent", ["../../etc/passwd", "Rpcutil", "rpcutil\nroot", "", "rpc.util", "a" * 65, 5, None, ["rpcutil"]])
def test_an_agent_that_is_no_name_is_refused_before_anything_asks_for_its_policy(wire: Wire, agent: object) -> None:
    with pytest.raises(Malformed):
        wire.admit(wire.changed(wire.sealed(), agent=agent), BY_NAME)


@pytest.mark.parametrize("caller", ["cert=alice\ncert=admin", "uid=0 ", "uid=", "=0", "uid=../x", "", "uid=0\x00", 5, None])
def test_a_caller_that_is_no_name_is_refused(wire: Wire, caller: object) -> None:
    with pytest.raises(NotSigned):
        wire.admit(wire.changed(wire.sealed(), callerid=caller))


# --- S-49: a filter that says nothing is not everybody ------------------------------------------------------------------


@pytest.mark.parametrize(
    "filter", [None, [], "rpcutil", {"agents": ["rpcutil"]}, {"fact": "country=uk"}, {"identity": {"a": 1}}, {"fact": [5]}]
)
def test_a_filter_that_is_none_means_nobody(wire: Wire, filter: object) -> None:
    with pytest.raises((NotSigned, Filtered, BadFilter)):
        wire.admit(wire.changed(wire.sealed(), filter=filter))


# --- proofs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", WITH_HASH, indirect=True)
@pytest.mark.parametrize("proof", ["", "0" * 32, None, 5, [], b"\xff" * 16])
def test_a_missing_empty_or_mistyped_proof_is_refused(wire: Wire, proof: object) -> None:
    with pytest.raises(NotSigned):
        wire.admit(wire.changed(wire.sealed(), hash=proof))


@pytest.mark.parametrize("wire", WITH_HASH, indirect=True)
def test_a_changed_body_is_refused_whatever_changed(wire: Wire) -> None:
    payload = wire.sealed(action="get_fact", body={"fact": "country"})
    found = wire.serializer.loads(payload)
    body = next(value for key, value in found.items() if key == "body")
    raw = body if isinstance(body, bytes) else body.encode()
    for place in range(len(raw)):
        flipped = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        new: object = flipped if isinstance(body, bytes) else flipped.decode()
        with pytest.raises(NotSigned):
            wire.admit(wire.changed(payload, body=new))
