import pytest

from mcollective_py.errors import NotSigned, TooManyCertificates, UntrustedCertificate
from mcollective_py.security.chain import TrustStore
from mcollective_py.security.envelope import key_id
from mcollective_py.security.known import KnownCertificates


@pytest.fixture(scope="module")
def root(pki):
    return pki.ca("CA")


@pytest.fixture(scope="module")
def ders(pki, root):
    return [pki.der(root.leaf(f"web{number}")) for number in range(8)]


def trusted(known, der, store, now):
    return known.trusted(key_id(der), der, store, now)


def test_the_facts_are_kept_and_the_dates_still_judged(pki, root):
    store, known, der = TrustStore.from_pem(root.pem, root.crl()), KnownCertificates(10), pki.der(root.leaf(until=100.0))
    assert trusted(known, der, store, pki.NOW) is trusted(known, der, store, pki.NOW + 99)
    with pytest.raises(UntrustedCertificate, match="expired"):
        trusted(known, der, store, pki.NOW + 101)


def test_a_new_store_forgets_what_the_old_one_said(pki, root):
    leaf = root.leaf()
    known, der = KnownCertificates(10), pki.der(leaf)
    trusted(known, der, TrustStore.from_pem(root.pem, root.crl()), pki.NOW)
    with pytest.raises(UntrustedCertificate, match="revoked"):
        trusted(known, der, TrustStore.from_pem(root.pem, root.crl(leaf)), pki.NOW)
    other = pki.ca("CA")
    with pytest.raises(UntrustedCertificate, match="no CA"):
        trusted(known, der, TrustStore.from_pem(other.pem, other.crl()), pki.NOW)


def test_the_memory_is_bounded_and_the_oldest_goes_first(pki, root, ders):
    store, known = TrustStore.from_pem(root.pem, root.crl()), KnownCertificates(3)
    first = trusted(known, ders[0], store, pki.NOW)
    for der in ders[1:3]:
        trusted(known, der, store, pki.NOW)
    assert trusted(known, ders[0], store, pki.NOW) is first
    trusted(known, ders[3], store, pki.NOW)
    assert len(known) == 3
    assert trusted(known, ders[0], store, pki.NOW) is not first


def test_strangers_are_looked_at_at_a_bounded_rate_and_the_known_always(pki, root, ders):
    store, known = TrustStore.from_pem(root.pem, root.crl()), KnownCertificates(100, strangers_per_second=3)
    for der in ders[:3]:
        trusted(known, der, store, pki.NOW)
    with pytest.raises(TooManyCertificates, match="more than 3 unknown certificates"):
        trusted(known, ders[3], store, pki.NOW + 0.1)
    trusted(known, ders[0], store, pki.NOW + 0.1)
    trusted(known, ders[3], store, pki.NOW + 0.5)
    with pytest.raises(TooManyCertificates):
        trusted(known, ders[4], store, pki.NOW + 0.5)
    with pytest.raises(TooManyCertificates):
        trusted(known, ders[4], store, pki.NOW - 3600)  # a clock set back gives nothing
    trusted(known, ders[4], store, pki.NOW - 3599)
    assert issubclass(TooManyCertificates, NotSigned)


def test_refused_certificates_take_turns_but_no_room(pki, root, ders):
    store, known = TrustStore.from_pem(root.pem, root.crl()), KnownCertificates(100, strangers_per_second=5)
    for _ in range(5):
        with pytest.raises(UntrustedCertificate):
            trusted(known, pki.der(pki.ca("Evil CA").leaf()), store, pki.NOW)
    assert len(known) == 0
    with pytest.raises(TooManyCertificates):
        trusted(known, ders[0], store, pki.NOW)


def test_without_a_rate_every_stranger_is_looked_at(pki, root, ders):
    store, known = TrustStore.from_pem(root.pem, root.crl()), KnownCertificates(100)
    for der in ders:
        trusted(known, der, store, pki.NOW)
    assert len(known) == 8


def test_a_new_crl_makes_no_stranger_of_who_was_known(pki, root, ders):
    known = KnownCertificates(100, strangers_per_second=2)
    store = TrustStore.from_pem(root.pem, root.crl())
    for der, later in zip(ders[:4], (0, 0, 1, 1), strict=True):
        trusted(known, der, store, pki.NOW + later)
    fresh = TrustStore.from_pem(root.pem, root.crl())
    for der in ders[:4]:
        trusted(known, der, fresh, pki.NOW + 1)
    with pytest.raises(TooManyCertificates):
        trusted(known, ders[4], fresh, pki.NOW + 1)
