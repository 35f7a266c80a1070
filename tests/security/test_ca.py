import ssl
import stat
import threading

import pytest
from cryptography import x509

from mcollective_py.errors import KeyFileError, UntrustedCertificate, UsageError
from mcollective_py.security.ca import KEY_TYPES, CertificateAuthority
from mcollective_py.security.certificaterequest import make_request, read_request, spki
from mcollective_py.security.chain import TrustStore
from mcollective_py.security.files import read_certificate
from mcollective_py.security.keyfiles import generate_key
from mcollective_py.security.signer import read_private_key

NOW = 1_800_000_000.0
DAY = 86400.0


@pytest.fixture
def authority(tmp_path):
    return CertificateAuthority.create(tmp_path / "ca", "Test CA", clock=lambda: NOW)


def store(authority):
    return TrustStore.from_pem((authority.folder / "ca.pem").read_bytes(), (authority.folder / "crl.pem").read_bytes())


def check(authority, name, now=NOW):
    trust = store(authority)
    facts = trust.admit(read_certificate(authority.certificate_file(name)).der)
    trust.check(facts, now)
    return facts


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_each_role_has_the_usages_it_needs(authority):
    for name, role in (("alice.mcollective", "caller"), ("web1", "node"), ("broker", "broker")):
        authority.issue(name, role)
    assert check(authority, "alice.mcollective").usages == {"clientAuth"}
    assert check(authority, "web1").usages == {"clientAuth", "serverAuth"}
    assert check(authority, "broker").usages == {"serverAuth"}


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_every_type_of_key_can_be_issued_and_be_a_cas_own(tmp_path, key_type):
    authority = CertificateAuthority.create(
        tmp_path / "ca", key_type=key_type if key_type != "rsa4096" else "rsa2048", clock=lambda: NOW
    )
    authority.issue("web1", "node", key_type=key_type)
    facts = check(authority, "web1")
    assert facts.verify(read_private_key(authority.key_file("web1")).sign(b"x"), b"x")


def test_keys_are_readable_by_their_owner_alone_and_all_else_by_everybody(authority):
    authority.issue("web1", "node")
    folder = authority.folder
    assert mode(folder / "private") == mode(folder / "private_keys") == 0o700
    assert mode(folder / "private" / "ca_key.pem") == mode(authority.key_file("web1")) == 0o600
    assert {mode(path) for path in (folder / "ca.pem", folder / "crl.pem", authority.certificate_file("web1"))} == {0o644}
    assert not list(folder.rglob(".*"))


def test_no_key_is_ever_overwritten(authority):
    authority.issue("web1", "node")
    ca_key, web_key = (path.read_bytes() for path in (authority.folder / "private" / "ca_key.pem", authority.key_file("web1")))
    with pytest.raises(KeyFileError, match="keys are never overwritten"):
        authority.issue("web1", "node")
    with pytest.raises(KeyFileError, match="keys are never overwritten"):
        CertificateAuthority.create(authority.folder)
    assert authority.key_file("web1").read_bytes() == web_key
    assert (authority.folder / "private" / "ca_key.pem").read_bytes() == ca_key
    assert check(authority, "web1")


def test_a_loaded_ca_goes_on_where_the_first_stopped(authority):
    authority.issue("web1", "node")
    again = CertificateAuthority.load(authority.folder, clock=lambda: NOW)
    again.issue("web2", "node")
    again.revoke("web1")
    assert [(entry.name, entry.role, entry.is_revoked) for entry in authority.issued()] == [
        ("web1", "node", True),
        ("web2", "node", False),
    ]
    with pytest.raises(KeyFileError, match="there is no CA here"):
        CertificateAuthority.load(authority.folder / "none")


def test_revoking_a_name_revokes_its_renewed_certificates_too(authority):
    authority.issue("web1", "node")
    first = store(authority).admit(read_certificate(authority.certificate_file("web1")).der)
    authority.renew("web1")
    second = store(authority).admit(read_certificate(authority.certificate_file("web1")).der)
    assert first.serial != second.serial
    assert len(authority.revoke("web1")) == 2
    for facts in (first, second):
        with pytest.raises(UntrustedCertificate, match="revoked"):
            trust = store(authority)
            trust.check(trust.admit(read_certificate(authority.certificate_file("web1")).der), NOW)
        assert facts.serial in store(authority).authorities[0].revocations.serials
    with pytest.raises(UsageError, match="no certificate here that could be revoked"):
        authority.revoke("web1")
    with pytest.raises(UsageError, match="has been revoked"):
        authority.renew("web1")


def test_earlier_revocations_stay_in_later_lists(authority):
    for name in ("web1", "web2"):
        authority.issue(name, "node")
        authority.revoke(name)
    authority.refresh_crl()
    assert all(entry.is_revoked for entry in authority.issued())
    crl = x509.load_pem_x509_crl((authority.folder / "crl.pem").read_bytes())
    assert crl.next_update_utc.timestamp() == NOW + 365 * DAY


def test_a_broker_is_found_by_its_names_and_addresses(authority):
    authority.issue("mq.example.com", "broker", sans=("localhost", "127.0.0.1", "::1"))
    certificate = x509.load_pem_x509_certificate(authority.certificate_file("mq.example.com").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mq.example.com", "localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    authority.renew("mq.example.com")
    again = x509.load_pem_x509_certificate(authority.certificate_file("mq.example.com").read_bytes())
    assert again.extensions.get_extension_for_class(x509.SubjectAlternativeName).value == names


def test_its_certificates_hold_in_a_strict_tls_handshake(tmp_path):
    authority = CertificateAuthority.create(tmp_path / "ca")
    authority.issue("localhost", "broker", sans=("127.0.0.1",))
    authority.issue("alice.mcollective", "caller", key_type="ed25519")
    client = ssl.create_default_context(cafile=str(authority.folder / "ca.pem"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client.load_cert_chain(authority.certificate_file("alice.mcollective"), authority.key_file("alice.mcollective"))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.folder / "ca.pem"))
    server.verify_mode, server.verify_flags = ssl.CERT_REQUIRED, server.verify_flags | ssl.VERIFY_X509_STRICT
    server.load_cert_chain(authority.certificate_file("localhost"), authority.key_file("localhost"))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    assert dict(pair for (pair,) in ends[1].getpeercert()["subject"]) == {"commonName": "alice.mcollective"}


@pytest.mark.parametrize(
    ("name", "role", "options", "says"),
    [
        ("web1.mcollective", "node", {}, "could command the fleet"),
        ("mq.mcollective", "broker", {}, "could command the fleet"),
        ("../x", "node", {}, "no certificate name"),
        ("Web1", "node", {}, "no certificate name"),
        ("web1\n", "node", {}, "no certificate name"),
        ("web1", "admin", {}, "no role"),
        ("web1", "node", {"key_type": "dsa"}, "no key type"),
        ("web1", "node", {"days": 0}, "1 to 3650 days"),
        ("web1", "node", {"sans": ("a b",)}, "neither a DNS name nor an address"),
    ],
)
def test_what_cannot_be_issued_is_named_and_leaves_no_file(authority, name, role, options, says):
    with pytest.raises(UsageError, match=says):
        authority.issue(name, role, **options)
    assert list((authority.folder / "private_keys").iterdir()) == []


def test_certificates_run_out(authority):
    authority.issue("web1", "node", days=10)
    check(authority, "web1", NOW + 9 * DAY)
    with pytest.raises(UntrustedCertificate, match="expired"):
        check(authority, "web1", NOW + 11 * DAY)


def asked(name="web1", sans=(), extensions=None, key=None):
    return read_request(make_request(key or generate_key("p256"), name, sans, extensions))


def test_a_request_gets_a_certificate_for_its_own_key_and_no_key_is_made(authority):
    request = asked()
    authority.sign(request, "node", days=30)
    facts = check(authority, "web1")
    assert spki(facts.key) == spki(request.key)
    assert not authority.key_file("web1").exists()
    authority.renew("web1")
    assert spki(check(authority, "web1").key) == spki(request.key)


def test_what_a_request_asks_for_beside_its_name_counts_only_where_the_ca_wants_it_too(authority):
    request = asked(sans=("www", "10.0.0.1"), extensions={"pp_auth_role": "admin"})
    with pytest.raises(UsageError, match=r"which the CA has to want too: --san www --san 10.0.0.1 --extension pp_auth_role=admin$"):
        authority.sign(request, "node")
    with pytest.raises(UsageError, match=r"--extension pp_auth_role=admin$"):
        authority.sign(request, "node", sans=("www", "10.0.0.1"), extensions={"pp_auth_role": "guest"})
    assert authority.issued() == ()
    authority.sign(request, "node", sans=("www", "10.0.0.1"), extensions={"pp_auth_role": "admin", "pp_role": "web"})
    facts = check(authority, "web1")
    assert facts.names == {"web1", "www"}
    assert facts.extensions == (("pp_auth_role", "admin"), ("pp_role", "web"))
    authority.renew("web1")
    again = check(authority, "web1")
    assert (again.names, again.extensions) == (facts.names, facts.extensions)


def test_another_key_takes_no_name_that_has_a_valid_certificate(authority):
    first, second = asked(), asked()
    authority.sign(first, "node")
    with pytest.raises(UsageError, match="web1 has a valid certificate for another key: `mco ca revoke web1` first"):
        authority.sign(second, "node")
    authority.sign(first, "node")  # the same key: it is renewed
    authority.sign(second, "node", is_new_key=True)
    assert spki(check(authority, "web1").key) == spki(second.key)
    authority.revoke("web1")
    authority.sign(asked(), "node")
    assert [entry.is_revoked for entry in authority.issued()] == [True, True, True, False]


def test_no_request_makes_a_host_a_caller(authority):
    with pytest.raises(UsageError, match="could command the fleet"):
        authority.sign(asked("web1.mcollective"), "node")
    with pytest.raises(UsageError, match="could command the fleet"):
        authority.sign(asked(sans=("eve.mcollective",)), "node", sans=("eve.mcollective",))


def test_one_of_several_certificates_is_revoked_by_its_serial_number(authority):
    first = authority.issue("web1", "node")
    second = authority.renew("web1")
    assert authority.revoke("web1", first.serial) == (first,)
    check(authority, "web1")
    with pytest.raises(UsageError, match="no certificate here that could be revoked"):
        authority.revoke("web1", first.serial)
    with pytest.raises(UsageError, match="no certificate here that could be revoked"):
        authority.revoke("web2", second.serial)


def test_a_ca_that_has_run_out_issues_nothing_until_it_is_renewed(tmp_path):
    now = [NOW]
    authority = CertificateAuthority.create(tmp_path / "ca", days=30, clock=lambda: now[0])
    issued = authority.issue("web1", "node", days=3000)
    assert issued.not_after == NOW + 30 * DAY, "no longer than the CA"
    now[0] += 31 * DAY
    with pytest.raises(KeyFileError, match=r"the CA's certificate ended on .* `mco ca renew --ca` makes a new one"):
        authority.issue("web2", "node")
    authority.renew_own()
    authority.issue("web2", "node", days=100)
    check(authority, "web2", now[0] + 99 * DAY)


def test_what_was_issued_counts_under_the_renewed_certificate_of_the_ca(tmp_path):
    now = [NOW]
    authority = CertificateAuthority.create(tmp_path / "ca", days=30, clock=lambda: now[0])
    authority.issue("web1", "node", days=3000)
    now[0] += 20 * DAY
    before = authority.certificate
    authority.renew_own()
    assert authority.certificate.not_valid_after_utc > before.not_valid_after_utc
    check(authority, "web1", NOW + 29 * DAY)


def test_the_number_of_the_list_grows_whatever_the_clock_does(tmp_path):
    now = [NOW]
    authority = CertificateAuthority.create(tmp_path / "ca", clock=lambda: now[0])
    numbers = [store(authority).authorities[0].revocations.number]
    for step in (0, -DAY, DAY):
        now[0] += step
        authority.refresh_crl()
        numbers.append(store(authority).authorities[0].revocations.number)
    assert sorted(set(numbers)) == numbers


def test_the_key_of_a_ca_opens_by_its_passphrase_alone(tmp_path):
    CertificateAuthority.create(tmp_path / "ca", passphrase=b"open sesame")
    CertificateAuthority.load(tmp_path / "ca", passphrase=lambda: b"open sesame").issue("web1", "node")
    with pytest.raises(KeyFileError, match="the passphrase does not open this key"):
        CertificateAuthority.load(tmp_path / "ca", passphrase=lambda: b"sesame")
    with pytest.raises(KeyFileError, match="encrypted with a passphrase"):
        CertificateAuthority.load(tmp_path / "ca")


def test_a_key_of_another_ca_is_not_used(authority, tmp_path):
    other = CertificateAuthority.create(tmp_path / "other")
    (authority.folder / "private" / "ca_key.pem").write_bytes((other.folder / "private" / "ca_key.pem").read_bytes())
    with pytest.raises(KeyFileError, match="not the key of the certificate in"):
        CertificateAuthority.load(authority.folder)


def test_two_that_issue_at_once_lose_no_line_of_the_inventory(authority):
    def issue(number):
        CertificateAuthority.load(authority.folder, clock=lambda: NOW).issue(f"web{number}", "node")

    threads = [threading.Thread(target=issue, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(entry.name for entry in authority.issued()) == sorted(f"web{number}" for number in range(12))
