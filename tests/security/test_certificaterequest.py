import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mcollective_py.security.certificaterequest import fingerprint, make_request, read_request
from mcollective_py.security.keyfiles import generate_key

KEY = generate_key("p256")
IA5 = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.34380.1.1.13"), b"\x16\x01x")


def request_of(key, *names, extensions=()):
    """A request as any program makes it."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize("key_type", ["p256", "ed25519", "rsa2048"])
def test_what_is_asked_for_is_read_back(key_type):
    key = generate_key(key_type)
    asked = read_request(make_request(key, "web1", ("web1.example.com", "10.0.0.1", "::1"), {"pp_role": "röle", "pp_zone": "z" * 300}))
    assert (asked.name, asked.sans) == ("web1", ("web1.example.com", "10.0.0.1", "::1"))
    assert asked.extensions == (("pp_role", "röle"), ("pp_zone", "z" * 300))
    assert fingerprint(asked.key) == fingerprint(key.public_key())
    assert len(fingerprint(asked.key)) == 64


def test_a_request_that_was_altered_or_signed_by_another_key_is_refused():
    der = bytearray(x509.load_pem_x509_csr(make_request(KEY, "web1")).public_bytes(Encoding.DER))
    at = der.index(b"web1")
    der[at : at + 4] = b"web2"
    with pytest.raises(ValueError, match="signature is not that of the key"):
        read_request(x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM))


@pytest.mark.parametrize(
    ("pem", "says"),
    [
        (b"", "no request for a certificate in PEM"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "no request for a certificate in PEM"),
        (request_of(KEY, "Web1"), "no certificate name"),
        (request_of(KEY, "../../etc/x"), "no certificate name"),
        (request_of(KEY), r"no certificate name \('none'\)"),
        (request_of(KEY, "web1", "alice.mcollective"), "no certificate name"),
        (request_of(ec.generate_private_key(ec.SECP384R1()), "web1"), "secp384r1"),
        (request_of(rsa.generate_private_key(65537, 1024), "web1"), "1024"),
        (
            request_of(KEY, "web1", extensions=[x509.SubjectAlternativeName([x509.RFC822Name("root@example.com")])]),
            "neither a DNS name nor an address",
        ),
        (
            request_of(KEY, "web1", extensions=[IA5]),
            "its extension pp_role: no UTF8String",
        ),
    ],
)
def test_a_bad_request_says_what_is_wrong(pem, says):
    with pytest.raises(ValueError, match=says):
        read_request(pem)


@pytest.mark.parametrize(("name", "text"), [("role", "x"), ("1.2.3.4.5.6.7.8", "x"), ("pp_role", "a\nb"), ("pp_role", "x" * 1025)])
def test_an_extension_that_no_host_could_read_is_not_asked_for(name, text):
    with pytest.raises(ValueError):
        make_request(KEY, "web1", (), {name: text})


def test_a_request_made_by_openssl_is_read(tmp_path):
    import subprocess

    made = subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=web1",
         "-keyout", str(tmp_path / "key.pem"), "-addext", "subjectAltName=DNS:web1,DNS:www"],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert read_request(made.stdout).sans == ("www",)
