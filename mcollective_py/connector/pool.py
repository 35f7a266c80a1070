"""The brokers that the configuration lists, and how to treat them."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..config import Config
from ..errors import ConfigError, KeyFileError
from ..regularfile import read_regular
from ..security.places import X509Places

_PASSWORD_FILE = 64 * 1024  # bytes; its first line counts


@dataclass(frozen=True, slots=True)
class TLSFiles:
    """Paths of what TLS with one broker needs; read anew at each connect, so that renewed ones count without a restart.

    ca: several files, none for the system's own. cert, key: what we show, both or neither. ciphers: OpenSSL list for TLS 1.2.
    crl, revocation (`chain`, `leaf`, `off`): how the broker's certificate is checked for revocation.
    """

    ca: tuple[str, ...] = ()
    cert: str | None = None
    key: str | None = None
    ciphers: str | None = None
    crl: str | None = None
    revocation: str = "off"


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker of the pool; tls None for plain TCP."""

    host: str
    port: int = 61613
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: TLSFiles | None = None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Options:
    """How a connector behaves, whatever the broker; times in seconds.

    heartbeat: what both sides promise, never off. missed: intervals of silence before a broker counts as gone. connect_timeout: for
    one broker. longest_delay: the operator's limit on pauses, below ours it counts. most_attempts: after which a client gives up, 0 for
    no such limit.
    """

    vhost: str = "mcollective"
    heartbeat: float = 30.0
    missed: float = 2.0
    connect_timeout: float = 30.0
    initial_delay: float = 0.01
    back_off: float = 2.0
    longest_delay: float = 30.0
    accepts_stomp_1_0: bool = True
    base64: bool = False
    most_attempts: int = 0


def read_pool(
    config: Config,
    family: str,
    environ: Mapping[str, str],
    shuffle: Callable[[list[Broker]], None] = random.shuffle,
    own_files: Callable[[], X509Places | None] = lambda: None,
) -> tuple[Broker, ...]:
    """The brokers of `plugin.FAMILY.pool.*` in the order to try them; family: `activemq`, `rabbitmq` or `stomp`.

    STOMP_USER, STOMP_PASSWORD and MCOLLECTIVE_FAMILY_POOLn_SSL_KEY or _SSL_CERT of environ win over the file, as in Ruby. own_files:
    finds what the x509 security plugin uses, for TLS that names no files; asked only then. Raises ConfigError where none is listed or
    one is incomplete.
    """
    pool = [read_broker(config, family, number, environ, own_files) for number in range(1, pool_size(config, family) + 1)]
    if config.flag(f"plugin.{family}.randomize"):
        shuffle(pool)
    return tuple(pool)


def pool_size(config: Config, family: str) -> int:
    """How many brokers are listed. Raises ConfigError where that is not said."""
    prefix = f"plugin.{family}.pool."
    if config.text(f"{prefix}size") is None:
        raise ConfigError(
            f"no broker is configured: write {prefix}size = 1 and {prefix}1.host = NAME", file=config.file, key=f"{prefix}size"
        )
    return config.number(f"{prefix}size")


def read_options(config: Config, family: str) -> Options:
    """How to behave, by `plugin.FAMILY.*`. A heartbeat interval of 0 means the default: else a dead broker would never be noticed."""
    prefix = f"plugin.{family}."
    default = Options()
    return Options(
        vhost=config.text(f"{prefix}vhost") or default.vhost,
        heartbeat=config.seconds(f"{prefix}heartbeat_interval") or default.heartbeat,
        missed=float(config.number(f"{prefix}max_hbread_fails") or default.missed),
        connect_timeout=config.seconds(f"{prefix}connect_timeout"),
        initial_delay=config.seconds(f"{prefix}initial_reconnect_delay"),
        back_off=float(config.number(f"{prefix}back_off_multiplier")),
        longest_delay=max(config.seconds(f"{prefix}max_reconnect_delay"), 0.1),  # 0 would keep a core busy
        accepts_stomp_1_0=config.flag(f"{prefix}stomp_1_0_fallback"),
        base64=config.flag(f"{prefix}base64"),
        most_attempts=config.number(f"{prefix}max_reconnect_attempts"),
    )


def read_broker(
    config: Config, family: str, number: int, environ: Mapping[str, str], own_files: Callable[[], X509Places | None]
) -> Broker:
    """One broker of the pool; see read_pool."""
    one = f"plugin.{family}.pool.{number}."
    host = config.text(f"{one}host")
    if not host or any(sign.isspace() or sign in "/\0" for sign in host):
        raise ConfigError("a broker needs a host name or address", file=config.file, key=f"{one}host")
    user = environ.get("STOMP_USER") or config.text(f"{one}user")
    password = environ.get("STOMP_PASSWORD") or config.text(f"{one}password") or _password_of_file(config, f"{one}password_file")
    for name, value in (("user", user), ("password", password)):
        # A CONNECT frame has no escapes: a line end in it would begin a header of its own.
        if value is not None and any(sign in value for sign in "\r\n\0"):
            raise ConfigError("has a line end or a NUL, which no broker can be told", file=config.file, key=f"{one}{name}")
    tls = _read_tls(config, family, number, environ, own_files) if config.flag(f"{one}ssl") else None
    return Broker(host, config.number(f"{one}port"), user, password, tls)


def _password_of_file(config: Config, key: str) -> str | None:
    path = config.path(key)
    if path is None:
        return None
    try:
        return read_regular(str(path), _PASSWORD_FILE)[0].decode().replace("\r\n", "\n").split("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} cannot be read ({error})", file=config.file, key=key) from error


def _read_tls(
    config: Config, family: str, number: int, environ: Mapping[str, str], own_files: Callable[[], X509Places | None]
) -> TLSFiles:
    one = f"plugin.{family}.pool.{number}.ssl."
    own = f"MCOLLECTIVE_{family.upper()}_POOL{number}_SSL_"
    ca = tuple(str(path) for path in config.paths(f"{one}ca"))
    cert, key = (environ.get(f"{own}{what}") or _path_text(config, f"{one}{what.lower()}") for what in ("CERT", "KEY"))
    if (cert is None) != (key is None):
        missing = "key" if key is None else "cert"
        raise ConfigError("a client certificate needs both .ssl.cert and .ssl.key", file=config.file, key=f"{one}{missing}")
    crl = None
    if not ca or cert is None:
        own_ca, own_cert, own_key, own_crl = _own_paths(config, own_files)
        if not ca:
            # Our own CA's list can say that a broker's certificate was revoked; another CA's broker is not on it.
            ca, crl = (own_ca,) if own_ca else (), own_crl
        if cert is None:
            cert, key = own_cert, own_key
    return TLSFiles(ca, cert, key, config.text(f"{one}ciphers"), crl, config.word("plugin.x509.revocation") if crl else "off")


def _own_paths(config: Config, own_files: Callable[[], X509Places | None]) -> tuple[str | None, str | None, str | None, str | None]:
    """CA, certificate, key and CRL of the security plugin; where it lacks some, those that the settings name.

    No certificate where its key is in ssh-agent: TLS would want the key itself.
    """
    try:
        found = own_files()
    except ConfigError:
        found = None
    if found is not None:
        own = (None, None) if found.key is None else (str(found.certificate), str(found.key))
        return str(found.ca), *own, str(found.crl) if found.crl else None
    ca, cert, key, crl = (_path_text(config, f"plugin.x509.{name}") for name in ("ca", "cert", "key", "crl"))
    if config.flag("plugin.x509.ssh_agent"):
        return ca, None, None, crl
    if (cert is None) != (key is None):
        missing = "key" if key is None else "cert"
        raise ConfigError("cert and key go together: set both", file=config.file, key=f"plugin.x509.{missing}")
    return ca, cert, key, crl


def _path_text(config: Config, key: str) -> str | None:
    path = config.path(key)
    return str(path) if path else None
