import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from mcollective_py.broker.revoked import Revoked, read_revoked
from mcollective_py.broker.settings import BrokerTLSFiles
from mcollective_py.errors import KeyFileError


def der(file):
    return x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(serialization.Encoding.DER)


def test_a_certificate_on_the_list_is_held_and_no_other(authority):
    certificate, key = authority.issue("broker")
    bob, alice = authority.issue("bob.mcollective")[0], authority.issue("alice.mcollective")[0]
    revoked = read_revoked(BrokerTLSFiles(certificate, key, authority.file, authority.revoke(bob)))
    assert [revoked.holds(der(file)) for file in (bob, alice)] == [True, False]


def test_a_list_that_another_ca_signed_takes_nothing_back(authority, other_authority):
    certificate, key = authority.issue("broker")
    bob = authority.issue("bob.mcollective")[0]
    theirs = other_authority.revoke(bob)
    assert read_revoked(BrokerTLSFiles(certificate, key, authority.file, theirs)) == Revoked({})


def test_without_a_list_nothing_is_revoked(authority):
    certificate, key = authority.issue("broker")
    assert not read_revoked(BrokerTLSFiles(certificate, key, authority.file)).holds(der(certificate))


def test_a_list_that_cannot_be_used_is_named(authority, tmp_path):
    certificate, key = authority.issue("broker")
    crl = authority.revoke(certificate)
    crl.write_bytes(crl.read_bytes()[:100])
    with pytest.raises(KeyFileError, match=r"crl\.pem: cannot be used: CRL 1 is cut short"):
        read_revoked(BrokerTLSFiles(certificate, key, authority.file, crl))
    with pytest.raises(KeyFileError, match=r"ca: is not a regular file"):
        read_revoked(BrokerTLSFiles(certificate, key, tmp_path / "ca", crl))
