import random
import shutil
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mcollective_py.errors import NotSigned, UntrustedCertificate
from mcollective_py.security.chain import TrustStore


def trusted(store, pki, certificate, now=None):
    facts = store.admit(pki.der(certificate))
    store.check(facts, pki.NOW if now is None else now)
    return facts


def refused(store, pki, certificate, says, now=None):
    with pytest.raises(UntrustedCertificate, match=says):
        trusted(store, pki, certificate, now)


@pytest.fixture(scope="module")
def root(pki):
    return pki.ca("Puppet CA: puppet.example.com")


@pytest.fixture(scope="module")
def store(root):
    return TrustStore.from_pem(root.pem, root.crl())


def test_a_leaf_as_puppets_ca_issues_it_leads_to_the_root(pki, root, store):
    facts = trusted(store, pki, root.leaf("web1.example.com"))
    assert facts.certname == "web1.example.com"
    assert facts.names == {"web1.example.com"}
    assert facts.usages == {"clientAuth", "serverAuth"}


def test_a_leaf_below_root_and_intermediate_is_trusted_in_either_order_of_the_bundle(pki, root):
    middle = root.below("Puppet Server CA")
    leaf = middle.leaf("alice.mcollective", dns=("alice.mcollective", "alice"))
    for bundle in (root.pem + middle.pem, middle.pem + root.pem):
        facts = trusted(TrustStore.from_pem(bundle, middle.crl() + root.crl()), pki, leaf)
        assert facts.names == {"alice.mcollective", "alice"}


def test_an_rsa_ca_and_an_ed25519_ca_may_issue_too(pki):
    for key in (rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP384R1())):
        root = pki.ca("Other CA", key=key)
        trusted(TrustStore.from_pem(root.pem, root.crl()), pki, root.leaf())


@pytest.mark.parametrize(
    ("leaf", "says"),
    [
        ({"since": 60.0}, "not valid yet"),
        ({"until": -60.0}, "expired 60 s ago"),
        ({"usages": ()}, "neither clientAuth nor serverAuth"),
        ({"usages": (ExtendedKeyUsageOID.EMAIL_PROTECTION,)}, "neither clientAuth nor serverAuth"),
        ({"is_ca": True}, "a CA certificate signs certificates"),
        ({"extra": ((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True),)}, "critical extension"),
    ],
)
def test_a_leaf_with_the_wrong_dates_or_uses_is_refused_with_the_reason(pki, root, store, leaf, says):
    refused(store, pki, root.leaf(**leaf), says)


def test_a_key_usage_without_signatures_is_refused(pki, root, store):
    refused(store, pki, root.leaf(key_usage=pki.usage(key_encipherment=True)), "does not allow digital signatures")


def test_a_name_that_is_missing_or_double_is_refused(pki, root, store):
    none = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "alice.mcollective")])
    double = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text) for text in ("alice.mcollective", "web1")])
    refused(store, pki, root.leaf(subject=none), "0 common names")
    refused(store, pki, root.leaf(subject=double), "2 common names")


def test_dates_are_judged_at_each_use_and_not_when_first_seen(pki, root, store):
    facts = store.admit(pki.der(root.leaf(until=100.0)))
    store.check(facts, pki.NOW)
    store.check(facts, pki.NOW + 100)
    with pytest.raises(UntrustedCertificate, match="expired"):
        store.check(facts, pki.NOW + 101)


def test_a_ca_of_the_same_name_with_another_key_is_a_stranger(pki, root, store):
    refused(store, pki, pki.ca("Puppet CA: puppet.example.com").leaf(), "no CA that is trusted here")
    refused(store, pki, pki.ca("Evil CA").leaf(), "from 'CN=Evil CA', no CA that is trusted here")


def test_a_leaf_cannot_issue(pki, root):
    key = ec.generate_private_key(ec.SECP256R1())
    parent = root.leaf("web1.example.com", key=key)
    child = type(root)(parent, key).leaf("alice.mcollective")
    refused(TrustStore.from_pem(root.pem, root.crl()), pki, child, "no CA that is trusted here")
    with pytest.raises(ValueError, match="it is no CA certificate"):
        TrustStore.from_pem(root.pem + pki.pem(parent), root.crl())


def test_an_intermediate_that_is_not_in_the_bundle_is_a_stranger(pki, root, store):
    refused(store, pki, root.below("Somebody's CA").leaf(), "no CA that is trusted here")


def test_the_path_length_of_a_ca_is_kept(pki):
    root = pki.ca("Short CA", path_length=0)
    middle = root.below("Too deep CA")
    store = TrustStore.from_pem(root.pem + middle.pem, root.crl() + middle.crl())
    trusted(store, pki, root.leaf())
    refused(store, pki, middle.leaf(), "no CA that is trusted here")


def test_an_expired_ca_trusts_nobody(pki):
    root = pki.ca("Old CA", until=50.0)
    store, leaf = TrustStore.from_pem(root.pem, root.crl()), root.leaf()
    trusted(store, pki, leaf)
    refused(store, pki, leaf, "the CA certificate CN=Old CA expired", now=pki.NOW + 51)


def test_a_renewed_ca_certificate_beside_the_expired_one_is_enough(pki):
    key = ec.generate_private_key(ec.SECP256R1())
    old, new = pki.ca("Puppet CA", key=key, until=-50.0), pki.ca("Puppet CA", key=key)
    for bundle in (old.pem + new.pem, new.pem + old.pem):
        trusted(TrustStore.from_pem(bundle, new.crl()), pki, old.leaf())


def test_two_cas_at_once_are_trusted_while_one_replaces_the_other(pki, root):
    other = pki.ca("Puppet CA: puppet.example.com")  # same name, new key
    store = TrustStore.from_pem(root.pem + other.pem, root.crl() + other.crl())
    trusted(store, pki, root.leaf())
    trusted(store, pki, other.leaf())


def test_a_ca_limited_to_servers_makes_no_clients(pki, root):
    middle = root.below("TLS CA", usages=(ExtendedKeyUsageOID.SERVER_AUTH,))
    facts = trusted(TrustStore.from_pem(root.pem + middle.pem, root.crl() + middle.crl()), pki, middle.leaf())
    assert facts.usages == {"serverAuth"}


# --- revocation -------------------------------------------------------------------------------------------------------


def test_a_revoked_leaf_is_refused_by_chain_and_leaf_and_taken_by_off(pki, root):
    leaf, other = root.leaf(), root.leaf("bob.mcollective")
    for mode in ("chain", "leaf"):
        store = TrustStore.from_pem(root.pem, root.crl(leaf), mode)
        refused(store, pki, leaf, "alice.mcollective has been revoked by CN=Puppet CA")
        trusted(store, pki, other)
    trusted(TrustStore.from_pem(root.pem, root.crl(leaf), "off"), pki, leaf)
    trusted(TrustStore.from_pem(root.pem, None, "off"), pki, leaf)


def test_a_renewed_certificate_is_revoked_by_its_own_serial_number(pki, root):
    first, second = root.leaf(), root.leaf()
    store = TrustStore.from_pem(root.pem, root.crl(second))
    trusted(store, pki, first)
    refused(store, pki, second, "revoked")


def test_a_revoked_intermediate_takes_its_leaves_along_in_chain_mode(pki, root):
    middle = root.below()
    bundle, lists, leaf = root.pem + middle.pem, root.crl(middle.certificate) + middle.crl(), middle.leaf()
    refused(TrustStore.from_pem(bundle, lists, "chain"), pki, leaf, "the CA certificate CN=Puppet Server CA has been revoked")
    trusted(TrustStore.from_pem(bundle, lists, "leaf"), pki, leaf)


def test_a_missing_crl_refuses_and_so_does_one_of_another_issuer(pki, root):
    middle, stranger = root.below(), pki.ca("Puppet CA: puppet.example.com")
    refused(TrustStore.from_pem(root.pem, None), pki, root.leaf(), "no CRL of CN=Puppet CA")
    refused(TrustStore.from_pem(root.pem, stranger.crl()), pki, root.leaf(), "no CRL of CN=Puppet CA")
    bundle = root.pem + middle.pem
    refused(TrustStore.from_pem(bundle, middle.crl()), pki, middle.leaf(), "no CRL of CN=Puppet CA")
    trusted(TrustStore.from_pem(bundle, middle.crl(), "leaf"), pki, middle.leaf())


def test_a_stale_crl_still_counts_and_is_told(pki, root):
    leaf = root.leaf()
    store = TrustStore.from_pem(root.pem, root.crl(leaf, until=-1.0))
    refused(store, pki, leaf, "revoked")
    trusted(store, pki, root.leaf())
    assert store.warnings(pki.NOW) == [
        "the CRL of CN=Puppet CA: puppet.example.com should have been renewed: fetch a new one from the CA"
    ]
    assert TrustStore.from_pem(root.pem, root.crl()).warnings(pki.NOW) == []
    assert TrustStore.from_pem(root.pem, root.crl(until=3600.0)).warnings(pki.NOW) == [
        "the CRL of CN=Puppet CA: puppet.example.com counts for TLS for another 3600 s: fetch a new one from the CA before that"
    ]
    assert "no CRL of CN=Puppet CA" in TrustStore.from_pem(root.pem, None).warnings(pki.NOW)[0]


# --- bundles and keys -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pem", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_bundle_that_is_none_is_refused(pem):
    with pytest.raises(ValueError, match="no CA certificates in PEM"):
        TrustStore.from_pem(pem, None, "off")


def test_a_bundle_without_a_root_or_with_a_weak_one_is_refused(pki, root):
    with pytest.raises(ValueError, match="no self-signed root"):
        TrustStore.from_pem(root.below().pem, None, "off")
    with pytest.raises(ValueError, match="1024 bits"):
        TrustStore.from_pem(pki.ca("Weak CA", key=rsa.generate_private_key(65537, 1024)).pem, None, "off")
    with pytest.raises(ValueError, match="keyUsage"):
        TrustStore.from_pem(pki.ca("Odd CA", key_usage=pki.usage(digital_signature=True)).pem, None, "off")
    with pytest.raises(ValueError, match="write chain, leaf or off"):
        TrustStore.from_pem(root.pem, None, "sometimes")


def test_keys_that_may_not_sign_are_refused_by_rule(pki, root, store):
    numbers = rsa.RSAPublicNumbers(3, rsa.generate_private_key(65537, 2048).public_key().public_numbers().n)
    cases = {
        "secp384r1": ec.generate_private_key(ec.SECP384R1()).public_key(),
        "secp256k1": ec.generate_private_key(ec.SECP256K1()).public_key(),
        "Ed448": ed448.Ed448PrivateKey.generate().public_key(),
        "DSA": dsa.generate_private_key(2048).public_key(),
        "1024 bits": rsa.generate_private_key(65537, 1024).public_key(),
        "exponent 3": numbers.public_key(),
    }
    for says, public in cases.items():
        refused(store, pki, root.leaf(public=public), says)


def test_an_rsa_key_with_the_exponent_one_is_refused_and_crashes_nothing(pki, root, store):
    # No library makes such a key, so the exponent of a made one is overwritten: 65537 is 02 03 01 00 01 in DER, 1 in three bytes
    # is not canonical, and neither is accepted.
    leaf = root.leaf(public=rsa.generate_private_key(65537, 2048).public_key())
    for exponent in (b"\x02\x03\x00\x00\x01", b"\x02\x03\x00\x00\x03", b"\x02\x03\x80\x00\x01"):
        with pytest.raises(NotSigned):
            store.admit(pki.der(leaf).replace(b"\x02\x03\x01\x00\x01", exponent))


def test_a_sha512_signature_of_the_ca_is_good(pki, root, store):
    trusted(store, pki, root.leaf(digest=SHA512()))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a SHA-1 certificate with openssl, as no library does any more")
def test_a_sha1_signature_of_the_ca_is_refused(pki, tmp_path):
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "ca.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha1", "-subj", "/CN=Old CA", "-days", "9", *files],
        check=True,
        capture_output=True,
    )
    with pytest.raises(ValueError, match="no self-signed root"):
        TrustStore.from_pem((tmp_path / "ca.pem").read_bytes(), None, "off")


@pytest.mark.filterwarnings("error")
def test_damaged_certificates_are_refused_and_crash_nothing(pki, root, store):
    der = pki.der(root.leaf(dns=("a.example.com",)))
    dice = random.Random(7)
    for _ in range(3000):
        mutant = bytearray(der)
        for _ in range(dice.choice((1, 1, 2, 8))):
            mutant[dice.randrange(len(mutant))] = dice.randrange(256)
        mutant = mutant[: dice.choice((len(mutant), len(mutant), dice.randrange(len(mutant))))]
        if bytes(mutant) != der:
            with pytest.raises(UntrustedCertificate):
                store.admit(bytes(mutant))
    for junk in (b"", b"\x30", b"\x30\x80", der + b"\x00", dice.randbytes(500), b"\x30\x84\xff\xff\xff\xff"):
        with pytest.raises(UntrustedCertificate):
            store.admit(junk)
