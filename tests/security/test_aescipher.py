import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from mcollective_py.errors import NotSigned
from mcollective_py.security.aescipher import (
    decrypt,
    encrypt,
    unwrap_by_private,
    unwrap_by_public,
    wrap_by_private,
    wrap_by_public,
)

SECRET = bytes(range(32))
ALICE, BOB = generate_private_key(65537, 2048), generate_private_key(65537, 2048)


def test_the_cipher_text_is_that_of_ruby():
    # OpenSSL::Cipher.new("aes-256-cbc") with pkcs5_keyivgen(secret) of Ruby 3.1 over "attack at dawn"
    assert encrypt(b"attack at dawn", SECRET).hex() == "1bc53d6833e82a0c3a5943ae589d9e68"


@pytest.mark.parametrize("plain", [b"", b"x", b"x" * 15, b"x" * 16, b"\0" * 1000])
def test_what_was_encrypted_opens(plain):
    assert decrypt(encrypt(plain, SECRET), SECRET) == plain


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 16, b"x" * 17])
def test_what_no_key_made_is_refused(data):
    with pytest.raises(NotSigned, match="does not open"):
        decrypt(data, SECRET)


def test_the_public_key_opens_what_the_private_one_wrapped_and_no_other():
    wrapped = wrap_by_private(ALICE)(SECRET)
    assert unwrap_by_public(ALICE.public_key(), wrapped) == SECRET
    with pytest.raises(NotSigned, match="was not made by the caller's key"):
        unwrap_by_public(BOB.public_key(), wrapped)


def test_the_private_key_opens_what_is_for_it_and_nothing_else():
    wrapped = wrap_by_public(ALICE.public_key(), SECRET)
    assert unwrap_by_private(ALICE, wrapped) == SECRET
    with pytest.raises(NotSigned):
        unwrap_by_private(BOB, wrapped)


def test_a_secret_of_another_length_is_refused():
    with pytest.raises(NotSigned, match="has 31 bytes, not 32"):
        unwrap_by_public(ALICE.public_key(), wrap_by_private(ALICE)(SECRET[:31]))


def test_a_wrapped_key_of_the_wrong_length_is_refused():
    with pytest.raises(NotSigned):
        unwrap_by_public(ALICE.public_key(), b"x")
    with pytest.raises(NotSigned):
        unwrap_by_private(ALICE, b"x")
