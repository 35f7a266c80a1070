"""The connector that the configuration asks for."""

import os
import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from ..config import Config
from ..errors import ConfigError
from .base import Connector
from .targets import PLAIN_PLACES, Targets, TopicTargets

if TYPE_CHECKING:
    from ..security.places import X509Places
    from .pool import Broker

FAMILIES = ("activemq", "rabbitmq", "stomp")
"""The brokers that there is a connector for, as the setting `connector` names them."""


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

    @property
    def reconnects(self) -> int:
        """How often a connection was lost that had stood."""
        ...

    def wait_subscribed(self, timeout: float) -> bool:
        """Whether the broker has confirmed every subscription within timeout (seconds)."""
        ...


def open_connector(config: Config, identity: str, *, is_daemon: bool, environ: Mapping[str, str] | None = None) -> ObservedConnector:
    """A connector by the settings `connector` and `plugin.CONNECTOR.*`, not yet connected.

    Raises ConfigError where the settings name no usable broker, KeyFileError where a key or certificate cannot be used: both at
    once, not at the first connect.
    """
    family = _family(config)
    from .pool import read_options, read_pool

    environment = os.environ if environ is None else environ
    pool = read_pool(config, family, environment, random.shuffle, lambda: _own_files(config, is_daemon))
    for broker in pool:
        _check_tls(broker)
    if is_daemon and config.text("plugin.front.user"):
        return _front(config, family, identity, pool)
    targets, options = broker_targets(config), read_options(config, family)
    login = None if is_daemon else _prompt(config, family)
    from .stomp import StompConnector  # with stomp.py: 1 MB and 11 ms that `mco --help` does not need

    return StompConnector(pool, identity, is_daemon=is_daemon, targets=targets, options=options, login=login)


def unusable_brokers(config: Config, *, is_daemon: bool) -> list[ConfigError]:
    """Why open_connector would refuse, for each broker that is listed; empty where it would not."""
    from .pool import pool_size, read_broker

    found: list[ConfigError] = []
    try:
        family = _family(config)
        size = pool_size(config, family)
    except ConfigError as error:
        return [error]
    for number in range(1, size + 1):
        try:
            _check_tls(read_broker(config, family, number, os.environ, lambda: _own_files(config, is_daemon)))
        except ConfigError as error:
            found.append(error)
    return found


def broker_hosts(config: Config) -> tuple[str, ...]:
    """Names or addresses of the brokers that are listed, as they are written; empty where none can be used."""
    from .pool import pool_size

    try:
        family = _family(config)
        numbers = range(1, pool_size(config, family) + 1)
    except ConfigError:
        return ()
    hosts = (config.text(f"plugin.{family}.pool.{number}.host") for number in numbers)
    return tuple(dict.fromkeys(host for host in hosts if host))


def _own_files(config: Config, is_daemon: bool) -> "X509Places | None":
    if config.word("securityprovider") != "x509":
        return None  # nothing here has certificates unless the settings name some
    from ..security.load import own_places

    return own_places(config, "server" if is_daemon else "client")


def _front(config: Config, family: str, identity: str, pool: "Sequence[Broker]") -> ObservedConnector:
    """The connector by a process that runs as the user of `plugin.front.user`."""
    from .front import FrontConnector
    from .frontstart import check_keys, front_setup, start_front
    from .privileges import account_of

    account = account_of(config.text("plugin.front.user") or "", config.file)
    own = _own_files(config, is_daemon=True)
    check_keys(config, family, pool, None if own is None else own.key)
    return FrontConnector(lambda theirs: start_front(account, theirs), front_setup(config, family, identity), pool)


def _check_tls(broker: "Broker") -> None:
    from .tls import client_context

    if broker.tls is not None:
        client_context(broker.tls)


def broker_targets(config: Config) -> Targets:
    """How the brokers of the setting `connector` are addressed. ConfigError where there is no such connector.

    With x509 the place for replies is signed, so that RabbitMQ must not put a temporary queue in its stead.
    """
    family = _family(config)
    prefix = f"plugin.{family}."
    is_multiplexed = config.flag(f"{prefix}agents_multiplex")
    if family == "rabbitmq":
        from .rabbitmq import RabbitMQTargets

        is_signed = config.word("securityprovider") == "x509"
        has_exchange = is_signed or config.flag(f"{prefix}use_reply_exchange")
        return RabbitMQTargets(has_reply_exchange=has_exchange, is_multiplexed=is_multiplexed)
    priority = config.number(f"{prefix}priority")
    if family == "activemq":
        from .activemq import activemq_targets

        return activemq_targets(priority, is_multiplexed=is_multiplexed)
    return TopicTargets(priority, is_multiplexed, PLAIN_PLACES)


def _prompt(config: Config, family: str) -> "Callable[[Broker], Broker] | None":
    """What asks on the terminal for user or password, None where nobody wants to be asked."""
    prefix = f"plugin.{family}."
    wants_user, wants_password = config.flag(f"{prefix}prompt_user"), config.flag(f"{prefix}prompt_password")
    if not (wants_user or wants_password):
        return None
    from .prompt import Prompt

    return Prompt(prefix, wants_user=wants_user, wants_password=wants_password).complete


def _family(config: Config) -> str:
    family = config.word("connector")
    if family not in FAMILIES:
        raise ConfigError(f"{family!r} is no connector: {', '.join(FAMILIES)} are", file=config.file, key="connector")
    return family
