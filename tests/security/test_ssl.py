import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mcollective_py.errors import Malformed, NotACaller, NotSigned, OtherAgent, UsageError
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security.hostskey import HostsKey
from mcollective_py.security.keyring import FixedKeys, sign_by
from mcollective_py.security.ssl import SSL
from mcollective_py.wire import marshal, rubyyaml
from mcollective_py.wire.symbol import Symbol

NOW = 1_800_000_000.0
KEYS = Path(__file__).parents[1] / "wire/vectors/activemq-ssl-marshal/test-only-keys"
ALICE, SERVER = (load_pem_private_key((KEYS / f"{name}-private.pem").read_bytes(), None) for name in ("testuser", "server"))
REQUEST = Request(
    "0123456789abcdef0123456789abcdef", "cert=alice", "desk", "mcollective", "service", "status", {"service": "exim4"},
    Filter(agents=("service",)), NOW, 60, "/queue/mcollective.reply.desk_1.1",
)  # fmt: skip
REPLY = Reply(REQUEST.id, "", "web1", "service", "status", {"status": "läuft"}, NOW)
CALL = {Symbol("agent"): "service", Symbol("action"): "status", Symbol("data"): {}}


def client(serializer=marshal, caller="cert=alice"):
    return SSL(caller=caller, sign=sign_by(ALICE), serializer=serializer, server_key=SERVER.public_key())


def node(serializer=marshal, *, enforces_ttl=True, **keys):
    callers = FixedKeys(keys or {"alice": ALICE.public_key()})
    return SSL(caller="cert=server", sign=sign_by(SERVER), serializer=serializer, callers=callers, enforces_ttl=enforces_ttl)


def opened(payload, plugin=None):
    plugin = plugin or node()
    return plugin.open_request(plugin.read(payload))


def by_hand(body, **changes):
    """A request with any signed part, signed by alice."""
    serialized = marshal.dumps(body)
    fields = marshal.loads(client().seal_request(REQUEST).payload)
    proof = base64.encodebytes(sign_by(ALICE)(serialized)).decode()
    changes = {"body": serialized, "hash": proof} | changes
    return marshal.dumps({**fields, **{Symbol(key): value for key, value in changes.items()}})


def wrapped(message=CALL, **changes):
    fields = {"ssl_msg": message, "ssl_ttl": 60, "ssl_msgtime": int(NOW)} | changes
    return {Symbol(key): value for key, value in fields.items() if value is not ...}


@pytest.mark.parametrize("serializer", [marshal, rubyyaml], ids=["marshal", "yaml"])
def test_requests_and_replies_get_to_who_has_the_keys(serializer):
    alice, host = client(serializer), node(serializer)
    request = opened(alice.seal_request(REQUEST).payload, host)
    assert request == replace(REQUEST, reply_to=None, proof=request.proof)
    assert len(request.proof) == 64
    (payload,) = host.seal_reply(REPLY, REQUEST)
    assert alice.open_reply(alice.read(payload)) == replace(REPLY, action=None)


def test_the_signature_is_written_in_lines_of_sixty_characters():
    proof = marshal.loads(client().seal_request(REQUEST).payload)["hash"]
    assert re.fullmatch(r"([A-Za-z0-9+/]{60}\n){5}[A-Za-z0-9+/=]{44}\n", proof)


@pytest.mark.parametrize("length", [1, 20, 64, 76, 10_000])
@pytest.mark.parametrize("end", ["\n", "\r\n", " \t\n"])
def test_it_is_read_in_lines_of_any_length(length, end):
    payload = client().seal_request(REQUEST).payload
    plain = "".join(marshal.loads(payload)["hash"].split())
    lines = "".join(plain[start : start + length] + end for start in range(0, len(plain), length))
    fields = {**marshal.loads(payload), Symbol("hash"): lines}
    assert opened(marshal.dumps(fields)).action == "status"
    assert opened(marshal.dumps({**fields, Symbol("hash"): lines.encode()})).action == "status"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda proof: proof[:-2],
        lambda proof: proof + "!",
        lambda proof: proof.replace("/", "_").replace("+", "-") + "-",
        lambda proof: "",
        lambda proof: None,
        lambda proof: 5,
        lambda proof: "=" * 8,
        lambda proof: proof + "é",
        lambda proof: proof + "A" * 5000,
        lambda proof: Symbol(proof),
    ],
)
def test_what_is_no_base64_of_the_signature_is_refused(spoil):
    payload = client().seal_request(REQUEST).payload
    plain = "".join(marshal.loads(payload)["hash"].split())
    with pytest.raises(NotSigned):
        opened(marshal.dumps({**marshal.loads(payload), Symbol("hash"): spoil(plain)}))


def test_it_covers_body_time_ttl_and_caller():
    assert node().covers == {"action", "body", "caller", "time", "ttl"}


def test_a_request_is_opened_with_the_key_of_its_caller_alone():
    payload = client().seal_request(REQUEST).payload
    for keys in ({"alice": SERVER.public_key()}, {"bob": ALICE.public_key()}):
        with pytest.raises(NotSigned):
            opened(payload, node(**keys))
    as_bob = marshal.dumps({**marshal.loads(payload), Symbol("callerid"): "cert=bob"})
    with pytest.raises(NotSigned):
        opened(as_bob, node(alice=ALICE.public_key(), bob=SERVER.public_key()))


def test_a_client_takes_no_requests_and_a_node_no_replies():
    alice, host = client(), node()
    request = alice.seal_request(REQUEST).payload
    with pytest.raises(NotSigned):
        alice.open_request(alice.read(request))
    (reply,) = host.seal_reply(REPLY, REQUEST)
    with pytest.raises(NotSigned):
        host.open_reply(host.read(reply))
    with pytest.raises(NotSigned):
        alice.open_reply(alice.read(request))


def test_a_request_without_a_caller_is_refused():
    fields = marshal.loads(client().seal_request(REQUEST).payload)
    for caller in (None, 5, Symbol("cert=alice"), "alice", "uid=0", "cert=alice\ncert=bob"):
        with pytest.raises(NotSigned):
            opened(marshal.dumps({**fields, Symbol("callerid"): caller}))


def test_a_signed_part_by_hand_is_taken():
    assert opened(by_hand(wrapped())).action == "status"
    assert opened(by_hand(wrapped("ping"))).body == "ping"


@pytest.mark.parametrize(
    "change", [{"ssl_ttl": 61}, {"ssl_ttl": 60.0}, {"ssl_ttl": "60"}, {"ssl_msgtime": int(NOW) + 1}, {"ssl_ttl": True}]
)
def test_another_signed_ttl_or_time_than_the_envelopes_is_refused(change):
    with pytest.raises(NotSigned, match=r"is not the signed one \(plugin\.ssl\.enforce_ttl\)"):
        opened(by_hand(wrapped(**change)))


@pytest.mark.parametrize("missing", ["ssl_ttl", "ssl_msgtime", "ssl_msg"])
def test_a_signed_part_that_lacks_something_is_refused(missing):
    with pytest.raises(Malformed, match="the signed part has no"):
        opened(by_hand(wrapped(**{missing: ...})))


@pytest.mark.parametrize("body", ["ping", None, ["x"], CALL, {str(key): value for key, value in wrapped().items()}])
def test_a_signed_part_without_ttl_and_time_or_with_strings_for_them_is_refused(body):
    with pytest.raises(Malformed, match="the signed part has no"):
        opened(by_hand(body))


def test_without_enforcement_the_signed_ttl_and_time_still_count():
    lax = node(enforces_ttl=False)
    found = opened(by_hand(wrapped(), ttl=10**9, msgtime=int(NOW) + 86_400), lax)
    assert (found.ttl, found.time) == (60, NOW)
    assert opened(by_hand("ping", agent="discovery"), lax).body == "ping"
    assert opened(by_hand(CALL, ttl=50), lax).ttl == 50


def test_a_call_that_is_sent_on_to_another_agent_is_refused():
    with pytest.raises(OtherAgent):
        opened(by_hand(wrapped(), agent="shell"))


def test_a_body_is_not_read_before_its_signature_holds():
    fields = marshal.loads(client().seal_request(REQUEST).payload)
    with pytest.raises(NotSigned, match="the signature is not"):
        opened(marshal.dumps({**fields, Symbol("body"): b"\x04\x08o:\x08Foo\x00"}))


def test_nobody_sends_as_somebody_else():
    with pytest.raises(UsageError, match="this key stands for cert=alice, it cannot sign as cert=bob"):
        client().seal_request(replace(REQUEST, caller="cert=bob"))


def test_a_plain_message_that_was_refused_is_told_beside_its_request_id():
    plain = replace(REQUEST, action=None, body="ping")
    (payload,) = node().seal_reply(replace(REPLY, statuscode=5, body=None), plain)
    assert marshal.loads(payload)["requestid"] != plain.id
    opened = client().open_reply(client().read(payload))
    assert (opened.request_id, opened.statuscode) == (plain.id, 5)


def test_marshal_and_yaml_do_not_meet():
    with pytest.raises(NotSigned, match="it begins as YAML"):
        opened(client(rubyyaml).seal_request(REQUEST).payload)
    with pytest.raises(NotSigned):
        opened(client().seal_request(REQUEST).payload, node(rubyyaml))


# --- the key of all hosts: registrations and nothing else -------------------------------------------------------------

REGISTRATION = replace(
    REQUEST,
    caller="cert=server",
    agent="registration",
    action=None,
    body=["echo"],
    filter=Filter(agents=("registration",)),
    reply_to=None,
)


def inventory(**keys):
    """A node that has the hosts' own key, as all have, and these among its callers."""
    callers, own = FixedKeys({"alice": ALICE.public_key(), **keys}), HostsKey("cert=server", SERVER.public_key())
    return SSL(caller="cert=server", sign=sign_by(SERVER), serializer=marshal, callers=callers, hosts_key=own)


@pytest.mark.parametrize("keys", [{}, {"server": SERVER.public_key()}], ids=["without a file", "with a file"])
def test_a_registration_by_the_hosts_own_key_is_taken_and_not_answered(keys):
    found = opened(node().seal_request(REGISTRATION).payload, inventory(**keys))
    assert found == replace(REGISTRATION, proof=found.proof, wants_reply=False)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "status", "body": {}},
        {"agent": "service"},
        {"agent": "discovery", "body": "ping"},
        {"filter": Filter(agents=("registration",), classes=("web",))},
        {"filter": Filter()},
    ],
)
@pytest.mark.parametrize("keys", [{}, {"server": SERVER.public_key()}], ids=["without a file", "with a file"])
def test_the_hosts_own_key_makes_nobody_a_caller(keys, change):
    with pytest.raises(NotACaller, match="cert=server has the key of the hosts themselves"):
        opened(node().seal_request(replace(REGISTRATION, **change)).payload, inventory(**keys))


def test_nor_does_it_under_another_name():
    mallory = SSL(caller="cert=mallory", sign=sign_by(SERVER), serializer=marshal)
    with pytest.raises(NotACaller, match="cert=mallory has the key of the hosts themselves"):
        opened(mallory.seal_request(replace(REQUEST, caller="cert=mallory")).payload, inventory(mallory=SERVER.public_key()))
    registers = replace(REGISTRATION, caller="cert=mallory")
    assert opened(mallory.seal_request(registers).payload, inventory(mallory=SERVER.public_key())).is_registration
    with pytest.raises(NotSigned, match="no public key of cert=mallory"):
        opened(mallory.seal_request(registers).payload, inventory())


def test_others_are_callers_as_ever_and_may_register():
    assert opened(client().seal_request(REQUEST).payload, inventory()).action == "status"
    assert opened(client().seal_request(replace(REGISTRATION, caller="cert=alice")).payload, inventory()).wants_reply


# --- what nobody vouches for ------------------------------------------------------------------------------------------


def test_an_envelope_is_read_in_narrow_bounds_and_what_is_signed_in_wide_ones():
    many = replace(REQUEST, body={"names": [None] * 150_000})
    assert opened(client().seal_request(many).payload).body == many.body
    fields = marshal.loads(client().seal_request(REQUEST).payload)
    for extra in (["x"] * 10_000, [[[[[[[[[[[[]]]]]]]]]]]], [Symbol(f"s{number}") for number in range(201)]):
        with pytest.raises(Malformed, match=r"more than 10000 values|deeper than 12|more than 200 symbols"):
            node().read(marshal.dumps(fields | {Symbol("extra"): extra}))
