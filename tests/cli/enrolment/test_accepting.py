import pytest

from mcollective_py.cli.enrolment.accepting import judge, read_parts, role_of_parts, with_own
from mcollective_py.errors import KeyFileError, UsageError
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.cainventory import read_own

NOW, DAY = 1_800_000_000.0, 86400.0


def parts(*texts):
    return read_parts([(f"file{number}", text) for number, text in enumerate(texts, 1)])


@pytest.mark.parametrize(("name", "role"), [("web1", "node"), ("alice.mcollective", "caller"), ("mq", "broker")])
def test_what_a_ca_hands_back_is_taken_in_any_order_and_says_whom_it_is_for(enrolling, name, role):
    certificate, ca, crl = enrolling.signed(name, role)
    for handed in (parts(certificate, ca, crl), parts(b"# noise\n" + crl + ca + certificate + certificate)):
        assert role_of_parts(handed) == role
        found = judge(handed, enrolling.folder, role, NOW)
        assert (found.name, found.role, found.certificate, found.ca, found.crl) == (name, role, certificate, ca, crl)
        assert found.fingerprints == (read_own(enrolling.authority.folder)[0],)


def test_what_was_not_handed_over_is_taken_from_the_folder(enrolling):
    certificate, ca, crl = enrolling.signed()
    with pytest.raises(UsageError, match=r"the CA's certificate is missing: hand over its ca.pem too"):
        judge(parts(certificate, crl), enrolling.folder, "node", NOW)
    with pytest.raises(UsageError, match=r"revocation list is missing: hand over its crl.pem too"):
        judge(parts(certificate, ca), enrolling.folder, "node", NOW)
    enrolling.folder.ca.write_bytes(ca)
    enrolling.folder.crl.write_bytes(crl)
    assert judge(parts(certificate), enrolling.folder, "node", NOW).ca == ca


def test_a_new_list_alone_goes_beside_the_certificate_that_is_there(enrolling):
    certificate, ca, crl = enrolling.signed()
    with pytest.raises(UsageError, match="no certificate of a host or a caller in"):
        with_own(parts(crl), enrolling.folder)
    enrolling.folder.certificate("web1").write_bytes(certificate)
    enrolling.folder.ca.write_bytes(ca)
    enrolling.authority.refresh_crl()
    new = enrolling.crl.read_bytes()
    assert judge(with_own(parts(new), enrolling.folder), enrolling.folder, "node", NOW).crl == new


def test_an_older_list_than_the_one_that_is_there_forgives_nobody(enrolling, tmp_path):
    certificate, ca, crl = enrolling.signed()
    newer = CertificateAuthority.load(enrolling.authority.folder, clock=lambda: NOW + DAY)
    newer.issue("leaver.mcollective", "caller")
    newer.revoke("leaver.mcollective")
    enrolling.folder.crl.write_bytes(enrolling.crl.read_bytes())
    found = judge(parts(certificate, ca, crl), enrolling.folder, "node", NOW)
    assert found.crl == enrolling.crl.read_bytes() != crl
    assert found.remarks == (f"{enrolling.folder.crl} is newer than the revocation list in these files, and stays",)


def test_another_ca_is_trusted_only_where_that_is_meant(enrolling, tmp_path):
    certificate, ca, crl = enrolling.signed()
    CertificateAuthority.create(tmp_path / "other", "Test CA", clock=lambda: NOW)
    enrolling.folder.ca.write_bytes((tmp_path / "other" / "ca.pem").read_bytes())
    with pytest.raises(UsageError, match="trusts another CA: --replace-ca"):
        judge(parts(certificate, ca, crl), enrolling.folder, "node", NOW)
    assert judge(parts(certificate, ca, crl), enrolling.folder, "node", NOW, replaces_ca=True).ca == ca
    enrolling.folder.ca.write_bytes(ca)
    enrolling.authority.renew_own()  # the same key: no other CA
    assert judge(parts(certificate, enrolling.ca.read_bytes(), crl), enrolling.folder, "node", NOW).ca == enrolling.ca.read_bytes()


def test_the_fingerprint_that_was_read_out_has_to_be_the_cas(enrolling):
    handed = parts(*enrolling.signed())
    fingerprint = read_own(enrolling.authority.folder)[0].upper()
    spelt = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2))
    assert judge(handed, enrolling.folder, "node", NOW, fingerprint=spelt)
    for wrong in ("0" * 64, fingerprint[:10], ""):
        with pytest.raises(UsageError, match="not the one that was given"):
            judge(handed, enrolling.folder, "node", NOW, fingerprint=wrong)


def test_what_does_not_fit_is_named(enrolling, tmp_path):
    certificate, ca, crl = enrolling.signed()
    other = CertificateAuthority.create(tmp_path / "other", clock=lambda: NOW)
    other_ca, other_crl = ((other.folder / name).read_bytes() for name in ("ca.pem", "crl.pem"))
    enrolling.authority.issue("web2", "node")
    enrolling.authority.issue("alice.mcollective", "caller")
    web2, alice = (enrolling.authority.certificate_file(name).read_bytes() for name in ("web2", "alice.mcollective"))
    enrolling.folder.key("web2").write_bytes(enrolling.folder.key("web1").read_bytes())
    enrolling.folder.key("web2").chmod(0o600)
    for handed, role, now, says in (
        (parts(certificate, other_ca, other_crl), "node", NOW, "no CA that is trusted here"),
        (parts(certificate, ca, other_crl), "node", NOW, "no CRL of CN=Test CA"),
        (parts(certificate, ca, crl), "node", NOW + 1826 * DAY, "expired"),
        (parts(alice, ca, crl), "node", NOW, "could command the fleet"),
        (parts(certificate, web2, ca, crl), "node", NOW, "2 certificates of hosts or callers"),
        (parts(ca, crl), "node", NOW, "no certificate of a host or a caller"),
    ):
        with pytest.raises(UsageError, match=says):
            judge(handed, enrolling.folder, role, now)
    with pytest.raises(KeyFileError, match="the certificate is for another key"):
        judge(parts(web2, ca, crl), enrolling.folder, "node", NOW)
    with pytest.raises(KeyFileError, match=r"there is no key of alice.mcollective: `mco enrol request alice.mcollective --caller`"):
        judge(parts(alice, ca, crl), enrolling.folder, "caller", NOW)
    enrolling.authority.revoke("web1")
    with pytest.raises(UsageError, match="web1 has been revoked"):
        judge(parts(certificate, ca, enrolling.crl.read_bytes()), enrolling.folder, "node", NOW)
    with pytest.raises(UsageError, match="is not for a broker: its extendedKeyUsage lacks serverAuth"):
        enrolling.signed("mq", "caller")
        judge(parts(enrolling.authority.certificate_file("mq").read_bytes(), ca, crl), enrolling.folder, "broker", NOW)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "file1: nothing in PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "file1: a certificate that cannot be read"),
        (b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "keys do not travel"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "certificate request is not what a CA"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END X509 CRL-----\n", "file1: nothing in PEM"),
    ],
)
def test_a_file_with_anything_else_is_named(text, says):
    with pytest.raises(KeyFileError, match=says):
        parts(text)


def test_a_damaged_list_is_named(enrolling):
    certificate, ca, _ = enrolling.signed()
    with pytest.raises(UsageError, match="the CA's files: CRL 1 cannot be read"):
        judge(parts(certificate, ca, b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"), enrolling.folder, "node", NOW)
