"""PKCS#10 requests for certificates: made from a key, and read once their own signature holds (RFC 2986)."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ..names import is_certname
from .algorithms import PrivateKey, PublicKey, verify_by
from .csrextensions import extension_der, extension_oid, puppet_extensions
from .revocation import UNREADABLE


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What somebody asks a CA for: a name, other DNS names and addresses, Puppet's extensions by their words, and the key."""

    name: str
    sans: tuple[str, ...]
    extensions: tuple[tuple[str, str], ...]
    key: PublicKey


def make_request(key: PrivateKey, name: str, sans: Iterable[str] = (), extensions: Mapping[str, str] | None = None) -> bytes:
    """A request in PEM. Raises ValueError for an extension that is none of Puppet's."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(common_name(name))
    others = tuple(sans)
    if others:
        builder = builder.add_extension(x509.SubjectAlternativeName(general_names((name, *others))), critical=False)
    for extension in puppets(extensions or {}):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, digest(key)).public_bytes(Encoding.PEM)


def read_request(pem: bytes) -> SigningRequest:
    """The request of a PEM text. Raises ValueError, saying why, for one that cannot be read or whose signature is not its key's."""
    try:
        request = x509.load_pem_x509_csr(pem)
        is_own, key, extensions = request.is_signature_valid, request.public_key(), tuple(request.extensions)
    except UNREADABLE as error:
        raise ValueError(f"no request for a certificate in PEM: {str(error)[:200]}") from None
    if not is_own:
        raise ValueError(
            "the request's signature is not that of the key in it: whoever made it does not have the key, or it was altered"
        )
    verify_by(key)  # a ValueError for a key that no host would take
    common = [attribute.value for attribute in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(common) != 1 or not is_certname(common[0]):
        shown = ", ".join(str(value)[:80] for value in common[:3]) or "none"
        raise ValueError(f"the request's common name is no certificate name ({shown!r}): lower-case letters, digits, . _ and -")
    name = str(common[0])
    sans: tuple[str, ...] = ()
    values: list[tuple[str, bytes]] = []
    for extension in extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            sans = tuple(_plain(one) for one in extension.value if not (isinstance(one, x509.DNSName) and one.value == name))
        elif isinstance(extension.value, x509.UnrecognizedExtension):
            values.append((extension.oid.dotted_string, extension.value.value))
    return SigningRequest(name, sans, puppet_extensions(values), key)  # type: ignore[arg-type]  # verify_by refuses other kinds


def fingerprint(key: PublicKey) -> str:
    """SHA-256 of a public key (its SubjectPublicKeyInfo in DER), hex: what two people compare."""
    hashed = Hash(SHA256())
    hashed.update(spki(key))
    return hashed.finalize().hex()


def spki(key: PublicKey) -> bytes:
    """A public key in DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def common_name(name: str) -> x509.Name:
    """A subject that has a common name alone."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def general_names(names: Iterable[str]) -> list[x509.GeneralName]:
    """DNS names and addresses as a certificate has them."""
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def puppets(extensions: Mapping[str, str]) -> list[x509.UnrecognizedExtension]:
    """Puppet's extensions as a certificate has them. Raises ValueError for a name that is none of them, or a text that will not do."""
    return [
        x509.UnrecognizedExtension(x509.ObjectIdentifier(extension_oid(name)), extension_der(text)) for name, text in extensions.items()
    ]


def digest(key: PrivateKey) -> SHA256 | None:
    """What a key signs certificates with."""
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()


def _plain(name: x509.GeneralName) -> str:
    if isinstance(name, x509.DNSName | x509.IPAddress):
        return str(name.value)
    raise ValueError(f"the request asks for a name that is neither a DNS name nor an address ({type(name).__name__})")
