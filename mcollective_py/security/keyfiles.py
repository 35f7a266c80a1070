"""Making private keys, and writing keys, certificates and lists: whole or not at all, a key never over another one."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ..errors import KeyFileError, UsageError
from ..regularfile import UnusableFile, read_regular
from .algorithms import PrivateKey, sign_by

KEY_TYPES = ("p256", "ed25519", "rsa2048", "rsa4096")
_MAX_SIZE = 64 * 1024 * 1024  # bytes; the inventory of a million certificates has that
_PATIENCE = 10.0  # seconds for another process to finish


def generate_key(key_type: str) -> PrivateKey:
    """A new key of one of KEY_TYPES; UsageError for another type."""
    if key_type == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    if key_type == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if key_type in ("rsa2048", "rsa4096"):
        return rsa.generate_private_key(65537, int(key_type[3:]))
    raise UsageError(f"{key_type!r} is no key type: {', '.join(KEY_TYPES)}")


def make_folders(folder: Path, private: tuple[str, ...], public: tuple[str, ...]) -> None:
    """A folder with these in it, those that hold keys for their owner alone. Raises KeyFileError."""
    try:
        wanted = [(folder, 0o755), *((folder / name, 0o755) for name in public), *((folder / name, 0o700) for name in private)]
        for part, mode in wanted:
            part.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise KeyFileError(f"cannot be made: {error.strerror}", file=str(folder)) from error


def read(path: Path, advice: str = "") -> bytes:
    """A file's bytes. advice: what to say beside the reason. Raises KeyFileError."""
    try:
        return read_regular(str(path), _MAX_SIZE)[0]
    except UnusableFile as error:
        raise KeyFileError(f"{error.strerror}{advice}", file=str(path)) from error
    except OSError as error:
        raise KeyFileError(f"cannot be read ({error.strerror}){advice}", file=str(path)) from error


def read_encrypted_key(pem: bytes, passphrase: bytes, path: Path) -> PrivateKey:
    """The key of a PEM text that a passphrase opens. path: for messages. Raises KeyFileError."""
    try:
        key = load_pem_private_key(pem, password=passphrase)
        sign_by(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError("the passphrase does not open this key", file=str(path)) from None
    return key  # type: ignore[return-value]  # sign_by refuses every other kind


def write_new_key(path: Path, key: PrivateKey, passphrase: bytes | None = None) -> None:
    """Write a key with mode 0600 where there is none. Raises KeyFileError."""
    seal: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    scratch = _scratch(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, seal), 0o600)
    try:
        os.link(scratch, path)  # unlike a rename, fails where there is something already
    except FileExistsError:
        raise KeyFileError("there is a key already, and keys are never overwritten: move it away first", file=str(path)) from None
    finally:
        scratch.unlink()


def write(path: Path, content: bytes) -> None:
    """Write what everybody may read, in one step. Raises KeyFileError."""
    _scratch(path, content, 0o644).replace(path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Inside, this process alone changes the folder. Raises KeyFileError where another one has been at it for 10 s."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise KeyFileError(f"cannot be opened: {error.strerror}", file=str(folder)) from error
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _is_locked(handle):
            if time.monotonic() > deadline:
                raise KeyFileError("another process is changing it: wait until that has ended", file=str(folder))
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def _is_locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _scratch(path: Path, content: bytes, mode: int) -> Path:
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_native_id()}")
    try:
        scratch.unlink(missing_ok=True)
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise KeyFileError(f"cannot be written: {error.strerror}", file=str(path)) from error
    return scratch
