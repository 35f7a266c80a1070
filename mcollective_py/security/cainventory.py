"""What the folder of a small CA says of itself, to who has no key to it: the inventory, the revocation list, its own certificate."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ..errors import KeyFileError
from .keyfiles import read
from .revocation import UNREADABLE

ADVICE = ": is this the folder of a CA?"


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate of the inventory; times in seconds since the epoch."""

    serial: int
    not_before: float
    not_after: float
    role: str
    name: str
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class RevocationList:
    """The CRL of a CA: its number, dates in seconds since the epoch, and the serial numbers with the moments of their revocation."""

    number: int
    last_update: float
    next_update: float
    revoked: Mapping[int, float]


def check_is_ca(folder: Path) -> None:
    """Raises KeyFileError for a folder without a CA, and says what would do."""
    try:
        (folder / "ca.pem").stat()
    except (FileNotFoundError, NotADirectoryError):
        raise KeyFileError(
            f"there is no CA here: `mco ca init {folder}` makes one, --dir names another folder", file=str(folder)
        ) from None
    except OSError as error:
        raise KeyFileError(f"cannot be looked into: {error.strerror}", file=str(folder)) from error


def read_inventory(folder: Path) -> tuple[Issued, ...]:
    """All certificates that the CA of a folder has ever issued, the oldest first; needs no private key. Raises KeyFileError."""
    check_is_ca(folder)
    revoked = {entry.serial_number for entry in read_crl(folder)}
    found, file = [], folder / "inventory.txt"
    for number, line in enumerate(read(file, ADVICE).decode(errors="replace").splitlines(), 1):
        try:
            serial, not_before, not_after, role, name = line.split()
            found.append(Issued(int(serial, 16), float(not_before), float(not_after), role, name, int(serial, 16) in revoked))
        except ValueError:
            raise KeyFileError("a line that is not `SERIAL FROM TO ROLE NAME`: restore the file", file=str(file), line=number) from None
    return tuple(found)


def read_revocation_list(folder: Path) -> RevocationList:
    """The CRL of the CA of a folder; needs no private key. Raises KeyFileError."""
    check_is_ca(folder)
    crl = read_crl(folder)
    until = crl.next_update_utc
    return RevocationList(
        crl_number(crl),
        crl.last_update_utc.timestamp(),
        until.timestamp() if until is not None else 0.0,
        {entry.serial_number: entry.revocation_date_utc.timestamp() for entry in crl},
    )


def read_own(folder: Path) -> tuple[str, float]:
    """The SHA-256 fingerprint (hex) and the end (seconds since the epoch) of a CA's own certificate. Raises KeyFileError."""
    check_is_ca(folder)
    certificate = read_certificate(folder / "ca.pem")
    return certificate.fingerprint(SHA256()).hex(), certificate.not_valid_after_utc.timestamp()


def read_crl(folder: Path) -> x509.CertificateRevocationList:
    """The CRL of a CA's folder. Raises KeyFileError."""
    try:
        return x509.load_pem_x509_crl(read(folder / "crl.pem", ADVICE))
    except UNREADABLE as error:
        raise KeyFileError(f"no revocation list in PEM: {str(error)[:120]}", file=str(folder / "crl.pem")) from None


def read_certificate(path: Path) -> x509.Certificate:
    """The certificate of a PEM file. Raises KeyFileError."""
    try:
        return x509.load_pem_x509_certificate(read(path, ADVICE))
    except UNREADABLE as error:
        raise KeyFileError(f"no certificate in PEM: {str(error)[:120]}", file=str(path)) from None


def crl_number(crl: x509.CertificateRevocationList) -> int:
    """The number of a CRL, 0 where it has none."""
    return next((one.value.crl_number for one in crl.extensions if isinstance(one.value, x509.CRLNumber)), 0)
