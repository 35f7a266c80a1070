"""Host: all that one configuration makes of a daemon, built at start and again, as a whole, at each reload."""

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import ConfigError
from ..names import is_identity
from ..node.classes import ClassesFile
from ..node.data import DataPlugins
from ..node.factsource import CachedFacts
from ..node.snapshot import NodeState
from ..plugins.finder import find
from ..plugins.loader import AgentIndex, load_facts_source
from ..security.base import SecurityPlugin
from ..security.load import certificate_name, security_plugin
from .audit import Audit, open_audit
from .pipeline import Authorization, Rules
from .policyfiles import open_authorizer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Host:
    """The configured collaborators of the pipeline; a reload makes a new one and the old one is dropped."""

    config: Config
    identity: str
    security: SecurityPlugin
    node: NodeState
    agents: AgentIndex
    authorization: Authorization
    audit: Audit
    rules: Rules


def build_host(config: Config, clock: Callable[[], float]) -> Host:
    """Read keys, facts, classes, agents and policies as the configuration says. Raises ConfigError, KeyFileError or PluginError."""
    identity = host_identity(config)
    libdirs = [Path(folder) for folder in config.items("libdir")]
    state = NodeState(
        identity=identity,
        collectives=config.items("collectives"),
        main_collective=config.text("main_collective") or config.items("collectives")[0],
        classes=ClassesFile.from_setting(config.text("classesfile")),
        facts=_facts(config, libdirs),
        data=DataPlugins.built_in(),
        clock=clock,
    )
    agents = AgentIndex.load_all(libdirs, config, state.view())
    for skipped in agents.skipped:
        logger.warning("agent %s is not loaded: %s", skipped.plugin, skipped.reason)
    state.set_agents(agents)
    return Host(
        config=config,
        identity=identity,
        security=security_plugin(config, "server", clock),
        node=state,
        agents=agents,
        authorization=open_authorizer(config),
        audit=open_audit(config, identity),
        rules=Rules(config.seconds("plugin.x509.skew"), config.seconds("plugin.x509.max_ttl")),
    )


def host_identity(config: Config) -> str:
    """The name this host goes by: the setting, else with x509 the certificate's name, else the host name without its domain."""
    configured = config.text("identity")
    if config.text("securityprovider") == "x509":
        certified = certificate_name(config)
        if configured and configured != certified:
            raise ConfigError(
                f"the certificate is that of {certified}: leave identity out or name the same",
                file=str(config.file or ""),
                key="identity",
            )
        return certified
    identity = configured or socket.gethostname().partition(".")[0]
    if not is_identity(identity):
        raise ConfigError(f"'{identity}' is no identity: letters, digits, '_', '.' and '-'", key="identity")
    return identity


def _facts(config: Config, libdirs: list[Path]) -> CachedFacts:
    name = config.text("factsource") or "yaml"
    folders = find("facts", libdirs)
    if name not in folders:
        raise ConfigError(f"there is no facts source {name}; there are {', '.join(sorted(folders))}", key="factsource")
    source = load_facts_source(name, folders[name], config.plugin(name))
    return CachedFacts(source, max_age=config.seconds("fact_cache_time"))
