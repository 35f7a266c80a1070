"""The key that all hosts of a fleet share, with ssl and aes_security: a node takes registrations that it signed, and nothing else.

Every host has it, so whoever breaks into one would otherwise be a caller wherever its public half lies among the callers' keys.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import NotACaller, NotSigned
from ..message import Request
from .keyring import Keyring

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey


@dataclass(frozen=True, slots=True)
class HostsKey:
    """The public half, and the caller that it goes by: `cert=NAME`, after this host's own file."""

    caller: str
    key: "RSAPublicKey"

    def key_of(self, caller: str, callers: Keyring) -> "RSAPublicKey":
        """A caller's key, or this one, which needs no file among theirs. Raises NotSigned where there is neither."""
        try:
            return callers.public_key(caller)
        except NotSigned:
            if caller != self.caller:
                raise
            return self.key

    def limited(self, request: Request, key: "RSAPublicKey") -> Request:
        """What such a key may have said, by whatever name it goes. Raises NotACaller for a host's that is no registration."""
        if key.public_numbers() != self.key.public_numbers():
            return request
        if not request.is_registration:
            raise NotACaller(f"{request.caller} has the key of the hosts themselves, of which only registrations are taken")
        return replace(request, wants_reply=False)  # a Ruby host's frame names a place for replies, whatever it sends
