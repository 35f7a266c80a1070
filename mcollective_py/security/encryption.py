"""Sealed bodies for named nodes, and for replies to them: what stands in `b` of an encrypted message of mcpy/1.

    HEADER "\\n" CIPHERTEXT

HEADER is JSON, CIPHERTEXT a payload (payload.py) under AES-256-GCM with the header as associated data. Both are covered by the
signature of the envelope, which is verified before anything here is done: only bytes of a trusted certificate ever come to a private
key. The signature is over the ciphertext, so that it confirms no guess at what is inside; that nobody can sign another's ciphertext as
his own is seen to twice: the signer's key id is in the associated data, and the payload names its caller. A payload is padded with
blanks, which JSON ignores, so that its length says little.

    request  {"v":1,"iat":MS,"point":POINT,"keys":{KID:WRAPPED,...}}    a random data key, wrapped for each target's certificate
    reply    {"v":1,"rid":ID,"node":NODE,"key":KEY}                     X25519 of the request's `epk` and the node's ephemeral KEY
"""

import binascii
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from os import urandom
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .. import names
from ..errors import Malformed, NotDecrypted, TooManyEncrypted
from ..wire import strictjson
from .keywrap import KEY_SIZE, MAX_WRAPPED, NO_NONCE, POINT_SIZE, Ephemeral, Unwrap, derive, wrap

MAX_RECIPIENTS = 200
MAX_HEADER = 320 * 1024  # bytes: 200 keys wrapped by RSA-8192
OLDEST = 3600.0  # seconds; an older request is not worth a private key's work. server/freshness.py judges the younger ones
OPENED_PER_SECOND = 200  # 1.5 ms each with RSA-4096
_REMEMBERED = 256  # data keys of requests that were opened: who sends copies costs no private key's work
_MAX_REPLY_KEYS = 1024
_BLOCK = 256  # bytes; a payload's length tells in which of these it ends
_KID = re.compile(r"[0-9a-f]{64}")
_LIMITS = strictjson.JSONLimits(size=MAX_HEADER)
# One word for whatever does not open: what was wrong with it would tell who tries.
_WILL_NOT_OPEN = "an encrypted message that does not open here"


def seal_request(payload: bytes, kid: str, keys: Mapping[str, object], iat: int, limit: int) -> bytes:
    """The body of an encrypted request. kid: the signer's. keys: public keys by key id. iat: milliseconds. limit: bytes of a payload.

    Raises ValueError for a key that cannot receive.
    """
    data_key, ephemeral = urandom(KEY_SIZE), Ephemeral()
    wrapped = {whose: _text(wrap(data_key, key, ephemeral)) for whose, key in keys.items()}
    header = strictjson.dumps({"v": 1, "iat": iat, "point": _text(ephemeral.point), "keys": wrapped}, _LIMITS).encode()
    return header + b"\n" + AESGCM(data_key).encrypt(NO_NONCE, _padded(payload, limit), _of_request(header, kid))


def seal_reply(payload: bytes, request_id: str, node: str, reply_key: str, limit: int) -> bytes:
    """The body of an encrypted reply. reply_key: the request's `epk`. limit: bytes of a payload. Raises ValueError for a bad one."""
    own = X25519PrivateKey.generate()
    public = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = own.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(reply_key)))
    header = strictjson.dumps({"v": 1, "rid": request_id, "node": node, "key": public.hex()}, _LIMITS).encode()
    key = derive(shared, b"mcpy/1 reply" + bytes.fromhex(reply_key) + public)
    return header + b"\n" + AESGCM(key).encrypt(NO_NONCE, _padded(payload, limit), b"mcpy/1 reply " + header)


class Opener:
    """Opens requests that are encrypted for this node, at a bounded rate; one thread at a time."""

    def __init__(self, per_second: int = OPENED_PER_SECOND) -> None:
        self._rate, self._turns = per_second, _Turns(per_second)
        self._turns_of: OrderedDict[str, _Turns] = OrderedDict()  # by signer
        self._opened: OrderedDict[str, bytes] = OrderedDict()

    def open(self, body: bytes, digest: str, signer: str, own: str, unwrap: Unwrap | None, now: float) -> tuple[bytes, int]:
        """The payload and the header's `iat`. digest: of the body. signer, own: key ids. now: seconds since the epoch.

        Raises Malformed for a header that is none, TooManyEncrypted, and NotDecrypted in the same words for all else.
        """
        header, ciphertext = _taken_apart(body)
        fields = _fields(header, {"v", "iat", "point", "keys"})
        iat, keys, point = fields["iat"], fields["keys"], _bytes(fields["point"], POINT_SIZE)
        if type(iat) is not int or not isinstance(keys, dict) or not 1 <= len(keys) <= MAX_RECIPIENTS:
            raise Malformed("an encrypted request whose header does not have its form")
        wrapped = _bytes(keys.get(own, ""), MAX_WRAPPED)
        if not wrapped or unwrap is None or abs(now - iat / 1000) > OLDEST:
            raise NotDecrypted(_WILL_NOT_OPEN)
        data_key = self._opened.get(digest)
        try:
            if data_key is None:
                self._take_turn(signer, now)
                data_key = unwrap(wrapped, point)
            payload = AESGCM(data_key).decrypt(NO_NONCE, ciphertext, _of_request(header, signer))
        except (ValueError, InvalidTag):
            raise NotDecrypted(_WILL_NOT_OPEN) from None
        self._opened[digest] = data_key
        if len(self._opened) > _REMEMBERED:
            self._opened.popitem(last=False)
        return payload, iat

    def _take_turn(self, signer: str, now: float) -> None:
        """Of four turns one signer has three at most: whoever asks for all of them keeps nobody else from being read."""
        own = self._turns_of.pop(signer, None) or _Turns(self._rate * 3 / 4)
        self._turns_of[signer] = own
        if len(self._turns_of) > _REMEMBERED:
            self._turns_of.popitem(last=False)
        if not own.are_left(now):
            raise TooManyEncrypted(f"more than {own.rate:g} encrypted requests of one caller in a second: this one was not opened")
        if not self._turns.are_left(now):
            raise TooManyEncrypted(f"more than {self._rate} encrypted requests in a second: this one was not opened")
        own.take()
        self._turns.take()


class _Turns:
    """So many a second, and as many at once."""

    __slots__ = ("_counted", "_room", "rate")

    def __init__(self, rate: float) -> None:
        self.rate, self._room, self._counted = rate, rate, 0.0

    def are_left(self, now: float) -> bool:
        """Whether there is one. A clock set back gives none, and takes none."""
        self._room = min(self.rate, self._room + max(0.0, now - self._counted) * self.rate)
        self._counted = now
        return self._room >= 1

    def take(self) -> None:
        self._room -= 1


@dataclass(frozen=True, slots=True)
class ReplyHeader:
    """What an encrypted reply says in clear, under its node's signature."""

    request_id: str
    node: str
    key: str
    raw: bytes
    ciphertext: bytes


def read_reply(body: bytes) -> ReplyHeader:
    """The header of an encrypted reply whose signature holds. Raises Malformed."""
    header, ciphertext = _taken_apart(body)
    fields = _fields(header, {"v", "rid", "node", "key"})
    if not (names.is_request_id(fields["rid"]) and names.is_identity(fields["node"]) and is_public_key(fields["key"])):
        raise Malformed("an encrypted reply whose header does not have its form")
    return ReplyHeader(fields["rid"], fields["node"], fields["key"], header, ciphertext)


class ReplyKeys:
    """A client's private keys for the replies to its encrypted requests, by request id; never on disk. The oldest goes first."""

    def __init__(self, limit: int = _MAX_REPLY_KEYS) -> None:
        self._limit = limit
        self._keys: dict[str, X25519PrivateKey] = {}

    def public(self, request_id: str) -> str:
        """The `epk` of a request, one for all that goes out under its id."""
        key = self._keys.get(request_id)
        if key is None:
            key = self._keys[request_id] = X25519PrivateKey.generate()
            if len(self._keys) > self._limit:
                self._keys.pop(next(iter(self._keys)))
        return _public(key)

    def __contains__(self, request_id: str) -> bool:
        return request_id in self._keys

    def open(self, reply: ReplyHeader) -> bytes:
        """The payload of a reply. Raises NotDecrypted."""
        own = self._keys.get(reply.request_id)
        if own is None:
            raise NotDecrypted("an encrypted reply to no request of this process")
        try:
            shared = own.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(reply.key)))
            key = derive(shared, b"mcpy/1 reply" + bytes.fromhex(_public(own)) + bytes.fromhex(reply.key))
            return AESGCM(key).decrypt(NO_NONCE, reply.ciphertext, b"mcpy/1 reply " + reply.raw)
        except (ValueError, InvalidTag):
            raise NotDecrypted(_WILL_NOT_OPEN) from None


def is_public_key(value: object) -> bool:
    """Whether it is an X25519 public key in hex; a point of low order still shows when it is used."""
    return isinstance(value, str) and _KID.fullmatch(value) is not None


def check_reply_key(value: str) -> None:
    """Refuse a reply key with which every secret would be zero. Raises Malformed."""
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(value)))
    except ValueError:
        raise Malformed("the field epk is no key that a reply can be encrypted with") from None


def _public(key: X25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _padded(payload: bytes, limit: int) -> bytes:
    return payload.ljust(min(-(-len(payload) // _BLOCK) * _BLOCK, limit))


def _of_request(header: bytes, signer: str) -> bytes:
    return b"mcpy/1 request " + signer.encode() + b" " + header


def _taken_apart(body: bytes) -> tuple[bytes, bytes]:
    header, newline, ciphertext = body[: MAX_HEADER + 1].partition(b"\n")
    if not newline:
        raise Malformed("an encrypted message without a header")
    return header, body[len(header) + 1 :] if len(body) > MAX_HEADER else ciphertext


def _fields(header: bytes, wanted: set[str]) -> dict[str, Any]:
    fields = strictjson.loads(header, _LIMITS)
    if not isinstance(fields, dict) or fields.keys() != wanted or type(fields["v"]) is not int or fields["v"] != 1:
        raise Malformed("an encrypted message whose header does not have its form")
    return fields


def _text(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _bytes(text: object, limit: int) -> bytes:
    if not isinstance(text, str) or len(text) > limit * 4 // 3 + 4:
        raise Malformed("an encrypted message whose header does not have its form")
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Malformed("an encrypted message whose header does not have its form") from None
