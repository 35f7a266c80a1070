"""S-30, S-31, S-33, S-34, S-39, S-45: which keys and certificates may ask and answer, by rule and never by accident.

S-32, S-35 and R-26, with real daemons and brokers, are in tests/parts/test_revocation.py; patterns of names in
tests/security/test_callers.py, dates and chains in tests/security/test_chain.py.
"""

import datetime
import json
import secrets

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mcollective_py.config import Config
from mcollective_py.errors import KeyFileError, NotACaller, NotSigned, UntrustedCertificate
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security import envelope
from mcollective_py.security.load import security_plugin
from mcollective_py.security.payload import request_to_wire
from mcollective_py.security.signer import KeySigner

NOW = 1_800_000_000.0
DAY = 86400.0


class Authority:
    """A CA that signs whatever it is given, with files as hosts have them. `now` is everybody's clock."""

    def __init__(self, folder, name="Puppet CA"):
        self.folder, self.now = folder, NOW
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self.name, self.key.public_key(), -DAY, 100 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = builder.sign(self.key, SHA256())
        self.revoked = []
        self.publish()

    def _builder(self, subject, key, since, until):
        def date(seconds):
            return datetime.datetime.fromtimestamp(NOW + seconds, datetime.UTC)

        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(date(since))
            .not_valid_after(date(until))
        )

    def certify(self, name, key, since=-DAY, until=DAY, digest=None):
        """A certificate for clients and servers."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])
        return self._builder(subject, key, since, until).add_extension(usages, critical=True).sign(self.key, digest or SHA256())

    def publish(self):
        """The CA and its CRL as they are now."""
        since, until = (datetime.datetime.fromtimestamp(NOW + days * DAY, datetime.UTC) for days in (-1, 100))
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name).last_update(since).next_update(until)
        for serial in self.revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
            )
        for file, content in (("ca.pem", self.certificate), ("crl.pem", builder.sign(self.key, SHA256()))):
            scratch = self.folder / f".{file}"
            scratch.write_bytes(content.public_bytes(Encoding.PEM))
            scratch.replace(self.folder / file)

    def plugin(self, name, side, key=None, certificate=None, settings=""):
        """The security plugin of a process with this name."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        certificate = certificate or self.certify(name, key.public_key())
        place = self.folder / secrets.token_hex(8)
        place.with_suffix(".pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        private = place.with_suffix(".key")
        private.touch(mode=0o600)
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        text = (
            f"plugin.x509.ca = {self.folder}/ca.pem\nplugin.x509.crl = {self.folder}/crl.pem\n"
            f"plugin.x509.cert = {place}.pem\nplugin.x509.key = {private}\n{settings}"
        )
        return security_plugin(Config.from_text(text, side=side), side, lambda: self.now)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def own(tmp_path):
    """A CA that no other test has."""
    return Authority(tmp_path)


@pytest.fixture(scope="module")
def node(authority):
    return authority.plugin("web1.example.com", "server")


@pytest.fixture(scope="module")
def alice(authority):
    return authority.plugin("alice.mcollective", "client")


def a_request(caller="cert=alice.mcollective", **changes):
    return Request("0" * 32, caller, "desk", "mcollective", "rpcutil", "ping", {}, Filter(), NOW, 60, "/queue/reply.x", **changes)


def opened(node, payload):
    return node.open_request(node.read(payload))


def forged(certificate, sign, body=None, kind=envelope.REQUEST):
    """An envelope by whoever holds a key, in code of his own: nothing is checked before it is sent."""
    body = json.dumps(request_to_wire(a_request()), separators=(",", ":")).encode() if body is None else body
    der = certificate.public_bytes(Encoding.DER)
    return envelope.Envelope(kind, body, envelope.key_id(der), sign(envelope.signed_bytes(kind, body)), der).encode()


# --- S-30: certificates of the CA with keys of every kind ---------------------------------------------------------------


def small_exponent(exponent):
    """An RSA-2048 public key with an exponent that anybody's signature would fit (1), or nearly (3)."""
    modulus = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    return der_of_rsa(modulus, exponent)


def small_modulus(bits):
    """An RSA key that is too short for the library to make one: two primes from a longer key would do, so any odd number does."""
    return der_of_rsa((1 << (bits - 1)) | secrets.randbits(bits - 2) | 1, 65537)


def der_of_rsa(modulus, exponent):
    """SubjectPublicKeyInfo by hand, for keys that no library would make."""

    def tlv(tag, content):
        length = len(content)
        if length < 128:
            return bytes((tag, length)) + content
        octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
        return bytes((tag, 0x80 | len(octets))) + octets + content

    def integer(number):
        return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))

    algorithm = tlv(0x30, bytes.fromhex("06092a864886f70d010101") + b"\x05\x00")
    return tlv(0x30, algorithm + tlv(3, b"\0" + tlv(0x30, integer(modulus) + integer(exponent))))


def with_key(authority, name, spki):
    """A certificate by the CA, with this SubjectPublicKeyInfo in the place of an ordinary key's, signed anew."""
    dummy = ec.generate_private_key(ec.SECP256R1()).public_key()
    plain = authority.certify(name, dummy)
    old = dummy.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    tbs = plain.tbs_certificate_bytes
    assert tbs.count(old) == 1

    def sequence(content):
        octets = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
        return (b"\x30" + bytes((len(content),)) if len(content) < 128 else b"\x30" + bytes((0x80 | len(octets),)) + octets) + content

    head = 2 if tbs[1] < 128 else 2 + (tbs[1] & 0x7F)
    new = sequence(tbs[head:].replace(old, spki))
    signature = authority.key.sign(new, ec.ECDSA(SHA256()))
    algorithm = sequence(bytes.fromhex("06082a8648ce3d040302"))
    bits = b"\0" + signature
    whole = new + algorithm + b"\x03" + bytes((len(bits),)) + bits
    return sequence(whole)


GOOD = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA-4096": lambda: rsa.generate_private_key(65537, 4096),
}
BAD = {
    "P-384": (lambda: ec.generate_private_key(ec.SECP384R1()), "secp384r1 cannot sign here"),
    "P-521": (lambda: ec.generate_private_key(ec.SECP521R1()), "secp521r1 cannot sign here"),
    "secp256k1": (lambda: ec.generate_private_key(ec.SECP256K1()), "secp256k1 cannot sign here"),
    "Ed448": (ed448.Ed448PrivateKey.generate, "Ed448 key cannot sign here"),
    "DSA": (lambda: dsa.generate_private_key(1024), "DSA key cannot sign here"),
    "RSA-1024": (lambda: rsa.generate_private_key(65537, 1024), "an RSA key of 1024 bits"),
    "RSA, exponent 3": (lambda: rsa.generate_private_key(3, 2048), "exponent 3"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_s30_keys_that_may_sign_ask_and_answer(authority, kind):
    key = GOOD[kind]()
    asks, answers = authority.plugin("alice.mcollective", "client", key), authority.plugin("web1.example.com", "server", key)
    request = opened(answers, asks.seal_request(a_request()).payload)
    assert request.caller == "cert=alice.mcollective"
    reply = Reply(request.id, request.digest, "web1.example.com", "rpcutil", "ping", {"pong": 1}, NOW)
    (payload,) = answers.seal_reply(reply, request)
    assert asks.open_reply(asks.read(payload)) == reply


@pytest.mark.parametrize("kind", BAD)
def test_s30_other_keys_are_refused_by_rule_though_the_ca_signed_them(authority, node, kind):
    make, says = BAD[kind]
    key = make()
    certificate = authority.certify("alice.mcollective", key.public_key())
    with pytest.raises(UntrustedCertificate, match=says):
        opened(node, forged(certificate, lambda data: b"\0" * 64))
    with pytest.raises(KeyFileError, match=says):
        authority.plugin("alice.mcollective", "client", key, certificate)


@pytest.mark.parametrize(
    ("spki", "says"),
    [
        (small_exponent(1), "cannot be used"),
        (small_modulus(512), "cannot be used"),
        (small_modulus(1023), "cannot be used"),
        (der_of_rsa(3, 65537), "cannot be used"),
        (der_of_rsa(1 << 16384 | 1, 65537), "cannot be used"),
        (bytes.fromhex("3000"), "cannot be used"),
        (bytes.fromhex("300a300506032a0304030100"), "cannot be used"),  # a kind of key that nobody knows
    ],
    ids=["rsa e=1", "rsa 512", "rsa 1023", "rsa n=3", "rsa 16385", "empty", "unknown"],
)
def test_s30_keys_that_no_library_would_make_are_refused_and_crash_nothing(authority, node, spki, says):
    der = with_key(authority, "alice.mcollective", spki)

    class Raw:
        def public_bytes(self, encoding):
            return der

    for signature in (b"\0", b"\0" * 64, b"\x01" * 256):
        with pytest.raises(UntrustedCertificate, match=says):
            opened(node, forged(Raw(), lambda data, signature=signature: signature))


def test_s30_a_certificate_signed_with_sha1_is_refused(authority, node):
    """Nobody makes one any more: the bytes of a good one say SHA-1 instead, and the CA signs those."""
    good = authority.certify("alice.mcollective", ec.generate_private_key(ec.SECP256R1()).public_key())
    sha256, sha1 = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06072a8648ce3d0401")
    tbs = good.tbs_certificate_bytes
    assert tbs.count(b"\x30\x0a" + sha256) == 1
    changed = tbs.replace(b"\x30\x0a" + sha256, b"\x30\x09" + sha1)
    head = 2 if tbs[1] < 128 else 2 + (tbs[1] & 0x7F)
    body = changed[head:]
    tbs = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    bits = b"\0" + authority.key.sign(tbs, ec.ECDSA(SHA1()))
    whole = tbs + b"\x30\x09" + sha1 + b"\x03" + bytes((len(bits),)) + bits
    der = b"\x30\x82" + len(whole).to_bytes(2, "big") + whole

    class Raw:
        def public_bytes(self, encoding):
            return der

    with pytest.raises(UntrustedCertificate):
        opened(node, forged(Raw(), lambda data: b"\0" * 70))


# --- S-31: names are matched whole ------------------------------------------------------------------------------------

NO_CALLERS = (
    *("x.privilegedXmcollective", "evil.mcollective.attacker.net", ".mcollective", "a.mcollective\n", "a.mcollective ", "mcollective"),
    *("a.mcollectivex", "A.mcollective", "a\0.mcollective", "a..mcollective", "a/b.mcollective", "*.mcollective", "ä.mcollective"),
)


@pytest.mark.parametrize("name", NO_CALLERS, ids=repr)
def test_s31_a_name_that_is_nearly_a_callers_is_none(authority, node, name):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = authority.certify(name, key.public_key())
    with pytest.raises(NotSigned):
        opened(node, forged(certificate, KeySigner(key).sign))


@pytest.mark.parametrize("name", ["x.privilegedXmcollective", "privileged.mcollective", "a.privileged.mcollective.evil.mcollective"])
def test_s31_a_name_that_is_nearly_privileged_asks_for_nobody(authority, name):
    node = authority.plugin(
        "web1.example.com",
        "server",
        settings="plugin.x509.caller_certnames = *.mcollective x.privilegedxmcollective\n"
        "plugin.x509.privileged_certnames = *.privileged.mcollective\n",
    )
    name = name.lower()
    asks = authority.plugin(name, "client", settings=f"plugin.x509.caller_certnames = {name}\n")
    with pytest.raises(NotACaller, match="may not ask on behalf of others"):
        opened(node, asks.seal_request(a_request("sso=root", delegate=f"cert={name}")).payload)
    good = authority.plugin("a.privileged.mcollective", "client")
    request = opened(node, good.seal_request(a_request("sso=root", delegate="cert=a.privileged.mcollective")).payload)
    assert (request.caller, request.delegate) == ("sso=root", "cert=a.privileged.mcollective")


def test_s31_by_default_nobody_asks_for_another(node, alice):
    with pytest.raises(NotACaller, match=r"alice\.mcollective may not ask on behalf of others"):
        opened(node, alice.seal_request(a_request("cert=root.mcollective", delegate="cert=alice.mcollective")).payload)


# --- S-33: replies ----------------------------------------------------------------------------------------------------


def test_s33_a_reply_that_is_not_signed_by_the_host_it_names_is_no_reply(authority, node, alice):
    request = opened(node, alice.seal_request(a_request()).payload)
    reply = Reply(request.id, request.digest, "web1.example.com", "rpcutil", "ping", {"pong": 1}, NOW)
    (good,) = node.seal_reply(reply, request)
    assert alice.open_reply(alice.read(good)) == reply
    found = node.read(good).content
    other = authority.plugin("web2.example.com", "server")._files.credentials()
    wrong = envelope.Envelope(envelope.REPLY, found.body, other.kid, other.signer.sign(found.signed), other.certificate).encode()
    flipped = bytearray(found.signature)
    flipped[-1] ^= 1
    flipped_reply = envelope.Envelope(envelope.REPLY, found.body, found.kid, bytes(flipped), found.certificate).encode()
    borrowed = envelope.Envelope(envelope.REPLY, found.body, found.kid, other.signer.sign(found.signed), found.certificate).encode()
    unsigned = json.dumps({"p": "mcpy/1", "t": envelope.REPLY, "b": json.loads(good)["b"], "s": []}, separators=(",", ":")).encode()
    for payload in (wrong, flipped_reply, borrowed, unsigned, found.body):
        with pytest.raises(NotSigned):
            alice.open_reply(alice.read(payload))


# --- S-34, S-39, S-45: no decision is remembered ------------------------------------------------------------------------


def test_s34_a_renewed_certificate_counts_at_once_and_the_same_name_of_another_ca_does_not(authority, node, alice, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    for _ in range(3):
        renewed = authority.plugin("alice.mcollective", "client", key, authority.certify("alice.mcollective", key.public_key()))
        assert opened(node, renewed.seal_request(a_request()).payload).caller == "cert=alice.mcollective"
    stranger = Authority(tmp_path).plugin("alice.mcollective", "client", key)
    with pytest.raises(UntrustedCertificate, match="no CA that is trusted here"):
        opened(node, stranger.seal_request(a_request()).payload)


def test_s39_each_of_two_certificates_of_a_name_is_revoked_by_its_own_number(own):
    node, key = own.plugin("web1.example.com", "server"), ec.generate_private_key(ec.SECP256R1())
    first, second = (own.certify("alice.mcollective", key.public_key()) for _ in range(2))
    requests = [own.plugin("alice.mcollective", "client", key, each).seal_request(a_request()).payload for each in (first, second)]
    for payload in requests:
        assert opened(node, payload).caller == "cert=alice.mcollective"
    for revoked, refused, taken in (([first], [0], [1]), ([first, second], [0, 1], []), ([second], [1], [0])):
        own.revoked = [each.serial_number for each in revoked]
        own.publish()
        own.now += 3
        for number in refused:
            with pytest.raises(UntrustedCertificate, match="has been revoked"):
                opened(node, requests[number])
        for number in taken:
            opened(node, requests[number])


def test_s45_a_certificate_counts_between_its_dates_and_the_next_request_notices(own):
    node, key = own.plugin("web1.example.com", "server"), ec.generate_private_key(ec.SECP256R1())
    certificate = own.certify("alice.mcollective", key.public_key(), since=100.0, until=200.0)
    payload = own.plugin("alice.mcollective", "client", key, certificate).seal_request(a_request()).payload
    for seconds, says in (
        (0, "not valid yet"),
        (99, "not valid yet"),
        (100, None),
        (200, None),
        (201, "expired"),
        (150, None),
        (10**9, "expired"),
    ):
        own.now = NOW + seconds
        if says is None:
            opened(node, payload)
        else:
            with pytest.raises(UntrustedCertificate, match=says):
                opened(node, payload)


def test_s45_a_reply_of_a_host_whose_certificate_ran_out_is_dropped(own):
    key = ec.generate_private_key(ec.SECP256R1())
    node = own.plugin("web1.example.com", "server", key, own.certify("web1.example.com", key.public_key(), until=100.0))
    alice = own.plugin("alice.mcollective", "client")
    request = opened(node, alice.seal_request(a_request()).payload)
    reply = Reply(request.id, request.digest, "web1.example.com", "rpcutil", "ping", {"pong": 1}, NOW)
    (payload,) = node.seal_reply(reply, request)
    assert alice.open_reply(alice.read(payload)) == reply
    own.now += 101
    with pytest.raises(UntrustedCertificate, match="expired"):
        alice.open_reply(alice.read(payload))


def test_strangers_certificates_are_looked_at_at_a_bounded_rate_and_keep_nobody_waiting_who_is_known(own):
    node, alice = own.plugin("web1.example.com", "server"), own.plugin("alice.mcollective", "client")
    known = alice.seal_request(a_request()).payload
    opened(node, known)
    key = ec.generate_private_key(ec.SECP256R1())
    refused = []
    for number in range(80):
        with pytest.raises(NotSigned) as error:
            opened(node, forged(own.certify(f"n{number}.example.com", key.public_key()), lambda data: b"\0" * 64))
        refused.append(error.value.reason)
    assert refused.count("certificateflood") == 80 - 49
    assert opened(node, known).caller == "cert=alice.mcollective"
