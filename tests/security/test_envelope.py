import hashlib

import pytest

from mcollective_py.errors import Malformed
from mcollective_py.security.envelope import MAX_CERTIFICATE, REPLY, REQUEST, Envelope, key_id, read_envelope, signed_bytes

CERTIFICATE = b"a certificate"
KID = hashlib.sha256(CERTIFICATE).hexdigest()
ENVELOPE = Envelope(REQUEST, b'{"v":1}', KID, b"a signature", CERTIFICATE)
PAYLOAD = (
    b'{"p":"mcpy/1","t":"application/vnd.mcollective.mcpy-1.request+json","b":"eyJ2IjoxfQ==",'
    b'"s":[{"kid":"' + KID.encode() + b'","sig":"YSBzaWduYXR1cmU=","crt":"YSBjZXJ0aWZpY2F0ZQ=="}]}'
)


def test_the_signed_bytes_are_the_pre_authentication_encoding_of_dsse():
    assert signed_bytes("http://example.com/HelloWorld", b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert ENVELOPE.signed == b'DSSEv1 47 application/vnd.mcollective.mcpy-1.request+json 7 {"v":1}'


def test_an_envelope_is_these_very_bytes_and_is_read_from_them():
    assert ENVELOPE.encode() == PAYLOAD
    assert read_envelope(PAYLOAD, 100) == ENVELOPE
    assert ENVELOPE.kind == "request"
    assert Envelope(REPLY, b"", KID, b"", b"").kind == "reply"
    assert key_id(CERTIFICATE) == KID


def test_the_body_is_taken_up_to_its_limit_and_not_beyond():
    body = b"x" * 3000
    payload = Envelope(REPLY, body, KID, b"s", CERTIFICATE).encode()
    assert read_envelope(payload, 3000).body == body
    with pytest.raises(Malformed, match="3000 bytes inside, the limit is 2999"):
        read_envelope(payload, 2999)
    with pytest.raises(Malformed, match="a message of 100000 bytes"):
        read_envelope(b"{" * 100_000, 2999)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (PAYLOAD.replace(b"request+json", b"telegram+json"), "no request, reply or registration"),
        (PAYLOAD.replace(b"request+json", b"\xff"), "something else than base64"),
        (PAYLOAD.replace(b"eyJ2IjoxfQ==", b"eyJ2IjoxfR=="), "canonical form"),
        (PAYLOAD.replace(b"eyJ2IjoxfQ==", b"eyJ2Ijox fQ="), "something else than base64"),
        (PAYLOAD.replace(b"eyJ2IjoxfQ==", b"eyJ2IjoxfQ"), "something else than base64"),
        (PAYLOAD.replace(b"eyJ2IjoxfQ==", b""), "exact form"),
        (PAYLOAD.replace(KID.encode(), KID[::-1].encode()), "key id is not that of the certificate"),
        (PAYLOAD[:-1] + b',"z":"deflate"}', "compressed envelope or one with an encryption header"),
        (PAYLOAD[:-1] + b',"e":{}}', "compressed envelope or one with an encryption header"),
        (PAYLOAD.replace(b"YSBzaWduYXR1cmU=", b"A" * 2000), "too long"),
        (Envelope(REQUEST, b"x", KID, b"s", b"c" * (MAX_CERTIFICATE + 10)).encode(), "too long"),
        (b"\x04\x08{", "Ruby Marshal"),
        (b"--- \n", "YAML"),
    ],
)
def test_what_is_no_envelope_is_refused_with_what_it_is(payload, says):
    with pytest.raises(Malformed, match=says):
        read_envelope(payload, 10_000)
