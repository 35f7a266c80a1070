"""The one signature algorithm of each kind of key: the key decides, no message does.

RSA of 2048 bits and more signs RSASSA-PSS with SHA-256 and a salt of 32 bytes, P-256 signs ECDSA with SHA-256 (the lower of its
two values of s, so that one signature cannot be made into another), Ed25519 signs Ed25519. Every other key is refused.
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

Verify = Callable[[bytes, bytes], bool]  # signature, data
Sign = Callable[[bytes], bytes]  # data
DIGESTS = ("sha256", "sha384", "sha512")  # under certificates and CRLs; None, which Ed25519 has, is good too
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

# 8192: a longer modulus makes each verification dear (1 ms at 16384), and nobody issues one. The exponent: 1 verifies anything,
# and a huge one is slow.
_RSA_BITS = range(2048, 8192 + 1)
_RSA_EXPONENTS = range(65537, 2**32, 2)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def verify_by(key: object) -> Verify:
    """The check of signatures by this public key: true for a good one, false for any other bytes.

    Raises ValueError, saying why, for a key that may not sign here.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        _check_curve(key.curve)
        return _ecdsa_verify(key)
    if isinstance(key, rsa.RSAPublicKey):
        _check_rsa(key)
        return _pss_verify(key)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _ed25519_verify(key)
    raise ValueError(f"a {_kind(key)} key cannot sign here, take P-256, Ed25519 or RSA")


def sign_by(key: object) -> Sign:
    """The making of signatures by this private key. Raises ValueError, saying why, for a key that may not sign here."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        _check_curve(key.curve)
        return _ecdsa_sign(key)
    if isinstance(key, rsa.RSAPrivateKey):
        _check_rsa(key.public_key())
        return lambda data: key.sign(data, _pss(), SHA256())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign
    raise ValueError(f"a {_kind(key)} key cannot sign here, take P-256, Ed25519 or RSA")


def check_issuer_key(key: object) -> None:
    """Raise ValueError unless certificates signed by this public key of a CA may be trusted (P-384 and P-521 are good there)."""
    if isinstance(key, rsa.RSAPublicKey):
        _check_rsa(key)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in ("secp256r1", "secp384r1", "secp521r1"):
            raise ValueError(f"the curve {key.curve.name} is not one of P-256, P-384 and P-521")
    elif not isinstance(key, ed25519.Ed25519PublicKey):
        raise ValueError(f"a {_kind(key)} key cannot sign certificates here")


def _ecdsa_verify(key: ec.EllipticCurvePublicKey) -> Verify:
    algorithm = ec.ECDSA(SHA256())

    def verify(signature: bytes, data: bytes) -> bool:
        try:
            key.verify(signature, data, algorithm)
            return decode_dss_signature(signature)[1] <= P256_ORDER // 2
        except (InvalidSignature, ValueError):
            return False

    return verify


def _pss_verify(key: rsa.RSAPublicKey) -> Verify:
    scheme, digest = _pss(), SHA256()

    def verify(signature: bytes, data: bytes) -> bool:
        try:
            key.verify(signature, data, scheme, digest)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify


def _ed25519_verify(key: ed25519.Ed25519PublicKey) -> Verify:
    def verify(signature: bytes, data: bytes) -> bool:
        try:
            key.verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify


def _ecdsa_sign(key: ec.EllipticCurvePrivateKey) -> Sign:
    algorithm = ec.ECDSA(SHA256())

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, algorithm))
        return encode_dss_signature(r, low_s(s))

    return sign


def low_s(s: int) -> int:
    """The lower of the two values that make the same P-256 signature."""
    return min(s, P256_ORDER - s)


def _pss() -> padding.PSS:
    return padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)


def _check_curve(curve: ec.EllipticCurve) -> None:
    if curve.name != "secp256r1":
        raise ValueError(f"an elliptic curve key on {curve.name} cannot sign here, take P-256")


def _check_rsa(key: rsa.RSAPublicKey) -> None:
    if key.key_size not in _RSA_BITS:
        raise ValueError(f"an RSA key of {key.key_size} bits: {_RSA_BITS[0]} to {_RSA_BITS[-1]} are allowed")
    exponent = key.public_numbers().e
    if exponent not in _RSA_EXPONENTS:
        raise ValueError(f"an RSA key with the exponent {str(exponent)[:20]}: take 65537")


def kind_of_key(key: object) -> str:
    """A public key in words: `P-256`, `Ed25519`, `RSA-4096`, or the curve's or the kind's own name."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}.get(key.curve.name, key.curve.name)
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    return _kind(key)


def _kind(key: object) -> str:
    return type(key).__name__.removesuffix("PublicKey").removesuffix("PrivateKey")
