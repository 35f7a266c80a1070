"""The outer envelope of mcpy/1: JSON in one exact form, the signed bytes inside it untouched.

    {"p":"mcpy/1","t":TYPE,"b":BODY,"s":[{"kid":KID,"sig":SIGNATURE,"crt":CERTIFICATE}]}

TYPE is the payload's media type, BODY the payload, SIGNATURE and CERTIFICATE (DER, the leaf alone) in base64, KID the SHA-256 of the
certificate in hex. The form is exact to the byte (this order of keys, no spaces, canonical base64): nothing in an envelope can be
changed that its reader would not notice, and a reader needs no JSON parser for bytes that nobody has vouched for.
"""

import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from ..errors import Malformed

REQUEST = "application/vnd.mcollective.mcpy-1.request+json"
REPLY = "application/vnd.mcollective.mcpy-1.reply+json"
REGISTRATION = "application/vnd.mcollective.mcpy-1.registration+json"  # what a node tells of itself, and all that it may send
# The same, sealed for who is to read it (encryption.py). The types differ, so that who knows no encryption refuses them.
SEALED_REQUEST = "application/vnd.mcollective.mcpy-1.request+sealed"
SEALED_REPLY = "application/vnd.mcollective.mcpy-1.reply+sealed"
_KINDS = {REQUEST: "request", REPLY: "reply", REGISTRATION: "registration", SEALED_REQUEST: "request", SEALED_REPLY: "reply"}

MAX_CERTIFICATE = 16 * 1024  # bytes of DER; Puppet's with an RSA-4096 key has 1.4 KiB
SEALING = 384 * 1024  # bytes that encryption may add to a payload: keys wrapped for 200 hosts with RSA-8192
MAX_SIGNATURE = 1024  # bytes; RSA-8192 has 1,024

_FORM = re.compile(
    rb'\{"p":"mcpy/1","t":"([^"\\]{1,80})","b":"([^"]++)","s":\[\{"kid":"([0-9a-f]{64})","sig":"([^"]++)","crt":"([^"]++)"\}\]\}'
)
# What other speakers of the field begin with, so that the log can say who is there.
_OTHERS = ((b"\x04\x08", "Ruby Marshal (psk, ssl or aes_security)"), (b"---", "YAML (ssl or aes_security)"))


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope read. type: the media type; kid: the SHA-256 of certificate, checked; nothing else of it is."""

    type: str
    body: bytes
    kid: str
    signature: bytes
    certificate: bytes

    @property
    def kind(self) -> str:
        """`request`, `reply` or `registration`."""
        return _KINDS[self.type]

    @property
    def is_secret(self) -> bool:
        """Whether the body is encrypted."""
        return self.type in (SEALED_REQUEST, SEALED_REPLY)

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over."""
        return signed_bytes(self.type, self.body)

    def encode(self) -> bytes:
        """The envelope as it travels."""
        return b'{"p":"mcpy/1","t":"%b","b":"%b","s":[{"kid":"%b","sig":"%b","crt":"%b"}]}' % (
            self.type.encode(),
            _base64(self.body),
            self.kid.encode(),
            _base64(self.signature),
            _base64(self.certificate),
        )


def signed_bytes(type: str, body: bytes) -> bytes:
    """The pre-authentication encoding of DSSE 1.0: type and body with their lengths, so that neither can pass for the other."""
    return b"DSSEv1 %d %b %d %b" % (len(type.encode()), type.encode(), len(body), body)


def key_id(certificate: bytes) -> str:
    """What names a certificate (DER) in envelopes, caches and the replay memory."""
    return sha256(certificate).hexdigest()


def read_envelope(payload: bytes, max_body: int) -> Envelope:
    """The envelope that these bytes are. max_body: bytes of the payload inside. Raises Malformed for all else."""
    if len(payload) > max_body * 4 // 3 + MAX_CERTIFICATE * 2:
        raise Malformed(f"a message of {len(payload)} bytes: the limit is {max_body} bytes inside the envelope")
    found = _FORM.fullmatch(payload)
    if found is None:
        raise Malformed(_what_else(payload))
    type, body, kid, signature, certificate = found.groups()
    if len(signature) > MAX_SIGNATURE * 4 // 3 + 4 or len(certificate) > MAX_CERTIFICATE * 4 // 3 + 4:
        raise Malformed("a signature or certificate that is too long")
    try:
        envelope = Envelope(type.decode("ascii"), _bytes(body), kid.decode(), _bytes(signature), _bytes(certificate))
    except ValueError:
        raise Malformed("an envelope with something else than base64 in it") from None
    if envelope.type not in _KINDS:
        raise Malformed("a payload type that is no request, reply or registration")
    if len(envelope.body) > max_body:
        raise Malformed(f"a message with {len(envelope.body)} bytes inside, the limit is {max_body}")
    # Base64 leaves some bits of its last character free; with this no two envelopes mean the same.
    if envelope.encode() != payload:
        raise Malformed("base64 that is not in its canonical form")
    if key_id(envelope.certificate) != envelope.kid:
        raise Malformed("the key id is not that of the certificate")
    return envelope


def _what_else(payload: bytes) -> str:
    for beginning, speaker in _OTHERS:
        if payload.startswith(beginning):
            return f"this is {speaker}, only mcpy/1 is spoken here (securityprovider = x509)"
    if re.search(rb'"[ze]":', payload[-4096:]):
        return "a compressed envelope or one with an encryption header, which are not of this version"
    return "no mcpy/1 envelope in its exact form"


def _base64(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


def _bytes(text: bytes) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)
