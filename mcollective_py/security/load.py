"""Settings -> the security plugin, with its files watched: a new CRL, CA or certificate is in force within seconds."""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config
from ..errors import ConfigError
from ..settings import RUBY_PROVIDERS
from .base import SecurityPlugin
from .places import X509Places, puppet_folders, x509_places

if TYPE_CHECKING:
    from .callers import CallerPatterns, Delegations
    from .csrextensions import ExtensionRule
    from .x509 import Credentials

logger = logging.getLogger(__name__)


# Certificates remembered, each 3 KiB or so: on a host its callers, on a client the nodes of a large fleet.
_KNOWN_CALLERS = 1024
_KNOWN_NODES = 65_536
_STRANGERS_PER_SECOND = 50
_SOON = 30 * 86400.0  # seconds before the end of a certificate in which a daemon's log says so
# On a host with the agent `registration` the nodes of a fleet, which come one after another and not at a caller's pace.
_KNOWN_REGISTRANTS = 16_384
_REGISTRANTS_PER_SECOND = 200


def security_plugin(config: Config, side: str, clock: Callable[[], float], environ: Mapping[str, str] | None = None) -> SecurityPlugin:
    """The plugin that `securityprovider` names, ready to seal and open. side: `server` or `client`; clock: seconds since the epoch.

    environ: the environment, if not this process' own. Raises ConfigError; KeyFileError, which is one, naming the file and what would
    do.
    """
    name = config.word("securityprovider")
    environment = os.environ if environ is None else environ
    if name == "psk":
        from .rubyload import psk_plugin

        return psk_plugin(config, side, environment)
    if name == "ssl":
        from .rubyload import ssl_plugin

        return ssl_plugin(config, side, environment)
    if name == "aes_security":
        from .rubyload import aes_plugin

        return aes_plugin(config, side, environment, clock)
    if name != "x509":
        from difflib import get_close_matches

        near = get_close_matches(name, ("x509", *RUBY_PROVIDERS), 1)
        hint = f"did you mean {near[0]}?" if near else "there are x509, psk, ssl and aes_security"
        raise ConfigError(f"there is no security plugin {name!r}: {hint}", key="securityprovider")
    return _x509(config, side, clock)


def certificate_name(config: Config) -> str:
    """The common name of this host's own certificate, which is its identity with x509. Raises KeyFileError, ConfigError."""
    from .files import read_certificate

    return read_certificate(own_places(config, "server").certificate).certname


def _x509(config: Config, side: str, clock: Callable[[], float]) -> SecurityPlugin:
    # Here, not above: cryptography costs 10 MB and 40 ms, which `mco help` need not pay.
    from .files import WatchedFiles
    from .known import KnownCertificates
    from .x509 import X509

    callers, delegations, wanted = caller_rules(config)
    warns_within = _SOON if side == "server" else _SOON / 4  # a command says it each time, a daemon once
    files = WatchedFiles(own_places(config, side), config.word("plugin.x509.revocation"), clock, warns_within=warns_within)
    if side == "server":
        _check_node(files.credentials(), callers)
        known = KnownCertificates(_KNOWN_CALLERS, _STRANGERS_PER_SECOND)
        registrants = KnownCertificates(_KNOWN_REGISTRANTS, _REGISTRANTS_PER_SECOND)
    else:
        _check_caller(files.credentials(), callers)
        known = registrants = KnownCertificates(_KNOWN_NODES)
    return X509(files, callers=callers, known=known, clock=clock, registrants=registrants, delegations=delegations, wanted=wanted)


def caller_rules(config: Config) -> "tuple[CallerPatterns, Delegations, ExtensionRule]":
    """Who is a caller, who may ask on behalf of whom, and what callers' certificates have to say. Raises ConfigError."""
    from .callers import Delegations
    from .csrextensions import ExtensionRule

    callers, key = _caller_patterns(config), "plugin.x509.privileged_certnames"
    try:
        delegations = Delegations(config.items(key), callers)
        key = "plugin.x509.caller_extensions"
        return callers, delegations, ExtensionRule(config.items(key))
    except ValueError as error:
        raise ConfigError(str(error), file=config.file, key=key) from error


def own_places(config: Config, side: str) -> X509Places:
    """The files of this process: as `plugin.x509.*` says, else Puppet's of whoever runs this. side: `server` or `client`.

    Raises ConfigError, saying which settings are missing.
    """
    import pwd

    callers = _caller_patterns(config)
    account = pwd.getpwuid(os.geteuid())
    home = Path(account.pw_dir) if account.pw_uid else None
    return x509_places(config, side, puppet_folders(home), login=account.pw_name, callers=callers)


def _caller_patterns(config: Config) -> "CallerPatterns":
    from .callers import CallerPatterns

    try:
        return CallerPatterns(config.items("plugin.x509.caller_certnames"))
    except ValueError as error:
        raise ConfigError(str(error), file=config.file, key="plugin.x509.caller_certnames") from error


def _check_node(own: "Credentials", callers: "CallerPatterns") -> None:
    if callers.match(own.certname):
        raise ConfigError(
            f"{own.certname} is this host's own name: with it every host could command the others; name the operators only, "
            "as in *.mcollective",
            key="plugin.x509.caller_certnames",
        )


def _check_caller(own: "Credentials", callers: "CallerPatterns") -> None:
    if not callers.match(own.certname):
        logger.warning(
            "hosts take requests from %s only and the certificate is that of %s: issue one for a caller, "
            "or set plugin.x509.caller_certnames on all hosts",
            " ".join(callers.patterns),
            own.certname,
        )
