"""A small certificate authority of ordinary X.509, for sites without Puppet and for the demo.

    FOLDER/ca.pem  crl.pem                 what every host and client reads
    FOLDER/certs/NAME.pem                  certificates
    FOLDER/private_keys/NAME.pem           their keys, mode 0600
    FOLDER/private/ca_key.pem              the CA's own key: whoever has it owns the fleet
    FOLDER/inventory.txt                   one line for each certificate ever issued: serial, dates, role, name

The files have the names that Puppet's agent uses. A key is never overwritten, and each file appears whole or not at all.
"""

import datetime
import ipaddress
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..errors import KeyFileError, UsageError
from ..names import is_certname
from .algorithms import PrivateKey
from .callers import CallerPatterns
from .signer import read_private_key

KEY_TYPES = ("p256", "ed25519", "rsa2048", "rsa4096")
DEFAULT_CALLERS = "*.mcollective"
ROLES = {
    "caller": (ExtendedKeyUsageOID.CLIENT_AUTH,),
    "node": (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH),
    "broker": (ExtendedKeyUsageOID.SERVER_AUTH,),
}

_CA_DAYS = 3650
_CRL_DAYS = 365
_BACKDATED = 86400  # seconds: hosts whose clocks are behind take a new certificate at once, as Puppet's CA has it


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate of the inventory; times in seconds since the epoch."""

    serial: int
    not_before: float
    not_after: float
    role: str
    name: str
    is_revoked: bool = False


class CertificateAuthority:
    """Issues and revokes certificates; one process at a time. clock: seconds since the epoch."""

    def __init__(self, folder: Path, certificate: x509.Certificate, key: PrivateKey, clock: Callable[[], float]) -> None:
        self.folder, self.certificate = folder, certificate
        self._key, self._clock = key, clock

    @classmethod
    def create(
        cls, folder: Path, name: str = "MCollective CA", *, key_type: str = "p256", clock: Callable[[], float] = time.time
    ) -> "CertificateAuthority":
        """A new CA in a folder that has none. name: its common name. Raises KeyFileError, UsageError."""
        if not (name.isprintable() and name.strip() and len(name) <= 64):
            raise UsageError("the name of a CA is 1 to 64 printable characters")
        key = generate_key(key_type)
        _make_folders(folder)
        _write_new_key(folder / "private" / "ca_key.pem", key)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        public = key.public_key()
        builder = (
            _dated(x509.CertificateBuilder(), clock(), _CA_DAYS)
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        authority = cls(folder, builder.sign(key, _digest(key)), key, clock)
        _write(folder / "ca.pem", authority.certificate.public_bytes(Encoding.PEM))
        _write(folder / "inventory.txt", b"")
        authority._publish_crl(())
        return authority

    @classmethod
    def load(cls, folder: Path, *, clock: Callable[[], float] = time.time) -> "CertificateAuthority":
        """The CA of a folder. Raises KeyFileError."""
        check_is_ca(folder)
        key = read_private_key(folder / "private" / "ca_key.pem", "the CA's own key").key
        return cls(folder, x509.load_pem_x509_certificate(_read(folder / "ca.pem")), key, clock)

    def issue(self, name: str, role: str, *, key_type: str = "p256", sans: Iterable[str] = (), days: int = 1825) -> Issued:
        """A new key and certificate for a name. role: `caller` (who sends requests), `node` or `broker`.

        sans: DNS names and addresses beside the name, which a broker needs. days: how long it is valid. Raises UsageError for a name
        or role that does not fit, KeyFileError where the name has a key already.
        """
        extra = tuple(sans)
        self._check(name, role, extra, days)
        key = generate_key(key_type)
        _write_new_key(self.key_file(name), key)
        return self._certify(name, role, key, extra, days)

    def renew(self, name: str, *, days: int = 1825) -> Issued:
        """A new certificate for the key that a name has already, for the same role and alternative names."""
        before = x509.load_pem_x509_certificate(_read(self.certificate_file(name)))
        known = next((issued for issued in reversed(self.issued()) if issued.serial == before.serial_number), None)
        if known is None or known.is_revoked:
            raise UsageError(f"the certificate of {name} was not issued here, or has been revoked: issue a new one")
        key = read_private_key(self.key_file(name), f"the key of {name}").key
        return self._certify(name, known.role, key, _alternatives(before), days)

    def revoke(self, name: str) -> tuple[Issued, ...]:
        """Revoke every certificate of a name that is not yet revoked, renewed ones too; hosts act on it when they have the new CRL.

        Raises UsageError where there is none.
        """
        found = tuple(issued for issued in self.issued() if issued.name == name and not issued.is_revoked)
        if not found:
            raise UsageError(f"{name!r} has no certificate here that could be revoked: `mco ca list` shows them")
        self._publish_crl((*self._crl(), *(self._entry(issued.serial) for issued in found)))
        return found

    def refresh_crl(self) -> None:
        """The same CRL with new dates."""
        self._publish_crl(tuple(self._crl()))

    def issued(self) -> tuple[Issued, ...]:
        """All certificates ever issued, the oldest first."""
        return read_inventory(self.folder)

    def certificate_file(self, name: str) -> Path:
        """Where the certificate of a name lies."""
        return self.folder / "certs" / f"{_checked(name)}.pem"

    def key_file(self, name: str) -> Path:
        """Where the private key of a name lies."""
        return self.folder / "private_keys" / f"{_checked(name)}.pem"

    def _check(self, name: str, role: str, sans: Sequence[str], days: int) -> None:
        _checked(name)
        if role not in ROLES:
            raise UsageError(f"{role!r} is no role: caller, node or broker")
        if role != "caller" and CallerPatterns([DEFAULT_CALLERS]).match(name):
            raise UsageError(f"names like {DEFAULT_CALLERS} are for callers: a {role} with one could command the fleet")
        if not 1 <= days <= _CA_DAYS:
            raise UsageError(f"a certificate is valid for 1 to {_CA_DAYS} days")
        for san in sans:
            if not (san.isascii() and san.isprintable() and 0 < len(san) <= 255) or " " in san:
                raise UsageError(f"{san!r} is neither a DNS name nor an address")

    def _certify(self, name: str, role: str, key: PrivateKey, sans: Sequence[str], days: int) -> Issued:
        public = key.public_key()
        builder = (
            _dated(x509.CertificateBuilder(), self._clock(), days)
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self.certificate.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(digital_signature=True, key_encipherment=isinstance(key, rsa.RSAPrivateKey)), critical=True)
            .add_extension(x509.ExtendedKeyUsage(ROLES[role]), critical=True)
            # Without these two Python 3.13 refuses the certificate on a TLS connection.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if role == "broker" or sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(_general_names((name, *sans))), critical=False)
        certificate = builder.sign(self._key, _digest(self._key))
        issued = Issued(
            certificate.serial_number,
            certificate.not_valid_before_utc.timestamp(),
            certificate.not_valid_after_utc.timestamp(),
            role,
            name,
        )
        # The inventory first: a certificate that is not in it could never be revoked.
        line = f"{issued.serial:x} {issued.not_before:.0f} {issued.not_after:.0f} {role} {name}\n"
        _write(self.folder / "inventory.txt", _read(self.folder / "inventory.txt") + line.encode())
        _write(self.certificate_file(name), certificate.public_bytes(Encoding.PEM))
        return issued

    def _crl(self) -> x509.CertificateRevocationList:
        return _read_crl(self.folder)

    def _entry(self, serial: int) -> x509.RevokedCertificate:
        return x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_date(self._clock())).build()

    def _publish_crl(self, revoked: Iterable[x509.RevokedCertificate]) -> None:
        now = self._clock()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(_date(now))
            .next_update(_date(now + _CRL_DAYS * 86400))
            # Milliseconds: a number that grows with each CRL, as RFC 5280 wants it, with nothing to remember.
            .add_extension(x509.CRLNumber(int(now * 1000)), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for entry in revoked:
            builder = builder.add_revoked_certificate(entry)
        _write(self.folder / "crl.pem", builder.sign(self._key, _digest(self._key)).public_bytes(Encoding.PEM))


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
    revoked = {entry.serial_number for entry in _read_crl(folder)}
    found = []
    for line in _read(folder / "inventory.txt").decode().splitlines():
        serial, not_before, not_after, role, name = line.split()
        found.append(Issued(int(serial, 16), float(not_before), float(not_after), role, name, int(serial, 16) in revoked))
    return tuple(found)


def _read_crl(folder: Path) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(_read(folder / "crl.pem"))


def generate_key(key_type: str) -> PrivateKey:
    """A new key of one of KEY_TYPES; UsageError for another type."""
    if key_type == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    if key_type == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if key_type in ("rsa2048", "rsa4096"):
        return rsa.generate_private_key(65537, int(key_type[3:]))
    raise UsageError(f"{key_type!r} is no key type: {', '.join(KEY_TYPES)}")


def _checked(name: str) -> str:
    if not is_certname(name):
        raise UsageError(f"{name!r} is no certificate name: lower-case letters, digits, . _ and -")
    return name


def _alternatives(certificate: x509.Certificate) -> tuple[str, ...]:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            return tuple(str(name.value) for name in extension.value)[1:]  # the first is the name itself
    return ()


def _general_names(names: Iterable[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _key_usage(
    *, digital_signature: bool = False, key_encipherment: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _dated(builder: x509.CertificateBuilder, now: float, days: int) -> x509.CertificateBuilder:
    return builder.not_valid_before(_date(now - _BACKDATED)).not_valid_after(_date(now + days * 86400))


def _date(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)


def _digest(key: PrivateKey) -> SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()


def _make_folders(folder: Path) -> None:
    try:
        for part, mode in ((folder, 0o755), (folder / "certs", 0o755), (folder / "private_keys", 0o700), (folder / "private", 0o700)):
            part.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise KeyFileError(f"cannot be made: {error.strerror}", file=str(folder)) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"cannot be read ({error.strerror}): is this the folder of a CA?", file=str(path)) from error


def _write_new_key(path: Path, key: PrivateKey) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    scratch = _scratch(path, pem, 0o600)
    try:
        os.link(scratch, path)  # unlike a rename, fails where there is something already
    except FileExistsError:
        raise KeyFileError("there is a key already, and keys are never overwritten: move it away first", file=str(path)) from None
    finally:
        scratch.unlink()


def _write(path: Path, content: bytes) -> None:
    _scratch(path, content, 0o644).replace(path)


def _scratch(path: Path, content: bytes, mode: int) -> Path:
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
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
