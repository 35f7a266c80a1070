"""The default security plugin: exact bytes signed by certificates of the Puppet CA or any other (wire name mcpy/1).

What is signed is a byte string, verified before it is parsed. Nothing outside the signed bytes can make a message accepted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from .. import names
from ..errors import ConfigError, Malformed, NotACaller, NotDecrypted, NotSigned, UntrustedCertificate, UsageError
from ..message import Reply, Request
from ..wire import strictjson
from . import envelope, parts, payload
from .base import Sealed, Unverified
from .callers import CallerPatterns, Delegations
from .csrextensions import ExtensionRule
from .envelope import Envelope
from .known import KnownCertificates
from .recipients import Recipients

if TYPE_CHECKING:  # chain.py brings cryptography.x509 along, which is 3 MB, encryption.py ciphers; signer.py is of the shell
    from .chain import Certificate, TrustStore
    from .encryption import Opener, ReplyKeys
    from .keywrap import Unwrap
    from .signer import Signer


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who this process is: its certificate (DER) with its key id, the names in it, and the key to it.

    unwrap: opens what was encrypted for the certificate; None where the key only signs, or is elsewhere.
    """

    certificate: bytes
    kid: str
    certname: str
    names: frozenset[str]
    signer: "Signer"
    unwrap: "Unwrap | None" = None


class Files(Protocol):
    """Where the plugin gets its trust from: files that may change while it runs (files.py), or fixed values."""

    def credentials(self) -> Credentials: ...

    def trust(self) -> "TrustStore":
        """The CA and CRLs in force now. Raises UntrustedCertificate where they cannot be used: nobody is trusted then."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Credentials and trust that never change, in memory."""

    own: Credentials
    store: "TrustStore"

    def credentials(self) -> Credentials:
        return self.own

    def trust(self) -> "TrustStore":
        return self.store


class X509:
    """The SecurityPlugin `x509`. Any thread may seal; one thread at a time may open.

    clock: seconds since the epoch, asked for certificates' dates only; whether a message is fresh is judged by server/freshness.py
    and the client's collector. registrants: the certificates of nodes that register, apart, so that a fleet of them keeps no caller
    waiting. delegations: who may ask on behalf of whom, nobody where it is None. wanted: what every caller's certificate has to say.
    """

    covers = frozenset(
        ("id", "caller", "sender", "collective", "agent", "action", "body", "filter", "time", "ttl", "reply_to", "targets", "delegate")
    )

    def __init__(
        self,
        files: Files,
        *,
        callers: CallerPatterns,
        known: KnownCertificates,
        clock: Callable[[], float],
        registrants: KnownCertificates | None = None,
        delegations: Delegations | None = None,
        wanted: ExtensionRule | None = None,
    ) -> None:
        self._files, self._callers, self._known, self._clock = files, callers, known, clock
        self._registrants = registrants or known
        self._delegations, self._wanted = delegations or Delegations((), callers), wanted or ExtensionRule(())
        self.caller = f"cert={files.credentials().certname}"
        self.recipients = Recipients()
        # Loaded by who encrypts or opens what is encrypted: most processes never do.
        self._opener: Opener | None = None
        self._reply_keys: ReplyKeys | None = None

    def seal_request(self, request: Request) -> Sealed:
        """Sign a request as this process' caller; as a registration where it is one, of a node, which may sign nothing else.

        Raises UsageError for one that no node would take (another caller, a name that is no name, too many targets),
        UnsendableValue for a body that JSON has not.
        """
        if (request.delegate or request.caller) != self.caller:
            raise UsageError(f"this key stands for {self.caller}, it cannot sign as {request.delegate or request.caller}")
        if request.is_secret:
            request = replace(request, reply_key=self._keys_for_replies().public(request.id))
        fields = payload.request_to_wire(request)
        try:
            payload.request_from_wire(fields, digest="", is_secret=request.is_secret)
        except Malformed as error:
            raise UsageError(f"a request that no node would take: {error}") from error
        body = strictjson.dumps(fields, strictjson.REQUEST).encode()
        if request.is_secret:
            return self._seal_secret(request, body, fields["iat"])
        is_node = not self._callers.match(self.caller.removeprefix("cert="))
        type = envelope.REGISTRATION if is_node and request.is_registration else envelope.REQUEST
        return Sealed(self._seal(type, body), digest=envelope.key_id(body))

    def seal_reply(self, reply: Reply, request: Request) -> Sequence[bytes]:
        """Sign a reply to a request as this node, in one message or several.

        Raises UnsendableValue, ReplyTooLarge; ConfigError where the reply's sender is no name of this node's certificate.
        """
        own = self._files.credentials()
        if reply.sender not in own.names:
            raise ConfigError(f"the identity {reply.sender} is no name of this host's certificate ({own.certname})", key="identity")
        bodies = [strictjson.dumps(payload.reply_to_wire(part, request), strictjson.REPLY).encode() for part in parts.split(reply)]
        if not request.is_secret:
            return [self._seal(envelope.REPLY, body) for body in bodies]
        from . import encryption

        sealed = (encryption.seal_reply(body, request.id, reply.sender, request.reply_key, strictjson.REPLY.size) for body in bodies)
        return [self._seal(envelope.SEALED_REPLY, body) for body in sealed]

    def read(self, payload: bytes) -> Unverified:
        """Take an envelope apart; nobody has vouched for any of it."""
        found = envelope.read_envelope(payload, strictjson.REPLY.size + envelope.SEALING)
        limit = (strictjson.REPLY if found.kind == "reply" else strictjson.REQUEST).size
        limit += envelope.SEALING if found.is_secret else 0
        if len(found.body) > limit:
            raise Malformed(f"a {found.kind} of {len(found.body)} bytes, the limit is {limit}")
        return Unverified(found.kind, found)

    def open_request(self, unverified: Unverified) -> Request:
        """The request, once a caller's signature over it has been verified, or that of a node that registers."""
        if unverified.kind == "registration":
            return self._open_registration(unverified)
        found, signer = self._signer_of(unverified, "request", self._known)
        check_caller(signer, self._callers, self._wanted)
        request = self._secret_request(found, signer) if found.is_secret else _request(found, signer)
        if (request.delegate or request.caller) != f"cert={signer.certname}":
            raise NotACaller(f"{signer.certname} signed a request as {request.delegate or request.caller}")
        if request.delegate and (refusal := self._delegations.refusal(signer.certname, request.caller)) is not None:
            raise NotACaller(refusal)
        return request

    def trusted(self) -> dict[str, Any]:
        """What this process trusts, for people to look at: see trusted.trust_report."""
        from .trusted import trust_report

        return trust_report(self._files, self._callers, self._delegations, self._wanted, self._clock())

    def _open_registration(self, unverified: Unverified) -> Request:
        """What a node tells of itself. Its signature is good for that alone, whatever else stands in the message."""
        found, signer = self._signer_of(unverified, "registration", self._registrants)
        if not signer.usages:
            raise UntrustedCertificate(f"the certificate of {signer.certname!r} is for neither clients nor servers")
        request = _request(found, signer)
        if request.delegate or request.caller != f"cert={signer.certname}" or request.sender not in signer.names:
            raise NotACaller(f"{signer.certname!r} signed a registration of {request.sender} by {request.caller}")
        if not request.is_registration:
            raise NotACaller(f"{signer.certname} signed a request to {request.agent} as a registration")
        return request

    def open_reply(self, unverified: Unverified) -> Reply:
        """The reply, or one part of it, once the signature of the node that it names has been verified."""
        found, signer = self._signer_of(unverified, "reply", self._known)
        if not signer.usages:
            raise UntrustedCertificate(f"the certificate of {signer.certname!r} is for neither clients nor servers")
        _verify(found, signer)
        reply = self._secret_reply(found.body) if found.is_secret else self._reply(found.body)
        if reply.sender not in signer.names:
            raise UntrustedCertificate(f"{signer.certname!r} signed a reply as {reply.sender}")
        self.recipients.learn(reply.sender, signer, self._files.trust(), self._clock())
        return reply

    def _seal_secret(self, request: Request, body: bytes, iat: int) -> Sealed:
        from . import encryption

        own, targets = self._files.credentials(), request.targets or ()
        if len(targets) > encryption.MAX_RECIPIENTS:
            raise UsageError(f"{len(targets)} hosts in one encrypted request: {encryption.MAX_RECIPIENTS} at most")
        keys = self.recipients.keys(targets, self._files.trust(), self._clock())
        sealed = encryption.seal_request(body, own.kid, keys, iat, strictjson.REQUEST.size)
        return Sealed(self._seal(envelope.SEALED_REQUEST, sealed), digest=envelope.key_id(sealed))

    def _secret_request(self, found: Envelope, signer: "Certificate") -> Request:
        """Verified, then decrypted, then parsed: strangers' bytes never come to the private key."""
        _verify(found, signer)
        if self._opener is None:
            from .encryption import Opener

            self._opener = Opener()
        own, digest = self._files.credentials(), envelope.key_id(found.body)
        body, iat = self._opener.open(found.body, digest, found.kid, own.kid, own.unwrap, self._clock())
        fields = strictjson.loads(body, strictjson.REQUEST)
        request = payload.request_from_wire(fields, digest=digest, is_secret=True)
        if fields["iat"] != iat:
            raise Malformed("an encrypted request of another time than its header says")
        from .encryption import check_reply_key

        check_reply_key(request.reply_key)
        return replace(request, certificate=found.kid, extensions=signer.extensions)

    def _reply(self, body: bytes) -> Reply:
        reply = payload.reply_from_wire(strictjson.loads(body, strictjson.REPLY))
        if self._reply_keys is not None and reply.request_id in self._reply_keys:
            raise NotDecrypted(f"a reply of {reply.sender} in clear to an encrypted request")
        return reply

    def _secret_reply(self, body: bytes) -> Reply:
        from .encryption import read_reply

        header = read_reply(body)
        reply = payload.reply_from_wire(strictjson.loads(self._keys_for_replies().open(header), strictjson.REPLY))
        if (reply.request_id, reply.sender) != (header.request_id, header.node):
            raise Malformed("an encrypted reply that is another one than its header says")
        return reply

    def _keys_for_replies(self) -> "ReplyKeys":
        if self._reply_keys is None:
            from .encryption import ReplyKeys

            self._reply_keys = ReplyKeys()
        return self._reply_keys

    def _seal(self, type: str, body: bytes) -> bytes:
        own = self._files.credentials()
        signature = own.signer.sign(envelope.signed_bytes(type, body))
        return Envelope(type, body, own.kid, signature, own.certificate).encode()

    def _signer_of(self, unverified: Unverified, kind: str, known: KnownCertificates) -> "tuple[Envelope, Certificate]":
        found = unverified.content
        if not isinstance(found, Envelope) or found.kind != kind:
            raise Malformed(f"a message that is no {kind} comes where a {kind} is expected")
        return found, known.trusted(found.kid, found.certificate, self._files.trust(), self._clock())


def check_caller(signer: "Certificate", callers: CallerPatterns, wanted: ExtensionRule) -> None:
    """Raise NotACaller unless the holder of a trusted certificate may send requests."""
    if not names.is_certname(signer.certname) or not callers.match(signer.certname):
        raise NotACaller(f"{signer.certname[:255]!r} is no caller here (plugin.x509.caller_certnames)")
    if "clientAuth" not in signer.usages:
        raise NotACaller(f"the certificate of {signer.certname} is not for clients: its extendedKeyUsage lacks clientAuth")
    if signer.doubt:
        raise NotACaller(f"the certificate of {signer.certname} cannot be judged: {signer.doubt}")
    if (word := wanted.missing(signer.extensions)) is not None:
        raise NotACaller(f"the certificate of {signer.certname} lacks {word} (plugin.x509.caller_extensions)")


def _request(found: Envelope, signer: "Certificate") -> Request:
    _verify(found, signer)
    fields = strictjson.loads(found.body, strictjson.REQUEST)
    request = payload.request_from_wire(fields, digest=envelope.key_id(found.body))
    return replace(request, certificate=found.kid, extensions=signer.extensions)


def _verify(found: Envelope, signer: "Certificate") -> None:
    if not signer.verify(found.signature, found.signed):
        raise NotSigned(f"the signature is not that of {signer.certname} over these bytes")
