"""The key files of ssl and aes_security: a process' own, and the folder with the public keys of callers."""

import logging
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..errors import KeyFileError, NotSigned
from ..node.ownership import check_ownership
from ..regularfile import Stamp, UnusableFile, changeable_by_others, read_regular
from .keyring import GOOD_BITS, caller_of, check_size, key_name, read_public_key
from .signer import parse_private_key, read_private_pem

logger = logging.getLogger(__name__)

_MAX_SIZE = 64 * 1024  # bytes; a certificate of an RSA-8192 key has some 3 KiB


class KeyFolder:
    """The keyring of a node: `NAME.pem` in one folder is the public key of the caller `cert=NAME`.

    A file is looked at whenever its caller asks something, and read again where it has changed: a key that was put there counts with
    the next request, one that was taken away no more. One thread at a time may ask. Raises KeyFileError where the folder cannot be
    used.
    """

    def __init__(self, folder: Path, setting: str) -> None:
        self._folder, self._known = folder, dict[str, tuple[Stamp, RSAPublicKey | str]]()
        try:
            check_ownership(folder)
            is_empty = not any(folder.glob("*.pem"))
        except PermissionError as error:
            reason = error.strerror or str(error)
            raise KeyFileError(f"cannot be trusted with callers' keys: {reason}", file=str(folder), key=setting) from error
        except OSError as error:
            raise KeyFileError(f"no folder with callers' keys: {error.strerror}", file=str(folder), key=setting) from error
        if is_empty:
            logger.warning("%s: there is no public key (NAME.pem) in %s, so nobody may send requests yet", setting, folder)

    def public_key(self, caller: str) -> RSAPublicKey:
        """The key of a caller. Raises NotSigned where there is none, or none that can be used."""
        name = key_name(caller)  # before any file is asked for: it comes from the network
        path = f"{self._folder}/{name}.pem"
        try:
            stamp = Stamp.of(path)
        except OSError as error:
            self._known.pop(name, None)
            raise NotSigned(f"there is no public key of {caller} in {self._folder} ({error.strerror})") from None
        known = self._known.get(name)
        if known is None or known[0] != stamp:
            known = self._known[name] = self._read(path, caller)
        if isinstance(known[1], str):
            raise NotSigned(known[1])
        return known[1]

    def _read(self, path: str, caller: str) -> tuple[Stamp, RSAPublicKey | str]:
        """The stamp of a file and its key, or why that cannot be used. What another file's owner or mode decide is not kept."""
        try:
            check_ownership(Path(path))
            pem, stamp = read_regular(path, _MAX_SIZE)
        except OSError as error:
            raise NotSigned(f"the public key of {caller} is not used: {error.strerror or error}") from None
        try:
            key = read_public_key(pem)
        except ValueError as error:
            return stamp, f"the public key of {caller} cannot be used: {path}: {error}"
        _warn_of_size(key, path)
        return stamp, key


def read_public_key_file(path: Path, setting: str) -> RSAPublicKey:
    """The RSA key of a PEM file that nobody else can change. Raises KeyFileError naming the file and what would do."""
    return _read_public(path, setting)[0]


def read_caller_file(path: Path, setting: str) -> tuple[str, RSAPublicKey, bytes]:
    """As read_public_key_file: the caller id that the file stands for, its key, and its bytes.

    The caller of a certificate is its common name, that of a bare key the file's name without `.pem`.
    """
    key, pem = _read_public(path, setting)
    name = path.name
    try:
        if b"-----BEGIN CERTIFICATE-----" in pem:
            from cryptography.x509 import load_pem_x509_certificate  # 7 MB that bare keys do without

            from .chain import certificate_names

            name = certificate_names(load_pem_x509_certificate(pem))[0]
        return caller_of(name), key, pem
    except ValueError as error:
        raise KeyFileError(str(error), file=str(path), key=setting) from error


def _read_public(path: Path, setting: str) -> tuple[RSAPublicKey, bytes]:
    def judge(status: os.stat_result) -> None:
        if reason := changeable_by_others(status, path):
            raise KeyFileError(reason, file=str(path), key=setting)

    try:
        pem = read_regular(str(path), _MAX_SIZE, judge=judge)[0]
        key = read_public_key(pem)
    except UnusableFile as error:
        raise KeyFileError(error.strerror, file=str(path), key=setting) from error
    except OSError as error:
        raise KeyFileError(f"cannot be read: {error.strerror}", file=str(path), key=setting) from error
    except ValueError as error:
        raise KeyFileError(str(error), file=str(path), key=setting) from error
    _warn_of_size(key, str(path))
    return key, pem


def read_rsa_key_file(path: Path, setting: str) -> RSAPrivateKey:
    """The RSA private key of a PEM file with the owner and mode of one. Raises KeyFileError naming the file and what would do."""

    def check(key: object) -> None:
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("this is no RSA key: this wire knows no other")
        check_size(key.key_size)

    key = parse_private_key(read_private_pem(path, setting), path, setting, check)
    assert isinstance(key, RSAPrivateKey)
    return key


def check_pair(private: RSAPrivateKey, public: RSAPublicKey, path: Path, setting: str) -> None:
    """Raise KeyFileError unless these two belong together."""
    if private.public_key().public_numbers() != public.public_numbers():
        problem = "this is not the public key to the private one: what this process signs would be refused"
        raise KeyFileError(problem, file=str(path), key=setting)


def _warn_of_size(key: RSAPublicKey, path: str) -> None:
    if key.key_size < GOOD_BITS:
        logger.warning("%s has %d bits, which is too few today: make a new pair of %d", path, key.key_size, GOOD_BITS)
