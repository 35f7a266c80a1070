"""What travels: requests, replies, and the frames that carry them, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .filter import Filter

EVERY_AGENT = "*"
"""The name of the one topic that all agents of a collective share where `agents_multiplex` is set: of an AGENT destination."""

REGISTRATION = "registration"
"""The agent that hosts send their registrations to."""

AUDIT = "auditcollector"
"""The agent that hosts send the lines of their audit to."""


class Kind(Enum):
    """The three places a message can be sent to."""

    AGENT = "agent"  # a broadcast: every node of the collective with this agent
    NODE = "node"  # a directed request: one node, by identity
    REPLY = "reply"  # a client's reply queue, by the connector's own name for it


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to publish or what to subscribe to, in the field's words; connector/targets.py turns it into a broker's.

    name: the agent (or EVERY_AGENT), the identity, or for REPLY the full destination string.
    """

    kind: Kind
    collective: str
    name: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as the connector received it; nothing of it is trusted.

    source: the subscription that it came by. reply_to and sender (`mc_sender`) are headers, None where absent.
    """

    payload: bytes
    source: Destination
    reply_to: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """A message on its way to a connector.

    sender: the identity for the `mc_sender` header. time: seconds since the epoch; ttl: seconds.
    """

    payload: bytes
    destination: Destination
    sender: str
    time: float
    ttl: float
    reply_to: str | None = None

    @property
    def expires(self) -> float:
        """When nobody wants it any more (seconds since the epoch) and the broker may drop it: ten seconds late, as in Ruby, for clocks
        that differ."""
        return self.time + self.ttl + 10


@dataclass(frozen=True, slots=True)
class Request:
    """One request, verified (or about to be sealed).

    caller: `cert=NAME`, who asks. sender: the label of the host that sends. action: None for a plain message to `handlemsg`.
    body: the inputs of an action (a mapping with text keys), or the plain message's value. targets: identities of a directed
    request, None for a broadcast. time: seconds since the epoch, with a fraction. ttl: seconds. reply_to: the connector's
    destination for replies, None where none is wanted. digest: what replies are bound to (SHA-256 hex of the signed payload),
    empty before sealing. wants_reply: False where the caller waits for none; security plugins that sign no reply_to say it so.
    proof: a digest of the signature where that covers no id, by which a copy under another id is known; else empty. is_proof_unique:
    True where no two requests of a caller have one proof; else the same question, asked twice in a second, has. certificate: SHA-256
    hex of the certificate that signed; extensions: what it says of its holder beside the name, by Puppet's words (`pp_role`); both
    empty on the wire of Ruby. delegate: the caller whose certificate signed for `caller`, empty where they are one. is_secret: True
    where it is encrypted for its targets, and whatever is replied for who asks. reply_key: the X25519 public key (hex) that replies to
    it are encrypted with.
    """

    id: str
    caller: str
    sender: str
    collective: str
    agent: str
    action: str | None
    body: Any
    filter: Filter
    time: float
    ttl: int
    reply_to: str | None = None
    targets: tuple[str, ...] | None = None
    digest: str = ""
    wants_reply: bool = True
    proof: str = ""
    is_proof_unique: bool = False
    certificate: str = ""
    extensions: tuple[tuple[str, str], ...] = ()
    delegate: str = ""
    is_secret: bool = False
    reply_key: str = ""

    @property
    def is_direct(self) -> bool:
        """True where nodes are named, whatever the filter."""
        return self.targets is not None

    @property
    def is_registration(self) -> bool:
        """True for what a host may send of itself: a plain broadcast to one of these agents, which nobody answers."""
        is_plain = self.action is None and self.reply_to is None and self.targets is None
        return is_plain and self.agent in (REGISTRATION, AUDIT) and self.filter == Filter(agents=(self.agent,))


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, verified (or about to be sealed).

    sender: the answering node's identity. body: the outputs (a mapping with text keys) of an action, or the plain reply.
    refusal: a word where the node refused (`denied`, `busy`, `clockskew`, ...), else None. seq and last: position among the
    parts of a reply that was too large for one message; a part's body is a text fragment, see security/parts.py. historic: status
    code and message of a Ruby node in the same case, where they differ; sent where a Ruby client reads.
    """

    request_id: str
    request_digest: str
    sender: str
    agent: str
    action: str | None
    body: Any
    time: float
    statuscode: int = 0
    statusmsg: str = "OK"
    refusal: str | None = None
    seq: int = 0
    last: bool = True
    historic: tuple[int, str] | None = None

    @property
    def data(self) -> Mapping[str, Any]:
        """The outputs of an action; empty where the body is no mapping."""
        return self.body if isinstance(self.body, Mapping) else {}

    @property
    def is_whole(self) -> bool:
        """True unless this is one part of several."""
        return self.seq == 0 and self.last
