from dataclasses import fields, replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from mcollective_py.errors import (
    ConfigError,
    Malformed,
    NotACaller,
    NotDecrypted,
    NotSigned,
    ReplyTooLarge,
    TooManyCertificates,
    UnsendableValue,
    UntrustedCertificate,
    UsageError,
)
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security import encryption, envelope
from mcollective_py.security.callers import CallerPatterns, Delegations
from mcollective_py.security.chain import TrustStore
from mcollective_py.security.csrextensions import WORDS, ExtensionRule
from mcollective_py.security.keywrap import unwrap_by
from mcollective_py.security.known import KnownCertificates
from mcollective_py.security.parts import join
from mcollective_py.security.payload import reply_to_wire, request_to_wire
from mcollective_py.security.signer import KeySigner
from mcollective_py.security.x509 import X509, Credentials, Fixed
from mcollective_py.wire import strictjson


class Fleet:
    """Plugins of one CA, each with a certificate of its own; `now` is everybody's clock."""

    def __init__(self, pki):
        self.pki, self.now = pki, pki.NOW
        self.root = pki.ca("Puppet CA: puppet.example.com")
        self.store = TrustStore.from_pem(self.root.pem, self.root.crl())

    def plugin(self, name, *, root=None, rate=None, names=None, delegations=(), wanted=(), **leaf):
        key = ec.generate_private_key(ec.SECP256R1())
        der = self.pki.der((root or self.root).leaf(name, key=key, **leaf))
        own = Credentials(
            der, envelope.key_id(der), name, frozenset(names or (name, *leaf.get("dns", ()))), KeySigner(key), unwrap_by(key)
        )
        callers = CallerPatterns(["*.mcollective"])
        return X509(
            Fixed(own, self.store),
            callers=callers,
            known=KnownCertificates(100, rate),
            clock=lambda: self.now,
            delegations=Delegations(delegations, callers),
            wanted=ExtensionRule(wanted),
        )

    def request(self, caller="cert=alice.mcollective", **changes):
        plain = Request("0" * 32, caller, "desk", "mcollective", "echo", None, "hello", Filter(), self.now, 60, "/queue/reply.x")
        return replace(plain, **changes)


@pytest.fixture(scope="module")
def fleet(pki):
    return Fleet(pki)


@pytest.fixture(scope="module")
def node(fleet):
    return fleet.plugin("web1.example.com")


@pytest.fixture(scope="module")
def alice(fleet):
    return fleet.plugin("alice.mcollective")


def opened(node, payload):
    return node.open_request(node.read(payload))


def reply_to(request, sender="web1.example.com", body=None):
    return Reply(request.id, request.digest, sender, request.agent, request.action, body, 1_800_000_000.0)


def test_a_request_comes_out_as_it_went_in_with_its_digest(fleet, node, alice):
    request = fleet.request(action="say", body={"text": "hello", "half": 0.5}, agent="echo", targets=("web1",))
    sealed = alice.seal_request(request)
    received = opened(node, sealed.payload)
    certificate = alice._files.credentials().kid
    assert received == replace(request, digest=sealed.digest, certificate=certificate)
    assert len(received.digest) == 64
    assert type(received.body["half"]) is float


def test_what_is_known_before_the_signature_is_verified_is_the_kind_alone(fleet, node, alice):
    unverified = node.read(alice.seal_request(fleet.request()).payload)
    assert [field.name for field in fields(unverified)] == ["kind", "content"]
    assert unverified.kind == "request"
    with pytest.raises(Malformed, match="no reply"):
        node.open_reply(unverified)
    assert alice.caller == "cert=alice.mcollective"
    assert "body" in X509.covers


def test_a_node_is_no_caller(fleet, node):
    """S-51: a node's own valid certificate, of the same CA."""
    web2 = fleet.plugin("web2.example.com")
    payload = web2.seal_request(fleet.request(caller="cert=web2.example.com")).payload
    with pytest.raises(NotACaller, match=r"'web2\.example\.com' is no caller here"):
        opened(node, payload)


def test_a_key_signs_as_its_own_caller_only(fleet, node, alice):
    with pytest.raises(UsageError, match=r"it cannot sign as cert=bob\.mcollective"):
        alice.seal_request(fleet.request(caller="cert=bob.mcollective"))
    bob = fleet.plugin("bob.mcollective")
    bob.caller = "cert=alice.mcollective"  # a client that lies
    with pytest.raises(NotACaller, match=r"bob\.mcollective signed a request as cert=alice\.mcollective"):
        opened(node, bob.seal_request(fleet.request()).payload)


@pytest.mark.parametrize(
    "name", ["Alice.mcollective", "evil.mcollective.attacker.net", ".mcollective", "a.mcollective\n", "a b.mcollective"]
)
def test_a_certificate_whose_name_is_not_quite_a_callers_is_refused(fleet, node, alice, name):
    """S-17, S-31: the name is matched whole, in lower case."""
    liar = fleet.plugin(name)
    liar.caller = "cert=alice.mcollective"
    with pytest.raises(NotACaller, match="is no caller here"):
        opened(node, liar.seal_request(fleet.request()).payload)


def test_a_name_among_the_alternative_names_makes_no_caller(fleet, node):
    web2 = fleet.plugin("web2.example.com", dns=("alice.mcollective",))
    web2.caller = "cert=alice.mcollective"
    with pytest.raises(NotACaller):
        opened(node, web2.seal_request(fleet.request()).payload)


def test_a_certificate_for_servers_alone_is_no_caller(fleet, node):
    server = fleet.plugin("alice.mcollective", usages=(ExtendedKeyUsageOID.SERVER_AUTH,))
    with pytest.raises(NotACaller, match="lacks clientAuth"):
        opened(node, server.seal_request(fleet.request()).payload)


@pytest.mark.parametrize(
    ("leaf", "says"),
    [
        ({"until": -5.0}, "expired"),
        ({"since": 5.0}, "not valid yet"),
        ({"usages": (ExtendedKeyUsageOID.EMAIL_PROTECTION,)}, "extendedKeyUsage"),
    ],
)
def test_a_callers_certificate_out_of_its_dates_or_uses_is_refused(fleet, node, leaf, says):
    alice = fleet.plugin("alice.mcollective", **leaf)
    with pytest.raises(UntrustedCertificate, match=says):
        opened(node, alice.seal_request(fleet.request()).payload)


def test_a_certificate_that_expires_between_two_requests_is_refused_at_the_second(fleet, pki):
    """S-45."""
    own = Fleet(pki)
    alice, node = own.plugin("alice.mcollective", until=100.0), own.plugin("web1")
    payload = alice.seal_request(own.request()).payload
    opened(node, payload)
    own.now += 101
    with pytest.raises(UntrustedCertificate, match="expired"):
        opened(node, payload)


def test_the_same_name_of_another_ca_is_refused_and_a_renewed_certificate_taken(fleet, node, alice, pki):
    """S-34."""
    opened(node, alice.seal_request(fleet.request()).payload)
    evil = fleet.plugin("alice.mcollective", root=pki.ca("Puppet CA: puppet.example.com"))
    with pytest.raises(UntrustedCertificate, match="no CA that is trusted here"):
        opened(node, evil.seal_request(fleet.request()).payload)
    opened(node, fleet.plugin("alice.mcollective").seal_request(fleet.request()).payload)


def test_strangers_come_in_at_a_bounded_rate_on_a_node(fleet, alice):
    node = fleet.plugin("web1.example.com", rate=2)
    payload = alice.seal_request(fleet.request()).payload
    opened(node, payload)
    opened(node, fleet.plugin("bob.mcollective").seal_request(fleet.request(caller="cert=bob.mcollective")).payload)
    with pytest.raises(TooManyCertificates):
        opened(node, fleet.plugin("carol.mcollective").seal_request(fleet.request(caller="cert=carol.mcollective")).payload)
    opened(node, payload)


def test_a_request_that_no_node_would_take_is_not_sealed(fleet, alice):
    for changes, says in (
        ({"targets": ()}, "field to"),
        ({"agent": "../open"}, "field agent"),
        ({"ttl": 0}, "field ttl"),
        ({"action": "say", "body": "text"}, "field data"),
        ({"reply_to": "x"}, "field reply"),
    ):
        with pytest.raises(UsageError, match=says):
            alice.seal_request(fleet.request(**changes))
    with pytest.raises(UnsendableValue, match=r"at data\.when"):
        alice.seal_request(fleet.request(action="say", body={"when": object()}))


# --- extensions and delegation ----------------------------------------------------------------------------------------


def puppets(word, value):
    oid = {word: oid for oid, word in WORDS.items()}[word]
    return (x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), False)


def test_what_puppets_ca_says_of_a_caller_comes_with_the_request(fleet, node):
    alice = fleet.plugin("alice.mcollective", extra=(puppets("pp_role", b"\x0c\x03web"), puppets("pp_auth_role", b"\x0c\x03ops")))
    received = opened(node, alice.seal_request(fleet.request()).payload)
    assert received.extensions == (("pp_auth_role", "ops"), ("pp_role", "web"))


def test_an_extension_that_cannot_be_read_makes_no_caller_and_leaves_a_node_its_voice(fleet, node, alice):
    old = puppets("pp_role", b"web")  # as Puppet before 4 wrote them, without DER
    liar = fleet.plugin("alice.mcollective", extra=(old,))
    with pytest.raises(NotACaller, match="cannot be judged: its extension pp_role: no UTF8String"):
        opened(node, liar.seal_request(fleet.request()).payload)
    request = opened(node, alice.seal_request(fleet.request()).payload)
    (payload,) = fleet.plugin("web1.example.com", extra=(old,)).seal_reply(reply_to(request), request)
    assert alice.open_reply(alice.read(payload)).sender == "web1.example.com"


def test_a_host_may_want_an_extension_of_every_caller(fleet, alice):
    strict = fleet.plugin("web1.example.com", wanted=("pp_auth_role=ops-*",))
    for extra in ((), (puppets("pp_auth_role", b"\x0c\x03ops"),), (puppets("pp_role", b"\x0c\x05ops-a"),)):
        with pytest.raises(NotACaller, match=r"lacks pp_auth_role=ops-\* \(plugin\.x509\.caller_extensions\)"):
            opened(strict, fleet.plugin("alice.mcollective", extra=extra).seal_request(fleet.request()).payload)
    night = fleet.plugin("alice.mcollective", extra=(puppets("pp_auth_role", b"\x0c\x09ops-night"),))
    assert opened(strict, night.seal_request(fleet.request()).payload).caller == "cert=alice.mcollective"


def test_a_privileged_certificate_asks_on_behalf_of_another(fleet):
    node = fleet.plugin("web1.example.com", delegations=("portal.mcollective:sso=*",))
    portal = fleet.plugin("portal.mcollective")
    received = opened(node, portal.seal_request(fleet.request("sso=alice", delegate="cert=portal.mcollective")).payload)
    assert (received.caller, received.delegate) == ("sso=alice", "cert=portal.mcollective")
    for name, caller, says in (
        ("bob.mcollective", "sso=alice", "may not ask on behalf of others"),
        ("portal.mcollective", "cert=root.mcollective", r"may not ask on behalf of cert=root\.mcollective"),
    ):
        with pytest.raises(NotACaller, match=says):
            opened(node, fleet.plugin(name).seal_request(fleet.request(caller, delegate=f"cert={name}")).payload)


def test_nobody_borrows_the_privilege_of_another_certificate(fleet):
    node = fleet.plugin("web1.example.com", delegations=("portal.mcollective",))
    bob = fleet.plugin("bob.mcollective")
    with pytest.raises(UsageError, match=r"it cannot sign as cert=portal\.mcollective"):
        bob.seal_request(fleet.request("sso=alice", delegate="cert=portal.mcollective"))
    bob.caller = "cert=portal.mcollective"  # a client that lies
    with pytest.raises(NotACaller, match=r"bob\.mcollective signed a request as cert=portal\.mcollective"):
        opened(node, bob.seal_request(fleet.request("sso=alice", delegate="cert=portal.mcollective")).payload)


def test_a_node_that_registers_does_so_for_itself(fleet):
    node = fleet.plugin("web1.example.com", delegations=("web2.*",))
    web2 = fleet.plugin("web2.example.com")
    with pytest.raises(NotACaller, match="signed a registration of"):
        opened(node, signed_as(web2, envelope.REGISTRATION, registration(fleet, delegate="cert=web2.example.com")))


# --- replies ----------------------------------------------------------------------------------------------------------


def test_a_reply_comes_out_as_it_went_in_bound_to_the_request(fleet, node, alice):
    request = opened(node, alice.seal_request(fleet.request()).payload)
    (payload,) = node.seal_reply(reply_to(request, body=2.0), request)
    assert alice.open_reply(alice.read(payload)) == reply_to(request, body=2.0)
    with pytest.raises(Malformed, match="no request"):
        node.open_request(node.read(payload))


def test_a_reply_names_the_node_that_signed_it_by_cn_or_exact_dns_name(fleet, alice, node):
    request = opened(node, alice.seal_request(fleet.request()).payload)
    two_names = fleet.plugin("web9.example.com", dns=("web9", "*.wild.example.com"))
    for sender in ("web9.example.com", "web9"):
        (payload,) = two_names.seal_reply(reply_to(request, sender), request)
        assert alice.open_reply(alice.read(payload)).sender == sender
    liar = fleet.plugin("web9.example.com", dns=("*.wild.example.com",), names=("web1.example.com", "a.wild.example.com"))
    for sender in ("web1.example.com", "a.wild.example.com"):
        (payload,) = liar.seal_reply(reply_to(request, sender), request)
        with pytest.raises(UntrustedCertificate, match=rf"'web9\.example\.com' signed a reply as {sender}"):
            alice.open_reply(alice.read(payload))


def test_a_node_does_not_answer_under_a_name_that_is_not_its_own(fleet, node, alice):
    request = opened(node, alice.seal_request(fleet.request()).payload)
    with pytest.raises(ConfigError, match=r"the identity web2 is no name of this host's certificate"):
        node.seal_reply(reply_to(request, "web2"), request)


def test_a_large_reply_travels_in_signed_parts(fleet, node, alice):
    request = opened(node, alice.seal_request(fleet.request()).payload)
    reply = reply_to(request, body={"text": 'x\n"ž' * 500_000})
    payloads = node.seal_reply(reply, request)
    assert len(payloads) > 5
    assert max(map(len, payloads)) < 2 * 1024 * 1024
    assert join(alice.open_reply(alice.read(payload)) for payload in payloads) == reply


def test_a_reply_that_cannot_be_sent_says_why(fleet, node, alice):
    request = opened(node, alice.seal_request(fleet.request()).payload)
    with pytest.raises(UnsendableValue, match="a bytes cannot be sent, at key"):
        node.seal_reply(reply_to(request, body={"key": b"x"}), request)
    with pytest.raises(ReplyTooLarge):
        node.seal_reply(reply_to(request, body="x" * (17 * 1024 * 1024)), request)


# --- size and depth, signed by a caller who means harm ----------------------------------------------------------------


def sealed_by(plugin, type, body):
    own = plugin._files.credentials()
    return envelope.Envelope(type, body, own.kid, own.signer.sign(envelope.signed_bytes(type, body)), own.certificate).encode()


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[" * 5000 + b"]" * 5000, b'{"v":1,"v":1}', b"NaN", b"\xff", b"{}", b'{"v":1e999}', b"9" * 5000]
)
def test_a_signed_payload_that_is_no_request_is_refused(node, alice, body):
    for plugin, type, open_message in ((alice, envelope.REQUEST, node.open_request), (node, envelope.REPLY, alice.open_reply)):
        with pytest.raises(Malformed):
            open_message(node.read(sealed_by(plugin, type, body)))


def test_a_request_is_taken_up_to_a_mebibyte_and_a_reply_up_to_four(node, alice):
    mebibyte = 1024 * 1024
    node.read(sealed_by(alice, envelope.REQUEST, b" " * mebibyte))
    with pytest.raises(Malformed, match="the limit is 1048576"):
        node.read(sealed_by(alice, envelope.REQUEST, b" " * (mebibyte + 1)))
    alice.read(sealed_by(node, envelope.REPLY, b" " * (4 * mebibyte)))
    with pytest.raises(Malformed, match="the limit is 4194304"):
        alice.read(sealed_by(node, envelope.REPLY, b" " * (4 * mebibyte + 1)))


def test_an_open_refuses_what_read_did_not_give(node):
    from mcollective_py.security.base import Unverified

    for content in (None, b"", {}, "x"):
        with pytest.raises(NotSigned):
            node.open_request(Unverified("request", content))


# --- registrations: the one thing that a node's certificate may send --------------------------------------------------


def registration(fleet, name="web2.example.com", **changes):
    return fleet.request(
        f"cert={name}", **({"sender": name, "agent": "registration", "filter": REGISTERS, "body": ["echo"], "reply_to": None} | changes)
    )


def signed_as(plugin, type, request):
    """A message that a node with changed code would make."""
    body = strictjson.dumps(request_to_wire(request)).encode()
    return plugin._seal(type, body)


REGISTERS = Filter(agents=("registration",))


def test_a_registration_of_a_node_opens_and_is_no_request_by_its_type(fleet, node):
    web2 = fleet.plugin("web2.example.com")
    sealed = web2.seal_request(registration(fleet))
    assert node.read(sealed.payload).kind == "registration"
    received = opened(node, sealed.payload)
    assert (received.sender, received.body, received.reply_to) == ("web2.example.com", ["echo"], None)


@pytest.mark.parametrize(
    "change",
    [
        {"agent": "echo"},
        {"agent": "rpcutil", "action": "ping", "body": {}},
        {"action": "run", "body": {}},
        {"reply_to": "/queue/mcollective.reply.web2_1.a"},
        {"targets": ("web1.example.com",)},
        {"filter": Filter()},
        {"filter": Filter(agents=("registration",), classes=("web",))},
        {"filter": Filter(agents=("echo",))},
    ],
)
def test_a_nodes_signature_is_good_for_registrations_alone(fleet, node, change):
    """S-51, with the type that nodes may sign."""
    web2 = fleet.plugin("web2.example.com")
    with pytest.raises(NotACaller, match=r"signed a request to .* as a registration"):
        opened(node, signed_as(web2, envelope.REGISTRATION, registration(fleet, **change)))


def test_a_nodes_registration_as_a_request_is_refused(fleet, node):
    web2 = fleet.plugin("web2.example.com")
    with pytest.raises(NotACaller, match="is no caller here"):
        opened(node, signed_as(web2, envelope.REQUEST, registration(fleet)))


@pytest.mark.parametrize(
    "change", [{"sender": "web3.example.com"}, {"caller": "cert=web3.example.com"}, {"caller": "cert=alice.mcollective"}]
)
def test_a_node_registers_nobody_else(fleet, node, change):
    web2 = fleet.plugin("web2.example.com")
    with pytest.raises(NotACaller, match=r"'web2\.example\.com' signed a registration of"):
        opened(node, signed_as(web2, envelope.REGISTRATION, replace(registration(fleet), **change)))


def test_a_registration_taken_for_a_request_or_a_request_for_a_registration_does_not_verify(fleet, node, alice):
    for plugin, request, types in (
        (fleet.plugin("web2.example.com"), registration(fleet), (b"registration+json", b"request+json")),
        (alice, fleet.request(), (b"request+json", b"registration+json")),
    ):
        with pytest.raises(NotSigned):
            opened(node, plugin.seal_request(request).payload.replace(*types))


def test_a_registration_by_a_stranger_or_of_another_ca_is_refused(fleet, node, pki):
    elsewhere = fleet.plugin("web2.example.com", root=pki.ca("Another CA"))
    with pytest.raises(UntrustedCertificate):
        opened(node, elsewhere.seal_request(registration(fleet)).payload)


def test_no_client_takes_a_registration_for_a_reply(fleet, alice):
    payload = fleet.plugin("web2.example.com").seal_request(registration(fleet)).payload
    with pytest.raises(Malformed, match="no reply"):
        alice.open_reply(alice.read(payload))


def test_a_caller_asks_the_registration_agent_by_a_request(fleet, alice):
    request = fleet.request(agent="registration", filter=REGISTERS, reply_to=None)
    assert alice.read(alice.seal_request(request).payload).kind == "request"


def test_nodes_that_register_take_no_turn_from_callers(fleet):
    crowded = fleet.plugin("web1.example.com", rate=1)
    crowded._registrants = KnownCertificates(100, 1)
    opened(crowded, fleet.plugin("web2.example.com").seal_request(registration(fleet)).payload)
    with pytest.raises(TooManyCertificates):
        opened(crowded, fleet.plugin("web3.example.com").seal_request(registration(fleet, "web3.example.com")).payload)
    assert opened(crowded, fleet.plugin("alice.mcollective").seal_request(fleet.request()).payload).body == "hello"


class Secret:
    """A caller that has heard of two nodes, and a request for both that is encrypted."""

    def __init__(self, fleet):
        self.fleet, self.alice = fleet, fleet.plugin("alice.mcollective")
        self.web1, self.web2, self.web3 = (fleet.plugin(f"web{number}.example.com") for number in (1, 2, 3))
        self.meet(self.web1, "web1.example.com")
        self.meet(self.web2, "web2.example.com")
        self.request = fleet.request(
            agent="vault",
            action="put",
            body={"password": "correct horse"},
            targets=("web1.example.com", "web2.example.com"),
            is_secret=True,
        )
        self.sealed = self.alice.seal_request(self.request)

    def meet(self, node, name):
        asked = opened(node, self.alice.seal_request(self.fleet.request()).payload)
        (payload,) = node.seal_reply(reply_to(asked, name), asked)
        self.alice.open_reply(self.alice.read(payload))


@pytest.fixture
def secret(fleet):
    return Secret(fleet)


def test_an_encrypted_request_and_its_reply_come_out_as_they_went_in(secret):
    received = opened(secret.web1, secret.sealed.payload)
    assert received == replace(
        secret.request,
        digest=secret.sealed.digest,
        reply_key=received.reply_key,
        certificate=received.certificate,
        extensions=received.extensions,
    )
    assert len(received.reply_key) == 64
    (answer,) = secret.web1.seal_reply(reply_to(received, body={"token": "battery staple"}), received)
    assert b"application/vnd.mcollective.mcpy-1.reply+sealed" in answer
    assert secret.alice.open_reply(secret.alice.read(answer)).data == {"token": "battery staple"}
    parts = secret.web1.seal_reply(reply_to(received, body={"token": "x" * 2_000_000}), received)
    assert len(parts) > 1
    whole = join(secret.alice.open_reply(secret.alice.read(part)) for part in parts)
    assert len(whole.data["token"]) == 2_000_000


def test_only_its_targets_open_an_encrypted_request(secret, fleet):
    assert opened(secret.web2, secret.sealed.payload).body == {"password": "correct horse"}
    with pytest.raises(NotDecrypted):
        opened(secret.web3, secret.sealed.payload)


def test_an_encrypted_request_is_verified_before_it_is_decrypted(secret, fleet):
    tries = []
    own = secret.web1._files.own
    secret.web1._files = Fixed(replace(own, unwrap=lambda *words: tries.append(words)), fleet.store)
    found = envelope.read_envelope(secret.sealed.payload, 1 << 20)
    for forged in (
        replace(found, signature=b"x" * 70),
        replace(found, body=found.body[:-1]),
        replace(found, type=envelope.SEALED_REPLY),
    ):
        with pytest.raises(NotSigned):
            opened(secret.web1, forged.encode())
    with pytest.raises(NotACaller):
        opened(secret.web1, secret.web2._seal(envelope.SEALED_REQUEST, found.body))
    assert tries == []


def test_a_ciphertext_signed_by_another_caller_does_not_open(secret, fleet):
    mallory = fleet.plugin("mallory.mcollective")
    body = envelope.read_envelope(secret.sealed.payload, 1 << 20).body
    with pytest.raises(NotDecrypted):
        opened(secret.web1, mallory._seal(envelope.SEALED_REQUEST, body))


def test_what_says_encrypted_and_what_is_encrypted_are_the_same(secret, fleet):
    """No request is turned from the one into the other: `want` says it under the signature."""
    clear = strictjson.dumps(request_to_wire(replace(secret.request, is_secret=False))).encode()
    keys = secret.alice.recipients.keys(secret.request.targets, fleet.store, fleet.now)
    kid = secret.alice._files.own.kid
    sealed = encryption.seal_request(clear, kid, keys, int(fleet.now * 1000), 1 << 20)
    with pytest.raises(Malformed, match="without the field epk"):
        opened(secret.web1, secret.alice._seal(envelope.SEALED_REQUEST, sealed))
    asks = strictjson.dumps(request_to_wire(replace(secret.request, reply_key="a" * 64))).encode()
    with pytest.raises(Malformed, match="unknown field"):
        opened(secret.web1, secret.alice._seal(envelope.REQUEST, asks))
    later = encryption.seal_request(asks, kid, keys, int(fleet.now * 1000) + 1, 1 << 20)
    with pytest.raises(Malformed, match="another time"):
        opened(secret.web1, secret.alice._seal(envelope.SEALED_REQUEST, later))


def test_an_encrypted_request_names_its_hosts_and_at_most_two_hundred(secret, fleet):
    with pytest.raises(UsageError, match="names nobody"):
        secret.alice.seal_request(replace(secret.request, targets=None))
    with pytest.raises(UsageError, match="200 at most"):
        secret.alice.seal_request(replace(secret.request, targets=tuple(f"web{number}" for number in range(201))))
    with pytest.raises(UsageError, match=r"web3\.example\.com cannot be sent anything secret: it has not answered"):
        secret.alice.seal_request(replace(secret.request, targets=("web3.example.com",)))


def test_a_reply_in_clear_to_an_encrypted_request_is_refused(secret):
    received = opened(secret.web1, secret.sealed.payload)
    (clear,) = secret.web1.seal_reply(reply_to(received, body={}), replace(received, is_secret=False))
    with pytest.raises(NotDecrypted, match=r"a reply of web1\.example\.com in clear"):
        secret.alice.open_reply(secret.alice.read(clear))


def test_a_node_cannot_answer_for_another_one_in_secret_either(secret):
    received = opened(secret.web2, secret.sealed.payload)
    liar = reply_to(received, "web1.example.com", {})
    body = encryption.seal_reply(
        strictjson.dumps(reply_to_wire(liar, received)).encode(), received.id, "web1.example.com", received.reply_key, 1 << 20
    )
    with pytest.raises(UntrustedCertificate, match=r"'web2\.example\.com' signed a reply as web1\.example\.com"):
        secret.alice.open_reply(secret.alice.read(secret.web2._seal(envelope.SEALED_REPLY, body)))
    hidden = encryption.seal_reply(
        strictjson.dumps(reply_to_wire(liar, received)).encode(), received.id, "web2.example.com", received.reply_key, 1 << 20
    )
    with pytest.raises(Malformed, match="another one than its header says"):
        secret.alice.open_reply(secret.alice.read(secret.web2._seal(envelope.SEALED_REPLY, hidden)))


def test_an_older_version_refuses_what_is_encrypted():
    """It knew three types of payload, each of them JSON; these are others, and what is inside is no JSON."""
    older = {envelope.REQUEST, envelope.REPLY, envelope.REGISTRATION}
    assert not older & {envelope.SEALED_REQUEST, envelope.SEALED_REPLY}
    with pytest.raises(Malformed):
        strictjson.loads(b'{"v":1}\n' + b"\xff" * 32)


def test_the_largest_encrypted_request_fits_and_one_byte_more_does_not(secret):
    empty = strictjson.dumps(request_to_wire(replace(secret.request, body={"p": ["", "", ""]}, reply_key="a" * 64)))
    texts = ["x" * 400_000, "x" * 400_000, "x" * (1024 * 1024 - len(empty) - 800_000)]
    payload = secret.alice.seal_request(replace(secret.request, body={"p": texts})).payload
    assert opened(secret.web1, payload).body == {"p": texts}
    with pytest.raises(UnsendableValue):
        secret.alice.seal_request(replace(secret.request, body={"p": [*texts[:2], texts[2] + "x"]}))
