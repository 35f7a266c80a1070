"""Caller id -> public key, for the plugins whose callers have files with RSA keys; the PEM bytes come from elsewhere.

RSASSA-PKCS1-v1_5 with SHA-1 is what ssl's wire asks for; nothing here offers it to anybody else.
"""

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ..errors import NotSigned
from ..names import is_caller

LEAST_BITS = 1024
"""Shorter RSA keys are refused: they can be broken by anybody. Old fleets have keys of this size."""

GOOD_BITS = 2048
"""Keys shorter than this are warned of."""

_MOST_BITS = 8192  # a longer one makes each verification dear
_CALLER = re.compile(r"cert=([A-Za-z0-9_][A-Za-z0-9_.\-]{0,250})", re.ASCII)  # `.pem` still makes a file name
_NO_SHA1 = (
    "this host's cryptographic policy has no RSA signatures with SHA-1, which the ssl plugin of MCollective is made of: allow them "
    "(RHEL: update-crypto-policies --set DEFAULT:SHA1), or move to x509"
)


class Keyring(Protocol):
    """The public keys of callers."""

    def public_key(self, caller: str) -> RSAPublicKey:
        """Raises NotSigned for a caller without a usable key."""
        ...


class FixedKeys:
    """A keyring in memory. keys: by the name in `cert=NAME`."""

    def __init__(self, keys: Mapping[str, RSAPublicKey]) -> None:
        self._keys = dict(keys)

    def public_key(self, caller: str) -> RSAPublicKey:
        found = self._keys.get(key_name(caller))
        if found is None:
            raise NotSigned(f"there is no public key of {caller}")
        return found


def key_name(caller: object) -> str:
    """NAME of `cert=NAME`, good for a file name. Raises NotSigned for any other caller id."""
    found = _CALLER.fullmatch(caller) if isinstance(caller, str) and is_caller(caller) else None
    if found is None or ".." in found[1]:
        raise NotSigned("the caller is not of the form cert=NAME")
    return found[1]


def caller_of(file_name: str) -> str:
    """The caller id that a public key's file name stands for. Raises ValueError for a name that no node would take."""
    caller = f"cert={file_name.removesuffix('.pem')}"
    try:
        key_name(caller)
    except NotSigned:
        raise ValueError(f"the file name {file_name!r} makes no caller id: letters, digits, '_', '.' and '-'") from None
    return caller


def read_public_key(pem: bytes) -> RSAPublicKey:
    """The RSA key of a PEM text: a bare public key in either form, or a certificate, of which nothing but the key is looked at.

    Raises ValueError, saying what would do.
    """
    try:
        if b"-----BEGIN CERTIFICATE-----" in pem:
            from cryptography.x509 import load_pem_x509_certificate  # 7 MB that bare keys do without

            key: object = load_pem_x509_certificate(pem).public_key()
        else:
            key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("this is neither an RSA public key nor a certificate in PEM") from None
    if not isinstance(key, RSAPublicKey):
        raise ValueError("this is no RSA key: the wire of ssl knows no other")
    check_size(key.key_size)
    return key


def check_size(bits: int) -> None:
    """Raise ValueError for an RSA key that is too short to trust or too long to use."""
    if not LEAST_BITS <= bits <= _MOST_BITS:
        raise ValueError(f"an RSA key of {bits} bits: take one of {GOOD_BITS} to {_MOST_BITS}")


def has_signed(key: RSAPublicKey, signature: bytes, data: bytes) -> bool:
    """Whether the signature (PKCS#1 v1.5, SHA-1) is this key's over exactly these bytes. Raises NotSigned where there is no SHA-1."""
    try:
        key.verify(signature, data, _PADDING, _SHA1)
    except (InvalidSignature, ValueError):
        return False
    except (UnsupportedAlgorithm, InternalError):
        raise NotSigned(_NO_SHA1) from None
    return True


def sign_by(key: RSAPrivateKey) -> Callable[[bytes], bytes]:
    """The making of such signatures. Raises ValueError where the key is of no use, or the host has no SHA-1."""
    check_size(key.key_size)
    try:
        key.sign(b"", _PADDING, _SHA1)
    except (UnsupportedAlgorithm, InternalError):
        raise ValueError(_NO_SHA1) from None
    return lambda data: key.sign(data, _PADDING, _SHA1)


_PADDING, _SHA1 = PKCS1v15(), SHA1()  # noqa: S303  what the wire of ssl is made of
