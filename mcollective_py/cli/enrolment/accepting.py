"""What a CA handed back -> who it makes of this host or operator: each part judged before any is written."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import KeyFileError, NotSigned, UsageError
from .folder import OwnFolder, check_name

if TYPE_CHECKING:
    from cryptography import x509

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Handed:
    """The parts of the files that a CA gave: own certificates, CA certificates and CRLs, in PEM."""

    leaves: "tuple[x509.Certificate, ...]"
    authorities: "tuple[x509.Certificate, ...]"
    lists: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is to be written, and who it makes of us. fingerprints: of the CA's roots, SHA-256 hex. remarks: for the operator."""

    name: str
    role: str
    certificate: bytes
    ca: bytes
    crl: bytes
    fingerprints: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def read_parts(texts: Iterable[tuple[str, bytes]]) -> Handed:
    """The parts of files in PEM, in any order, each once. texts: name and bytes. Raises KeyFileError naming the file."""
    from cryptography import x509

    leaves: dict[bytes, x509.Certificate] = {}
    authorities: dict[bytes, x509.Certificate] = {}
    lists: dict[bytes, None] = {}
    for file, text in texts:
        found = list(_BLOCK.finditer(text))
        if not found:
            raise KeyFileError("nothing in PEM: certificates, CA certificates and CRLs are taken", file=file)
        for block in found:
            kind, pem = block[1].decode(), block[0] + b"\n"
            if kind in ("CERTIFICATE", "TRUSTED CERTIFICATE"):
                certificate = _certificate(pem, file)
                (authorities if _is_ca(certificate, file) else leaves)[pem] = certificate
            elif kind == "X509 CRL":
                lists[pem] = None
            elif "PRIVATE KEY" in kind:
                raise KeyFileError(
                    "a private key is in it, and keys do not travel: `mco enrol request` makes one here",
                    file=file,
                )
            else:
                raise KeyFileError(f"{kind.lower()} is not what a CA hands back", file=file)
    return Handed(tuple(leaves.values()), tuple(authorities.values()), tuple(lists))


def judge(
    handed: Handed, folder: OwnFolder, role: str, now: float, *, fingerprint: str | None = None, replaces_ca: bool = False
) -> Accepted:
    """Whether all fits: the key that is here, the chain, the dates, the CRL, the name.

    What was not handed over is taken from the folder. fingerprint: SHA-256 of the CA's certificate, as somebody has read it out.
    Raises KeyFileError or UsageError, saying which part does not fit and what would do.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    from ...security.chain import TrustStore, certificate_names
    from ...security.signer import read_private_key

    if len(handed.leaves) != 1:
        what = "no certificate of a host or a caller" if not handed.leaves else f"{len(handed.leaves)} certificates of hosts or callers"
        raise UsageError(f"{what} in these files: one is taken, and the CA's, and its CRL")
    (leaf,) = handed.leaves
    try:
        name, _ = certificate_names(leaf)
    except ValueError as error:
        raise UsageError(str(error)) from None
    check_name(name, role)
    file = folder.key(name)
    if not file.exists():
        raise KeyFileError(
            f"there is no key of {name}: `mco enrol request {name} --{role}` makes one, --dir is another folder", file=str(file)
        )
    if read_private_key(file, f"the key of {name}").public_bytes() != _spki(leaf):
        raise KeyFileError("the certificate is for another key: it was issued for another request", file=str(file))
    remarks: list[str] = []
    ca = _authorities(handed, folder, replaces=replaces_ca)
    crl = _lists(handed, folder, remarks)
    try:
        store = TrustStore.from_pem(ca, crl)
        facts = store.admit(leaf.public_bytes(Encoding.DER))
        store.check(facts, now)
    except ValueError as error:
        raise UsageError(f"the CA's files: {error}") from None
    except NotSigned as error:
        raise UsageError(f"nobody would take this certificate: {error}") from None
    _check_usages(facts.usages, name, role)
    roots = tuple(authority.fingerprint for authority in store.authorities if authority.is_root)
    if fingerprint is not None and fingerprint.replace(":", "").lower() not in roots:
        raise UsageError(f"the CA's fingerprint is {', '.join(roots)}, not the one that was given: these files are of another CA")
    return Accepted(name, role, leaf.public_bytes(Encoding.PEM), ca, crl, roots, (*remarks, *store.warnings(now)))


def role_of(leaf: "x509.Certificate", name: str) -> str:
    """`caller`, `node` or `broker`, by name and usages."""
    from cryptography.x509 import ExtendedKeyUsage
    from cryptography.x509.oid import ExtendedKeyUsageOID

    from ...security.ca import DEFAULT_CALLERS
    from ...security.callers import CallerPatterns

    if CallerPatterns([DEFAULT_CALLERS]).match(name):
        return "caller"
    usages = {oid for one in leaf.extensions if isinstance(one.value, ExtendedKeyUsage) for oid in one.value}
    return "broker" if usages == {ExtendedKeyUsageOID.SERVER_AUTH} else "node"


def _check_usages(usages: Iterable[str], name: str, role: str) -> None:
    wanted = {"caller": {"clientAuth"}, "broker": {"serverAuth"}, "node": {"clientAuth"}}[role]
    if not wanted <= set(usages):
        raise UsageError(f"the certificate of {name} is not for a {role}: its extendedKeyUsage lacks {', '.join(wanted)}")


def _authorities(handed: Handed, folder: OwnFolder, *, replaces: bool) -> bytes:
    """The CA's certificates to go by. Another CA than the one that is trusted here already needs to be meant."""
    from cryptography.hazmat.primitives.serialization import Encoding

    before = folder.ca.read_bytes() if folder.ca.exists() else None
    if not handed.authorities:
        if before is None:
            raise UsageError("the CA's certificate is missing: hand over its ca.pem too")
        return before
    if before is not None and not replaces:
        known = {_spki(one) for one in read_parts([(str(folder.ca), before)]).authorities}
        if known - {_spki(one) for one in handed.authorities}:
            raise UsageError(f"{folder.ca} trusts another CA: --replace-ca, if the fleet has moved to this one")
    return b"".join(one.public_bytes(Encoding.PEM) for one in handed.authorities)


def _lists(handed: Handed, folder: OwnFolder, remarks: list[str]) -> bytes:
    """The CRLs to go by: never older ones than are here already."""
    from ...security.revocation import read_revocations

    before = folder.crl.read_bytes() if folder.crl.exists() else None
    if not handed.lists:
        if before is None:
            raise UsageError("the CA's revocation list is missing: hand over its crl.pem too, or nobody could be trusted")
        return before
    given = b"".join(handed.lists)
    if before is None:
        return given
    try:
        there, new = ({(crl.issuer, crl.last_update_utc) for crl in read_revocations(pem)} for pem in (before, given))
    except ValueError:
        return given
    if {issuer for issuer, _ in there} == {issuer for issuer, _ in new} and sum(at.timestamp() for _, at in there) > sum(
        at.timestamp() for _, at in new
    ):
        remarks.append(f"{folder.crl} is newer than the revocation list in these files, and stays")
        return before
    return given


def _certificate(pem: bytes, file: str) -> "x509.Certificate":
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(pem)
    except (ValueError, x509.InvalidVersion) as error:
        raise KeyFileError(f"a certificate that cannot be read: {str(error)[:120]}", file=file) from None


def _is_ca(certificate: "x509.Certificate", file: str) -> bool:
    from cryptography import x509

    try:
        return any(isinstance(one.value, x509.BasicConstraints) and one.value.ca for one in certificate.extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise KeyFileError(f"a certificate that cannot be read: {str(error)[:120]}", file=file) from None


def _spki(certificate: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError as error:
        raise UsageError(f"a certificate with a key that cannot be read: {str(error)[:120]}") from None


def read_files(files: Sequence[Path]) -> Handed:
    """As read_parts, of files."""
    from ...security.keyfiles import read

    return read_parts([(str(file), read(file)) for file in files])


def role_of_parts(handed: Handed) -> str:
    """What the one certificate is for; `node` where there is none to tell."""
    from ...security.chain import certificate_names

    if len(handed.leaves) != 1:
        return "node"
    try:
        return role_of(handed.leaves[0], certificate_names(handed.leaves[0])[0])
    except ValueError:
        return "node"


def with_own(handed: Handed, folder: OwnFolder) -> Handed:
    """A new CA file or CRL alone, beside the one certificate that the folder has. Raises UsageError where it has none, or several."""
    own = sorted(path for path in (folder.path / "certs").glob("*.pem") if path != folder.ca)
    if len(own) != 1:
        what = "no certificate of a host or a caller" if not own else f"certificates of {len(own)} names"
        raise UsageError(f"{what} in {folder.path}, and none in these files: one is taken, and the CA's, and its CRL")
    return Handed(read_files(own).leaves, handed.authorities, handed.lists)
