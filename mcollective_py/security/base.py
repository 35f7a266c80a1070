"""The security plugin port: what seals and opens messages, and what is known before that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..message import Reply, Request

if TYPE_CHECKING:
    from .recipients import Recipients


@dataclass(frozen=True, slots=True)
class Unverified:
    """A payload read but not trusted: enough to drop it cheaply, nothing to act on.

    kind: "request" or "reply". content: the plugin's own, handed back to its open_*.
    """

    kind: str
    content: Any


@dataclass(frozen=True, slots=True)
class Sealed:
    """A request ready for the wire. digest: what replies to it will carry, empty where the plugin binds none."""

    payload: bytes
    digest: str


class SecurityPlugin(Protocol):
    """Seals what this process sends, and opens what others sent; `open_*` is the only maker of trusted values.

    covers: the fields of Request that the signature protects. caller: the caller id this process' key stands for. recipients: hosts
    that something can be encrypted for (Request.is_secret); None where the wire keeps no secrets.
    read and open_* raise errors.NotSigned or one of its kinds, never anything else, for any bytes whatever.
    """

    covers: frozenset[str]
    caller: str

    @property
    def recipients(self) -> "Recipients | None": ...

    def seal_request(self, request: Request) -> Sealed: ...

    def seal_reply(self, reply: Reply, request: Request) -> Sequence[bytes]:
        """The payloads of a reply, more than one where it is too large for one message.

        Raises UnsendableValue for a value that the wire cannot carry, ReplyTooLarge beyond the limit.
        """
        ...

    def read(self, payload: bytes) -> Unverified: ...

    def open_request(self, unverified: Unverified) -> Request: ...

    def open_reply(self, unverified: Unverified) -> Reply: ...


@runtime_checkable
class TellsTrust(Protocol):
    """A security plugin that can tell whom it trusts; x509 is the one."""

    def trusted(self) -> dict[str, Any]:
        """See trusted.trust_report."""
        ...
