"""Certificates for TLS tests: a CA and what it signed, good and bad, as PEM files in a folder."""

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


class Authority:
    """A small CA; every file lies in its folder: NAME.pem, NAME.key."""

    def __init__(self, folder: Path, name: str = "Test CA") -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.ca = self._write("ca", self._build(self._name, self._key, is_ca=True), self._key)

    def issue(
        self,
        name: str,
        host: str = "localhost",
        *,
        days: tuple[int, int] = (-1, 30),
        is_self_signed: bool = False,
        common_name: str | None = None,
    ) -> Path:
        """A certificate for a host name (or address), valid from and to so many days from now; the path without its ending."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name or host)])
        certificate = self._build(subject, key, host=host, days=days, is_self_signed=is_self_signed)
        return self._write(name, certificate, key).with_suffix("")

    def revoke(self, *paths: Path) -> Path:
        """The CA's revocation list with these on it."""
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name).last_update(now - _DAY).next_update(now + _DAY)
        for path in paths:
            serial = x509.load_pem_x509_certificate(path.with_suffix(".pem").read_bytes()).serial_number
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - _DAY).build()
            builder = builder.add_revoked_certificate(revoked)
        crl = self.folder / "crl.pem"
        crl.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return crl

    def pkcs12(self, name: str, password: str = "changeit") -> tuple[Path, Path]:
        """What was issued under this name with its key, and the CA alone, as Java reads them."""
        certificate = x509.load_pem_x509_certificate((self.folder / f"{name}.pem").read_bytes())
        key = serialization.load_pem_private_key((self.folder / f"{name}.key").read_bytes(), None)
        ca = x509.load_pem_x509_certificate(self.ca.read_bytes())
        encryption = serialization.BestAvailableEncryption(password.encode())
        store, trust = self.folder / f"{name}.p12", self.folder / "trust.p12"
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        store.write_bytes(pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, [ca], encryption))
        trusted = [pkcs12.PKCS12Certificate(ca, b"ca")]
        trust.write_bytes(pkcs12.serialize_java_truststore(trusted, encryption))
        return store, trust

    def _build(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        host: str | None = None,
        days: tuple[int, int] = (-1, 30),
        is_ca: bool = False,
        is_self_signed: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if is_self_signed else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + days[0] * _DAY)
            .not_valid_after(now + days[1] * _DAY)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if host is not None:
            name: x509.GeneralName = x509.DNSName(host)
            if host.replace(".", "").isdigit():
                name = x509.IPAddress(ipaddress.ip_address(host))
            builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
        return builder.sign(key if is_self_signed else self._key, hashes.SHA256())

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Path:
        path = self.folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        no_password = serialization.NoEncryption()
        secret = self.folder / f"{name}.key"
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
        secret.chmod(0o600)
        return path


def server_context(path: Path, ca: Path | None = None) -> ssl.SSLContext:
    """TLS as a broker has it; ca: ask for a client certificate from it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path.with_suffix(".pem"), path.with_suffix(".key"))
    if ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(ca)
    return context
