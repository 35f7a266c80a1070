"""Certificates in the shape of Puppet's CA, made for one test."""

import datetime
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = 1_800_000_000.0
DAY = 86400.0
USAGES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


def date(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def usage(**bits: bool) -> x509.KeyUsage:
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign")
    return x509.KeyUsage(**{bit: bits.get(bit, False) for bit in (*every, "crl_sign", "encipher_only", "decipher_only")})


@dataclass
class Issuer:
    """A CA certificate with its key, and what it issues."""

    certificate: x509.Certificate
    key: object

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def sign(self, builder, digest="by key"):
        if digest == "by key":
            digest = None if isinstance(self.key, ed25519.Ed25519PrivateKey) else SHA256()
        return builder.sign(self.key, digest)

    def leaf(
        self,
        common_name="alice.mcollective",
        *,
        key=None,
        public=None,
        usages=USAGES,
        dns=(),
        since=-DAY,
        until=DAY,
        key_usage=None,
        extra=(),
        serial=None,
        is_ca=False,
        subject=None,
        digest="by key",
    ) -> x509.Certificate:
        """As puppetserver issues them: nsComment, critical usages, no subjectAltName but where asked for, no authority key id."""
        public = public or (key or ec.generate_private_key(ec.SECP256R1())).public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject or name(common_name))
            .issuer_name(self.certificate.subject)
            .public_key(public)
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(date(NOW + since))
            .not_valid_after(date(NOW + until))
            .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.16.840.1.113730.1.13"), b"\x16\x06Puppet"), False)
            .add_extension(x509.BasicConstraints(is_ca, None), True)
            .add_extension(key_usage or usage(digital_signature=True, key_encipherment=True), True)
        )
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), True)
        if dns:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(text) for text in dns]), False)
        for extension, is_critical in extra:
            builder = builder.add_extension(extension, is_critical)
        return self.sign(builder, digest)

    def below(self, common_name="Puppet Server CA", **options) -> "Issuer":
        """An intermediate of this CA."""
        return ca(common_name, issuer=self, **options)

    def crl(self, *revoked: x509.Certificate, since=-DAY, until=DAY, extra=()) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(date(NOW + since))
            .next_update(date(NOW + until))
            .add_extension(x509.CRLNumber(1), False)
        )
        for extension, is_critical in extra:
            builder = builder.add_extension(extension, is_critical)
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(date(NOW - 60)).build()
            builder = builder.add_revoked_certificate(entry)
        return self.sign(builder).public_bytes(Encoding.PEM)


def ca(common_name, *, issuer=None, key=None, since=-DAY, until=DAY, path_length=None, is_ca=True, key_usage=None, usages=()) -> Issuer:
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(issuer.certificate.subject if issuer else name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(date(NOW + since))
        .not_valid_after(date(NOW + until))
        .add_extension(x509.BasicConstraints(is_ca, path_length), True)
        .add_extension(key_usage or usage(key_cert_sign=True, crl_sign=True), True)
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), False)
    signer = issuer or Issuer(None, key)
    return Issuer(signer.sign(builder), key)


class Pki:
    """What tests take: pki.ca(...) makes a root, pki.der(...) the bytes of a certificate."""

    NOW, DAY = NOW, DAY
    ca, usage, name, date = staticmethod(ca), staticmethod(usage), staticmethod(name), staticmethod(date)

    @staticmethod
    def der(certificate: x509.Certificate) -> bytes:
        return certificate.public_bytes(Encoding.DER)

    @staticmethod
    def pem(certificate: x509.Certificate) -> bytes:
        return certificate.public_bytes(Encoding.PEM)


@pytest.fixture(scope="session")
def pki() -> type[Pki]:
    return Pki
