"""Who may read and write which destinations. Pure.

The broker is the second line of defence: nodes verify every request themselves. Its rights keep one compromised node from reading
other nodes' requests, from talking to nodes, and operators from reading what nodes are told by others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import ConfigError
from ..names import is_certname
from ..security.callers import name_pattern
from .destinations import REPLY, TEMP, Address, covers, parse_destination
from .frames import RefusedFrame
from .queues import FILED_BY
from .selector import Selector

_REPLIES = ("/queue/*.reply.>", "/reply-queue/*")
_USES = ("read", "write", "own", "alone", "replies", "existing")


@dataclass(frozen=True)
class Role:
    """What its members may do, as destination patterns: `*` for a word, a last `>` for the rest.

    own: queues that a member reads with a selector for one identity only, and for its own where a certificate says who it is.
    alone: queues that, once a member has read them, nobody else may read while they exist. replies: what may stand in a reply-to
    header, beside the member's own temporary queues. existing: queues that a member's SEND does not make: who reads them was there
    before. is_bounded: its members are many, and each may be broken into, so that they get less room (`BrokerLimits.of`).
    """

    name: str
    read: Sequence[str] = ()
    write: Sequence[str] = ()
    own: Sequence[str] = ()
    alone: Sequence[str] = ()
    replies: Sequence[str] = _REPLIES
    existing: Sequence[str] = ()
    is_bounded: bool = False
    _patterns: Mapping[str, tuple[Address, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        patterns = {use: tuple(parse_destination(text) for text in getattr(self, use)) for use in _USES}
        object.__setattr__(self, "_patterns", patterns)

    def may(self, use: str, address: Address) -> bool:
        """use: read, write, own, alone, replies or existing."""
        return any(pattern.kind == address.kind and covers(pattern.words, address.words) for pattern in self._patterns[use])


ADMIN = Role(
    "admin",
    read=("/topic/>", "/queue/>", "/temp-queue/>"),
    write=("/topic/>", "/queue/>", "/reply-queue/*"),
    replies=("/topic/>", "/queue/>", "/reply-queue/*"),
)
OPERATOR = Role(
    "operator",
    read=("/queue/*.reply.>", "/temp-queue/>"),
    write=("/topic/*.*.agent", "/topic/*.agents", "/queue/*.nodes"),
    alone=("/queue/*.reply.>",),
)
NODE = Role(
    "node",
    read=("/topic/*.*.agent", "/topic/*.agents"),
    write=("/queue/*.reply.>", "/reply-queue/*", "/topic/*.registration.agent", "/topic/*.auditcollector.agent"),
    own=("/queue/*.nodes",),
    existing=("/queue/*.reply.>",),
    is_bounded=True,
)
SHIPPED_ROLES: Mapping[str, Role] = {role.name: role for role in (ADMIN, OPERATOR, NODE)}


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who has logged in. identity: the name in the certificate, None where there was only a password or nothing.

    user: the entry of the users that a password was checked against, None where the certificate alone decided, or nothing.
    """

    name: str
    role: Role
    identity: str | None = None
    user: str | None = None

    @property
    def who(self) -> tuple[str | None, str | None]:
        """What tells one member from another: a user and a certificate of the same name are two."""
        return self.user, self.identity

    @property
    def bounded_name(self) -> str | None:
        """The certificate's name where its share of the broker is bounded; a password may be a whole fleet's."""
        return self.identity if self.role.is_bounded and self.user is None else None


@dataclass(frozen=True)
class CertificateRoles:
    """Which role a certificate's name gives: the patterns by which nodes know their callers, matched whole, the first that fits.

    Raises ConfigError for one that is no pattern.
    """

    admins: Sequence[str] = ()
    operators: Sequence[str] = ("*.mcollective",)
    nodes: Sequence[str] = ("*",)

    _order: Sequence[tuple[re.Pattern[str], Role]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        given = ((self.admins, ADMIN), (self.operators, OPERATOR), (self.nodes, NODE))
        try:
            order = tuple((name_pattern(text), role) for patterns, role in given for text in patterns)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        object.__setattr__(self, "_order", order)

    def role_of(self, certname: str) -> Role | None:
        """None for a name that nothing fits, or that is no certificate's."""
        if not is_certname(certname):
            return None
        return next((role for pattern, role in self._order if pattern.fullmatch(certname)), None)


def check_write(member: Member, address: Address) -> None:
    """Refuse a SEND that the member's role does not allow, or to no single destination."""
    if address.has_wildcard:
        raise RefusedFrame(f"cannot send to the pattern {address}")
    if address.kind == TEMP:
        raise RefusedFrame("only the reply-to address of a temporary queue can be sent to")
    if not member.role.may("write", address):
        raise RefusedFrame(f"{member.name}, as {member.role.name}, may not send to {address}")


def check_read(member: Member, address: Address, selector: Selector | None) -> None:
    """Refuse a SUBSCRIBE that the member's role does not allow."""
    if address.kind == REPLY:
        raise RefusedFrame("a temporary queue is read by its owner, under its /temp-queue/ name")
    if address.has_wildcard and address.kind != "topic":
        raise RefusedFrame("wildcards are for topics only")
    if member.role.may("read", address):
        return
    if not member.role.may("own", address):
        raise RefusedFrame(f"{member.name}, as {member.role.name}, may not subscribe to {address}")
    identity = None if selector is None else selector.required(FILED_BY)
    if identity is None:
        raise RefusedFrame(f"{address} is read with a selector for one identity: {FILED_BY} = '...'")
    if member.identity is not None and identity != member.identity:
        raise RefusedFrame(f"{member.name} may read {address} for {member.identity}, not for {identity}")


def check_reply_to(member: Member, address: Address) -> None:
    """Refuse a reply-to that would make others send where nobody expects replies."""
    if address.has_wildcard or not member.role.may("replies", address):
        raise RefusedFrame(f"{address} is no place for replies")
