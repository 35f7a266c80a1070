"""Where certificates, keys and CRLs lie: as the settings say, else where Puppet keeps its own."""

import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import ConfigError
from .callers import CallerPatterns


@dataclass(frozen=True, slots=True)
class X509Places:
    """The four files; crl None where revocation is off, key None where ssh-agent signs."""

    ca: Path
    certificate: Path
    key: Path | None
    crl: Path | None


def puppet_folders(home: Path | None, root: Path = Path("/")) -> tuple[Path, ...]:
    """Where Puppet's ssldir may be, most likely first. home: an ordinary user's, whose own comes first; None for root."""
    own = (home / ".puppetlabs/etc/puppet/ssl", home / ".puppet/ssl") if home is not None else ()
    # Of the vendor's packages, of Debian's, and of those before Puppet 4.
    return (*own, root / "etc/puppetlabs/puppet/ssl", root / "var/lib/puppet/ssl", root / "etc/puppet/ssl")


def x509_places(config: Config, side: str, folders: Iterable[Path], *, login: str, callers: CallerPatterns) -> X509Places:
    """The files that plugin.x509.ca, .cert, .key and .crl name, each missing pair filled in from Puppet's.

    On a client the certificate of Puppet's that is a caller's, LOGIN.something before others; on a server the host's own.
    Raises ConfigError, saying which settings are missing.
    """
    ca, certificate, key, crl = (config.path(f"plugin.x509.{name}") for name in ("ca", "cert", "key", "crl"))
    is_agents = config.flag("plugin.x509.ssh_agent")
    if is_agents and key is not None:
        raise ConfigError("the key is either in this file or in ssh-agent: leave one out", file=config.file, key="plugin.x509.key")
    if not is_agents and (certificate is None) != (key is None):
        missing = "cert" if certificate is None else "key"
        raise ConfigError("cert and key go together: set both", file=config.file, key=f"plugin.x509.{missing}")
    ssldir = next((folder for folder in folders if _exists(folder / "certs" / "ca.pem")), None)
    is_off = config.text("plugin.x509.revocation") == "off"
    if ca is None and ssldir is not None:
        ca, crl = ssldir / "certs" / "ca.pem", crl or ssldir / "crl.pem"
    if ca is None:
        raise ConfigError("no CA: set it, or enrol this host with Puppet", file=config.file, key="plugin.x509.ca")
    if crl is None and not is_off:
        raise ConfigError(
            "no revocation list: set it, or plugin.x509.revocation = off if the CA has none", file=config.file, key="plugin.x509.crl"
        )
    if certificate is None:
        certificate, key = _puppet_pair(config, side, ssldir, login, callers, is_agents=is_agents)
    return X509Places(ca, certificate, None if is_agents else key, None if is_off else crl)


def _puppet_pair(
    config: Config, side: str, ssldir: Path | None, login: str, callers: CallerPatterns, *, is_agents: bool
) -> tuple[Path, Path]:
    names = _names(ssldir, is_agents=is_agents) if ssldir is not None else ()
    if side == "client":
        fitting = sorted((name for name in names if callers.match(name)), key=lambda name: not name.startswith(f"{login}."))
        name = fitting[0] if fitting else None
        advice = f"issue one for {login}.mcollective and set plugin.x509.cert and plugin.x509.key"
    else:
        own = tuple(name for name in names if not callers.match(name))
        # Asking for the full name may ask DNS, which may be down.
        name = own[0] if len(own) == 1 else next((name for name in own if name == socket.getfqdn().lower()), None)
        advice = "set plugin.x509.cert and plugin.x509.key, or enrol this host with Puppet"
    if ssldir is None or name is None:
        where = f" in {ssldir}" if ssldir is not None else ""
        whose = "of a caller" if side == "client" else "of this host"
        raise ConfigError(f"no certificate {whose}{where}: {advice}", file=config.file, key="plugin.x509.cert")
    return ssldir / "certs" / f"{name}.pem", ssldir / "private_keys" / f"{name}.pem"


def _names(ssldir: Path, *, is_agents: bool) -> Sequence[str]:
    """The names with a certificate, but the CA's; with a key too where the keys' folder may be read and the keys are not an agent's."""
    certificates = {path.stem for path in (ssldir / "certs").glob("*.pem")} - {"ca"}
    keys = ssldir / "private_keys"
    if not is_agents and os.access(keys, os.R_OK | os.X_OK):
        certificates &= {path.stem for path in keys.glob("*.pem")}
    return sorted(certificates)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False
