"""Host: all that one configuration makes of a daemon, built at start and again, as a whole, at each reload."""

import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config
from ..connector.factory import broker_hosts
from ..errors import ConfigError
from ..names import is_identity
from ..node.classes import ClassesFile
from ..node.data import DataPlugins, builtin_data
from ..node.deadline import Deadlines
from ..node.factsource import CachedFacts
from ..node.state import NodeState
from ..node.textfacts import TextFacts
from ..plugins.finder import find
from ..plugins.loader import AgentIndex, LoadedAgent, load_facts_source
from ..plugins.sitedata import load_data
from ..security.base import SecurityPlugin
from ..security.load import certificate_name, security_plugin
from ..settings import RUBY_PROVIDERS, family_of_provider
from .audit import NullAudit, WrittenAudit
from .auditproviders import open_audit
from .pipeline import Authorization, Rules
from .policyfiles import open_authorizer
from .registration import Registration, registration_plugin

logger = logging.getLogger(__name__)

# What a broker's own `.ssl.*` settings fall back on.
_TLS = tuple(f"plugin.x509.{name}" for name in ("ca", "cert", "key", "crl", "revocation"))


@dataclass(frozen=True, slots=True)
class Host:
    """The configured collaborators of the pipeline; a reload makes a new one and the old one is dropped.

    plugin_settings: each active agent's own, read once. speaks_ruby: whether clients with Ruby read the replies.
    registration: None where this host sends none. takes_clear: whether what is sensitive may be asked and told without encryption.
    """

    config: Config
    identity: str
    security: SecurityPlugin
    node: NodeState
    agents: AgentIndex
    plugin_settings: Mapping[str, Mapping[str, str]]
    authorization: Authorization
    audit: WrittenAudit | NullAudit
    rules: Rules
    speaks_ruby: bool = False
    registration: Registration | None = None
    takes_clear: bool = False


def build_host(config: Config, clock: Callable[[], float], previous: Host | None = None) -> Host:
    """Read keys, facts, classes, agents and policies as the configuration says. Raises ConfigError, KeyFileError or PluginError.

    previous: the host before a reload; an audit that has not changed is kept, since its running actions still write to it.
    """
    identity, speaks_ruby = host_identity(config), config.text("securityprovider") in RUBY_PROVIDERS
    libdirs = config.paths("libdir")
    for missing in (path for path in libdirs if not path.is_dir()):
        logger.warning("libdir: there is no folder %s, so no agents and facts sources of it", missing)
    loaded: dict[str, LoadedAgent] = {}
    # Of data plugins and validators each, so that slow ones of the one kind leave the other alone.
    ask_data, ask_validator = Deadlines().call, Deadlines().call

    def describe(name: str) -> Mapping[str, Any] | None:
        return loaded[name].describe(name) if name in loaded else None

    state = NodeState(
        identity,
        config.items("collectives"),
        config.text("main_collective") or config.items("collectives")[0],
        classes=ClassesFile(config.text("classesfile")),
        facts=facts_source(config, libdirs, speaks_ruby=speaks_ruby),
        data=DataPlugins(builtin_data(describe, ask_data)),
        brokers=broker_hosts(config),
    )
    agents = AgentIndex.load_all(libdirs, config, state.view(), ask=ask_validator)
    loaded.update(agents)
    state.set_agents(agents)
    data = load_data(libdirs, config.plugin, state.view(), ask_data)
    state.set_data(DataPlugins([*builtin_data(describe, ask_data), *data.plugins]))
    for skipped in data.skipped:
        logger.warning("data plugin %s is not loaded: %s", skipped.plugin, skipped.reason)
    for name in data.inactive:
        logger.info("data plugin %s is not active: its activate_when says no", name)
    for skipped in agents.skipped:
        logger.warning("agent %s is not loaded: %s", skipped.plugin, skipped.reason)
    for name, reason in agents.inactive.items():
        logger.info("agent %s is not active: %s", name, reason)
    return Host(
        config=config,
        identity=identity,
        security=security_plugin(config, "server", clock),
        node=state,
        agents=agents,
        plugin_settings={name: config.plugin(agent.name) for name, agent in agents.items()},
        authorization=open_authorizer(config),
        audit=_audit(config, identity, previous),
        rules=_rules(config),
        speaks_ruby=speaks_ruby,
        registration=registration_plugin(config),
        takes_clear=config.flag("sensitive_in_clear"),
    )


def _rules(config: Config) -> Rules:
    """What the security plugin in use allows in time."""
    provider = config.word("securityprovider")
    family = family_of_provider(provider)
    max_ttl = f"plugin.{family}.max_ttl"
    # A Ruby client sends whole seconds, and a Ruby node drops what is a whole second older than its ttl.
    late = 1.0 if provider in RUBY_PROVIDERS else None
    return Rules(config.seconds(f"plugin.{family}.skew"), config.seconds(max_ttl), max_ttl, late)


def host_identity(config: Config) -> str:
    """The name this host goes by: the setting, else with x509 the certificate's name, else the host name as the system has it."""
    configured = config.text("identity")
    if config.text("securityprovider") == "x509":
        certified = certificate_name(config)
        if configured and configured != certified:
            problem = f"the certificate is that of {certified}: leave identity out or name the same"
            raise ConfigError(problem, file=config.file, key="identity")
        return certified
    identity = configured or socket.gethostname()  # as it stands: a host that moves from Ruby keeps its name
    if not is_identity(identity):
        raise ConfigError(f"'{identity}' is no identity: letters, digits, '_', '.' and '-'", file=config.file, key="identity")
    return identity


def connection_settings(config: Config) -> dict[str, str | None]:
    """What a connection is made of: while none of it changes, a reload keeps the connection."""
    prefix = f"plugin.{config.text('connector')}."
    keys = config.keys()
    speaks_tls = any(key.startswith(prefix) and key.endswith(".ssl") and config.flag(key) for key in keys)
    prefixes = (prefix, "connector", "plugin.front.", *(_TLS if speaks_tls else ()))
    return {key: config.text(key) for key in ("connector", *keys) if key.startswith(prefixes)}


def _audit(config: Config, identity: str, previous: Host | None) -> WrittenAudit | NullAudit:
    if previous is not None and previous.identity == identity and _audit_settings(previous.config) == _audit_settings(config):
        return previous.audit
    return open_audit(config, identity)


def _audit_settings(config: Config) -> dict[str, str | None]:
    audit = ("rpcaudit", "plugin.rpcaudit.", "statedir", "securityprovider")
    return {key: config.text(key) for key in list(config.keys()) if key.startswith(audit)}


def facts_source(config: Config, libdirs: Sequence[Path], *, speaks_ruby: bool) -> CachedFacts:
    """Where this host's facts come from, nothing read yet. Raises ConfigError, PluginError."""
    name = config.word("factsource")
    folders = find("facts", libdirs)
    if name not in folders:
        there = ", ".join(sorted(folders))
        raise ConfigError(f"there is no facts source {name}; there are {there}", file=config.file, key="factsource")
    source = load_facts_source(name, folders[name], config.plugin(name), only_owned=os.geteuid() == 0)
    if speaks_ruby:
        source = TextFacts(source)
    return CachedFacts(source, config.seconds("fact_cache_time"), name=f"facts source {name}")
