import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from mcollective_py.errors import UsageError
from mcollective_py.security.chain import TrustStore
from mcollective_py.security.recipients import Recipients


class Site:
    def __init__(self, pki):
        self.pki, self.root = pki, pki.ca("Puppet CA")
        self.store = TrustStore.from_pem(self.root.pem, self.root.crl())
        self.leaf = self.root.leaf("web1.example.com")
        self.web1 = self.admitted(self.leaf)
        self.signs_only = self.admitted(self.root.leaf("web2.example.com", key=ed25519.Ed25519PrivateKey.generate()))

    def admitted(self, leaf):
        return self.store.admit(self.pki.der(leaf))


@pytest.fixture(scope="module")
def site(pki):
    return Site(pki)


@pytest.fixture
def recipients(site, pki):
    known = Recipients()
    known.learn("web1.example.com", site.web1, site.store, pki.NOW)
    return known


def test_who_has_answered_is_known_and_has_a_key(site, pki, recipients):
    names = ["web1.example.com", "db1.example.com"]
    assert recipients.unknown(names, pki.NOW) == ("db1.example.com",)
    keys = recipients.keys(names[:1], site.store, pki.NOW)
    assert keys == {site.web1.kid: site.leaf.public_key()}
    with pytest.raises(UsageError, match=r"db1\.example\.com cannot be sent anything secret: it has not answered"):
        recipients.keys(names, site.store, pki.NOW)


def test_who_answered_long_ago_is_asked_again_and_so_is_everybody_where_the_clock_went_back(recipients, pki):
    for now, expected in ((pki.NOW + 299, ()), (pki.NOW + 300, ("web1.example.com",)), (pki.NOW - 1, ("web1.example.com",))):
        assert recipients.unknown(["web1.example.com"], now) == expected


def test_a_host_whose_key_only_signs_is_named_with_what_would_do(site, pki, recipients):
    recipients.learn("web2.example.com", site.signs_only, site.store, pki.NOW)
    for refused in (
        lambda: recipients.check(["web1.example.com", "web2.example.com"]),
        lambda: recipients.keys(["web2.example.com"], site.store, pki.NOW),
    ):
        with pytest.raises(
            UsageError, match=r"web2\.example\.com cannot be sent anything secret: .*Ed25519.* P-256 or RSA key, or leave it"
        ):
            refused()
    recipients.check(["web1.example.com", "unheard.example.com"])


def test_dates_and_revocation_are_judged_when_something_is_encrypted(site, pki, recipients):
    with pytest.raises(UsageError, match=r"web1\.example\.com cannot be sent anything secret: .* expired"):
        recipients.keys(["web1.example.com"], site.store, pki.NOW + 2 * pki.DAY)
    # A new CRL: nobody is known until he has answered under it.
    store = TrustStore.from_pem(site.root.pem, site.root.crl(site.leaf))
    with pytest.raises(UsageError, match="has not answered"):
        recipients.keys(["web1.example.com"], store, pki.NOW)
    recipients.learn("web3.example.com", store.admit(pki.der(site.root.leaf("web3.example.com"))), store, pki.NOW)
    assert recipients.unknown(["web1.example.com", "web3.example.com"], pki.NOW) == ("web1.example.com",)
