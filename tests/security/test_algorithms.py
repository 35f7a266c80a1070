import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from mcollective_py.security.algorithms import check_issuer_key, sign_by, verify_by

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256 = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("key", [P256, ED25519, RSA], ids=["p256", "ed25519", "rsa"])
def test_each_kind_of_key_verifies_what_it_signed_and_nothing_else(key):
    verify, signature = verify_by(key.public_key()), sign_by(key)(b"words")
    assert verify(signature, b"words")
    assert not verify(signature, b"Words")
    assert not verify(signature + b"\x00", b"words")
    assert not verify(signature[:-1], b"words")
    assert not verify(b"", b"words")
    assert not verify(b"\x00" * 64, b"words")


@pytest.mark.parametrize("signer", [P256, ED25519, RSA], ids=["p256", "ed25519", "rsa"])
def test_no_key_takes_the_signature_of_another_kind(signer):
    signature = sign_by(signer)(b"words")
    for key in (P256, ED25519, RSA):
        assert verify_by(key.public_key())(signature, b"words") is (key is signer)


def test_ecdsa_has_one_signature_only_for_one_nonce():
    r, s = decode_dss_signature(sign_by(P256)(b"words"))
    assert s <= P256_ORDER // 2
    assert verify_by(P256.public_key())(encode_dss_signature(r, s), b"words")
    assert not verify_by(P256.public_key())(encode_dss_signature(r, P256_ORDER - s), b"words")


def test_rsa_signs_pss_with_sha256_and_a_salt_of_32_and_takes_nothing_else():
    verify = verify_by(RSA.public_key())
    assert verify(RSA.sign(b"words", padding.PSS(padding.MGF1(SHA256()), 32), SHA256()), b"words")
    assert not verify(RSA.sign(b"words", padding.PSS(padding.MGF1(SHA256()), 20), SHA256()), b"words")
    assert not verify(RSA.sign(b"words", padding.PKCS1v15(), SHA256()), b"words")


def test_keys_that_may_not_sign_are_named():
    for key, says in (
        (ec.generate_private_key(ec.SECP384R1()), "secp384r1 cannot sign here, take P-256"),
        (ed448.Ed448PrivateKey.generate(), "a Ed448 key cannot sign here"),
        (rsa.generate_private_key(65537, 1024), "an RSA key of 1024 bits: 2048 to 8192"),
        (rsa.generate_private_key(3, 2048), "exponent 3: take 65537"),
    ):
        with pytest.raises(ValueError, match=says):
            sign_by(key)
        with pytest.raises(ValueError, match=says):
            verify_by(key.public_key())
    with pytest.raises(ValueError, match="a str key cannot sign here"):
        verify_by("key")


def test_a_ca_may_have_a_larger_curve_too():
    check_issuer_key(ec.generate_private_key(ec.SECP384R1()).public_key())
    check_issuer_key(ED25519.public_key())
    for key in (ec.generate_private_key(ec.SECP256K1()), ed448.Ed448PrivateKey.generate(), rsa.generate_private_key(65537, 1024)):
        with pytest.raises(ValueError, match=r"secp256k1|Ed448|1024"):
            check_issuer_key(key.public_key())
