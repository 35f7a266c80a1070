"""A certificate, a CA bundle and a CRL -> a trusted name, or the reason why not.

Walked by hand on the primitives of `cryptography`: its ready-made verifier refuses what a Puppet CA issues (a critical
extendedKeyUsage, no subjectAltName, no authority key id) and knows no CRL. Rules of RFC 5280 section 6, without policies and
name constraints: a certificate that calls for those is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..errors import UntrustedCertificate
from .algorithms import DIGESTS, Verify, check_issuer_key, verify_by
from .csrextensions import puppet_extensions
from .envelope import key_id
from .revocation import UNREADABLE, Revocations, read_revocations

Mode = Literal["chain", "leaf", "off"]
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

_MAX_DEPTH = 5  # CA certificates above a leaf
# The critical extensions that are judged here; any other one means something that is not known here.
_KNOWN = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName)


@dataclass(frozen=True, slots=True)
class Authority:
    """One CA certificate of the bundle. revoked: None where there is no CRL of this CA."""

    certificate: x509.Certificate
    name: str
    not_before: float
    not_after: float
    path_length: int | None
    usages: frozenset[str] | None
    is_root: bool
    revocations: Revocations | None

    @property
    def serial(self) -> int:
        return self.certificate.serial_number

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hex."""
        return self.certificate.fingerprint(SHA256()).hex()


@dataclass(frozen=True, slots=True)
class Certificate:
    """What never changes of a certificate that leads to the CA; whether it may be trusted now is TrustStore.check's to say.

    certname: its common name. names: that and every DNS name. usages: `clientAuth`, `serverAuth`. paths: each way up to a root,
    the issuer first. Times in seconds since the epoch. key: its public key. extensions: Puppet's, by their words; doubt: why they
    cannot be relied upon, else empty.
    """

    kid: str
    certname: str
    names: frozenset[str]
    usages: frozenset[str]
    serial: int
    not_before: float
    not_after: float
    verify: Verify
    paths: tuple[tuple[Authority, ...], ...]
    key: object = None
    extensions: tuple[tuple[str, str], ...] = ()
    doubt: str = ""


class TrustStore:
    """The CA certificates and CRLs that this process trusts; never changes, a new file makes a new one."""

    def __init__(self, authorities: Sequence[Authority], revocation: Mode) -> None:
        self.authorities = tuple(authorities)
        self.revocation = revocation
        self._by_subject: dict[x509.Name, list[Authority]] = {}
        for authority in self.authorities:
            self._by_subject.setdefault(authority.certificate.subject, []).append(authority)

    @classmethod
    def from_pem(cls, ca: bytes, crl: bytes | None, revocation: str = "chain") -> "TrustStore":
        """Trust the roots of a bundle (roots and intermediates, any order) and those below them.

        crl: one CRL a CA, in PEM. revocation: `chain` asks the CRL of every CA on the way, `leaf` that of the last one, `off` none.
        Raises ValueError, saying what is wrong with which of the two.
        """
        if revocation not in ("chain", "leaf", "off"):
            raise ValueError(f"revocation is {revocation!r}: write chain, leaf or off")
        try:
            certificates = x509.load_pem_x509_certificates(ca)
        except UNREADABLE as error:
            raise ValueError(f"no CA certificates in PEM: {error}") from error
        lists = read_revocations(crl) if crl is not None and revocation != "off" else ()
        authorities = [_authority(certificate, lists) for certificate in certificates]
        if not any(authority.is_root for authority in authorities):
            raise ValueError("no self-signed root in the bundle: add the root's certificate to the intermediate's")
        return cls(authorities, cast(Mode, revocation))

    def admit(self, der: bytes) -> Certificate:
        """The facts of a leaf certificate whose signatures lead to a root of ours; dates and revocation are not judged.

        Raises UntrustedCertificate.
        """
        try:
            certificate = x509.load_der_x509_certificate(der)
            # X.690 8.6.2: the octet before a signature's bits says how many of them do not count. Only with none is there one encoding.
            if der[-len(certificate.signature) - 1 :] != b"\0" + certificate.signature:
                raise UntrustedCertificate("a certificate whose signature is not encoded as whole octets")
            paths = tuple(self._paths(certificate, _MAX_DEPTH))
            if not paths:
                raise UntrustedCertificate(
                    f"a certificate from {certificate.issuer.rfc4514_string()[:120]!r}, no CA that is trusted here"
                )
            # What it says is read only now that a CA of ours has said it.
            facts = _leaf(certificate, der)
        except UNREADABLE as error:
            raise UntrustedCertificate(f"a certificate that cannot be used: {str(error)[:120]!r}") from None
        return replace(facts, paths=paths, usages=facts.usages.intersection(*map(_path_usages, paths)))

    def check(self, certificate: Certificate, now: float) -> None:
        """Raise UntrustedCertificate unless some way up is good at this moment: dates of all, revocation as the mode says."""
        whose = f"the certificate of {certificate.certname}"
        _check_dates(whose, certificate.not_before, certificate.not_after, now)
        refusal: UntrustedCertificate | None = None
        for path in certificate.paths:
            try:
                self._check_path(certificate, path, now)
            except UntrustedCertificate as error:
                refusal = refusal or error
            else:
                return
        raise refusal or UntrustedCertificate(f"{whose} leads to no CA")

    def warnings(self, now: float) -> list[str]:
        """What an operator should know of the CRLs.

        Past their nextUpdate they still count here, but nobody refreshes them, and OpenSSL makes no new TLS connection by them.
        """
        found = []
        for authority in self.authorities if self.revocation != "off" else ():
            if authority.revocations is None:
                if self.revocation == "chain" or not authority.is_root or len(self.authorities) == 1:
                    found.append(f"no CRL of {authority.name}: the certificates it issued are refused (plugin.x509.revocation)")
            elif authority.revocations.is_stale(now):
                found.append(f"the CRL of {authority.name} should have been renewed: fetch a new one from the CA")
            elif left := authority.revocations.nearly_stale(now):
                found.append(
                    f"the CRL of {authority.name} counts for TLS for another {_span(left)}: fetch a new one from the CA before that"
                )
        return found

    def _paths(self, certificate: x509.Certificate, depth: int) -> Iterable[tuple[Authority, ...]]:
        if depth == 0:
            return
        for issuer in self._by_subject.get(certificate.issuer, ()):
            # path_length counts the CAs between this one and the leaf.
            if issuer.path_length is not None and _MAX_DEPTH - depth > issuer.path_length:
                continue
            if not _is_signed_by(certificate, issuer.certificate):
                continue
            if issuer.is_root:
                yield (issuer,)
            else:
                for rest in self._paths(issuer.certificate, depth - 1):
                    yield (issuer, *rest)

    def _check_path(self, leaf: Certificate, path: tuple[Authority, ...], now: float) -> None:
        below: Certificate | Authority = leaf
        whose = f"the certificate of {leaf.certname}"
        for position, issuer in enumerate(path):
            _check_dates(f"the CA certificate {issuer.name}", issuer.not_before, issuer.not_after, now)
            if self.revocation == "chain" or (self.revocation == "leaf" and position == 0):
                if issuer.revocations is None:
                    raise UntrustedCertificate(f"no CRL of {issuer.name}, which issued {whose} (plugin.x509.crl, .revocation)")
                if below.serial in issuer.revocations.serials:
                    raise UntrustedCertificate(f"{whose} has been revoked by {issuer.name}")
            below, whose = issuer, f"the CA certificate {issuer.name}"


def certificate_names(certificate: x509.Certificate, extensions: x509.Extensions | None = None) -> tuple[str, frozenset[str]]:
    """The certificate's one common name, and that with all its DNS names; ValueError where there is no common name, or several.

    extensions: where they have been read already.
    """
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(common) != 1 or not isinstance(common[0].value, str):
        raise ValueError(f"a certificate with {len(common)} common names instead of one")
    alternative = _value(certificate.extensions if extensions is None else extensions, x509.SubjectAlternativeName)
    names = alternative.get_values_for_type(x509.DNSName) if alternative is not None else ()
    return common[0].value, frozenset((common[0].value, *names))


def _leaf(certificate: x509.Certificate, der: bytes) -> Certificate:
    extensions = _extensions(certificate)
    constraints = _value(extensions, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise ValueError("a CA certificate signs certificates, no messages")
    key_usage = _value(extensions, x509.KeyUsage)
    if key_usage is not None and not key_usage.digital_signature:
        raise ValueError("its keyUsage does not allow digital signatures")
    purposes = _purposes(extensions)
    if not purposes:
        raise ValueError("its extendedKeyUsage names neither clientAuth nor serverAuth")
    certname, names = certificate_names(certificate, extensions)
    said, doubt = _puppets(extensions)
    public = certificate.public_key()
    return Certificate(
        key_id(der),
        certname,
        names,
        purposes,
        certificate.serial_number,
        certificate.not_valid_before_utc.timestamp(),
        certificate.not_valid_after_utc.timestamp(),
        verify_by(public),
        paths=(),
        key=public,
        extensions=said,
        doubt=doubt,
    )


def _puppets(extensions: x509.Extensions) -> tuple[tuple[tuple[str, str], ...], str]:
    """Puppet's extensions, and why they cannot be relied upon. A node may answer with such a certificate, nobody may ask."""
    values = [
        (entry.oid.dotted_string, entry.value.value) for entry in extensions if isinstance(entry.value, x509.UnrecognizedExtension)
    ]
    try:
        return puppet_extensions(values), ""
    except ValueError as error:
        return (), str(error)


def _authority(certificate: x509.Certificate, lists: Sequence[x509.CertificateRevocationList]) -> Authority:
    name = certificate.subject.rfc4514_string()[:200]
    try:
        extensions = _extensions(certificate)
        constraints = _value(extensions, x509.BasicConstraints)
        if constraints is None or not constraints.ca:
            raise ValueError("it is no CA certificate")
        key_usage = _value(extensions, x509.KeyUsage)
        if key_usage is not None and not key_usage.key_cert_sign:
            raise ValueError("its keyUsage does not allow it to sign certificates")
        check_issuer_key(certificate.public_key())
        may_list = key_usage is None or key_usage.crl_sign
        return Authority(
            certificate,
            name,
            certificate.not_valid_before_utc.timestamp(),
            certificate.not_valid_after_utc.timestamp(),
            constraints.path_length,
            _purposes(extensions) if _is_limited(extensions) else None,
            _is_signed_by(certificate, certificate),
            Revocations.of(certificate, lists) if may_list else None,
        )
    except UNREADABLE as error:
        raise ValueError(f"the CA certificate {name}: {error}") from error


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    digest = certificate.signature_hash_algorithm  # None for Ed25519
    if digest is not None and digest.name not in DIGESTS:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _path_usages(path: tuple[Authority, ...]) -> frozenset[str]:
    usages = frozenset(_USAGES.values())
    for authority in path:
        usages &= usages if authority.usages is None else authority.usages
    return usages


def _check_dates(whose: str, not_before: float, not_after: float, now: float) -> None:
    if now < not_before:
        raise UntrustedCertificate(f"{whose} is not valid yet, for another {_span(not_before - now)}: check the clocks")
    if now > not_after:
        raise UntrustedCertificate(f"{whose} expired {_span(now - not_after)} ago")


def _span(seconds: float) -> str:
    return f"{seconds / 86400:.0f} days" if seconds > 2 * 86400 else f"{seconds:.0f} s"


_USAGES = {ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth", ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth"}


def _purposes(extensions: x509.Extensions) -> frozenset[str]:
    extended = _value(extensions, x509.ExtendedKeyUsage)
    return frozenset(_USAGES[oid] for oid in extended if oid in _USAGES) if extended is not None else frozenset()


def _is_limited(extensions: x509.Extensions) -> bool:
    extended = _value(extensions, x509.ExtendedKeyUsage)
    return extended is not None and ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in extended


def _extensions(certificate: x509.Certificate) -> x509.Extensions:
    extensions = certificate.extensions
    for extension in extensions:
        if extension.critical and not isinstance(extension.value, _KNOWN):
            raise ValueError(f"a critical extension that is not known here: {extension.oid.dotted_string}")
    return extensions


def _value(extensions: x509.Extensions, kind: type[_Extension]) -> _Extension | None:
    for extension in extensions:
        if isinstance(extension.value, kind):
            return extension.value
    return None
