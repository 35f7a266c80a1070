"""Signing with a private key that is read from a file once and kept in memory."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..errors import KeyFileError
from ..regularfile import UnusableFile, known_to_others, read_regular
from .algorithms import PrivateKey, sign_by

_MAX_SIZE = 64 * 1024  # bytes; an RSA-8192 key has 6.5 KiB


class Signer(Protocol):
    """Signs bytes by the algorithm of its key (algorithms.py): a key in memory here, one in ssh-agent in sshagent.py."""

    def sign(self, data: bytes) -> bytes: ...

    def public_bytes(self) -> bytes:
        """The public key in DER, to be compared with a certificate's."""
        ...


class KeySigner:
    """Signs with a key in memory; any thread may."""

    def __init__(self, key: PrivateKey) -> None:
        """Raises ValueError for a kind of key that may not sign."""
        self.key = key
        self.sign = sign_by(key)

    def public_bytes(self) -> bytes:
        """The public key in DER, to be compared with a certificate's."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def read_private_key(path: Path, setting: str = "plugin.x509.key") -> KeySigner:
    """The signer of a PEM file that belongs to this user or root and that others cannot read (mode 0600, 0640 or less).

    Root also takes what Puppet's agent keeps as the user puppet.

    Raises KeyFileError naming the file and what would do.
    """
    return KeySigner(parse_private_key(read_private_pem(path, setting), path, setting, sign_by))


def read_private_pem(path: Path, setting: str) -> bytes:
    """The bytes of a private key's file, once owner and mode are those of one. Raises KeyFileError."""
    try:
        return read_regular(str(path), _MAX_SIZE, judge=lambda status: _check_owner_and_mode(status, path, setting))[0]
    except UnusableFile as error:
        raise KeyFileError(f"the private key {error.strerror}", file=str(path), key=setting) from error
    except OSError as error:
        raise KeyFileError(f"the private key cannot be read: {error.strerror}", file=str(path), key=setting) from error


def _check_owner_and_mode(status: os.stat_result, path: Path, setting: str) -> None:
    if (reason := known_to_others(status, path)) and not _is_puppets(status, path):
        raise KeyFileError(f"the private key {reason}", file=str(path), key=setting)


def _is_puppets(status: os.stat_result, path: Path) -> bool:
    """Whether root reads a key in its mode that Puppet keeps for itself.

    Where there is a user puppet, as on Debian, the agent gives its whole ssldir to it, at each run: the key cannot be made root's.
    """
    if os.geteuid() != 0 or status.st_mode & 0o137:
        return False
    try:
        return status.st_uid == pwd.getpwnam("puppet").pw_uid == path.parent.stat().st_uid
    except (KeyError, OSError):
        return False


def parse_private_key(pem: bytes, path: Path, setting: str, check: Callable[[object], object]) -> PrivateKey:
    """The key in a PEM text. check: raises ValueError for a key that will not do. Raises KeyFileError."""
    # Checking that a modulus is a product of two primes takes 192 ms for RSA-4096. Only root and we can have written the file.
    try:
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        check(key)
    except TypeError:
        problem = "the private key is encrypted with a passphrase, which cannot be asked for here"
    except (ValueError, UnsupportedAlgorithm) as error:
        problem = f"no private key that can sign: {error}"
    else:
        return key  # type: ignore[return-value]  # check refuses every other kind
    raise KeyFileError(problem, file=str(path), key=setting)
