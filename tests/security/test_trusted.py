import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mcollective_py.errors import UntrustedCertificate
from mcollective_py.security.callers import CallerPatterns, Delegations
from mcollective_py.security.chain import TrustStore
from mcollective_py.security.csrextensions import ExtensionRule
from mcollective_py.security.envelope import key_id
from mcollective_py.security.signer import KeySigner
from mcollective_py.security.trusted import certificate_facts, trust_report
from mcollective_py.security.x509 import Credentials, Fixed

CALLERS = CallerPatterns(["*.mcollective"])


@pytest.fixture(scope="module")
def root(pki):
    return pki.ca("Puppet CA")


def files(pki, root, store, **leaf):
    key = ec.generate_private_key(ec.SECP256R1())
    der = pki.der(root.leaf("web1", key=key, **leaf))
    return Fixed(Credentials(der, key_id(der), "web1", frozenset({"web1"}), KeySigner(key)), store)


def report(files, now):
    return trust_report(files, CALLERS, Delegations(["portal.mcollective"], CALLERS), ExtensionRule(["pp_role"]), now)


def test_the_report_has_certificate_authorities_lists_and_rules(pki, root):
    gone = root.leaf("leaver.mcollective")
    found = report(files(pki, root, TrustStore.from_pem(root.pem, root.crl(gone)), dns=("web1.example.com",)), pki.NOW)
    assert (found["provider"], found["refused"], found["trouble"], found["warnings"]) == ("x509", "", "", [])
    assert (found["callers"], found["privileged"], found["wanted"]) == (["*.mcollective"], ["portal.mcollective"], ["pp_role"])
    assert found["certificate"]["names"] == ["web1", "web1.example.com"]
    assert (found["certificate"]["key"], found["certificate"]["not_after"]) == ("P-256", int(pki.NOW + pki.DAY))
    (authority,) = found["authorities"]
    assert (authority["name"], authority["root"]) == ("CN=Puppet CA", True)
    assert {name: authority["crl"][name] for name in ("number", "revoked", "stale", "last_update")} == {
        "number": 1,
        "revoked": 1,
        "stale": False,
        "last_update": int(pki.NOW - pki.DAY),
    }


def test_fingerprints_tell_stores_apart_and_know_no_order(pki, root):
    middle = root.below()
    lists = root.crl() + middle.crl()
    one = report(files(pki, root, TrustStore.from_pem(root.pem + middle.pem, lists)), pki.NOW)
    other = report(files(pki, root, TrustStore.from_pem(middle.pem + root.pem, lists)), pki.NOW)
    assert (one["ca"], one["crl"]) == (other["ca"], other["crl"])
    newer = report(files(pki, root, TrustStore.from_pem(root.pem + middle.pem, root.crl(middle.leaf()) + middle.crl())), pki.NOW)
    assert (newer["ca"] == one["ca"], newer["crl"] == one["crl"]) == (True, False)
    none = report(files(pki, root, TrustStore.from_pem(root.pem, None, "off")), pki.NOW)
    assert (none["crl"], none["authorities"][0]["crl"]) == ("", None)


def test_a_certificate_that_others_refuse_and_a_stale_list_are_told(pki, root):
    found = report(files(pki, root, TrustStore.from_pem(root.pem, root.crl(until=-1.0)), until=-60.0), pki.NOW)
    assert found["refused"] == "the certificate of web1 expired 60 s ago"
    assert found["authorities"][0]["crl"]["stale"] is True
    assert len(found["warnings"]) == 1


def test_where_nobody_is_trusted_that_is_what_is_told(pki, root):
    class Broken(Fixed):
        def trust(self):
            raise UntrustedCertificate("nobody is trusted until this is mended: crl.pem: CRL 1 is cut short")

    own = files(pki, root, TrustStore.from_pem(root.pem, root.crl()))
    found = report(Broken(own.own, own.store), pki.NOW)
    assert found["trouble"].endswith("CRL 1 is cut short")
    assert (found["ca"], found["crl"], found["authorities"]) == ("", "", [])


def test_a_certificate_without_a_name_has_no_facts(pki, root):
    with pytest.raises(ValueError):
        certificate_facts(b"no certificate")
