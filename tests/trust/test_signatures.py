"""S-12, S-44, S-47: no mutant of a signed message is accepted, whatever is flipped, dropped, doubled, moved or retyped."""

import binascii
import copy
import itertools
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from mcollective_py.config import Config
from mcollective_py.errors import Malformed, NotSigned
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.load import security_plugin

NOW = 1_800_000_000.0
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Pair:
    """A caller and a node of one CA, and a message of each."""

    def __init__(self, folder, key_type):
        authority = CertificateAuthority.create(folder, clock=lambda: NOW)
        for name, role in (("alice.mcollective", "caller"), ("web1.example.com", "node"), ("web2.example.com", "node")):
            authority.issue(name, role, key_type=key_type)

        def plugin(name, side):
            text = (
                f"plugin.x509.ca = {folder}/ca.pem\nplugin.x509.crl = {folder}/crl.pem\n"
                f"plugin.x509.cert = {authority.certificate_file(name)}\nplugin.x509.key = {authority.key_file(name)}\n"
            )
            return security_plugin(Config.from_text(text, side=side), side, lambda: NOW)

        self.client, self.node, self.other = (
            plugin("alice.mcollective", "client"),
            plugin("web1.example.com", "server"),
            plugin("web2.example.com", "server"),
        )
        self.request = Request(
            id="0123456789abcdef0123456789abcdef",
            caller="cert=alice.mcollective",
            sender="desk",
            collective="mcollective",
            agent="service",
            action="restart",
            body={"service": "exim4", "wait": 1.5, "force": False},
            filter=Filter.parse(facts=["country=uk"], classes=["mail"], identities=["web1.example.com"]),
            time=NOW,
            ttl=60,
            reply_to="/queue/mcollective.reply.desk.1",
            targets=("web1.example.com", "web2.example.com"),
        )
        self.sealed = self.client.seal_request(self.request)
        self.opened = self.node.open_request(self.node.read(self.sealed.payload))
        self.reply = Reply(self.opened.id, self.opened.digest, "web1.example.com", "service", "restart", {"status": "ok"}, NOW)
        (self.answer,) = self.node.seal_reply(self.reply, self.opened)

    def messages(self):
        def open_request(payload):
            return self.node.open_request(self.node.read(payload))

        def open_reply(payload):
            return self.client.open_reply(self.client.read(payload))

        return (self.sealed.payload, open_request), (self.answer, open_reply)


@pytest.fixture(scope="module", params=["p256", "ed25519", "rsa2048"])
def pair(request, tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("site") / "ca", request.param)


@pytest.fixture(scope="module")
def p256(tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("site") / "ca", "p256")


def compact(value) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def refused(open_message, mutant: bytes, original: bytes) -> bool:
    """Whether it is refused by the one kind of error that a stranger's bytes may cause."""
    assert mutant != original, "a mutant that is none proves nothing"
    try:
        open_message(mutant)
    except NotSigned:
        return True
    return False


def test_a_request_and_a_reply_open_as_they_were_sealed(pair):
    for payload, open_message in pair.messages():
        assert open_message(payload) is not None
    assert pair.opened.body == {"service": "exim4", "wait": 1.5, "force": False}
    assert pair.opened.targets == ("web1.example.com", "web2.example.com")
    assert pair.opened.digest == pair.sealed.digest
    assert pair.client.open_reply(pair.client.read(pair.answer)) == pair.reply


def test_no_changed_bit_is_accepted(pair):
    for payload, open_message in pair.messages():
        for position, bit in itertools.product(range(len(payload)), range(8)):
            mutant = bytearray(payload)
            mutant[position] ^= 1 << bit
            assert refused(open_message, bytes(mutant), payload), (position, bit)


def test_no_byte_left_out_or_doubled_is_accepted(pair):
    for payload, open_message in pair.messages():
        for position in range(len(payload)):
            assert refused(open_message, payload[:position] + payload[position + 1 :], payload), position
            doubled = payload[: position + 1] + payload[position:]
            assert refused(open_message, doubled, payload), position


@given(data=st.data())
@settings(max_examples=400, deadline=None)
def test_no_piece_cut_moved_or_put_elsewhere_is_accepted(p256, data):
    payload, open_message = p256.messages()[data.draw(st.integers(0, 1))]
    start, end, to = sorted(data.draw(st.lists(st.integers(0, len(payload)), min_size=3, max_size=3)))
    junk = data.draw(st.binary(max_size=8))
    for mutant in (
        payload[:start] + payload[end:],
        payload[:start] + junk + payload[end:],
        payload[:start] + payload[end:to] + payload[start:end] + payload[to:],
        payload[:start],
        payload + junk,
    ):
        if mutant != payload:
            assert refused(open_message, mutant, payload)


# --- the payload's fields, under the old signature --------------------------------------------------------------------

OTHER_VALUES = (None, True, False, 0, 1, -1, 1.0, "", "x", [], {}, [None], {"a": 1}, "cert=bob.mcollective", 2**63, 1e300)


def changed_payloads(fields):
    for key, value in fields.items():
        yield {name: item for name, item in fields.items() if name != key}
        for other in OTHER_VALUES:
            if type(other) is not type(value) or other != value:
                yield fields | {key: other}
        if isinstance(value, (str, list)):
            yield fields | {key: value + value}
            yield fields | {key: value[::-1]}
        if isinstance(value, dict):
            for inner in changed_payloads(value):
                yield fields | {key: inner}
        if isinstance(value, int) and not isinstance(value, bool):
            yield fields | {key: value + 1}
            yield fields | {key: float(value)}
            yield fields | {key: str(value)}
    yield fields | {"extra": None}
    yield dict(reversed(fields.items()))


def test_no_field_of_the_payload_can_be_dropped_retyped_moved_or_doubled(pair):
    count = 0
    for payload, open_message in pair.messages():
        envelope = json.loads(payload)
        body = binascii.a2b_base64(envelope["b"])
        bodies = [compact(fields) for fields in changed_payloads(json.loads(body))]
        bodies += [body.replace(b"{", b"{ ", 1), body + b" ", body[:-1] + b',"v":1}', b'{"v":1,' + body[1:]]
        for mutant in bodies:
            if mutant != body:
                count += 1
                assert refused(open_message, compact(envelope | {"b": base64(mutant)}), payload), mutant
    assert count > 700


# --- the envelope -----------------------------------------------------------------------------------------------------


def test_a_message_of_one_kind_never_passes_for_the_other(pair):
    request, reply = (json.loads(payload) for payload, _ in pair.messages())
    assert request["t"] != reply["t"]
    for (payload, open_message), other in zip(pair.messages(), (reply, request), strict=True):
        assert refused(open_message, compact(other), payload)
        assert refused(open_message, compact(json.loads(payload) | {"t": other["t"]}), payload)
        assert refused(open_message, compact(other | {"t": json.loads(payload)["t"]}), payload)
        assert refused(open_message, compact(json.loads(payload) | {"s": other["s"]}), payload)


def test_the_form_of_the_envelope_is_exact(pair):
    for payload, open_message in pair.messages():
        envelope = json.loads(payload)
        (signature,) = envelope["s"]
        tail = signature["sig"].rstrip("=")
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        mutants = [
            json.dumps(envelope).encode(),
            compact(dict(reversed(envelope.items()))),
            compact(envelope | {"s": [dict(reversed(signature.items()))]}),
            compact(envelope | {"s": [signature, signature]}),
            compact(envelope | {"s": signature}),
            compact(envelope | {"s": []}),
            compact(envelope | {"x": 1}),
            compact(envelope | {"z": "deflate"}),
            compact(envelope | {"e": {}}),
            compact(envelope | {"p": "mcpy/2"}),
            compact(envelope | {"p": "mcpy/0"}),
            compact(envelope | {"s": [signature | {"kid": signature["kid"].upper()}]}),
            compact(envelope | {"b": envelope["b"] + "\n"}),
            compact(envelope | {"b": envelope["b"].rstrip("=") + "===="}),
            payload[:-1] + b',"p":"mcpy/1"}',
            payload + b"\n",
            b" " + payload,
        ]
        if tail != signature["sig"]:  # the last character before the padding has bits that nobody reads
            loose = tail[:-1] + alphabet[alphabet.index(tail[-1]) ^ 1] + signature["sig"][len(tail) :]
            mutants.append(compact(envelope | {"s": [signature | {"sig": loose}]}))
        for mutant in mutants:
            assert refused(open_message, mutant, payload), mutant[:200]


def test_the_other_value_of_an_ecdsa_signature_is_refused(p256):
    for payload, open_message in p256.messages():
        envelope = json.loads(payload)
        (signature,) = envelope["s"]
        r, s = decode_dss_signature(binascii.a2b_base64(signature["sig"]))
        other = encode_dss_signature(r, P256_ORDER - s)
        assert refused(open_message, compact(envelope | {"s": [signature | {"sig": base64(other)}]}), payload)


ABSENT = object()


def test_missing_null_empty_and_mistyped_proofs_are_refused_in_every_combination(pair):
    """S-44: each of protocol, type, key id, signature and certificate as it was, absent, null, empty, or of another type."""
    for payload, open_message in pair.messages():
        envelope = json.loads(payload)
        for choice in itertools.product((0, 1, 2, 3, 4), repeat=5):
            if choice == (0,) * 5:
                continue
            mutant = copy.deepcopy(envelope)
            places = ((mutant, "p"), (mutant, "t"), *((mutant["s"][0], key) for key in ("kid", "sig", "crt")))
            for (holder, key), what in zip(places, choice, strict=True):
                value = (holder[key], ABSENT, None, "", 1)[what]
                if value is ABSENT:
                    del holder[key]
                else:
                    holder[key] = value
            assert refused(open_message, compact(mutant), payload)


def test_a_reply_signed_by_another_node_or_by_nobody_is_refused(pair):
    """S-33, S-47."""
    (mine,) = pair.node.seal_reply(pair.reply, pair.opened)
    envelope = json.loads(mine)
    other_reply = Reply(pair.opened.id, pair.opened.digest, "web2.example.com", "service", "restart", {}, NOW)
    (theirs,) = pair.other.seal_reply(other_reply, pair.opened)
    open_reply = pair.messages()[1][1]
    assert open_reply(theirs).sender == "web2.example.com"
    stolen = compact(envelope | {"s": json.loads(theirs)["s"]})
    assert refused(open_reply, stolen, mine)
    assert refused(open_reply, compact({key: value for key, value in envelope.items() if key != "s"}), mine)


def test_other_protocols_are_refused_and_named(pair):
    """S-52."""
    for payload, says in (
        (b"\x04\x08{\x0e:\nmsgid", "Ruby Marshal"),
        (b"---\n:body: x\n", "YAML"),
        (b'{"protocol":"choria:secure:request:1"}', "no mcpy/1 envelope"),
        (b"", "no mcpy/1 envelope"),
    ):
        with pytest.raises(Malformed, match=says):
            pair.node.read(payload)


@given(st.binary(max_size=300) | st.builds(lambda a, b: b'{"p":"mcpy/1","t":"' + a + b, st.binary(max_size=40), st.binary(max_size=80)))
@settings(max_examples=2000, deadline=None)
def test_random_bytes_are_refused_and_crash_nothing(p256, junk):
    for plugin in (p256.node, p256.client):
        with pytest.raises(NotSigned):
            plugin.read(junk)
