"""The connector that the configuration asks for."""

import os
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from ..config import Config
from ..errors import ConfigError
from .base import Connector
from .targets import PLAIN

if TYPE_CHECKING:
    from ..security.places import X509Places


class ObservedConnector(Connector, Protocol):
    """A Connector that also says how it fares, for statistics and start-up."""

    @property
    def peer(self) -> str | None:
        """`host:port` of the broker in use, None without one."""
        ...

    @property
    def dropped(self) -> int:
        """Received messages that were lost: too many, too large, for nobody."""
        ...

    def wait_subscribed(self, timeout: float) -> bool:
        """Whether the broker has confirmed every subscription within timeout (seconds)."""
        ...


def open_connector(config: Config, identity: str, *, is_daemon: bool, environ: Mapping[str, str] | None = None) -> ObservedConnector:
    """A connector by the settings `connector` and `plugin.CONNECTOR.*`, not yet connected.

    Raises ConfigError where the settings name no usable broker, KeyFileError where a key or certificate cannot be used: both at
    once, not at the first connect.
    """
    family = config.word("connector")
    if family == "rabbitmq":
        raise ConfigError("the RabbitMQ connector is not there yet: use activemq or stomp", file=config.file, key="connector")
    if family not in ("activemq", "stomp"):
        raise ConfigError(f"{family!r} is no connector: activemq and stomp are", file=config.file, key="connector")
    from ..security.load import own_places
    from .activemq import activemq_targets
    from .pool import read_options, read_pool
    from .stomp import StompConnector  # with stomp.py: 1 MB and 11 ms that `mco --help` does not need
    from .tls import client_context

    def own_files() -> "X509Places":
        return own_places(config, "server" if is_daemon else "client")

    pool = read_pool(config, family, os.environ if environ is None else environ, random.shuffle, own_files)
    for broker in pool:
        if broker.tls is not None:
            client_context(broker.tls)
    targets = activemq_targets(config.number("plugin.activemq.priority")) if family == "activemq" else PLAIN
    return StompConnector(pool, identity, is_daemon=is_daemon, targets=targets, options=read_options(config, family))
