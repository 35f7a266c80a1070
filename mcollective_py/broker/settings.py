"""What a broker is told before it starts: where to listen, who may log in, and its limits."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import ConfigError
from .rights import CertificateRoles, Role
from .users import User

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BrokerLimits:
    """Bounds, in bytes, seconds or pieces. All memory that a peer can make the broker use is under one of them."""

    connections: int = 20_000
    arrivals: int = 512  # of them before their login; less where this process may have few files open
    login_s: float = 10.0  # from the connection to a good CONNECT, TLS included
    head: int = 64 * 1024  # header section of a frame
    login_head: int = 16 * 1024  # the same before the login
    headers: int = 128
    body: int = 8 * MIB
    subscriptions: int = 2_000  # a connection
    temp_queues: int = 64  # a connection
    transaction_messages: int = 1_000
    transaction_bytes: int = 16 * MIB
    heartbeat_s: float = 0.5  # the shortest that is agreed to

    # Unread output: bytes that wait for one client to read them. The more there are, the more is done about it.
    lag: int = 64 * 1024  # the client is watched: does it read at all?
    window: int = 1 * MIB  # queues give it no more messages until it has read half of them
    hold: int = 8 * MIB  # whoever publishes to it on a topic has to wait
    unread: int = 16 * MIB  # it is cut off at once if it has stopped reading
    stall_s: float = 5.0  # a watched client that has read nearly nothing for so long is cut off
    hold_s: float = 5.0  # publishers wait no longer than this for one slow reader

    queues: int = 20_000
    queue_messages: int = 10_000
    queue_bytes: int = 16 * MIB
    kept_bytes: int = 64 * MIB  # all waiting messages together
    keep_s: float = 600.0  # a message waits in a queue
    idle_s: float = 300.0  # a queue without consumers and messages stays

    # A node may have been broken into: less for each, so that one cannot use up what all share.
    node_head: int = 8 * 1024
    node_body: int = 6 * MIB
    node_subscriptions: int = 512  # a connection, and one for a destination
    node_queues: int = 32  # of them to queues: one a collective
    node_patterns: int = 8  # of them with a wildcard: each is tried for every message
    node_connections: int = 8  # with one certificate's name
    node_kept_bytes: int = 8 * MIB  # waiting messages that one certificate's name has sent

    def of(self, role: Role) -> "BrokerLimits":
        """These bounds for the members of a role."""
        if not role.is_bounded:
            return self
        head, body = min(self.head, self.node_head), min(self.body, self.node_body)
        return replace(self, head=head, body=body, subscriptions=min(self.subscriptions, self.node_subscriptions))


@dataclass(frozen=True, slots=True)
class BrokerTLSFiles:
    """PEM files. certificate: the broker's, with intermediates; key: mode 0600; ca: who may sign clients' certificates; crl: optional.

    is_client_required: refuse who comes without a certificate; False where passwords will do as well.
    """

    certificate: Path
    key: Path
    ca: Path | None = None
    crl: Path | None = None
    is_client_required: bool = True


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Everything a Broker needs. port 0 takes a free one. users_file is read at start and again at SIGHUP, beside `users`.

    Without users and without a CA for client certificates everybody is admin, and only loopback is listened on.
    """

    host: str = "127.0.0.1"
    port: int = 61613
    users: Mapping[str, User] = field(default_factory=dict)
    users_file: Path | None = None
    tls: BrokerTLSFiles | None = None
    certificate_roles: CertificateRoles = field(default_factory=CertificateRoles)
    limits: BrokerLimits = field(default_factory=BrokerLimits)

    @property
    def has_authentication(self) -> bool:
        return bool(self.users) or self.users_file is not None or (self.tls is not None and self.tls.ca is not None)

    def check(self) -> None:
        """Refuse settings that would leave the door open. Raises ConfigError."""
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"there is no port {self.port}")
        if self.tls is not None and self.tls.is_client_required and self.tls.ca is None:
            raise ConfigError("client certificates are required, but no CA is given to check them")
        if not self.has_authentication and not is_loopback(self.host):
            raise ConfigError(
                f"will not listen on {self.host or 'every address'} without authentication: give a users file, or TLS files with a CA"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address. A name other than localhost is not looked up: it counts as reachable."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
