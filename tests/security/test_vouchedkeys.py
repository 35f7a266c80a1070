import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mcollective_py.errors import KeyFileError, NotSigned
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.vouchedkeys import VouchedKeys

NOW = 1_800_000_000.0
DAY = 86_400.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = CertificateAuthority.create(tmp_path_factory.mktemp("ca") / "ca", "Fleet CA", clock=lambda: NOW)
    made.issue("alice.mcollective", "caller", key_type="rsa2048", days=10)
    made.issue("bob.mcollective", "caller")
    return made


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    made = CertificateAuthority.create(tmp_path_factory.mktemp("other") / "ca", "Fleet CA", clock=lambda: NOW)
    made.issue("alice.mcollective", "caller", key_type="rsa2048")
    return made


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "clients"
    made.mkdir(mode=0o755)
    return made


def keys(authority, folder, now=NOW):
    ca = authority.folder / "ca.pem"
    return VouchedKeys(folder, ca, lambda: now, setting="plugin.aes.client_cert_dir", ca_setting="plugin.aes.ca_cert")


def put(authority, folder, name="alice.mcollective", under="alice.mcollective"):
    pem = authority.certificate_file(name).read_bytes()
    (folder / f"{under}.pem").write_bytes(pem)
    return pem


def test_a_certificate_of_the_ca_in_the_callers_name_is_a_key(authority, folder):
    pem = put(authority, folder)
    key = keys(authority, folder).public_key("cert=alice.mcollective")
    assert key.public_numbers() == x509.load_pem_x509_certificate(pem).public_key().public_numbers()


def test_a_file_that_goes_counts_no_more(authority, folder):
    put(authority, folder)
    ring = keys(authority, folder)
    assert isinstance(ring.public_key("cert=alice.mcollective"), RSAPublicKey)
    (folder / "alice.mcollective.pem").unlink()
    with pytest.raises(NotSigned, match="there is no public key of cert=alice"):
        ring.public_key("cert=alice.mcollective")


def test_a_certificate_that_has_expired_counts_no_more(authority, folder):
    put(authority, folder)
    with pytest.raises(NotSigned, match="is not trusted"):
        keys(authority, folder, now=NOW + 11 * DAY).public_key("cert=alice.mcollective")


def test_a_certificate_of_another_ca_of_the_same_name_is_refused(authority, stranger, folder):
    put(stranger, folder)
    with pytest.raises(NotSigned, match="is not trusted"):
        keys(authority, folder).public_key("cert=alice.mcollective")


def test_a_certificate_under_another_name_is_refused(authority, folder):
    put(authority, folder, under="root.mcollective")
    with pytest.raises(NotSigned, match=r"that is to be of cert=root.mcollective is that of 'alice.mcollective'"):
        keys(authority, folder).public_key("cert=root.mcollective")


def test_a_bare_key_is_refused_since_nobody_vouches_for_it(authority, folder):
    (folder / "alice.mcollective.pem").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    with pytest.raises(NotSigned, match="is no certificate, and a CA must vouch for it"):
        keys(authority, folder).public_key("cert=alice.mcollective")


def test_a_key_that_is_no_rsa_key_is_refused(authority, folder):
    put(authority, folder, "bob.mcollective", "bob.mcollective")
    with pytest.raises(NotSigned, match="has no RSA key"):
        keys(authority, folder).public_key("cert=bob.mcollective")


@pytest.mark.parametrize("caller", ["cert=../alice", "uid=0", "cert=", "cert=a/b", "cert=alice\n", "alice"])
def test_a_caller_that_makes_no_file_name_is_refused_before_any_file(authority, folder, caller):
    with pytest.raises(NotSigned):
        keys(authority, folder).public_key(caller)


def test_a_key_that_others_can_change_is_not_used(authority, folder):
    put(authority, folder)
    (folder / "alice.mcollective.pem").chmod(0o666)
    with pytest.raises(NotSigned):
        keys(authority, folder).public_key("cert=alice.mcollective")


def test_a_learnt_certificate_is_kept_byte_for_byte(authority, folder):
    ring, pem = keys(authority, folder), authority.certificate_file("alice.mcollective").read_bytes()
    assert isinstance(ring.vouched("cert=alice.mcollective", pem), RSAPublicKey)
    ring.keep("cert=alice.mcollective", pem)
    assert (folder / "alice.mcollective.pem").read_bytes() == pem
    assert (folder / "alice.mcollective.pem").stat().st_mode & 0o777 == 0o644
    assert os.listdir(folder) == ["alice.mcollective.pem"]


def test_a_certificate_that_is_there_is_never_replaced(authority, folder):
    (folder / "alice.mcollective.pem").write_text("kept")
    keys(authority, folder).keep("cert=alice.mcollective", authority.certificate_file("alice.mcollective").read_bytes())
    assert (folder / "alice.mcollective.pem").read_text() == "kept"
    assert os.listdir(folder) == ["alice.mcollective.pem"]


def test_a_thousand_strangers_are_learnt_by_nobody(authority, stranger, folder):
    ring, pem = keys(authority, folder), stranger.certificate_file("alice.mcollective").read_bytes()
    for number in range(1000):
        with pytest.raises(NotSigned):
            ring.vouched(f"cert=alice{number}", pem)
    assert os.listdir(folder) == []


def test_a_folder_that_cannot_be_written_is_told(authority, folder, caplog):
    ring = keys(authority, folder)
    folder.rmdir()
    ring.keep("cert=alice.mcollective", b"")
    assert "the certificate of cert=alice.mcollective cannot be kept" in caplog.text


def test_a_folder_or_ca_that_cannot_be_used_is_named(authority, folder, tmp_path):
    with pytest.raises(KeyFileError, match=r"plugin.aes.client_cert_dir"):
        keys(authority, tmp_path / "nowhere")
    (tmp_path / "ca.pem").write_text("no PEM")
    with pytest.raises(KeyFileError, match=r"plugin.aes.ca_cert: no CA certificates in PEM"):
        VouchedKeys(folder, tmp_path / "ca.pem", lambda: NOW, setting="plugin.aes.client_cert_dir", ca_setting="plugin.aes.ca_cert")
