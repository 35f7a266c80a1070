import ssl

import pytest

from mcollective_py.broker.settings import BrokerTLSFiles
from mcollective_py.broker.tls import certificate_name, server_context
from mcollective_py.errors import KeyFileError


def subject(*names):
    return {"subject": tuple((("commonName", name),) for name in names)}


def test_the_one_common_name_is_the_name():
    assert certificate_name(subject("web1.example.com")) == "web1.example.com"


@pytest.mark.parametrize("certificate", [None, {}, subject(), subject("a", "b"), {"subject": ((("organizationName", "x"),),)}])
def test_no_name_or_several_are_none(certificate):
    assert certificate_name(certificate) is None


def test_the_context_speaks_1_2_or_later_and_asks_for_certificates(authority):
    certificate, key = authority.issue("broker")
    required = server_context(BrokerTLSFiles(certificate, key, authority.file))
    assert (required.minimum_version, required.verify_mode) == (ssl.TLSVersion.TLSv1_2, ssl.CERT_REQUIRED)
    optional = server_context(BrokerTLSFiles(certificate, key, authority.file, is_client_required=False))
    assert optional.verify_mode == ssl.CERT_OPTIONAL


def test_a_key_that_others_can_read_is_refused(authority):
    certificate, key = authority.issue("broker")
    key.chmod(0o644)
    with pytest.raises(KeyFileError, match=r"broker\.key: others can read"):
        server_context(BrokerTLSFiles(certificate, key, authority.file))


def test_files_that_cannot_be_used_are_named(authority, tmp_path):
    certificate, key = authority.issue("broker")
    with pytest.raises(KeyFileError, match="no-such-ca"):
        server_context(BrokerTLSFiles(certificate, key, tmp_path / "no-such-ca"))
    with pytest.raises(KeyFileError, match=r"broker\.pem"):
        server_context(BrokerTLSFiles(certificate, authority.issue("other")[1], authority.file))
    (tmp_path / "empty").touch()
    with pytest.raises(KeyFileError, match="holds no revocation list"):
        server_context(BrokerTLSFiles(certificate, key, authority.file, tmp_path / "empty"))
