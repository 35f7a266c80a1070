from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from mcollective_py.security.certificaterequest import common_name
from mcollective_py.security.issuing import Subject, leaf, revocation_list, revoked_at, self_signed
from mcollective_py.security.keyfiles import generate_key

KEY, NOW, DAY = generate_key("p256"), 1_800_000_000.0, 86400.0
CA = self_signed(common_name("Test CA"), KEY, (NOW, NOW + DAY))


def test_a_certificate_counts_a_day_earlier_for_hosts_whose_clocks_are_behind():
    assert CA.not_valid_before_utc.timestamp() == NOW - DAY
    assert CA.not_valid_after_utc.timestamp() == NOW + DAY


def test_who_only_serves_has_its_own_name_among_the_alternative_ones():
    server, client = (
        leaf(CA, KEY, Subject("mq", KEY.public_key()), [purpose], (NOW, NOW + DAY))
        for purpose in (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    )
    assert server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName) == ["mq"]
    assert not any(isinstance(one.value, x509.SubjectAlternativeName) for one in client.extensions)
    server.verify_directly_issued_by(CA)


def test_a_list_has_its_rows_number_and_dates():
    crl = revocation_list(CA, KEY, [revoked_at(7, NOW - 5)], 12, (NOW, NOW + DAY))
    assert [(row.serial_number, row.revocation_date_utc.timestamp()) for row in crl] == [(7, NOW - 5)]
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 12
    assert (crl.last_update_utc.timestamp(), crl.next_update_utc.timestamp()) == (NOW, NOW + DAY)
    assert crl.is_signature_valid(KEY.public_key())
