"""A data key wrapped to the public key of a certificate, and unwrapped by the private one: the key's kind decides how.

RSA: RSAES-OAEP with SHA-256, labelled, so that nothing wrapped for another purpose unwraps here (RFC 8017 section 7.1). P-256: ECDH
with an ephemeral key, HKDF-SHA-256 over the shared secret with both public keys in its info, and AES-256-GCM under the key that gives.
Ed25519 keys sign and do nothing else.
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_SIZE = 32  # bytes of every symmetric key here
POINT_SIZE = 65  # bytes of a point of P-256, uncompressed
MAX_WRAPPED = 1024  # bytes: RSA-8192
# Each key encrypts one thing once, so that the nonce need not differ.
NO_NONCE = bytes(12)
_LABEL = b"mcpy/1 data key"

Unwrap = Callable[[bytes, bytes], bytes]  # wrapped, the sender's point (empty where there is none)


class Ephemeral:
    """One sender's key pair of P-256, for one message; made when first asked for, since many fleets have RSA keys only."""

    def __init__(self) -> None:
        self._key: ec.EllipticCurvePrivateKey | None = None

    def shared(self, peer: ec.EllipticCurvePublicKey) -> bytes:
        """The secret that this key and the peer's make."""
        if self._key is None:
            self._key = ec.generate_private_key(ec.SECP256R1())
        return self._key.exchange(ec.ECDH(), peer)

    @property
    def point(self) -> bytes:
        """The public half, empty where nobody needed it."""
        return b"" if self._key is None else _point(self._key.public_key())


def can_receive(key: object) -> bool:
    """Whether something can be encrypted to this public key."""
    return isinstance(key, rsa.RSAPublicKey) or (isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1")


def wrap(data_key: bytes, public: object, ephemeral: Ephemeral) -> bytes:
    """The data key for the holder of a certificate's key. Raises ValueError for a key that cannot receive."""
    if isinstance(public, rsa.RSAPublicKey):
        return public.encrypt(data_key, _oaep())
    if isinstance(public, ec.EllipticCurvePublicKey) and can_receive(public):
        shared = ephemeral.shared(public)
        return AESGCM(_key_of_points(shared, ephemeral.point, _point(public))).encrypt(NO_NONCE, data_key, None)
    raise ValueError("its key can only sign")


def unwrap_by(private: object) -> Unwrap | None:
    """What unwraps by this private key: ValueError for all that was not wrapped for it. None for a key that cannot receive."""
    if isinstance(private, rsa.RSAPrivateKey):
        return lambda wrapped, point: _sized(private.decrypt(wrapped, _oaep()))
    if isinstance(private, ec.EllipticCurvePrivateKey) and can_receive(private.public_key()):
        own = _point(private.public_key())
        return lambda wrapped, point: _unwrap_by_point(private, own, wrapped, point)
    return None


def derive(shared: bytes, info: bytes) -> bytes:
    """A symmetric key from a shared secret, for one purpose: HKDF with SHA-256 (RFC 5869)."""
    return HKDF(SHA256(), KEY_SIZE, None, info).derive(shared)


def _unwrap_by_point(private: ec.EllipticCurvePrivateKey, own: bytes, wrapped: bytes, point: bytes) -> bytes:
    if len(point) != POINT_SIZE:
        raise ValueError("no point")
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)  # refuses what is not on the curve
    try:
        return _sized(AESGCM(_key_of_points(private.exchange(ec.ECDH(), peer), point, own)).decrypt(NO_NONCE, wrapped, None))
    except InvalidTag:
        raise ValueError("wrapped for another key") from None


def _key_of_points(shared: bytes, sender: bytes, receiver: bytes) -> bytes:
    return derive(shared, _LABEL + sender + receiver)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _oaep() -> padding.OAEP:
    return padding.OAEP(padding.MGF1(SHA256()), SHA256(), _LABEL)


def _sized(data_key: bytes) -> bytes:
    if len(data_key) != KEY_SIZE:
        raise ValueError("no data key")
    return data_key
