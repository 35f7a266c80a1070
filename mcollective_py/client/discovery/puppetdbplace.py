"""Where PuppetDB is and how to be let in: as the settings say, else as Puppet itself is configured on this machine."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...config import Config
from ...connector.pool import TLSFiles
from ...errors import ConfigError, DiscoveryError
from ...regularfile import read_regular, reason_of
from ...security.load import own_places
from ...security.places import X509Places, puppet_folders

PREFIX = "plugin.discovery.puppetdb."
PORT, PLAIN_PORT = 8081, 8080
_MAX_BYTES = 64 * 1024  # of puppetdb.conf


@dataclass(frozen=True, slots=True)
class Server:
    """One address; tls None for plain HTTP."""

    host: str
    port: int
    tls: TLSFiles | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.tls is None else 'https'}://{host}:{self.port}"


def servers_of(config: Config, home: Path | None, root: Path = Path("/")) -> tuple[Server, ...]:
    """The servers to ask, the next where one cannot be reached; home: an ordinary user's, None for root.

    Raises ConfigError for settings that cannot be meant, DiscoveryError where nothing says where PuppetDB is.
    """
    folders = puppet_folders(home, root)
    addresses = _configured(config) or _of_puppet(folders)
    if not addresses:
        files = ", ".join(dict.fromkeys(str(_conf(folder)) for folder in folders))
        raise DiscoveryError(f"nothing says where PuppetDB is: set {PREFIX}host (looked for {files}, too)")
    tls = _tls_files(config) if any(scheme == "https" for scheme, _, _ in addresses) else None
    return tuple(Server(host, port, tls if scheme == "https" else None) for scheme, host, port in addresses)


_Address = tuple[str, str, int]  # scheme, host, port


def _configured(config: Config) -> list[_Address]:
    urls, host = config.items(f"{PREFIX}url"), config.text(f"{PREFIX}host")
    if urls:
        try:
            return [address_of(url) for url in urls]
        except ValueError as error:
            raise ConfigError(str(error), file=config.file, key=f"{PREFIX}url") from None
    if host is None:
        return []
    if any(sign.isspace() or sign in "/\0@" for sign in host):
        raise ConfigError(f"{host!r} is no host name", file=config.file, key=f"{PREFIX}host")
    return [("https", host, config.number(f"{PREFIX}port"))]


def _of_puppet(folders: Sequence[Path]) -> list[_Address]:
    """The servers of the first puppetdb.conf that there is."""
    for path in dict.fromkeys(map(_conf, folders)):
        try:
            content = read_regular(str(path), _MAX_BYTES)[0].decode()
        except FileNotFoundError:
            continue
        except PermissionError:
            continue
        except UnicodeDecodeError as error:
            raise DiscoveryError(f"{path} is no text: byte {error.start} is no UTF-8") from error
        except OSError as error:
            raise DiscoveryError(reason_of(error)) from error
        return puppetdb_conf(content, path)
    return []


def _conf(ssldir: Path) -> Path:
    return ssldir.parent / "puppetdb.conf"


def puppetdb_conf(text: str, path: Path) -> list[_Address]:
    """What Puppet's puppetdb.conf says: `server_urls`, or `server` and `port` as it was before. Raises DiscoveryError."""
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text, str(path))
        urls = parser.get("main", "server_urls", fallback="")
        if not urls and parser.has_option("main", "server"):
            urls = f"https://{parser.get('main', 'server')}:{parser.get('main', 'port', fallback=PORT)}"
        return [address_of(url.strip()) for url in urls.split(",") if url.strip()]
    except (configparser.Error, ValueError) as error:
        raise DiscoveryError(f"{path}: {' '.join(str(error).split())}") from error


def address_of(url: str) -> _Address:
    """Scheme, host and port of `https://host:8081`. Raises ValueError for anything else: no path, no user, no query."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.username:
        raise ValueError(f"{url!r} is not of the form https://HOST:PORT")
    return parts.scheme, parts.hostname, parts.port or (PORT if parts.scheme == "https" else PLAIN_PORT)


def _tls_files(config: Config) -> TLSFiles:
    """CA, certificate and key: the settings, else what this user shows to hosts, else this host's own of Puppet."""
    ca, cert, key = (config.path(f"{PREFIX}{name}") for name in ("ca", "cert", "key"))
    if (cert is None) != (key is None):
        missing = "cert" if cert is None else "key"
        raise ConfigError("cert and key go together: set both", file=config.file, key=f"{PREFIX}{missing}")
    crl: Path | None = None
    if ca is None or cert is None:
        own = _own(config)
        if ca is None:
            ca, crl = own.ca, own.crl
        if cert is None:
            if own.key is None:
                raise DiscoveryError(f"TLS with PuppetDB cannot use the key in ssh-agent: set {PREFIX}cert and {PREFIX}key")
            cert, key = own.certificate, own.key
    return TLSFiles(
        ca=(str(ca),), cert=str(cert), key=str(key), crl=str(crl) if crl else None, revocation=config.word("plugin.x509.revocation")
    )


def _own(config: Config) -> X509Places:
    try:
        return own_places(config, "client")
    except ConfigError as error:
        try:
            found = own_places(config, "server")
        except ConfigError:
            found = None
        if found is not None and found.key is not None and os.access(found.key, os.R_OK):
            return found
        raise DiscoveryError(f"no certificate to show to PuppetDB: set {PREFIX}ca, {PREFIX}cert and {PREFIX}key ({error})") from error
