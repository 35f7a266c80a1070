import logging
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mcollective_py.errors import KeyFileError, UntrustedCertificate
from mcollective_py.security.files import WatchedFiles, read_certificate
from mcollective_py.security.places import X509Places


@dataclass
class Site:
    """The four files of one host, and a clock that the test sets."""

    pki: type
    folder: Path
    now: float = 0.0
    root: object = None
    key: object = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self):
        self.now = self.pki.NOW
        self.root = self.pki.ca("CA")
        self.places = X509Places(*(self.folder / name for name in ("ca.pem", "cert.pem", "key.pem", "crl.pem")))
        self.write(self.places.ca, self.root.pem)
        self.write(self.places.crl, self.root.crl())
        self.write_own("web1")

    def write_own(self, name, **leaf):
        self.write(self.places.key, self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.write(self.places.certificate, self.pki.pem(self.root.leaf(name, key=self.key, **leaf)))

    def write(self, path, content):
        scratch = path.with_suffix(".new")
        scratch.write_bytes(content)
        scratch.chmod(0o600)
        scratch.replace(path)

    def files(self):
        return WatchedFiles(self.places, "chain", lambda: self.now)


@pytest.fixture
def site(pki, tmp_path):
    return Site(pki, tmp_path)


def check(files, site, certificate):
    store = files.trust()
    store.check(store.admit(site.pki.der(certificate)), site.now)


def test_a_new_crl_is_in_force_within_ten_seconds(site):
    files, alice = site.files(), site.root.leaf()
    check(files, site, alice)
    site.write(site.places.crl, site.root.crl(alice))
    site.now += 9
    with pytest.raises(UntrustedCertificate, match="revoked"):
        check(files, site, alice)


def test_the_files_are_looked_at_no_more_than_every_other_second(site):
    files = site.files()
    before = files.trust()
    site.write(site.places.crl, site.root.crl(site.root.leaf()))
    site.now += 1.9
    assert files.trust() is before
    site.now += 0.2
    assert files.trust() is not before


def test_a_clock_set_back_does_not_stop_the_looking(site):
    files, alice = site.files(), site.root.leaf(since=-100 * site.pki.DAY)
    site.write(site.places.crl, site.root.crl(alice))
    site.now -= 3600
    with pytest.raises(UntrustedCertificate, match="revoked"):
        check(files, site, alice)


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_crl_that_cannot_be_used_twice_leaves_nobody_trusted_until_it_is_mended(site, damage, caplog):
    files, alice = site.files(), site.root.leaf()
    if damage is None:
        site.places.crl.unlink()
    else:
        site.write(site.places.crl, damage)
    site.now += 3
    check(files, site, alice)  # it may have been caught half written
    site.now += 3
    for _ in range(2):
        with pytest.raises(UntrustedCertificate, match=r"nobody is trusted until this is mended: .*crl\.pem"):
            check(files, site, alice)
    assert caplog.text.count("nobody is trusted") == 1
    site.write(site.places.crl, site.root.crl())
    site.now += 3
    check(files, site, alice)


def test_a_new_ca_is_trusted_beside_the_old_one_without_a_restart(site, pki):
    files, new = site.files(), pki.ca("New CA")
    with pytest.raises(UntrustedCertificate):
        check(files, site, new.leaf())
    site.write(site.places.crl, site.root.crl() + new.crl())
    site.write(site.places.ca, site.root.pem + new.pem)
    site.now += 3
    check(files, site, new.leaf())
    check(files, site, site.root.leaf())


def test_a_renewed_certificate_is_used_and_a_half_renewed_pair_is_not(site, caplog):
    files = site.files()
    first = files.credentials()
    other = ec.generate_private_key(ec.SECP256R1())
    site.write(site.places.key, other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for _ in range(3):
        site.now += 3
        assert files.credentials() is first
    assert caplog.text.count("the former certificate stays in use") == 1
    site.key = other
    site.write_own("web1")
    site.now += 3
    assert files.credentials().kid != first.kid


def test_a_certificate_of_another_name_waits_for_a_restart(site, caplog):
    files = site.files()
    site.write_own("web2")
    site.now += 3
    assert files.credentials().certname == "web1"
    assert "now that of web2: restart" in caplog.text


def test_what_others_will_refuse_is_said_once(site, caplog):
    caplog.set_level(logging.WARNING)
    site.write_own("web1", until=5.0)
    site.write(site.places.crl, site.root.crl(until=8.0))
    files = site.files()
    assert "others will refuse" not in caplog.text and "should have been renewed" not in caplog.text
    for _ in range(4):
        site.now += 3
        files.trust()
    assert caplog.text.count("others will refuse what this process signs: the certificate of web1 expired") == 1
    assert caplog.text.count("the CRL of CN=CA should have been renewed") == 1


def test_the_end_of_a_certificate_is_told_before_it_comes_and_again_when_it_is_near(site, caplog):
    """R-26."""
    caplog.set_level(logging.WARNING)
    day = site.pki.DAY
    site.root = site.pki.ca("CA", until=1000 * day)
    site.write(site.places.ca, site.root.pem)
    site.write(site.places.crl, site.root.crl(until=1000 * day))
    site.write_own("web1", until=40 * day)
    files = WatchedFiles(site.places, "chain", lambda: site.now, warns_within=30 * day)
    told = []
    for _ in range(39 * 24 + 12):
        site.now += 3600
        files.trust()
        told += [(round((site.now - site.pki.NOW) / day, 1), record.getMessage()) for record in caplog.records]
        caplog.clear()
    assert told == [
        (10.0, "the certificate of web1 expires in 30 days: renew it before that"),
        (32.5, "the certificate of web1 expires in 7 days: renew it before that"),
        (39.0, "the certificate of web1 expires in 23 hours: renew it before that"),
    ]
    site.write_own("web1", until=400 * day)
    site.now += 2 * day
    files.trust()
    assert [record.getMessage() for record in caplog.records] == []


def test_the_end_of_a_ca_is_told_too(site, caplog):
    caplog.set_level(logging.WARNING)
    WatchedFiles(site.places, "chain", lambda: site.now, warns_within=30 * site.pki.DAY)
    assert "the CA certificate CN=CA expires in 24 hours: renew it before that" in caplog.text


def test_files_that_cannot_be_used_at_the_start_are_named(site, pki):
    cases = (
        (site.places.ca, b"junk", r"ca\.pem: plugin\.x509\.ca: no CA certificates in PEM"),
        (site.places.crl, b"junk", r"crl\.pem: plugin\.x509\.crl: no CRL in PEM"),
        (site.places.certificate, b"junk", r"cert\.pem: plugin\.x509\.cert: no certificate in PEM"),
        (site.places.certificate, pki.pem(site.root.leaf("web1")), r"key\.pem: plugin\.x509\.key: this is not the key"),
    )
    for path, content, says in cases:
        good = path.read_bytes()
        site.write(path, content)
        with pytest.raises(KeyFileError, match=says):
            site.files()
        path.unlink()
        with pytest.raises(KeyFileError, match="No such file"):
            site.files()
        site.write(path, good)
    site.files()


def test_a_ca_file_that_everybody_may_write_to_is_refused(site):
    site.places.ca.chmod(0o666)
    with pytest.raises(KeyFileError, match="everybody may write to it: chmod o-w"):
        site.files()


def test_the_own_certificate_tells_its_names(site, pki):
    site.write(site.places.certificate, pki.pem(site.root.leaf("web1", dns=("web1.example.com",))))
    own = read_certificate(site.places.certificate)
    assert (own.certname, own.names) == ("web1", {"web1", "web1.example.com"})


def test_a_pipe_in_place_of_a_file_holds_nobody_up(site):
    site.places.ca.unlink()
    os.mkfifo(site.places.ca, 0o600)
    with pytest.raises(KeyFileError):
        site.files()
