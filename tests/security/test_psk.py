import hashlib
from dataclasses import replace

import pytest

from mcollective_py.errors import Malformed, NotSigned, OtherAgent, UnsendableValue, UsageError
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security.psk import PSK
from mcollective_py.wire import marshal
from mcollective_py.wire.symbol import Symbol

NOW = 1_800_000_000.0
KEY = b"aiJah3ooquaiPh5a"
CLIENT, NODE = PSK(KEY, caller="uid=500"), PSK(KEY, caller="uid=0", ttl=90)
REQUEST = Request(
    "0123456789abcdef0123456789abcdef", "uid=500", "desk", "mcollective", "service", "status", {"service": "exim4"},
    Filter(agents=("service",)), NOW, 60, "/queue/mcollective.reply.desk_1.1",
)  # fmt: skip
REPLY = Reply(REQUEST.id, "", "web1", "service", "status", {"status": "running"}, NOW)


def opened(payload, plugin=NODE):
    return plugin.open_request(plugin.read(payload))


def changed(payload, **fields):
    return marshal.dumps({**marshal.loads(payload), **{Symbol(key): value for key, value in fields.items()}})


def test_a_request_gets_to_who_has_the_key():
    sealed = CLIENT.seal_request(REQUEST)
    assert sealed.digest == ""
    assert opened(sealed.payload) == replace(REQUEST, reply_to=None)


def test_a_reply_gets_to_who_has_the_key():
    (payload,) = NODE.seal_reply(REPLY, REQUEST)
    assert CLIENT.open_reply(CLIENT.read(payload)) == replace(REPLY, action=None)


def test_the_hash_is_the_md5_of_body_and_key():
    fields = marshal.loads(CLIENT.seal_request(REQUEST).payload)
    assert list(fields)[-1] == "hash"
    assert fields["hash"] == hashlib.md5(fields["body"] + KEY, usedforsecurity=False).hexdigest()


def test_it_covers_nothing_but_the_body():
    assert NODE.covers == {"action", "body"}


@pytest.mark.parametrize("key", [b"", b"aiJah3ooquaiPh5", b"aiJah3ooquaiPh5a\n", b"another key altogether"])
def test_another_key_opens_nothing(key):
    other = PSK(key, caller="uid=500")
    with pytest.raises(NotSigned, match=r"the shared key \(plugin\.psk\)"):
        opened(CLIENT.seal_request(REQUEST).payload, other)
    (payload,) = NODE.seal_reply(REPLY, REQUEST)
    with pytest.raises(NotSigned):
        other.open_reply(other.read(payload))


@pytest.mark.parametrize("proof", [None, "", "0" * 32, 5, b"\xff" * 32, "é" * 32, Symbol("x"), "0" * 31, ["x"]])
def test_another_hash_is_refused(proof):
    with pytest.raises(NotSigned):
        opened(changed(CLIENT.seal_request(REQUEST).payload, hash=proof))


def test_the_hash_is_in_lower_case_and_whole():
    payload = CLIENT.seal_request(REQUEST).payload
    digest = marshal.loads(payload)["hash"]
    assert opened(changed(payload, hash=digest.encode())).body == REQUEST.body
    for other in (digest.upper(), digest + "\n", " " + digest, digest[:-1]):
        with pytest.raises(NotSigned):
            opened(changed(payload, hash=other))


def test_a_body_is_not_read_before_its_hash_holds():
    bomb = marshal.loads(CLIENT.seal_request(REQUEST).payload) | {Symbol("body"): b"\x04\x08o:\x08Foo\x00"}
    with pytest.raises(NotSigned, match="the hash is not"):
        opened(marshal.dumps(bomb))


def test_a_body_with_an_object_is_refused_even_from_who_has_the_key():
    body = b"\x04\x08o:\x08Foo\x00"
    proof = hashlib.md5(body + KEY, usedforsecurity=False).hexdigest()
    with pytest.raises(Malformed, match="only plain data"):
        opened(changed(CLIENT.seal_request(REQUEST).payload, body=body, hash=proof))


def test_a_call_that_is_sent_on_to_another_agent_is_refused():
    with pytest.raises(OtherAgent):
        opened(changed(CLIENT.seal_request(REQUEST).payload, agent="shell"))


def test_without_a_ttl_the_hosts_own_counts():
    fields = marshal.loads(CLIENT.seal_request(REQUEST).payload)
    del fields["ttl"]
    assert opened(marshal.dumps(fields)).ttl == 90
    with pytest.raises(Malformed, match="ttl"):
        opened(changed(CLIENT.seal_request(REQUEST).payload, ttl=None))


def test_nobody_sends_as_somebody_else():
    with pytest.raises(UsageError, match="this process is uid=500, it does not send as uid=0"):
        CLIENT.seal_request(replace(REQUEST, caller="uid=0"))


def test_what_marshal_has_not_is_not_sent():
    with pytest.raises(UnsendableValue):
        CLIENT.seal_request(replace(REQUEST, body={"x": {1, 2}}))
    with pytest.raises(UnsendableValue):
        NODE.seal_reply(replace(REPLY, body={"x": object()}), REQUEST)


@pytest.mark.parametrize(
    "payload", [b"", b"\x04\x08", b"\x04\x080", b"garbage", b"\x04\x08[\x06i\x00", b"\x04\x08{\x00", b"\x00" * 100]
)
def test_bytes_that_are_no_message_are_refused(payload):
    with pytest.raises(NotSigned):
        opened(payload)
    with pytest.raises(NotSigned):
        CLIENT.open_reply(CLIENT.read(payload))
