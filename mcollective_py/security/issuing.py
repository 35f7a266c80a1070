"""Certificates and revocation lists as a small CA makes them: names, keys and dates -> signed values of X.509 (RFC 5280)."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from .algorithms import PrivateKey, PublicKey
from .certificaterequest import common_name, digest, general_names, puppets

_BACKDATED = 86400  # seconds: hosts whose clocks are behind take a new certificate at once, as Puppet's CA has it
Span = tuple[float, float]  # from and to, seconds since the epoch


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate is for: its common name and key, other DNS names and addresses, Puppet's extensions by their words."""

    name: str
    key: PublicKey
    sans: tuple[str, ...] = ()
    extensions: Mapping[str, str] = field(default_factory=dict)


def self_signed(subject: x509.Name, key: PrivateKey, span: Span) -> x509.Certificate:
    """The certificate of a CA by itself."""
    public = key.public_key()
    builder = (
        _dated(span)
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, digest(key))


def leaf(
    issuer: x509.Certificate, key: PrivateKey, subject: Subject, purposes: Sequence[x509.ObjectIdentifier], span: Span
) -> x509.Certificate:
    """A certificate by a CA. purposes: its extendedKeyUsage; who serves TLS has its own name among the alternative ones too."""
    builder = (
        _dated(span)
        .subject_name(common_name(subject.name))
        .issuer_name(issuer.subject)
        .public_key(subject.key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True, key_encipherment=isinstance(subject.key, rsa.RSAPublicKey)), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=True)
        # Without these two Python 3.13 refuses the certificate on a TLS connection.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(subject.key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    if ExtendedKeyUsageOID.CLIENT_AUTH not in purposes or subject.sans:
        names = x509.SubjectAlternativeName(general_names((subject.name, *subject.sans)))
        builder = builder.add_extension(names, critical=False)
    for extension in puppets(subject.extensions):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, digest(key))


def revocation_list(
    issuer: x509.Certificate, key: PrivateKey, revoked: Iterable[x509.RevokedCertificate], number: int, span: Span
) -> x509.CertificateRevocationList:
    """A CA's CRL of that number."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(_date(span[0]))
        .next_update(_date(span[1]))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    for entry in revoked:
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key, digest(key))


def revoked_at(serial: int, moment: float) -> x509.RevokedCertificate:
    """One row of a CRL."""
    return x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_date(moment)).build()


def _dated(span: Span) -> x509.CertificateBuilder:
    begin, end = _date(span[0] - _BACKDATED), _date(span[1])
    return x509.CertificateBuilder().not_valid_before(begin).not_valid_after(end).serial_number(x509.random_serial_number())


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


def _date(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
