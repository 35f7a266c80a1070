"""Settings -> psk, ssl and aes_security, and what is said at the start: none of them protects all that x509 does."""

import logging
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config
from ..configfile import EXAMPLE_SECRETS
from ..errors import ConfigError
from ..names import is_caller
from ..wire.rubylimits import REPLY, REQUEST
from .base import SecurityPlugin

if TYPE_CHECKING:
    from .rubyenvelope import Serializer

logger = logging.getLogger(__name__)

_SHORT_SECRET = 16  # characters
_PSK_LINE = "plugin.psk = (32 random characters, the same on every host and client)"
_OWN_KEYS: Mapping[str, tuple[str, str]] = {
    "server": ("plugin.ssl_server_private", "plugin.ssl_server_public"),
    "client": ("plugin.ssl_client_private", "plugin.ssl_client_public"),
}
_OWN_AES_KEYS: Mapping[str, tuple[str, str]] = {
    "server": ("plugin.aes.server_private", "plugin.aes.server_public"),
    "client": ("plugin.aes.client_private", "plugin.aes.client_public"),
}

_UNPROTECTED: Mapping[str, str] = {
    "psk": "psk protects the body of a message and nothing else: caller, agent, filter, collective, ids, ttl and time can be changed "
    "on the way, and whoever has the key, as every host has, can ask as any caller and answer as any host",
    "ssl": "ssl protects body, ttl and time of a request, and who called: filter, collective and request id can be changed on the way, "
    "so that while its ttl lasts other hosts obey it, and a question is answered again; and every host can answer as any other",
    "aes_security": "aes_security hides bodies from the broker and nothing else: every host has the callers' public keys and can read "
    "and make requests in their name; replies carry no proof of who sent them; filter, collective and request id can be changed",
}
_UNPROVEN: Mapping[str, str] = {
    "aes_security": "rpcauthorization: with aes_security every host can ask as any caller, so that rules by caller prove nothing; "
    "rules by action, facts and classes hold",
    "psk": "rpcauthorization: with psk a caller is who it says it is, so that rules by caller prove nothing; rules by action, facts "
    "and classes hold",
}


def psk_plugin(config: Config, side: str, environ: Mapping[str, str]) -> SecurityPlugin:
    """The plugin psk. Raises ConfigError."""
    from .psk import PSK

    key, caller = _psk_secret(config, environ), _psk_caller(config)
    _tell(config, side, "psk")
    return PSK(key.encode(), caller=caller, limits=REQUEST if side == "server" else REPLY, ttl=config.number("ttl"))


def ssl_plugin(config: Config, side: str, environ: Mapping[str, str]) -> SecurityPlugin:
    """The plugin ssl. Raises ConfigError; KeyFileError, which is one."""
    # Here, not above: psk needs no cryptography, which is 9 MB.
    from .hostskey import HostsKey
    from .keyring import caller_of, sign_by
    from .rubykeys import KeyFolder, check_pair, read_public_key_file, read_rsa_key_file
    from .ssl import SSL

    own_private, own_public = _OWN_KEYS[side]
    variables = environ if side == "client" else {}
    private = _path(config, own_private, variables.get("MCOLLECTIVE_SSL_PRIVATE"))
    public = _path(config, own_public, variables.get("MCOLLECTIVE_SSL_PUBLIC"))
    key = read_rsa_key_file(private, own_private)
    if side == "server" or public.exists():  # of a client's own public key Ruby takes the name alone
        check_pair(key, read_public_key_file(public, own_public), public, own_public)
    try:
        caller, sign = caller_of(public.name), sign_by(key)
    except ValueError as error:
        raise ConfigError(str(error), file=config.file, key=own_public) from error
    serializer = ruby_serializer(config.word("plugin.ssl_serializer"))
    callers = server_key = None
    if side == "server":
        callers = KeyFolder(_path(config, "plugin.ssl_client_cert_dir"), "plugin.ssl_client_cert_dir")
    else:
        server_key = read_public_key_file(_path(config, "plugin.ssl_server_public"), "plugin.ssl_server_public")
    _tell(config, side, "ssl")
    return SSL(
        caller=caller,
        sign=sign,
        serializer=serializer,
        callers=callers,
        hosts_key=HostsKey(caller, key.public_key()) if side == "server" else None,
        server_key=server_key,
        limits=REQUEST if side == "server" else REPLY,
        enforces_ttl=config.flag("plugin.ssl.enforce_ttl"),
    )


def aes_plugin(config: Config, side: str, environ: Mapping[str, str], clock: Callable[[], float]) -> SecurityPlugin:
    """The plugin aes_security. clock: seconds since the epoch. Raises ConfigError; KeyFileError, which is one."""
    from .aes import AES, Own
    from .aescipher import wrap_by_private
    from .rubykeys import KeyFolder, check_pair, read_caller_file, read_rsa_key_file
    from .vouchedkeys import VouchedKeys

    if config.word("ssl_cipher").lower() != "aes-256-cbc":
        raise ConfigError("aes_security is spoken with aes-256-cbc alone here: take the line out", file=config.file, key="ssl_cipher")
    variables = environ if side == "client" else {}
    own_private, own_public = _OWN_AES_KEYS[side]
    private = _path(config, own_private, variables.get("MCOLLECTIVE_AES_PRIVATE"))
    public = _path(config, own_public, variables.get("MCOLLECTIVE_AES_PUBLIC"))
    key = read_rsa_key_file(private, own_private)
    caller, public_key, pem = read_caller_file(public, own_public)
    check_pair(key, public_key, public, own_public)
    try:
        wrap = wrap_by_private(key)
    except ValueError as error:
        if side == "client":
            raise ConfigError(str(error), file=config.file, key="securityprovider") from error
        wrap = None  # a node sends replies; registrations alone it cannot make
    callers: KeyFolder | VouchedKeys | None = None
    learning = None
    if side == "server":
        folder, ca = _path(config, "plugin.aes.client_cert_dir"), config.path("plugin.aes.ca_cert")
        if ca is not None:
            vouched = VouchedKeys(folder, ca, clock, setting="plugin.aes.client_cert_dir", ca_setting="plugin.aes.ca_cert")
            callers, learning = vouched, vouched if config.flag("plugin.aes.learn_pubkeys") else None
        elif config.flag("plugin.aes.learn_pubkeys"):
            problem = "keys are learnt only where a CA vouches for them: set plugin.aes.ca_cert, or take this line out"
            raise ConfigError(problem, file=config.file, key="plugin.aes.learn_pubkeys")
        else:
            callers = KeyFolder(folder, "plugin.aes.client_cert_dir")
    _tell(config, side, "aes_security")
    return AES(
        Own(caller, key, wrap, pem if config.flag("plugin.aes.send_pubkey") else None),
        serializer=ruby_serializer(config.word("plugin.aes.serializer")),
        random=os.urandom,
        callers=callers,
        learning=learning,
        limits=REQUEST if side == "server" else REPLY,
        enforces_ttl=config.flag("plugin.aes.enforce_ttl"),
    )


def ruby_serializer(name: str) -> "Serializer":
    """The serializer of a setting's word, marshal or yaml; only that one is imported."""
    if name == "yaml":
        from ..wire import rubyyaml

        return rubyyaml
    from ..wire import marshal

    return marshal


def _psk_secret(config: Config, environ: Mapping[str, str]) -> str:
    secret, where = config.text("plugin.psk"), "plugin.psk"
    if "MCOLLECTIVE_PSK" in environ:
        secret, where = environ["MCOLLECTIVE_PSK"], "MCOLLECTIVE_PSK (environment)"
    if secret is None:
        raise ConfigError(f"psk needs the shared key: write `{_PSK_LINE}`", file=config.file, key=where)
    if secret.lower() in EXAMPLE_SECRETS:
        raise ConfigError("an example or empty value, which everybody knows: take 32 random characters", file=config.file, key=where)
    if len(secret) < _SHORT_SECRET:
        logger.warning("%s has %d characters, which can be guessed: write `%s`", where, len(secret), _PSK_LINE)
    return secret


def _psk_caller(config: Config) -> str:
    kind = config.word("plugin.psk.callertype")
    caller = f"{kind}={_CALLER_NAMES[kind](config)}"
    if not is_caller(caller):
        problem = f"{caller!r} is no caller id (letters, digits, '_', '.' and '-'): take another type, such as uid"
        raise ConfigError(problem, file=config.file, key="plugin.psk.callertype")
    return caller


def _login(config: Config) -> str:
    import pwd

    try:
        return os.getlogin()  # who logged in, whatever sudo made of them since: so Ruby's
    except OSError:  # no terminal
        return pwd.getpwuid(os.getuid()).pw_name


def _group(config: Config) -> str:
    import grp

    return grp.getgrgid(os.getgid()).gr_name


_CALLER_NAMES: Mapping[str, Callable[[Config], str]] = {
    "uid": lambda config: str(os.getuid()),
    "gid": lambda config: str(os.getgid()),
    "user": _login,
    "group": _group,
    "identity": lambda config: config.text("identity") or socket.gethostname(),
}


def _path(config: Config, key: str, instead: str | None = None) -> Path:
    """The file that a setting names, unless the environment names another instead. Raises ConfigError, saying what is missing."""
    if instead:
        return Path(instead).absolute()
    path = config.path(key)
    if path is None:
        raise ConfigError(f"{config.word('securityprovider')} needs this: set it", file=config.file, key=key)
    return path


def _tell(config: Config, side: str, plugin: str) -> None:
    """Say what is not protected: a daemon warns at its start, a client (started for every command) has it in a log that takes INFO."""
    level = logging.WARNING if side == "server" else logging.INFO
    logger.log(level, "%s. It is for fleets with Ruby hosts; x509 protects all of it", _UNPROTECTED[plugin])
    if plugin in _UNPROVEN and side == "server" and config.flag("rpcauthorization"):
        logger.log(level, "%s", _UNPROVEN[plugin])
