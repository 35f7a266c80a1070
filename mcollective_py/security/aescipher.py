"""The ciphers of aes_security: AES-256-CBC under a key of one message, and that key under somebody's RSA key.

The RSA private operation on a short secret, with PKCS#1 type 1 padding, is what Ruby's OpenSSL calls "encrypt with the private key":
whoever has the public key reads it, so that it hides nothing from them and proves nothing to them. The wire asks for it.
"""

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from ..errors import NotSigned

SECRET = 32  # bytes of the secret that a message's key is made from
_ROUNDS = 2048
_BLOCK = 16  # bytes
_PADDING = PKCS1v15()


def encrypt(plain: bytes, secret: bytes) -> bytes:
    """AES-256-CBC, PKCS#7, by the key and first block that the secret stands for."""
    key, iv = _key_and_iv(secret)
    padder = PKCS7(_BLOCK * 8).padder()
    encryptor = Cipher(AES256(key), CBC(iv)).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def decrypt(data: bytes, secret: bytes) -> bytes:
    """The plain bytes. Raises NotSigned where this secret does not open them."""
    key, iv = _key_and_iv(secret)
    decryptor = Cipher(AES256(key), CBC(iv)).decryptor()
    unpadder = PKCS7(_BLOCK * 8).unpadder()
    try:
        padded = decryptor.update(data) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise NotSigned("the body does not open with the key that is sent along") from None


def wrap_by_private(key: RSAPrivateKey) -> Callable[[bytes], bytes]:
    """What wraps a secret so that the public key opens it. Raises ValueError where this host's libraries cannot."""
    try:
        from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
    except ImportError:
        raise ValueError("aes_security cannot send requests with this python3-cryptography: it needs 47 or later") from None
    return lambda secret: key.sign(secret, _PADDING, NoDigestInfo())


def unwrap_by_public(key: RSAPublicKey, wrapped: bytes) -> bytes:
    """The secret that the private key wrapped. Raises NotSigned."""
    try:
        return _checked(key.recover_data_from_signature(wrapped, _PADDING, None))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise NotSigned("the key that is sent along was not made by the caller's key") from None


def wrap_by_public(key: RSAPublicKey, secret: bytes) -> bytes:
    """The secret for the private key alone."""
    return key.encrypt(secret, _PADDING)


def unwrap_by_private(key: RSAPrivateKey, wrapped: bytes) -> bytes:
    """The secret. Raises NotSigned for what is not for this key."""
    try:
        return _checked(key.decrypt(wrapped, _PADDING))
    except ValueError:
        raise NotSigned("the key that is sent along is not for this client") from None


def _checked(secret: bytes) -> bytes:
    if len(secret) != SECRET:
        raise NotSigned(f"the key that is sent along has {len(secret)} bytes, not {SECRET}")
    return secret


def _key_and_iv(secret: bytes) -> tuple[bytes, bytes]:
    """OpenSSL's EVP_BytesToKey with MD5, no salt and 2048 rounds: 2.5 ms, and what Ruby's pkcs5_keyivgen does."""
    made = block = b""
    while len(made) < 32 + _BLOCK:
        block += secret
        for _ in range(_ROUNDS):
            block = hashlib.md5(block, usedforsecurity=False).digest()
        made += block
    return made[:32], made[32 : 32 + _BLOCK]
