import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from mcollective_py.errors import NotSigned
from mcollective_py.security.keyring import FixedKeys, caller_of, check_size, has_signed, key_name, read_public_key, sign_by

KEYS = Path(__file__).parents[1] / "wire/vectors/activemq-ssl-marshal/test-only-keys"
PRIVATE = load_pem_private_key((KEYS / "testuser-private.pem").read_bytes(), None)
PUBLIC = PRIVATE.public_key()


def certificate(key):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alice")])
    long_ago = datetime.datetime(2010, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(5)
    return builder.not_valid_before(long_ago).not_valid_after(long_ago + datetime.timedelta(days=1)).sign(key, SHA256())


@pytest.mark.parametrize("name", ["alice", "testuser-public", "a.b_c-d", "_x", "9", "x" * 250])
def test_a_caller_has_a_name_for_its_file(name):
    assert key_name(f"cert={name}") == name
    assert caller_of(f"{name}.pem") == caller_of(name) == f"cert={name}"


@pytest.mark.parametrize(
    "caller",
    [
        "", "cert=", "cert", "uid=500", "alice", "cert=../alice", "cert=a/b", "cert=a\0b", "cert=.", "cert=..", "cert=.alice",
        "cert=-x", "cert=a..b", "cert=alice\n", "cert=alice\ncert=admin", "xcert=alice", "cert=al ice", "cert=%2e%2e",
        "cert=\u2024\u2024",        "cert=\u0430lice", "cert=" + "x" * 252, "CERT=alice", None, 5, b"cert=alice", ["cert=alice"],
    ],
)  # fmt: skip
def test_no_other_caller_id_leads_to_a_file(caller):
    with pytest.raises(NotSigned):
        key_name(caller)


@pytest.mark.parametrize("name", ["", ".pem", "../x.pem", "a b.pem", "a\nb.pem", "-x.pem"])
def test_no_other_file_name_makes_a_caller(name):
    with pytest.raises(ValueError, match="makes no caller id"):
        caller_of(name)


def test_a_public_key_is_read_in_each_of_its_forms():
    for pem in (
        PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        PUBLIC.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        certificate(PRIVATE).public_bytes(Encoding.PEM),
        b"a comment\n" + certificate(PRIVATE).public_bytes(Encoding.PEM),
    ):
        assert read_public_key(pem) == PUBLIC


@pytest.mark.parametrize(
    "pem",
    [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", (KEYS / "testuser-private.pem").read_bytes()],
)
def test_what_is_no_public_key_is_refused(pem):
    with pytest.raises(ValueError, match="neither an RSA public key nor a certificate"):
        read_public_key(pem)


def test_a_key_of_another_kind_is_refused():
    key = ec.generate_private_key(ec.SECP256R1())
    for pem in (
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        certificate(key).public_bytes(Encoding.PEM),
    ):
        with pytest.raises(ValueError, match="no RSA key"):
            read_public_key(pem)


def test_keys_of_old_fleets_are_taken_and_shorter_ones_are_not():
    for bits in (1024, 2048, 4096, 8192):
        check_size(bits)
    for bits in (512, 768, 1023, 8193, 16384):
        with pytest.raises(ValueError, match=f"an RSA key of {bits} bits: take one of 2048 to 8192"):
            check_size(bits)


def test_a_signature_is_good_for_one_key_and_for_exactly_these_bytes():
    signature = sign_by(PRIVATE)(b"body")
    other = rsa.generate_private_key(65537, 1024).public_key()
    assert has_signed(PUBLIC, signature, b"body") is True
    assert has_signed(PUBLIC, signature, b"bodY") is False
    assert has_signed(PUBLIC, signature[:-1], b"body") is False
    assert has_signed(PUBLIC, b"", b"body") is False
    assert has_signed(PUBLIC, b"\xff" * 256, b"body") is False
    assert has_signed(PUBLIC, signature + b"\0", b"body") is False
    assert has_signed(other, signature, b"body") is False


class Strict:
    """An RSA key of a host whose cryptographic policy has no SHA-1."""

    key_size = 2048

    def sign(self, *arguments):
        raise UnsupportedAlgorithm("sha1 is not supported by this backend for RSA signing.")

    verify = sign


def test_a_host_without_sha1_says_what_would_do():
    with pytest.raises(ValueError, match=r"no RSA signatures with SHA-1.*update-crypto-policies --set DEFAULT:SHA1.*or move to x509"):
        sign_by(Strict())
    with pytest.raises(NotSigned, match="no RSA signatures with SHA-1"):
        has_signed(Strict(), b"", b"")


def test_a_keyring_in_memory_has_the_keys_it_was_given():
    keys = FixedKeys({"alice": PUBLIC})
    assert keys.public_key("cert=alice") is PUBLIC
    for caller in ("cert=bob", "uid=0", "cert=../alice"):
        with pytest.raises(NotSigned):
            keys.public_key(caller)
