"""A front (frontprocess.py): how it is started, and what it is told of brokers and settings."""

import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import Config
from ..errors import ConfigError, KeyFileError
from ..regularfile import read_regular
from ..text import printable
from .privileges import Account

if TYPE_CHECKING:
    from subprocess import Popen

    from .pool import Broker

_TLS_FILE, _STDERR = 4 << 20, 64 << 10  # bytes


def check_keys(config: Config, family: str, pool: "Sequence[Broker]", own_key: Path | None) -> None:
    """Raises ConfigError where a broker would be shown the certificate that this host signs with: who has its key is this host.

    own_key: that key's file, None where there is none.
    """
    for broker in pool:
        if broker.tls is not None and broker.tls.key and own_key and os.path.realpath(broker.tls.key) == os.path.realpath(own_key):
            problem = (
                f"{broker} would be shown the certificate that this host signs with, and the front must not have its key: set "
                f"plugin.{family}.pool.N.ssl.cert and .ssl.key to another pair, of a CA that only brokers trust"
            )
            raise ConfigError(problem, file=config.file, key="plugin.front.user")


def start_front(account: Account, theirs: socket.socket) -> "Popen[bytes]":
    """Start the front, from the beginning: nothing of this process' memory is in it.

    It becomes the user itself, when its code is loaded: that may lie where root alone can read.
    """
    import subprocess

    whom = (account.name, account.uid, account.gid, int(account.switches))
    return subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-m", "mcollective_py.connector.frontprocess", str(theirs.fileno()), *map(str, whom)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,  # a traceback, where there is one
        pass_fds=(theirs.fileno(),),
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"},
        start_new_session=True,
    )


def front_setup(config: Config, family: str, identity: str) -> dict[str, Any]:
    """The words of SETUP but the brokers: of the settings only those that say how to speak to them, and no secret."""
    prefix = f"plugin.{family}."
    keys = config.keys()
    wanted = [key for key in keys if key.startswith(prefix) and not key.startswith(f"{prefix}pool.")]
    lines = [f"{key} = {config.text(key)}" for key in ("connector", "securityprovider", *wanted)]
    return {
        "identity": identity,
        "settings": "\n".join(lines) + "\n",
        "log_level": logging.getLogger("mcollective_py").getEffectiveLevel(),
    }


def broker_words(pool: "Sequence[Broker]") -> list[dict[str, Any]]:
    """The brokers for SETUP and FILES, with what their TLS files hold. Raises KeyFileError for one that cannot be read."""
    return [
        {
            "host": broker.host,
            "port": broker.port,
            "user": broker.user,
            "password": broker.password,
            "tls": None
            if broker.tls is None
            else {
                "ca": [_text(path) for path in broker.tls.ca],
                **{name: None if (path := getattr(broker.tls, name)) is None else _text(path) for name in ("cert", "key", "crl")},
                "ciphers": broker.tls.ciphers,
                "revocation": broker.tls.revocation,
            },
        }
        for broker in pool
    ]


def _text(path: str) -> str:
    try:
        return read_regular(path, _TLS_FILE)[0].decode()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} cannot be read: {error}") from error


def stamps_of(pool: "Sequence[Broker]") -> list[object]:
    """What tells that a TLS file is another one than before."""
    found: list[object] = []
    for broker in pool:
        for path in () if broker.tls is None else (*broker.tls.ca, broker.tls.cert, broker.tls.key, broker.tls.crl):
            try:
                stat = Path(path).stat() if path else None
            except OSError:
                stat = None
            found.append(stat and (stat.st_ino, stat.st_mtime_ns, stat.st_size))
    return found


def ended(process: "Popen[bytes]", patience: float) -> str:
    """How it ended, by itself within patience (seconds) or by us."""
    import subprocess

    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stderr is not None
    with process.stderr as stderr:
        os.set_blocking(stderr.fileno(), False)
        words = (stderr.read(_STDERR) or b"").decode(errors="replace").strip().rpartition("\n")[2]
    return f"status {process.returncode}{': ' if words else ''}{printable(words)}"
