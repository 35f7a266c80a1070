"""ssl: an RSA signature over the body, its ttl and its time, as Ruby's plugin of this name has it.

What it protects: body, ttl and time of a request, and who called. Filter, agent (but where the body names it), collective, ids and the
sender may be changed by anybody on the way; replies of all nodes are signed by one shared key. It is for fleets with Ruby hosts.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import Malformed, NotSigned, UsageError
from ..message import Reply, Request
from ..wire.rubylimits import REPLY, REQUEST, RubyLimits
from ..wire.symbol import Symbol
from . import rubyenvelope
from .base import Sealed, Unverified
from .base64lines import decode_lines, encode_lines
from .hostskey import HostsKey
from .keyring import Keyring, has_signed
from .rubyenvelope import Envelope, Serializer
from .rubysigned import message_and_times, timed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_HASH = Symbol("hash")
_LARGEST_PROOF = 4096  # characters; those of the longest key have 1,400


class SSL:
    """The SecurityPlugin `ssl`. Any thread may seal; one thread at a time may open.

    caller: `cert=NAME`, after the own public key's file. sign: by the own private key (keyring.sign_by). callers: a node's keys of its
    callers. hosts_key: what a node takes registrations by, and nothing else. server_key: a client's key of all nodes. limits: of a
    message that comes in. enforces_ttl: refuse a request whose signed ttl and time are missing or differ from its envelope's; without
    it the signed ones count where they are there.
    """

    covers = frozenset(("action", "body", "caller", "time", "ttl"))
    recipients = None

    def __init__(
        self,
        *,
        caller: str,
        sign: Callable[[bytes], bytes],
        serializer: Serializer,
        callers: Keyring | None = None,
        hosts_key: HostsKey | None = None,
        server_key: "RSAPublicKey | None" = None,
        limits: RubyLimits = REPLY,
        enforces_ttl: bool = True,
    ) -> None:
        self.caller, self._sign, self._serializer = caller, sign, serializer
        self._callers, self._hosts_key, self._server_key = callers, hosts_key, server_key
        self._envelope_limits = limits.of_envelope()
        self._limits, self._enforces_ttl = limits, enforces_ttl

    def seal_request(self, request: Request) -> Sealed:
        """Raises UsageError for a request that no node would take, UnsendableValue for a body that the serializer has not."""
        if request.caller != self.caller:
            raise UsageError(f"this key stands for {self.caller}, it cannot sign as {request.caller}")
        body = self._serializer.dumps(timed(request, "ssl"), REQUEST)
        fields = rubyenvelope.request_to_ruby(request, body)
        self._close(fields, body)
        return Sealed(self._serializer.dumps(fields, REQUEST), digest="")

    def seal_reply(self, reply: Reply, request: Request) -> Sequence[bytes]:
        """Raises UnsendableValue, ReplyTooLarge."""
        return rubyenvelope.seal_reply(reply, request, self._serializer, self._close)

    def read(self, payload: bytes) -> Unverified:
        """Take an envelope apart; nobody has vouched for any of it."""
        return rubyenvelope.read(payload, self._serializer, self._envelope_limits, "ssl")

    def open_request(self, unverified: Unverified) -> Request:
        """The request, once the signature of the caller that it names has been verified."""
        found = rubyenvelope.envelope_of(unverified, "request")
        if self._callers is None:
            raise NotSigned("a request where none are taken")
        key = self._hosts_key.key_of(found.caller, self._callers) if self._hosts_key else self._callers.public_key(found.caller)
        proof = _verify(key, found)
        signed = self._serializer.loads(found.body, self._limits)
        body, time, ttl = message_and_times(signed, found.fields, "ssl", enforces_ttl=self._enforces_ttl)
        request = rubyenvelope.request_from_ruby(found, body, time=time, ttl=ttl, proof=proof)
        return self._hosts_key.limited(request, key) if self._hosts_key else request

    def open_reply(self, unverified: Unverified) -> Reply:
        """The reply, once the signature by the key of all nodes has been verified."""
        found = rubyenvelope.envelope_of(unverified, "reply")
        if self._server_key is None:
            raise NotSigned("a reply where no key of the nodes is known")
        _verify(self._server_key, found)
        return rubyenvelope.reply_from_ruby(found, self._serializer.loads(found.body, self._limits))

    def _close(self, fields: dict[str, Any], body: bytes) -> None:
        fields[_HASH] = encode_lines(self._sign(body))


def _verify(key: "RSAPublicKey", envelope: Envelope) -> bytes:
    """The signature, which is the same for the same bytes, once it has been verified."""
    proof = envelope.proof
    if len(proof) > _LARGEST_PROOF:
        raise Malformed("the signature is too long")
    signature = decode_lines(proof, "the signature")
    if not has_signed(key, signature, envelope.body):
        raise NotSigned("the signature is not of this body by the key of whom the message names")
    return signature
