"""Certificates, lists of revoked ones, their extensions and an ssh-agent's answers: refused for a reason, or what the CA has signed."""

from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mcollective_py.errors import NotSigned
from mcollective_py.security.chain import TrustStore
from mcollective_py.security.csrextensions import ARC, ExtensionRule, puppet_extensions, utf8string
from mcollective_py.security.revocation import Revocations, read_revocations
from mcollective_py.security.sshagentwire import AgentRefusal, read_keys, read_signature
from tests.fuzz.mutation import fuzz
from tests.security.conftest import NOW, ca

LEAF, BUNDLE, LIST, VALUE, RULE, KEYS, SIGNED = (
    b"L",
    b"B",
    b"R",
    b"V",
    b"E",
    b"K",
    b"S",
)  # the first byte of an input says what reads it
OID = f"{ARC}1.13"
WORDS = (b"\x30\x82", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x06\x03\x55\x04\x03", b"\x0c\x03abc", b"\x0c\x81\x80",
         b"\x0c\x84\x7f\xff\xff\xff",
         b"\x02\x01\x00", b"\x01\x01\xff", b"\x05\x00", b"\x03\x01\x00", b"\xa3\x82", b"\x17\x0d991332256161Z",
         b"\x18\x0f99991231235959Z",
         b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n", b"-----BEGIN X509 CRL-----\n", b"-----END X509 CRL-----\n",
         b"\xff\xff\xff\xff", b"\0\0\0\1", b"pp_role=", b"*" * 30, b"?")  # fmt: skip


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _said(store: TrustStore) -> Revocations | None:
    """What the lower CA takes back; without the fingerprint, for bytes around what is signed may differ."""
    revocations = store.authorities[1].revocations
    return None if revocations is None else replace(revocations, fingerprint="")


def main() -> None:
    root = ca("Puppet CA: puppet.example.com")
    middle = root.below("Puppet Server CA")
    said = x509.UnrecognizedExtension(x509.ObjectIdentifier(OID), b"\x0c\x03dba")
    leaf = middle.leaf("alice.mcollective", dns=("alice",), extra=((said, False),))
    bundle, revoked = root.pem + middle.pem, root.crl() + middle.crl(middle.leaf("web9"))
    store = TrustStore.from_pem(bundle, revoked)
    signed = leaf.public_bytes(Encoding.DER)
    genuine = store.admit(signed)
    numbers = _string(b"\x01" * 32) + _string(b"\x02" * 32)
    seeds = (
        LEAF + signed,
        LEAF + root.leaf("web1").public_bytes(Encoding.DER),
        BUNDLE + bundle,
        LIST + revoked,
        VALUE + b"\x0c\x03dba",
        RULE + b"pp_auth_role=ops-* pp_role 1.3.6.1.4.1.34380.1.2.1=x?",
        KEYS + b"\x0c\0\0\0\1" + _string(b"blob") + _string(b"alice@desk"),
        SIGNED + b"\x0e" + _string(_string(b"ssh-ed25519") + _string(b"s" * 64)),
        SIGNED + b"\x0e" + _string(_string(b"ecdsa-sha2-nistp256") + _string(numbers)),
    )
    known = {seed[1:] for seed in seeds if seed[:1] == LEAF}

    def read(kind: bytes, data: bytes) -> object:
        if kind == LEAF:
            found = store.admit(data)
            store.check(found, NOW)
            assert data in known, "a certificate is trusted that the CA has not signed"
            if data == signed:
                assert (found.certname, found.extensions, found.kid) == (genuine.certname, genuine.extensions, genuine.kid)
            return found
        if kind == BUNDLE:
            return TrustStore.from_pem(data, None).warnings(NOW)
        if kind == LIST:
            read_revocations(data)
            others = TrustStore.from_pem(bundle, data)
            if any(one.revocations for one in others.authorities[1:]):
                assert _said(others) == _said(store), "a list counts that the CA has not signed"
            return others.warnings(NOW)
        if kind == VALUE:
            text = utf8string(data)
            assert data.endswith(text.encode()) and text.isprintable()
            return puppet_extensions([(OID, data)])
        if kind == RULE:
            return ExtensionRule(data.decode("utf-8", "replace").split()).missing(
                [("pp_role", "a" * 1000), ("pp_auth_role", "ops-" * 250)]
            )
        return read_keys(data) if kind == KEYS else read_signature(data)

    def check(data: bytes) -> bool:
        try:
            read(data[:1], data[1:])
        except (ValueError, NotSigned, AgentRefusal):
            return False
        return True

    fuzz("certificates", check, seeds, WORDS)


if __name__ == "__main__":
    main()
