"""aes_security: bodies encrypted, requests by the caller's private key and replies for it, as Ruby's plugin of this name has it.

What it protects: who lacks the caller's public key can neither read nor make a request, and nobody but the caller reads a reply. Every
host has that public key, so every host can read and forge requests of any caller; replies carry no proof at all; and the envelope is
as open as that of psk. It is for fleets with Ruby hosts.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import Malformed, NotSigned, UsageError
from ..message import Reply, Request
from ..wire.rubylimits import REPLY, REQUEST, RubyLimits
from ..wire.symbol import Symbol
from . import rubyenvelope
from .aescipher import SECRET, decrypt, encrypt, unwrap_by_private, unwrap_by_public, wrap_by_public
from .base import Sealed, Unverified
from .base64lines import decode_lines, encode_lines
from .hostskey import HostsKey
from .keyring import Keyring
from .rubyenvelope import Envelope, Serializer
from .rubysigned import message_and_times, timed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

logger = logging.getLogger(__name__)

_BODY, _KEY, _PUBLIC = Symbol("body"), Symbol("sslkey"), Symbol("sslpubkey")
_LARGEST_PEM = 64 * 1024  # bytes


class Learning(Protocol):
    """What a node does with the public keys that callers send along: only a CA makes them good."""

    def vouched(self, caller: str, pem: bytes) -> "RSAPublicKey":
        """The key in a certificate of the caller's name that the CA issued. Raises NotSigned."""
        ...

    def keep(self, caller: str, pem: bytes) -> None:
        """Put it where the callers' keys are, unless there is one."""
        ...


@dataclass(frozen=True, slots=True)
class Own:
    """The keys of this process. caller: `cert=NAME` of it. wrap: by its private key (aescipher.wrap_by_private), None where this host
    cannot. private: opens replies. public_pem: sent along with requests, None to send none."""

    caller: str
    private: "RSAPrivateKey"
    wrap: Callable[[bytes], bytes] | None
    public_pem: bytes | None = None


class AES:
    """The SecurityPlugin `aes_security`. Any thread may seal; one thread at a time may open.

    callers: a node's keys of its callers, None for a client. learning: what a node does with keys that are sent along, None to do
    nothing. random: gives that many random bytes. limits: of a message that comes in. enforces_ttl: as for ssl.
    """

    covers = frozenset(("action", "body", "caller", "time", "ttl"))
    recipients = None

    def __init__(
        self,
        own: Own,
        *,
        serializer: Serializer,
        random: Callable[[int], bytes],
        callers: Keyring | None = None,
        learning: Learning | None = None,
        limits: RubyLimits = REPLY,
        enforces_ttl: bool = True,
    ) -> None:
        self._own, self._serializer, self._random = own, serializer, random
        self._callers, self._learning = callers, learning
        self._limits, self._enforces_ttl = limits, enforces_ttl
        self._envelope_limits, self._hosts_key = limits.of_envelope(), HostsKey(own.caller, own.private.public_key())
        self.caller = own.caller

    def seal_request(self, request: Request) -> Sealed:
        """Raises UsageError for a request that no node would take, UnsendableValue for a body that the serializer has not."""
        if request.caller != self.caller:
            raise UsageError(f"this key stands for {self.caller}, it cannot send as {request.caller}")
        if self._own.wrap is None:
            raise UsageError("aes_security cannot send requests with this python3-cryptography: it needs 47 or later")
        plain = self._serializer.dumps(timed(request, "aes"), REQUEST)
        secret = self._random(SECRET)
        body = encode_lines(encrypt(plain, secret))
        fields = rubyenvelope.request_to_ruby(request, body.encode())
        fields |= {_BODY: body, _KEY: encode_lines(self._own.wrap(secret))}
        if self._own.public_pem is not None:
            fields[_PUBLIC] = self._own.public_pem.decode("ascii", "replace")
        return Sealed(self._serializer.dumps(fields, REQUEST), digest="")

    def seal_reply(self, reply: Reply, request: Request) -> Sequence[bytes]:
        """For the caller of the request alone; none where its public key has gone meanwhile. Raises UnsendableValue, ReplyTooLarge."""
        if self._callers is None:
            raise UsageError("a client answers nobody")
        secret = self._random(SECRET)
        try:
            wrapped = encode_lines(wrap_by_public(self._callers.public_key(request.caller), secret))
        except NotSigned as error:
            logger.warning("%s the reply to %s cannot be encrypted: %s", request.id, request.caller, error)
            return ()

        def close(fields: dict[str, Any], body: bytes) -> None:
            fields |= {_BODY: encode_lines(encrypt(body, secret)), _KEY: wrapped}

        return rubyenvelope.seal_reply(reply, request, self._serializer, close)

    def read(self, payload: bytes) -> Unverified:
        """Take an envelope apart; nobody has vouched for any of it."""
        return rubyenvelope.read(payload, self._serializer, self._envelope_limits, "aes_security")

    def open_request(self, unverified: Unverified) -> Request:
        """The request, once its body has opened with the key of the caller that it names."""
        found = rubyenvelope.envelope_of(unverified, "request")
        if self._callers is None:
            raise NotSigned("a request where none are taken")
        key, learnt = self._key_of(self._callers, found)
        secret = unwrap_by_public(key, _wrapped(found))
        signed = self._serializer.loads(decrypt(decode_lines(found.body, "the body"), secret), self._limits)
        body, time, ttl = message_and_times(signed, found.fields, "aes", enforces_ttl=self._enforces_ttl)
        # Whoever has the public key can put another body under the same wrapped key, so that is what must not come twice.
        request = rubyenvelope.request_from_ruby(found, body, time=time, ttl=ttl, proof=secret)
        request = self._hosts_key.limited(replace(request, is_proof_unique=True), key)
        if learnt is not None and self._learning is not None:
            self._learning.keep(found.caller, learnt)
        return request

    def open_reply(self, unverified: Unverified) -> Reply:
        """The reply, once it has opened with the own private key: it was meant for us; nothing says who sent it."""
        found = rubyenvelope.envelope_of(unverified, "reply")
        secret = unwrap_by_private(self._own.private, _wrapped(found))
        body = self._serializer.loads(decrypt(decode_lines(found.body, "the body"), secret), self._limits)
        return rubyenvelope.reply_from_ruby(found, body)

    def _key_of(self, callers: Keyring, envelope: Envelope) -> "tuple[RSAPublicKey, bytes | None]":
        """The caller's key; and where it came with the message, the PEM text to keep once the message has opened."""
        try:
            return self._hosts_key.key_of(envelope.caller, callers), None
        except NotSigned:
            pem = envelope.string("sslpubkey")
            if self._learning is None or pem is None:
                raise
            if len(pem) > _LARGEST_PEM:
                raise Malformed("the public key that is sent along is too large") from None
            return self._learning.vouched(envelope.caller, pem), pem


def _wrapped(envelope: Envelope) -> bytes:
    sent = envelope.string("sslkey")
    if sent is None:
        raise Malformed("a message without the key to its body")
    return decode_lines(sent, "the key to the body")
