"""A small certificate authority of ordinary X.509, for sites without Puppet and for the demo.

    FOLDER/ca.pem  crl.pem                 what every host and client reads
    FOLDER/certs/NAME.pem                  certificates
    FOLDER/private_keys/NAME.pem           keys that were made here, mode 0600
    FOLDER/private/ca_key.pem              the CA's own key: whoever has it owns the fleet
    FOLDER/inventory.txt                   one line for each certificate ever issued: serial, dates, role, name

The files have the names that Puppet's agent uses. A key is never overwritten, and each file appears whole or not at all.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ..errors import KeyFileError, UsageError
from ..names import is_certname
from .algorithms import PrivateKey, PublicKey
from .cainventory import ADVICE, Issued, check_is_ca, crl_number, read_certificate, read_crl, read_inventory
from .callers import CallerPatterns
from .certificaterequest import SigningRequest, common_name, puppets, spki
from .csrextensions import puppet_extensions
from .issuing import Subject, leaf, revocation_list, revoked_at, self_signed
from .keyfiles import KEY_TYPES, generate_key, locked, make_folders, read, read_encrypted_key, write, write_new_key
from .signer import read_private_key, read_private_pem

__all__ = ("DEFAULT_CALLERS", "KEY_TYPES", "ROLES", "CertificateAuthority", "Issued", "generate_key", "read_inventory")

DEFAULT_CALLERS = "*.mcollective"
ROLES = {
    "caller": (ExtendedKeyUsageOID.CLIENT_AUTH,),
    "node": (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH),
    "broker": (ExtendedKeyUsageOID.SERVER_AUTH,),
}

_CA_DAYS = 3650
_CRL_DAYS = 365
Passphrase = Callable[[], bytes]


class CertificateAuthority:
    """Issues and revokes certificates; processes that do so at once wait for each other. clock: seconds since the epoch."""

    def __init__(self, folder: Path, certificate: x509.Certificate, key: PrivateKey, clock: Callable[[], float]) -> None:
        self.folder, self.certificate = folder, certificate
        self._key, self._clock = key, clock

    @classmethod
    def create(
        cls,
        folder: Path,
        name: str = "MCollective CA",
        *,
        key_type: str = "p256",
        days: int = _CA_DAYS,
        passphrase: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> "CertificateAuthority":
        """A new CA in a folder that has none. name: its common name. passphrase: encrypts its key. Raises KeyFileError, UsageError."""
        if not (name.isprintable() and name.strip() and len(name) <= 64):
            raise UsageError("the name of a CA is 1 to 64 printable characters")
        _check_days(days, 2 * _CA_DAYS)
        key, now = generate_key(key_type), clock()
        make_folders(folder, ("private_keys", "private"), ("certs",))
        with locked(folder):
            write_new_key(folder / "private" / "ca_key.pem", key, passphrase)
            authority = cls(folder, self_signed(common_name(name), key, (now, now + days * 86400)), key, clock)
            write(folder / "ca.pem", authority.certificate.public_bytes(Encoding.PEM))
            write(folder / "inventory.txt", b"")
            authority._publish_crl((), _CRL_DAYS)
        return authority

    @classmethod
    def load(
        cls, folder: Path, *, passphrase: Passphrase | None = None, clock: Callable[[], float] = time.time
    ) -> "CertificateAuthority":
        """The CA of a folder. passphrase: asked where the key is encrypted. Raises KeyFileError."""
        check_is_ca(folder)
        file, certificate = folder / "private" / "ca_key.pem", read_certificate(folder / "ca.pem")
        setting = "the CA's own key"
        pem = read_private_pem(file, setting)
        if passphrase is not None and b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in pem:
            key = read_encrypted_key(pem, passphrase(), file)
        else:
            key = read_private_key(file, setting).key
        if spki(key.public_key()) != spki(_public(certificate)):
            raise KeyFileError("this is not the key of the certificate in ca.pem: restore both from one copy", file=str(file))
        return cls(folder, certificate, key, clock)

    def issue(
        self,
        name: str,
        role: str,
        *,
        key_type: str = "p256",
        sans: Iterable[str] = (),
        days: int = 1825,
        extensions: Mapping[str, str] | None = None,
    ) -> Issued:
        """A new key and certificate for a name. role: `caller` (who sends requests), `node` or `broker`.

        sans: DNS names and addresses beside the name, which a broker needs. days: how long it is valid, no longer than the CA.
        extensions: Puppet's, by their words. Raises UsageError for a name, role or extension that does not fit, KeyFileError where the
        name has a key already.
        """
        extra, said = tuple(sans), dict(extensions or {})
        self._check(name, role, extra, days, said)
        key = generate_key(key_type)
        with locked(self.folder):
            write_new_key(self.key_file(name), key)
            return self._certify(name, role, key.public_key(), extra, days, said)

    def sign(
        self,
        request: SigningRequest,
        role: str,
        *,
        sans: Iterable[str] = (),
        days: int = 1825,
        extensions: Mapping[str, str] | None = None,
        is_new_key: bool = False,
    ) -> Issued:
        """A certificate for a key that was made elsewhere.

        What the request asks for beside its name counts only where it is given here too: who asks does not decide. is_new_key: the name
        may have a certificate for another key that stays valid. Raises UsageError, saying what would do.
        """
        extra, said = tuple(sans), dict(extensions or {})
        self._check(request.name, role, extra, days, said)
        _check_asked(request, extra, said)
        with locked(self.folder):
            before = self._valid_keys(request.name)
            if not is_new_key and before and spki(request.key) not in before:
                raise UsageError(
                    f"{request.name} has a valid certificate for another key: `mco ca revoke {request.name}` first where that key is "
                    "lost or this is another machine, or --new-key to let both count for a while"
                )
            return self._certify(request.name, role, request.key, extra, days, said)

    def renew(self, name: str, *, days: int = 1825) -> Issued:
        """A new certificate for the key that a name has already, for the same role, alternative names and extensions."""
        before = read_certificate(self.certificate_file(name))
        known = next((issued for issued in reversed(self.issued()) if issued.serial == before.serial_number), None)
        if known is None or known.is_revoked:
            raise UsageError(f"the certificate of {name} was not issued here, or has been revoked: issue a new one")
        _check_days(days)
        with locked(self.folder):
            return self._certify(name, known.role, _public(before), _alternatives(before, name), days, _extensions(before))

    def renew_own(self, *, days: int = _CA_DAYS) -> None:
        """A new certificate of the CA for the same name and key: what it issued stays good, once hosts have the new ca.pem."""
        _check_days(days, 2 * _CA_DAYS)
        now = self._clock()
        with locked(self.folder):
            self.certificate = self_signed(self.certificate.subject, self._key, (now, now + days * 86400))
            write(self.folder / "ca.pem", self.certificate.public_bytes(Encoding.PEM))

    def revoke(self, name: str, serial: int | None = None) -> tuple[Issued, ...]:
        """Revoke every certificate of a name that is not yet revoked, renewed ones too; hosts act on it when they have the new CRL.

        serial: that one alone. Raises UsageError where there is none.
        """
        with locked(self.folder):
            found = tuple(
                issued for issued in self.issued() if issued.name == name and not issued.is_revoked and serial in (None, issued.serial)
            )
            if not found:
                raise UsageError(f"{name!r} has no certificate here that could be revoked: `mco ca list` shows them")
            self._publish_crl((*self._crl(), *(self._entry(issued.serial) for issued in found)), _CRL_DAYS)
        return found

    def refresh_crl(self, days: int = _CRL_DAYS) -> None:
        """The same CRL with new dates."""
        _check_days(days)
        with locked(self.folder):
            self._publish_crl(tuple(self._crl()), days)

    def issued(self) -> tuple[Issued, ...]:
        """All certificates ever issued, the oldest first."""
        return read_inventory(self.folder)

    def certificate_file(self, name: str) -> Path:
        """Where the certificate of a name lies."""
        return self.folder / "certs" / f"{_checked(name)}.pem"

    def key_file(self, name: str) -> Path:
        """Where the private key of a name lies, if it was made here."""
        return self.folder / "private_keys" / f"{_checked(name)}.pem"

    def _check(self, name: str, role: str, sans: Sequence[str], days: int, extensions: Mapping[str, str]) -> None:
        _checked(name)
        if role not in ROLES:
            raise UsageError(f"{role!r} is no role: caller, node or broker")
        for one in (name, *sans) if role != "caller" else ():
            if CallerPatterns([DEFAULT_CALLERS]).match(one):
                raise UsageError(f"names like {DEFAULT_CALLERS} are for callers: a {role} with one could command the fleet")
        _check_days(days)
        for san in sans:
            if not (san.isascii() and san.isprintable() and 0 < len(san) <= 255) or " " in san:
                raise UsageError(f"{san!r} is neither a DNS name nor an address")
        try:
            puppets(extensions)
        except ValueError as error:
            raise UsageError(str(error)) from None
        end = self.certificate.not_valid_after_utc
        if self._clock() >= end.timestamp():
            raise KeyFileError(
                f"the CA's certificate ended on {end:%Y-%m-%d}: `mco ca renew --ca` makes a new one, which all hosts need",
                file=str(self.folder / "ca.pem"),
            )

    def _certify(
        self, name: str, role: str, public: PublicKey, sans: Sequence[str], days: int, extensions: Mapping[str, str]
    ) -> Issued:
        now = self._clock()
        end = min(now + days * 86400, self.certificate.not_valid_after_utc.timestamp())
        certificate = leaf(self.certificate, self._key, Subject(name, public, tuple(sans), extensions), ROLES[role], (now, end))
        issued = Issued(
            certificate.serial_number,
            certificate.not_valid_before_utc.timestamp(),
            certificate.not_valid_after_utc.timestamp(),
            role,
            name,
        )
        # The inventory first: a certificate that is not in it could never be revoked.
        line = f"{issued.serial:x} {issued.not_before:.0f} {issued.not_after:.0f} {role} {name}\n"
        write(self.folder / "inventory.txt", read(self.folder / "inventory.txt", ADVICE) + line.encode())
        write(self.certificate_file(name), certificate.public_bytes(Encoding.PEM))
        return issued

    def _valid_keys(self, name: str) -> set[bytes]:
        """The key of the newest certificate of a name, where one of its certificates still counts; empty where there is none."""
        now = self._clock()
        if not any(one.name == name and not one.is_revoked and one.not_after > now for one in self.issued()):
            return set()
        return {spki(_public(read_certificate(self.certificate_file(name))))}

    def _crl(self) -> x509.CertificateRevocationList:
        return read_crl(self.folder)

    def _entry(self, serial: int) -> x509.RevokedCertificate:
        return revoked_at(serial, self._clock())

    def _publish_crl(self, revoked: Iterable[x509.RevokedCertificate], days: int) -> None:
        now, file = self._clock(), self.folder / "crl.pem"
        before = crl_number(self._crl()) if file.exists() else 0
        # Milliseconds, so that a CA put back from a copy does not use a number twice; it grows whatever the clock does (RFC 5280).
        number = max(int(now * 1000), before + 1)
        crl = revocation_list(self.certificate, self._key, revoked, number, (now, now + days * 86400))
        write(file, crl.public_bytes(Encoding.PEM))


def _check_asked(request: SigningRequest, sans: Sequence[str], extensions: Mapping[str, str]) -> None:
    words = [f"--san {san}" for san in request.sans if san not in sans]
    words += [f"--extension {name}={text}" for name, text in request.extensions if extensions.get(name) != text]
    if words:
        raise UsageError(
            f"the request of {request.name} asks for more than its name, which the CA has to want too: {' '.join(words)[:1000]}"
        )


def _check_days(days: int, limit: int = _CA_DAYS) -> None:
    if not 1 <= days <= limit:
        raise UsageError(f"it can be valid for 1 to {limit} days")


def _public(certificate: x509.Certificate) -> PublicKey:
    return certificate.public_key()  # type: ignore[return-value]  # of a certificate that was made here


def _checked(name: str) -> str:
    if not is_certname(name):
        raise UsageError(f"{name!r} is no certificate name: lower-case letters, digits, . _ and -")
    return name


def _alternatives(certificate: x509.Certificate, name: str) -> tuple[str, ...]:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            return tuple(str(one.value) for one in extension.value if str(one.value) != name)
    return ()


def _extensions(certificate: x509.Certificate) -> dict[str, str]:
    values = [
        (one.oid.dotted_string, one.value.value) for one in certificate.extensions if isinstance(one.value, x509.UnrecognizedExtension)
    ]
    return dict(puppet_extensions(values))
