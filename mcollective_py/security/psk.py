"""psk: an MD5 over the body and a key that the whole fleet shares, as Ruby's plugin of this name has it.

What it protects: the body. Caller, filter, agent, collective, times and ids may be changed by anybody on the way, and everybody who
has the key may name any caller. It is for fleets with Ruby hosts.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from ..errors import NotSigned, UsageError
from ..message import Reply, Request
from ..wire import marshal
from ..wire.rubylimits import REPLY, REQUEST, RubyLimits
from ..wire.symbol import Symbol
from . import rubyenvelope
from .base import Sealed, Unverified

_HASH = Symbol("hash")


class PSK:
    """The SecurityPlugin `psk`; it has no state, so any thread may use it.

    key: the shared secret. caller: who this process says it is. limits: of a message that comes in. ttl: seconds, of a request that
    names none.
    """

    covers = frozenset(("action", "body"))
    recipients = None

    def __init__(self, key: bytes, *, caller: str, limits: RubyLimits = REPLY, ttl: int = 60) -> None:
        self._key, self.caller, self._limits, self._ttl = key, caller, limits, ttl
        self._envelope_limits = limits.of_envelope()

    def seal_request(self, request: Request) -> Sealed:
        """Raises UsageError for a request that no node would take, UnsendableValue for a body that Marshal has not."""
        if request.caller != self.caller:
            raise UsageError(f"this process is {self.caller}, it does not send as {request.caller}")
        body = marshal.dumps(rubyenvelope.call_to_ruby(request), REQUEST)
        fields = rubyenvelope.request_to_ruby(request, body)
        self._close(fields, body)
        return Sealed(marshal.dumps(fields, REQUEST), digest="")

    def seal_reply(self, reply: Reply, request: Request) -> Sequence[bytes]:
        """Raises UnsendableValue, ReplyTooLarge."""
        return rubyenvelope.seal_reply(reply, request, marshal, self._close)

    def read(self, payload: bytes) -> Unverified:
        """Take an envelope apart; nobody has vouched for any of it."""
        return rubyenvelope.read(payload, marshal, self._envelope_limits, "psk")

    def open_request(self, unverified: Unverified) -> Request:
        """The request, once its body is known to come from somebody with the key."""
        found = rubyenvelope.envelope_of(unverified, "request")
        body = self._verified(found)
        fields = found.fields
        return rubyenvelope.request_from_ruby(found, body, time=fields.get("msgtime"), ttl=fields.get("ttl", self._ttl))

    def open_reply(self, unverified: Unverified) -> Reply:
        """The reply, once its body is known to come from somebody with the key."""
        found = rubyenvelope.envelope_of(unverified, "reply")
        return rubyenvelope.reply_from_ruby(found, self._verified(found))

    def _verified(self, envelope: rubyenvelope.Envelope) -> Any:
        if not hmac.compare_digest(self._digest(envelope.body), envelope.proof):
            raise NotSigned("the hash is not that of this body and the shared key (plugin.psk)")
        return marshal.loads(envelope.body, self._limits)

    def _digest(self, body: bytes) -> bytes:
        # The wire asks for MD5; a host in FIPS mode has it for uses like this one only.
        return hashlib.md5(body + self._key, usedforsecurity=False).hexdigest().encode()

    def _close(self, fields: dict[str, Any], body: bytes) -> None:
        fields[_HASH] = self._digest(body).decode()
