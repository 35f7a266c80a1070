import pytest

from mcollective_py.errors import KeyFileError
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.cainventory import read_inventory, read_own, read_revocation_list

NOW = 1_800_000_000.0


@pytest.fixture
def authority(tmp_path):
    return CertificateAuthority.create(tmp_path / "ca", clock=lambda: NOW)


def test_who_has_no_key_reads_what_was_issued_and_revoked(authority):
    authority.issue("web1", "node")
    first = read_revocation_list(authority.folder)
    authority.revoke("web1")
    (authority.folder / "private" / "ca_key.pem").unlink()
    (issued,) = read_inventory(authority.folder)
    crl = read_revocation_list(authority.folder)
    assert issued.is_revoked
    assert crl.revoked == {issued.serial: NOW}
    assert (crl.last_update, crl.next_update) == (NOW, NOW + 365 * 86400)
    assert crl.number > first.number


def test_the_fingerprint_is_that_of_the_certificate(authority):
    import hashlib
    import ssl

    der = ssl.PEM_cert_to_DER_cert((authority.folder / "ca.pem").read_text())
    assert read_own(authority.folder) == (hashlib.sha256(der).hexdigest(), NOW + 3650 * 86400)


@pytest.mark.parametrize(("name", "reads", "says"), [
    ("inventory.txt", read_inventory, r"inventory.txt:1: a line that is not"),
    ("crl.pem", read_revocation_list, "no revocation list in PEM"),
    ("ca.pem", read_own, "no certificate in PEM"),
])  # fmt: skip
def test_a_damaged_file_is_named(authority, name, reads, says):
    (authority.folder / name).write_text("x y z\n")
    with pytest.raises(KeyFileError, match=says):
        reads(authority.folder)
