"""psk and ssl against somebody on the way who changes, repeats and redirects: S-12 to S-18, S-25, S-44, S-47 and S-52.

What these wires cannot protect is tested too, so that nobody relies on it.
"""

import itertools
from dataclasses import replace

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import (
    ClockSkew,
    Filtered,
    Inconsistent,
    NotSigned,
    OtherAgent,
    Rejected,
    Replayed,
    TTLExpired,
    TTLTooLong,
)
from mcollective_py.filter import Filter
from mcollective_py.message import Delivery, Destination, Kind, Reply, Request
from mcollective_py.node.view import NodeView
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.load import security_plugin
from mcollective_py.server.pipeline import Rules, admit, open_delivery
from mcollective_py.server.replay import ReplayMemory
from mcollective_py.wire import marshal
from mcollective_py.wire.symbol import Symbol
from tests.wire.recorded import plugins

NOW = 1_800_000_000.0
CALLERS = {"activemq-psk": "uid=0", "activemq-ssl-marshal": "cert=testuser-public"}
RULES = Rules(60.0, 300.0, "plugin.psk.max_ttl", 1.0)
WEB1 = NodeView("web1", agents=frozenset({"service", "shell", "discovery"}), collectives=("mcollective", "europe"))
TOPIC, BY_NAME = Destination(Kind.AGENT, "mcollective", "service"), Destination(Kind.NODE, "mcollective", "web1")
REPLIES = "/queue/mcollective.reply.desk_1.1"


class Ledger:
    """An audit in memory: who was refused."""

    def __init__(self) -> None:
        self.refusals = []

    def refused(self, request, ddl, error):
        self.refusals.append((request.caller, error.reason))


@pytest.fixture(params=list(CALLERS), ids=["psk", "ssl"])
def wire(request):
    return Wire(request.param)


class Wire:
    """A caller and a node of one fleet, and the stages of the node up to the filter."""

    def __init__(self, name):
        self.is_ssl, self.caller = "ssl" in name, CALLERS[name]
        self.node, self.client = plugins(name)
        self.replay, self.audit = ReplayMemory(), Ledger()
        self.request = Request(
            "0123456789abcdef0123456789abcdef", self.caller, "desk", "mcollective", "service", "restart", {"service": "exim4"},
            Filter(agents=("service",)), NOW, 60, REPLIES,
        )  # fmt: skip
        self.payload = self.client.seal_request(self.request).payload
        self.envelope = marshal.loads(self.payload)

    def opened(self, payload):
        return self.node.open_request(self.node.read(payload))

    def changed(self, **fields):
        return marshal.dumps({**self.envelope, **{Symbol(key): value for key, value in fields.items()}})

    def admit(self, payload=None, *, source=BY_NAME, now=NOW, reply_to=REPLIES, rules=RULES):
        delivery = Delivery(self.payload if payload is None else payload, source, reply_to, "desk")
        request = open_delivery(delivery, self.node, WEB1.identity)
        admit(request, delivery, WEB1, self.replay, rules, self.audit, now)
        return request


# --- S-12: every field of a captured request ---------------------------------------------------------------------------


def covered(wire, request):
    return [getattr(request, field) for field in sorted(wire.node.covers)]


def test_s12_no_flipped_bit_changes_what_is_covered(wire):
    genuine, refused = covered(wire, wire.opened(wire.payload)), 0
    start = wire.payload.index(wire.envelope["body"])
    body = range(start, start + len(wire.envelope["body"]))
    for position, bit in itertools.product(range(len(wire.payload)), range(8)):
        mutant = bytearray(wire.payload)
        mutant[position] ^= 1 << bit
        try:
            found = wire.opened(bytes(mutant))
        except NotSigned:
            refused += 1
            continue
        assert covered(wire, found) == genuine, (position, bit)
        assert position not in body, (position, bit)
    assert refused > len(body) * 8


@pytest.mark.parametrize("field", ["body", "hash"])
def test_s12_the_body_and_its_proof_cannot_be_dropped_or_retyped(wire, field):
    without = {key: value for key, value in wire.envelope.items() if key != field}
    mutants = [without, {**without, field: wire.envelope[field]}]
    mutants += [
        {**wire.envelope, Symbol(field): value} for value in (None, "", b"", 0, True, [], {}, Symbol("x"), 1.5, [wire.envelope[field]])
    ]
    for mutant in mutants:
        with pytest.raises(NotSigned):
            wire.opened(marshal.dumps(mutant))


def test_s12_what_the_wire_does_not_cover_can_be_changed_and_is_not_relied_on(wire):
    free = {"id", "sender", "collective", "agent", "filter", "reply_to", "targets"} | (
        set() if wire.is_ssl else {"caller", "time", "ttl"}
    )
    no_fields_of_the_wire = {"digest", "wants_reply", "proof", "is_proof_unique"}
    no_fields_of_the_wire |= {"certificate", "extensions", "delegate", "is_secret", "reply_key"}  # of x509 alone
    assert free == set(Request.__slots__) - no_fields_of_the_wire - wire.node.covers
    found = wire.opened(wire.changed(requestid="f" * 32, senderid="mallory", collective="europe", filter={}))
    assert (found.id, found.sender, found.collective, found.filter) == ("f" * 32, "mallory", "europe", Filter())


# --- S-13: replay ------------------------------------------------------------------------------------------------------


def test_s13_the_same_bytes_are_obeyed_once_however_they_come(wire):
    obeyed = 0
    for _, source, now in itertools.product(range(50), (BY_NAME, TOPIC), (NOW, NOW + 5, NOW + 59, NOW + 61)):
        try:
            wire.admit(source=source, now=now)
            obeyed += 1
        except (Replayed, TTLExpired):
            pass
    assert obeyed == 1


def test_s13_on_another_collective_they_are_not_obeyed(wire):
    with pytest.raises(Inconsistent):
        wire.admit(source=Destination(Kind.NODE, "europe", "web1"))


def test_s13_a_copy_under_another_id_is_obeyed_while_it_is_fresh_which_the_plugins_warn_of(wire):
    assert wire.admit().id != wire.admit(wire.changed(requestid="f" * 32)).id
    with pytest.raises(TTLExpired):
        wire.admit(wire.changed(requestid="e" * 32), now=NOW + 62)


# --- S-14: times -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [61, 3600, 365 * 86_400])
def test_s14_a_request_from_the_future_is_refused(wire, ahead):
    payload = wire.client.seal_request(replace(wire.request, time=NOW + ahead)).payload
    with pytest.raises(ClockSkew):
        wire.admit(payload)


@pytest.mark.parametrize("ttl", [301, 10**6, 2**31 - 1])
def test_s14_a_ttl_beyond_the_hosts_is_refused(wire, ttl):
    payload = wire.client.seal_request(replace(wire.request, ttl=ttl)).payload
    with pytest.raises(TTLTooLong, match=r"plugin\.psk\.max_ttl"):
        wire.admit(payload)


@pytest.mark.parametrize("time", [-1, 2**63, 1e300, "now", None, True, float("nan"), 10**100])
@pytest.mark.parametrize("field", ["msgtime", "ttl"])
def test_s14_what_is_no_time_is_refused(wire, field, time):
    with pytest.raises(Rejected):
        wire.admit(wire.changed(**{field: time}))


@pytest.mark.parametrize(("age", "is_fresh"), [(0, True), (59, True), (61, True), (61.1, False), (-60, True), (-60.1, False)])
def test_s14_the_age_of_a_request_is_counted_as_ruby_does(wire, age, is_fresh):
    if is_fresh:
        assert wire.admit(now=NOW + age).action == "restart"
    else:
        with pytest.raises((TTLExpired, ClockSkew)):
            wire.admit(now=NOW + age)


# --- S-15 to S-17: names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outer", "inner", "came_by"), list(itertools.product(("service", "shell"), repeat=3)))
def test_s15_envelope_body_and_destination_name_one_agent(wire, outer, inner, came_by):
    payload = wire.client.seal_request(replace(wire.request, agent=inner, filter=Filter())).payload
    payload = marshal.dumps({**marshal.loads(payload), Symbol("agent"): outer})
    source = Destination(Kind.AGENT, "mcollective", came_by)
    if outer == inner == came_by:
        assert wire.admit(payload, source=source).agent == outer
    else:
        with pytest.raises((OtherAgent, Inconsistent)):
            wire.admit(payload, source=source)


@pytest.mark.parametrize("agent", ["../../open", "Shell", "shell\n", "shell\0", "", "a/b", "shell.policy", "\u0455hell", ".", "x" * 65])
def test_s16_an_agent_that_is_no_name_is_refused_before_anything_is_looked_up(wire, agent):
    for source in (BY_NAME, TOPIC):
        with pytest.raises(NotSigned):
            wire.admit(wire.changed(agent=agent), source=source)


@pytest.mark.parametrize(
    "caller",
    [
        "cert=alice\ncert=admin",
        "bad/thing\nuid=0",
        "uid=0\n",
        "uid=0\0",
        "uid=",
        "=0",
        "uid",
        "cert=../x",
        "uid=\u0660",
        "",
        "uid=0 uid=1",
    ],
)
def test_s17_a_caller_id_is_matched_whole(wire, caller):
    with pytest.raises(NotSigned):
        wire.admit(wire.changed(callerid=caller))


@pytest.mark.parametrize("field", ["senderid", "requestid", "collective", "agent", "callerid"])
@pytest.mark.parametrize(
    "value", ["a\nb", "a\rb", "a\0b", "\x1b[2J", "../../etc/cron.d/x", "a b", "\u202eb", "%2e%2e", "x" * 300, "-rf"]
)
def test_s17_no_identifier_has_control_characters_or_paths_in_it(wire, field, value):
    with pytest.raises(NotSigned):
        wire.admit(wire.changed(**{field: value}))


# --- S-25: what is no plain data ----------------------------------------------------------------------------------------

OBJECTS = {
    "o": b"o:\x08Foo\x00",
    "u": b"u:\x08Foo\x06x",
    "U": b"U:\x08Foo0",
    "C": b'C:\x08Foo"\x06x',
    "e": b"e:\x08Foo0",
    "c": b"c\x08Foo",
    "m": b"m\x08Foo",
    "M": b"M\x08Foo",
    "d": b"d:\x08Foo0",
    "S": b"S:\x08Foo\x00",
}


@pytest.mark.parametrize("tag", OBJECTS)
def test_s25_objects_are_refused_wherever_they_stand(wire, tag):
    wanted = b"only plain data|is not taken"
    for payload in (b"\x04\x08" + OBJECTS[tag], b"\x04\x08{\x06:\x09body" + OBJECTS[tag], b"\x04\x08[\x06" + OBJECTS[tag]):
        with pytest.raises(NotSigned, match=wanted.decode()):
            wire.opened(payload)


# --- S-44, S-47, S-52 ---------------------------------------------------------------------------------------------------


def test_s44_no_combination_of_missing_empty_and_wrong_gets_in(wire):
    kinds = (..., None, "", "wrong", 5)
    for body, proof, caller in itertools.product(kinds, repeat=3):
        fields = {"body": body, "hash": proof, "callerid": caller}
        mutant = {**wire.envelope, **{Symbol(key): value for key, value in fields.items()}}
        with pytest.raises(NotSigned):
            wire.opened(marshal.dumps({key: value for key, value in mutant.items() if value is not ...}))


def test_s47_a_reply_without_its_proof_or_with_another_is_dropped(wire):
    (payload,) = wire.node.seal_reply(Reply(wire.request.id, "", "web1", "service", "restart", {"status": "ok"}, NOW), wire.request)
    envelope = marshal.loads(payload)
    assert wire.client.open_reply(wire.client.read(payload)).body == {"status": "ok"}
    forged = marshal.dumps({**marshal.loads(envelope["body"]), Symbol("data"): {Symbol("status"): "all well"}})
    for change in ({"hash": None}, {"hash": ""}, {"hash": "0" * 32}, {"body": forged}):
        mutant = {**envelope, **{Symbol(key): value for key, value in change.items()}}
        with pytest.raises(NotSigned):
            wire.client.open_reply(wire.client.read(marshal.dumps(mutant)))


def test_s47_who_answered_is_not_covered_which_the_plugins_warn_of(wire):
    (payload,) = wire.node.seal_reply(Reply(wire.request.id, "", "web1", "service", "restart", {"status": "ok"}, NOW), wire.request)
    mutant = marshal.dumps({**marshal.loads(payload), Symbol("senderid"): "db1"})
    assert wire.client.open_reply(wire.client.read(mutant)).sender == "db1"


def test_s52_no_host_takes_the_messages_of_another_plugin(wire, tmp_path):
    authority = CertificateAuthority.create(tmp_path / "ca", clock=lambda: NOW)
    files = {}
    for name, role in (("alice.mcollective", "caller"), ("web1", "node")):
        authority.issue(name, role)
        files[name] = Config.from_text(
            f"plugin.x509.ca = {tmp_path}/ca/ca.pem\nplugin.x509.crl = {tmp_path}/ca/crl.pem\n"
            f"plugin.x509.cert = {authority.certificate_file(name)}\nplugin.x509.key = {authority.key_file(name)}\n"
        )
    alice = security_plugin(files["alice.mcollective"], "client", lambda: NOW)
    host = security_plugin(files["web1"], "server", lambda: NOW)
    with pytest.raises(NotSigned):
        host.open_request(host.read(wire.payload))
    signed = alice.seal_request(replace(wire.request, caller=alice.caller)).payload
    assert host.open_request(host.read(signed)).caller == "cert=alice.mcollective"
    with pytest.raises(NotSigned, match=r"this is mcpy/1 \(securityprovider = x509\), only (psk|ssl|aes_security) is spoken here"):
        wire.opened(signed)


# --- the audit, and filters ---------------------------------------------------------------------------------------------


def test_what_is_refused_after_its_proof_held_is_audited_with_its_caller(wire):
    wire.admit()
    with pytest.raises(Replayed):
        wire.admit()
    assert wire.audit.refusals == [(wire.caller, "replayed")]


@pytest.mark.parametrize(
    "filter", [{"bogus": ["x"]}, {"agent": []}, {"fact": []}, {"collective": "mcollective"}, None, [], {"agent": None}]
)
def test_a_filter_that_says_nothing_means_nobody(wire, filter):
    with pytest.raises(NotSigned, match="the field filter"):
        wire.admit(wire.changed(filter=filter))


def test_a_filter_for_others_is_dropped_in_silence(wire):
    with pytest.raises(Filtered):
        wire.admit(wire.changed(filter={"identity": ["db1"]}))
    assert wire.audit.refusals == []
