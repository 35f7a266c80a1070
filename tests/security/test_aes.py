import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mcollective_py.errors import Malformed, NotACaller, NotSigned, OtherAgent, UsageError
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security.aes import AES, Own
from mcollective_py.security.aescipher import encrypt, wrap_by_private
from mcollective_py.security.base64lines import encode_lines
from mcollective_py.security.keyring import FixedKeys
from mcollective_py.wire import marshal, rubyyaml
from mcollective_py.wire.symbol import Symbol

RECORDED = Path(__file__).parents[1] / "wire" / "vectors" / "aes"
ALICE = load_pem_private_key((RECORDED / "alice-test-only-private.pem").read_bytes(), None)
ALICE_PEM = (RECORDED / "alice-test-only.pem").read_bytes()
SERVER = generate_private_key(65537, 2048)
SERIALIZERS = {"marshal": marshal, "yaml": rubyyaml}
SECRET = bytes(range(32))

REQUEST = Request(
    id="0123456789abcdef0123456789abcdef",
    caller="cert=alice",
    sender="client.example",
    collective="mcollective",
    agent="rpcutil",
    action="ping",
    body={"n": 1.5},
    filter=Filter(agents=("rpcutil",)),
    time=1_700_000_000.0,
    ttl=60,
    reply_to="/queue/mcollective.reply.client.example_1.0",
)
REPLY = Reply(REQUEST.id, "", "web1", "rpcutil", "ping", {"pong": 1700000000}, 1_700_000_001.0)


def client(serializer=marshal, **more):
    own = Own("cert=alice", ALICE, wrap_by_private(ALICE), **more)
    return AES(own, serializer=serializer, random=lambda count: SECRET[:count])


def node(serializer=marshal, keys=None, **more):
    callers = FixedKeys({"alice": ALICE.public_key()} if keys is None else keys)
    own = Own("cert=server-public", SERVER, wrap_by_private(SERVER))
    return AES(own, serializer=serializer, random=lambda count: SECRET[:count], callers=callers, **more)


def fields_of(payload):
    return marshal.loads(payload)


def sealed_with(changes, plain=None):
    """A request whose envelope has these changes; plain: what is encrypted in place of the wrapped body."""
    fields = fields_of(client().seal_request(REQUEST).payload)
    if plain is not None:
        fields[Symbol("body")] = encode_lines(encrypt(marshal.dumps(plain), SECRET))
    return marshal.dumps({name: value for name, value in (fields | changes).items() if value is not None})


@pytest.mark.parametrize("name", ["marshal", "yaml"])
def test_a_recorded_request_of_ruby_opens(name):
    payload = base64.b64decode(json.loads((RECORDED / "recorded.json").read_text())[name]["request"])
    opener = node(SERIALIZERS[name])
    request = opener.open_request(opener.read(payload))
    assert (request.caller, request.agent, request.action, request.body) == ("cert=alice", "rpcutil", "ping", {"n": 1.5})
    assert request.wants_reply
    assert request.ttl == 60


@pytest.mark.parametrize("name", ["marshal", "yaml"])
def test_a_recorded_reply_of_ruby_opens(name):
    payload = base64.b64decode(json.loads((RECORDED / "recorded.json").read_text())[name]["reply"])
    opener = client(SERIALIZERS[name])
    reply = opener.open_reply(opener.read(payload))
    assert (reply.sender, reply.agent, reply.statuscode, reply.body) == ("host.example", "rpcutil", 0, {"pong": 1700000000})


@pytest.mark.parametrize("serializer", [marshal, rubyyaml])
def test_a_request_and_its_reply_go_there_and_back(serializer):
    asker, answerer = client(serializer), node(serializer)
    request = answerer.open_request(answerer.read(asker.seal_request(REQUEST).payload))
    assert replace(request, proof="") == replace(REQUEST, reply_to=None, is_proof_unique=True)
    assert len(request.proof) == 64
    (payload,) = answerer.seal_reply(REPLY, request)
    reply = asker.open_reply(asker.read(payload))
    assert (reply.sender, reply.body, reply.request_id) == ("web1", {"pong": 1700000000}, REQUEST.id)


def test_the_own_key_is_sent_along_where_it_is_to_be():
    assert fields_of(client(public_pem=ALICE_PEM).seal_request(REQUEST).payload)["sslpubkey"] == ALICE_PEM.decode()
    assert "sslpubkey" not in fields_of(client().seal_request(REQUEST).payload)


def test_another_callers_key_opens_nothing():
    opener = node(keys={"alice": SERVER.public_key()})
    with pytest.raises(NotSigned, match="was not made by the caller's key"):
        opener.open_request(opener.read(client().seal_request(REQUEST).payload))


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({Symbol("callerid"): "cert=bob"}, NotSigned, "there is no public key of cert=bob"),
        ({Symbol("callerid"): None}, NotSigned, "without a caller"),
        ({Symbol("callerid"): "cert=../alice"}, NotSigned, "not of the form cert=NAME"),
        ({Symbol("ttl"): 300}, NotSigned, "the ttl of the envelope is not the signed one"),
        ({Symbol("msgtime"): 1_700_000_009}, NotSigned, "the time of the envelope is not the signed one"),
        ({Symbol("sslkey"): None}, Malformed, "without the key to its body"),
        ({Symbol("sslkey"): "!"}, Malformed, "the key to the body is not base64"),
        ({Symbol("body"): "AAAA\n"}, NotSigned, "does not open"),
        ({Symbol("agent"): "shell"}, OtherAgent, "another agent"),
    ],
)
def test_a_changed_envelope_is_refused(changes, error, says):
    opener = node()
    with pytest.raises(error, match=says):
        opener.open_request(opener.read(sealed_with(changes)))


def test_every_bit_of_the_wrapped_key_counts():
    opener, fields = node(), fields_of(client().seal_request(REQUEST).payload)
    wrapped = base64.b64decode(fields["sslkey"])
    for place in range(0, len(wrapped), 16):
        twin = bytearray(wrapped)
        twin[place] ^= 1
        with pytest.raises(NotSigned):
            opener.open_request(opener.read(sealed_with({Symbol("sslkey"): encode_lines(bytes(twin))})))


def test_a_body_without_its_signed_ttl_is_refused_unless_the_file_says_otherwise():
    bare = {Symbol("agent"): "rpcutil", Symbol("action"): "ping", Symbol("data"): {}}
    with pytest.raises(Malformed, match=r"no ttl \(plugin.aes.enforce_ttl\)"):
        node().open_request(node().read(sealed_with({}, plain=bare)))
    lenient = node(enforces_ttl=False)
    assert lenient.open_request(lenient.read(sealed_with({}, plain=bare))).action == "ping"


def test_a_reply_for_somebody_else_does_not_open():
    bob = AES(Own("cert=bob", SERVER, None), serializer=marshal, random=lambda count: SECRET)
    (payload,) = node().seal_reply(REPLY, REQUEST)
    with pytest.raises(NotSigned):
        bob.open_reply(bob.read(payload))


def test_a_caller_whose_key_has_gone_gets_no_reply(caplog):
    assert node(keys={}).seal_reply(REPLY, REQUEST) == ()
    assert "the reply to cert=alice cannot be encrypted: there is no public key of cert=alice" in caplog.text


def test_a_host_that_cannot_wrap_keys_sends_no_requests():
    bob = AES(Own("cert=alice", SERVER, None), serializer=marshal, random=lambda count: SECRET)
    with pytest.raises(UsageError, match="needs 47 or later"):
        bob.seal_request(REQUEST)


class Learnt:
    """Vouches for alice alone, and tells what it kept."""

    def __init__(self):
        self.kept = []

    def vouched(self, caller, pem):
        if caller != "cert=alice" or pem != ALICE_PEM:
            raise NotSigned("no CA vouches for it")
        return ALICE.public_key()

    def keep(self, caller, pem):
        self.kept.append((caller, pem))


def test_a_key_that_a_ca_vouches_for_is_learnt_once_the_message_has_opened():
    learnt = Learnt()
    opener = node(keys={}, learning=learnt)
    payload = client(public_pem=ALICE_PEM).seal_request(REQUEST).payload
    assert opener.open_request(opener.read(payload)).caller == "cert=alice"
    assert learnt.kept == [("cert=alice", ALICE_PEM)]


def test_a_key_whose_message_does_not_open_is_not_learnt():
    learnt = Learnt()
    opener = node(keys={}, learning=learnt)
    with pytest.raises(NotSigned):
        opener.open_request(opener.read(sealed_with({Symbol("sslpubkey"): ALICE_PEM.decode(), Symbol("body"): "AAAA\n"})))
    assert learnt.kept == []


@pytest.mark.parametrize("sent", ["x", "x" * 70_000, 5, None])
def test_a_key_that_nobody_vouches_for_is_refused(sent):
    learnt = Learnt()
    opener = node(keys={}, learning=learnt)
    with pytest.raises(NotSigned):
        opener.open_request(opener.read(sealed_with({Symbol("sslpubkey"): sent})))
    assert learnt.kept == []


def test_without_learning_a_key_that_is_sent_along_counts_for_nothing():
    opener = node(keys={})
    with pytest.raises(NotSigned, match="there is no public key of cert=alice"):
        opener.open_request(opener.read(client(public_pem=ALICE_PEM).seal_request(REQUEST).payload))


# --- the key of all hosts: registrations and nothing else -------------------------------------------------------------


def by_a_host(**changes):
    request = replace(
        REQUEST, caller="cert=server-public", agent="registration", action=None, body=["echo"], filter=Filter(agents=("registration",))
    )
    return node().seal_request(replace(request, **changes)).payload


@pytest.mark.parametrize("keys", [{}, {"server-public": SERVER.public_key()}], ids=["without a file", "with a file"])
def test_of_the_hosts_own_key_registrations_are_taken_and_nothing_else(keys):
    opener = node(keys=keys)
    found = opener.open_request(opener.read(by_a_host()))
    assert (found.is_registration, found.wants_reply, found.body) == (True, False, ["echo"])
    for change in ({"agent": "rpcutil", "action": "ping", "body": {}}, {"agent": "discovery", "body": "ping"}):
        with pytest.raises(NotACaller, match="cert=server-public has the key of the hosts themselves"):
            opener.open_request(opener.read(by_a_host(**change)))


def test_it_is_no_callers_under_another_name_either():
    own = Own("cert=mallory", SERVER, wrap_by_private(SERVER))
    mallory = AES(own, serializer=marshal, random=lambda count: SECRET[:count])
    opener = node(keys={"mallory": SERVER.public_key()})
    with pytest.raises(NotACaller, match="cert=mallory"):
        opener.open_request(opener.read(mallory.seal_request(replace(REQUEST, caller="cert=mallory")).payload))
