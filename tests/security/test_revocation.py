import base64
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mcollective_py.security.revocation import Revocations, read_revocations


def test_the_serials_and_dates_of_the_cas_own_crl_are_read(pki):
    root = pki.ca("CA")
    gone = root.leaf()
    revocations = Revocations.of(root.certificate, read_revocations(root.crl(gone)))
    assert replace(revocations, fingerprint="") == Revocations(
        frozenset({gone.serial_number}), pki.NOW - pki.DAY, pki.NOW + pki.DAY, number=1
    )
    assert len(revocations.fingerprint) == 64
    assert not revocations.is_stale(pki.NOW + pki.DAY)
    assert revocations.is_stale(pki.NOW + pki.DAY + 1)


def test_of_several_the_newest_counts_and_a_strangers_never(pki):
    root, stranger = pki.ca("CA"), pki.ca("CA")
    first, second = root.leaf(), root.leaf()
    lists = root.crl(first, second, since=-10.0) + root.crl(first, since=-20.0) + stranger.crl(since=-1.0)
    assert Revocations.of(root.certificate, read_revocations(lists)).serials == {first.serial_number, second.serial_number}
    assert Revocations.of(root.certificate, read_revocations(stranger.crl())) is None


def test_a_damaged_file_is_refused_whole(pki):
    root = pki.ca("CA")
    good, cut = root.crl(), root.crl(root.leaf())[:150]
    assert len(read_revocations(good + root.crl())) == 2
    for pem in (b"", b"junk", cut, good + cut, cut + good, good.replace(b"CRL-----\nMI", b"CRL-----\nAA", 1)):
        with pytest.raises(ValueError, match="CRL"):
            read_revocations(pem)


def test_a_crl_of_an_unknown_version_is_refused(pki):
    der = x509.load_pem_x509_crl(pki.ca("CA").crl()).public_bytes(Encoding.DER)
    pem = (
        b"-----BEGIN X509 CRL-----\n"
        + base64.encodebytes(der.replace(b"\x02\x01\x01\x30", b"\x02\x01\x05\x30", 1))
        + b"-----END X509 CRL-----\n"
    )
    with pytest.raises(ValueError, match="CRL 1 cannot be read"):
        read_revocations(pem)


def test_a_partial_crl_is_refused(pki):
    root = pki.ca("CA")
    with pytest.raises(ValueError, match="partial"):
        read_revocations(root.crl(extra=((x509.DeltaCRLIndicator(1), True),)))


def test_a_crl_with_another_signature_is_not_the_cas(pki):
    root = pki.ca("CA")
    (crl,) = read_revocations(pki.ca("CA", key=root.key).crl())
    assert Revocations.of(root.certificate, [crl]) is not None
    (forged,) = read_revocations(type(root)(root.certificate, pki.ca("CA").key).crl())
    assert Revocations.of(root.certificate, [forged]) is None


def test_a_list_is_nearly_stale_in_the_last_twentieth_of_its_time():
    revocations = Revocations(frozenset(), 1000.0, 2000.0)
    assert [revocations.nearly_stale(now) for now in (1000, 1950, 1951, 1999.5, 2000, 2001)] == [0, 0, 49, 0.5, 0, 0]
    assert Revocations(frozenset(), 1000.0, None).nearly_stale(5000) == 0
