"""What is said to an ssh-agent and by it: messages as bytes, keys and signatures in SSH's form.

Two questions are all that is asked: which keys there are, and a signature by one of them. Sources: draft-miller-ssh-agent, RFC 4251,
RFC 5656, RFC 8709.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .algorithms import P256_ORDER, low_s, verify_by

LIST_KEYS = b"\x0b"  # SSH_AGENTC_REQUEST_IDENTITIES
MAX_MESSAGE = 256 * 1024  # bytes; OpenSSH's agent ends a connection that sends more
_FAILURE, _KEYS, _SIGN, _SIGNED = 5, 12, 13, 14
_MAX_KEYS = 2048
_ECDSA, _ED25519 = b"ecdsa-sha2-nistp256", b"ssh-ed25519"


class AgentRefusal(ValueError):
    """The agent said no: it is locked, its owner did not confirm, or the key is not for this use."""


@dataclass(frozen=True, slots=True)
class AgentKey:
    """A key as an agent knows it. blob: the public key in SSH's form; comment: what its owner calls it."""

    blob: bytes
    comment: str


def key_blob(key: object) -> bytes:
    """The public key in SSH's form, by which an agent is asked for it. Raises ValueError for one that cannot sign so here."""
    if isinstance(key, rsa.RSAPublicKey):
        raise ValueError("an ssh-agent signs by RSA in the older way (PKCS#1 v1.5) only, mcpy/1 wants PSS: take a P-256 or Ed25519 key")
    verify_by(key)  # refuses all but P-256 and Ed25519
    if isinstance(key, ec.EllipticCurvePublicKey):
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return _string(_ECDSA) + _string(b"nistp256") + _string(point)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _string(_ED25519) + _string(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    raise ValueError("no key that an ssh-agent could hold")


def framed(message: bytes) -> bytes:
    """A message with its length before it. Raises ValueError for one that an agent would not take."""
    if len(message) > MAX_MESSAGE:
        raise ValueError(f"an ssh-agent takes {MAX_MESSAGE} bytes at once, and this are {len(message)}")
    return _string(message)


def sign_message(blob: bytes, data: bytes) -> bytes:
    """Asks for a signature over data by a key."""
    return bytes((_SIGN,)) + _string(blob) + _string(data) + bytes(4)


def read_keys(answer: bytes) -> Sequence[AgentKey]:
    """The keys that an agent lists. Raises ValueError."""
    reader = _Reader(_checked(answer, _KEYS))
    count = reader.number()
    if count > _MAX_KEYS:
        raise ValueError(f"{count} keys, the limit is {_MAX_KEYS}")
    found = [AgentKey(reader.string(), reader.string().decode("utf-8", "replace")) for _ in range(count)]
    reader.end()
    return found


def read_signature(answer: bytes) -> bytes:
    """The signature that an agent made, in the form of mcpy/1 (algorithms.py). Raises ValueError; AgentRefusal where it made none."""
    reader = _Reader(_checked(answer, _SIGNED))
    signed = _Reader(reader.string())
    reader.end()
    kind, signature = signed.string(), signed.string()
    signed.end()
    if kind == _ED25519:
        return signature
    if kind != _ECDSA:
        raise ValueError(f"a signature of the kind {kind[:40]!r}")
    numbers = _Reader(signature)
    r, s = numbers.mpint(), numbers.mpint()
    numbers.end()
    return encode_dss_signature(r, low_s(s))


def _checked(answer: bytes, kind: int) -> bytes:
    if answer[:1] == bytes((_FAILURE,)):
        raise AgentRefusal("it refuses")
    if answer[:1] != bytes((kind,)):
        raise ValueError("an answer to another question")
    return answer[1:]


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


class _Reader:
    """Takes an answer apart from its beginning (RFC 4251 section 5). Every method raises ValueError where there is too little."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        return int.from_bytes(self._take(4), "big")

    def string(self) -> bytes:
        return self._take(self.number())

    def mpint(self) -> int:
        number = int.from_bytes(self.string(), "big", signed=True)
        if not 0 < number < P256_ORDER:
            raise ValueError("a number that is none of a signature")
        return number

    def end(self) -> None:
        if self._at != len(self._data):
            raise ValueError("more bytes than belong to it")

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise ValueError("cut short")
        self._at += count
        return taken
