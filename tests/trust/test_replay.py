"""S-13, with what an attacker can change without any key: the certificate that travels beside a signed request."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from mcollective_py.cli.demosite import OPERATOR, Site
from mcollective_py.errors import UntrustedCertificate
from mcollective_py.security import envelope
from mcollective_py.security.chain import TrustStore
from tests.parts.fleet import Fleet
from tests.parts.wire import Wire

pytestmark = pytest.mark.parts

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def der_length(count: int) -> bytes:
    return bytes([count]) if count < 128 else b"\x82" + count.to_bytes(2, "big")


def with_the_other_s(der: bytes) -> bytes:
    """The same certificate with the CA's ECDSA signature (r, s) as (r, n - s), which verifies as well."""
    certificate = x509.load_der_x509_certificate(der)
    r, s = decode_dss_signature(certificate.signature)
    head = der[: len(der) - len(certificate.signature) - 1]
    tbs = certificate.tbs_certificate_bytes
    algorithm = head[head.index(tbs) + len(tbs) :]
    algorithm = algorithm[: 2 + algorithm[1]]
    other = encode_dss_signature(r, P256_ORDER - s)
    content = tbs + algorithm + b"\x03" + der_length(len(other) + 1) + b"\x00" + other
    return b"\x30" + der_length(len(content)) + content


def beside(payload: bytes, der: bytes) -> bytes:
    """A sealed request with another certificate beside it; body and signature as they were."""
    found = envelope.read_envelope(payload, 1 << 20)
    return envelope.Envelope(found.type, found.body, envelope.key_id(der), found.signature, der).encode()


def test_a_captured_request_runs_once_whatever_certificate_stands_beside_it(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet, Wire(fleet.site.client_config) as wire:
        request = wire.request("nap", "doze", {"seconds": 0.0})
        payload = wire.send(request)
        assert wire.reply() is not None
        first = envelope.read_envelope(payload, 1 << 20).certificate
        fleet.site.authority.renew(OPERATOR)  # another certificate for the same key
        renewed = x509.load_pem_x509_certificate(fleet.site.certificate(OPERATOR).read_bytes()).public_bytes(Encoding.DER)
        others = [with_the_other_s(first), renewed, with_the_other_s(renewed)]
        assert len({first, *others}) == 4
        before = wire.ask(wire.request(action="daemon_stats"))
        for other in others:
            wire.publish(beside(payload, other), agent="nap")
        after = wire.ask(wire.request(action="daemon_stats"))
        assert before is not None and after is not None
        assert after.data["refused"]["replayed"] - before.data["refused"].get("replayed", 0) == 3
        assert [line for line in fleet.ledger if request.id in line] == [f"web1 {request.id}"]


def test_bits_that_do_not_count_make_no_second_encoding(tmp_path: Path) -> None:
    site = Site(tmp_path)
    store = TrustStore.from_pem((tmp_path / "ca" / "ca.pem").read_bytes(), (tmp_path / "ca" / "crl.pem").read_bytes(), "chain")
    der = x509.load_pem_x509_certificate(site.certificate(OPERATOR).read_bytes()).public_bytes(Encoding.DER)
    signature = x509.load_der_x509_certificate(der).signature
    assert store.admit(der).certname == OPERATOR
    for unused in range(1, 8):
        changed = der[: -len(signature) - 1] + bytes([unused]) + signature
        with pytest.raises(UntrustedCertificate):
            store.admit(changed)
