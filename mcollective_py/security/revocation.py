"""CRLs: bytes of PEM -> the revoked serial numbers of one CA."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256

from .algorithms import DIGESTS

_BEGIN, _END = b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----"
# All that reading a certificate, a request for one or a CRL from a stranger has been seen to raise.
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    Warning,  # under python -W error: of what RFC 5280 forbids and cryptography still takes
)


@dataclass(frozen=True, slots=True)
class Revocations:
    """What one CA has taken back. Times in seconds since the epoch; next_update None where the CRL names none.

    fingerprint: SHA-256 of the CRL (hex). number: which of the CA's CRLs it is, None where it does not say.
    """

    serials: frozenset[int]
    last_update: float
    next_update: float | None
    fingerprint: str = ""
    number: int | None = None

    @classmethod
    def of(cls, authority: x509.Certificate, lists: Sequence[x509.CertificateRevocationList]) -> "Revocations | None":
        """The newest of these CRLs that this CA has signed; None where it signed none of them."""
        own = [crl for crl in lists if crl.issuer == authority.subject and _is_signed_by(crl, authority)]
        if not own:
            return None
        newest = max(own, key=lambda crl: crl.last_update_utc)
        until = newest.next_update_utc
        return cls(
            frozenset(entry.serial_number for entry in newest),
            newest.last_update_utc.timestamp(),
            until.timestamp() if until is not None else None,
            newest.fingerprint(SHA256()).hex(),
            _number(newest),
        )

    def is_stale(self, now: float) -> bool:
        """True past the moment at which the CA promised the next one."""
        return self.next_update is not None and now > self.next_update

    def nearly_stale(self, now: float) -> float:
        """Seconds left to that moment where they are the last twentieth of its time; 0 before that, and past it."""
        if self.next_update is None:
            return 0.0
        left = self.next_update - now
        return left if 0 < left < (self.next_update - self.last_update) / 20 else 0.0


def read_revocations(pem: bytes) -> tuple[x509.CertificateRevocationList, ...]:
    """The CRLs of a file, none of them checked against a CA yet. Raises ValueError where any of it is not a whole CRL."""
    blocks = pem.split(_BEGIN)[1:]
    if not blocks:
        raise ValueError("no CRL in PEM")
    found = []
    for number, block in enumerate(blocks, 1):
        if _END not in block:
            raise ValueError(f"CRL {number} is cut short")
        try:
            crl = x509.load_pem_x509_crl(_BEGIN + block)
            critical = [extension.oid.dotted_string for extension in crl.extensions if extension.critical]
        except UNREADABLE as error:
            raise ValueError(f"CRL {number} cannot be read: {error}") from error
        # A delta or partial CRL marks itself so: taken for a whole one it would forgive what it leaves out.
        if critical:
            raise ValueError(f"CRL {number} is a partial one, or has a critical extension not known here: {', '.join(critical)}")
        found.append(crl)
    return tuple(found)


def _number(crl: x509.CertificateRevocationList) -> int | None:
    for extension in crl.extensions:
        if isinstance(extension.value, x509.CRLNumber):
            return extension.value.crl_number
    return None


def _is_signed_by(crl: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    digest = crl.signature_hash_algorithm
    if digest is not None and digest.name not in DIGESTS:
        return False
    try:
        return crl.is_signature_valid(authority.public_key())  # type: ignore[arg-type]  # a key of another type is a TypeError
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
