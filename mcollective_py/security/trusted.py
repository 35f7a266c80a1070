"""What a process trusts, told in plain values: its own certificate, the CAs and CRLs in force, and who is a caller."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography import x509

from ..errors import UntrustedCertificate
from .algorithms import kind_of_key
from .callers import CallerPatterns, Delegations
from .chain import Authority, certificate_names
from .csrextensions import ExtensionRule, puppet_extensions
from .envelope import key_id
from .known import KnownCertificates

if TYPE_CHECKING:
    from .x509 import Files


def trust_report(
    files: "Files", callers: CallerPatterns, delegations: Delegations, wanted: ExtensionRule, now: float
) -> dict[str, Any]:
    """Plain values by name; times in whole seconds since the epoch, fingerprints SHA-256 in hex.

    provider; certificate: see certificate_facts; refused: why others would refuse it now, else empty. ca and crl: one fingerprint of
    all CA certificates and one of all CRLs in force (empty where there is none), so that two hosts can be compared; authorities: each
    CA with its CRL; revocation; trouble: why nobody is trusted, else empty; warnings. callers, privileged, wanted: the rules' words.
    """
    own = files.credentials()
    told: dict[str, Any] = {
        "provider": "x509",
        "certificate": certificate_facts(own.certificate),
        "refused": "",
        "callers": list(callers.patterns),
        "privileged": list(delegations.words),
        "wanted": list(wanted.words),
        "trouble": "",
    }
    try:
        store = files.trust()
    except UntrustedCertificate as error:
        return {**told, "trouble": str(error), "revocation": "", "ca": "", "crl": "", "authorities": [], "warnings": []}
    try:
        KnownCertificates(1).trusted(own.kid, own.certificate, store, now)
    except UntrustedCertificate as error:
        told["refused"] = str(error)
    lists = [authority.revocations.fingerprint for authority in store.authorities if authority.revocations is not None]
    return {
        **told,
        "revocation": store.revocation,
        "ca": _of_all([authority.fingerprint for authority in store.authorities]),
        "crl": _of_all(lists) if lists else "",
        "authorities": [_authority(authority, now) for authority in store.authorities],
        "warnings": store.warnings(now),
    }


def certificate_facts(der: bytes) -> dict[str, Any]:
    """What a certificate says: name, names, issuer, serial (hex), key, not_before, not_after, fingerprint, extensions.

    extensions: Puppet's, by their words. Raises ValueError for what is no certificate with one common name.
    """
    certificate = x509.load_der_x509_certificate(der)
    name, names = certificate_names(certificate)
    values = [
        (entry.oid.dotted_string, entry.value.value)
        for entry in certificate.extensions
        if isinstance(entry.value, x509.UnrecognizedExtension)
    ]
    try:
        extensions = dict(puppet_extensions(values))
    except ValueError:
        extensions = {}
    return {
        "name": name,
        "names": sorted(names),
        "issuer": certificate.issuer.rfc4514_string()[:200],
        "serial": f"{certificate.serial_number:x}",
        "key": kind_of_key(certificate.public_key()),
        "not_before": int(certificate.not_valid_before_utc.timestamp()),
        "not_after": int(certificate.not_valid_after_utc.timestamp()),
        "fingerprint": key_id(der),
        "extensions": extensions,
    }


def _authority(authority: Authority, now: float) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": authority.name,
        "root": authority.is_root,
        "fingerprint": authority.fingerprint,
        "not_after": int(authority.not_after),
        "crl": None,
    }
    if (found := authority.revocations) is not None:
        told["crl"] = {
            "fingerprint": found.fingerprint,
            "number": found.number,
            "last_update": int(found.last_update),
            "next_update": None if found.next_update is None else int(found.next_update),
            "revoked": len(found.serials),
            "stale": found.is_stale(now),
        }
    return told


def _of_all(fingerprints: Sequence[str]) -> str:
    return sha256("\n".join(sorted(fingerprints)).encode()).hexdigest()
