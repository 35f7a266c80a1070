"""Which of the certificates that clients showed have been revoked since: asked when the CRL is read again."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import KeyFileError
from ..regularfile import UnusableFile, read_regular
from .settings import BrokerTLSFiles

_MAX_SIZE = 64 * 1024 * 1024  # bytes; a CRL of a million entries has 40


@dataclass(frozen=True, slots=True)
class Revoked:
    """Serial numbers by the name (DER) of the CA that took them back."""

    serials: Mapping[bytes, frozenset[int]]

    def holds(self, certificate: bytes) -> bool:
        """Whether this certificate (DER), which TLS has verified before, is one of them."""
        from cryptography import x509

        shown = x509.load_der_x509_certificate(certificate)
        return shown.serial_number in self.serials.get(shown.issuer.public_bytes(), ())


def read_revoked(files: BrokerTLSFiles) -> Revoked:
    """What the CRLs say that the CAs of these files have signed; nothing without a CRL. Raises KeyFileError naming the file."""
    if files.ca is None or files.crl is None:
        return Revoked({})
    from cryptography import x509  # 3 MB, which a broker without a CRL does not need

    from ..security.revocation import Revocations, read_revocations

    file = files.ca
    try:
        authorities = x509.load_pem_x509_certificates(read_regular(str(file), _MAX_SIZE)[0])
        file = files.crl
        lists = read_revocations(read_regular(str(file), _MAX_SIZE)[0])
    except UnusableFile as error:
        raise KeyFileError(error.strerror, file=str(file)) from error
    except (OSError, ValueError) as error:
        raise KeyFileError(f"cannot be used: {error}", file=str(file)) from error
    found: dict[bytes, frozenset[int]] = {}
    for authority in authorities:
        if (revocations := Revocations.of(authority, lists)) is not None:
            name = authority.subject.public_bytes()
            found[name] = found.get(name, frozenset()) | revocations.serials
    return Revoked(found)
